"""What the API server asks of others: kubelets for logs and exec, a metrics server for usage.

The backend sets these doors; the API server works without them and says so as the real one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import simpy

from sim.apimachinery.wire import Obj

Handler = Callable[[str, Obj, Obj | None], None]
"""Called with (ADDED|MODIFIED|DELETED, new, old) inside every write."""

AuditHook = Callable[[str, str, str, str, Obj | None, Obj | None], None]
"""Called with (verb, resource, namespace, name, old, new) after the trainee's write."""


class TextStreamLike(Protocol):
    """An open text answer (`logs -f`)."""

    @property
    def closed(self) -> bool:
        """True when the server has ended the stream and nothing is left to poll."""

    def poll(self) -> str:
        """Return and forget what has come in."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the stream closes."""

    def close(self) -> None:
        """End the stream from this side."""


class ExecutionLike(Protocol):
    """A program running in a container."""

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""

    @property
    def lost(self) -> bool:
        """Whether it has ended without a code of its own."""

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (stdout|stderr, text) pairs."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the program has ended."""

    def write(self, text: str) -> None:
        """Hand *text* to standard input."""

    def close_stdin(self) -> None:
        """Close standard input."""

    def interrupt(self) -> None:
        """Send SIGINT."""

    @property
    def work(self) -> int:
        """What the program has done so far, as the shell counts it."""

    @property
    def raw(self) -> bool:
        """Whether the program reads keys one by one from its terminal, not lines."""

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals while `raw`; always when not."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""

    def suspend(self) -> None:
        """Send SIGTSTP, as Ctrl-Z does."""

    def complete(self, line: str) -> list[str]:
        """Return what may replace the last word of *line*, if a shell waits at its prompt."""


class ConnectionLike(Protocol):
    """One connection to a port of a pod."""

    @property
    def closed(self) -> bool:
        """True when the far end has closed it and nothing is left to poll."""

    @property
    def error(self) -> str:
        """Why it broke; empty while it has not."""

    def poll(self) -> str:
        """Return and forget what has come in."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the connection is over."""

    def write(self, text: str) -> None:
        """Send *text* to the far end."""

    def close_stdin(self) -> None:
        """Say that nothing more will be sent."""

    def close(self) -> None:
        """Close the connection from this side."""


class KubeletDoor(Protocol):
    """The kubelets, reached by the API server for a pod's logs, exec and ports."""

    def logs(
        self,
        pod: Obj,
        container: str,
        *,
        previous: bool,
        tail: int | None,
        since: int | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> str:
        """Return log text; *since* is simulated ms. Raises ApiError with the kubelet's text."""

    def follow(
        self, pod: Obj, container: str, *, tail: int | None, since: int | None, timestamps: bool
    ) -> TextStreamLike:
        """Open a log for following."""

    def exec(
        self, pod: Obj, container: str, argv: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> ExecutionLike:
        """Start *argv* in the container; empty attaches to its first process."""

    def forward(self, pod: Obj, port: int) -> ConnectionLike:
        """Open one connection to a port in the pod's own network. Raises ApiError."""


class MetricsDoor(Protocol):
    """The metrics server."""

    def pod_usage(self, pod: Obj) -> list[tuple[str, int, int]]:
        """Return (container, millicores, bytes) of each running container; empty when unknown."""

    def node_usage(self, node: Obj) -> tuple[int, int] | None:
        """Return (millicores, bytes) of a node; None when it is not measured."""
