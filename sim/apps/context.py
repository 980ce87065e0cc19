"""What an application gets from the place it runs in, and what it is asked in return.

The place is matched structurally (a container of a simulated node); this file must not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import simpy

from sim.bash import Shell, ShellExecution
from sim.kernel import Environment, Epoch, Interrupted, Stream

Life = Generator[simpy.Event, Any, int]
"""A process of a container: yields kernel events, returns the exit code."""


class LogLine(NamedTuple):
    """One line of an application's output."""

    at: int
    """Simulated ms."""
    text: str
    stream: str = "stdout"


class Link(Protocol):
    """An established connection."""

    ip: str
    port: int
    lost: simpy.Event
    """Fires when the other end is gone."""

    @property
    def far(self) -> object | None:
        """The container at the other end, if it is one; what runs in it is its `behaviour`."""


class Failure(Protocol):
    """A connection that could not be made."""

    @property
    def ms(self) -> int:
        """How long until the caller knows."""

    @property
    def errno(self) -> str:
        """e.g. `ECONNREFUSED`."""

    def within(self, limit_ms: int) -> Failure:
        """Return the failure for a caller that gives up after *limit_ms*."""


class Context(Protocol):
    """The container an application runs in."""

    id: str
    image: str
    namespace: str
    pod_name: str
    spec: dict[str, Any]
    limit: int
    """Bytes of memory; 0 when there is no limit."""

    @property
    def environ(self) -> dict[str, str]:
        """The container's environment variables."""

    @property
    def env(self) -> Environment:
        """The kernel's environment."""

    @property
    def epoch(self) -> Epoch:
        """The calendar."""

    @property
    def stream(self) -> Stream:
        """Random numbers of this instance."""

    @property
    def started_at(self) -> int | None:
        """When it started (simulated ms)."""

    @property
    def hostname(self) -> str:
        """What `hostname` prints inside."""

    @property
    def argv(self) -> list[str]:
        """The command line."""

    @property
    def command_line(self) -> str:
        """The command line as `ps` prints it."""

    def write(self, text: str, stream: str = "stdout") -> None:
        """Print whole lines."""

    def output(self, text: str, stream: str = "stdout") -> None:
        """Print text as it is."""

    def backdate(self, at: int, text: str) -> None:
        """Have printed a line before the run began."""

    def charge(self, size: int) -> None:
        """Take *size* bytes of memory in all; what this raises must be let pass."""

    def health_changed(self) -> None:
        """Tell that `ready` or `alive` now answers differently."""

    def resolve(self, name: str) -> str | None:
        """Return the address of *name*, None if there is none."""

    def dial(self, ip: str, port: int) -> tuple[Link | None, Failure | None]:
        """Return a connection, or the failure."""

    def hang_up(self, link: Any) -> None:
        """Close a connection from this side."""

    def drop_connections(self) -> int:
        """Close every connection that others have to here; return how many."""

    def route(self, ip: str, port: int) -> str:
        """Return `ok`, `refused` or `timeout`: what the node's rules do to a new connection."""

    def on_rules(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* after the node's rules changed; the answer stops that."""

    def shell(self) -> Shell:
        """Return a shell inside."""

    def take_input(self, program: ShellExecution) -> None:
        """Hand what an attached client types to *program*."""


class Application:
    """What every application does unless it says otherwise: runs until told to end."""

    lazy = False
    """True if an instance found running at the start needs no process until it is touched."""
    chatty = False
    """True if it has drawn log lines."""
    stop_ms = 40
    """From SIGTERM to the end."""

    def run(self, ctx: Context) -> Life:
        """Wait until told to end, then take a little to obey."""
        try:
            yield ctx.env.event()
        except Interrupted:
            yield ctx.env.timeout(self.stop_ms)
        return 0

    def adopt(self, ctx: Context) -> Life | None:
        """Go on as `run` would."""
        return None

    def memory(self, ctx: Context, now: int) -> int:
        """Return a small, steady amount."""
        return 24 << 20

    def listening(self, port: int) -> bool:
        """Accept on no port."""
        return False

    def ready(self, ctx: Context) -> bool:
        """Pass probes from the start."""
        return True

    def alive(self, ctx: Context) -> bool:
        """Pass probes from the start."""
        return True

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Say nothing."""
        return []

    def commands(self, ctx: Context) -> Sequence[tuple[str, int, int]]:
        """Return the container's own command line as one process."""
        return ((ctx.command_line, -1, self.memory(ctx, ctx.env.now)),)


def declared_ports(spec: Mapping[str, Any]) -> frozenset[int]:
    """Return the ports that a container's spec declares."""
    return frozenset(int(one["containerPort"]) for one in spec.get("ports") or ())


def varied(ctx: Context, size: int) -> int:
    """Return *size* bytes, some per cent more or less for each instance, within its limit."""
    drawn = int(size * ctx.stream.at("heap").uniform(0.93, 1.07))
    return min(drawn, ctx.limit * 97 // 100) if ctx.limit else drawn
