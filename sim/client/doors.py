"""The three recorded doors to a cluster, as protocols; a model and a real cluster both stand behind them.

Trainees, scripted players and the built-in kubectl have nothing else. Waiting is done in simulated
time: what may take long hands out `simpy.Event`s to wait on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest, WatchEvent


class WatchStream(Protocol):
    """An open watch."""

    @property
    def closed(self) -> bool:
        """True when the server has ended the stream and nothing is left to poll."""

    def poll(self) -> list[WatchEvent]:
        """Return and forget what has come in; never blocks."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the stream closes (may be at once)."""

    def close(self) -> None:
        """End the watch from this side."""


class TextStream(Protocol):
    """An open text answer (`logs -f`)."""

    @property
    def closed(self) -> bool:
        """True when the server has ended the stream and nothing is left to poll."""

    def poll(self) -> str:
        """Return and forget what has come in; never blocks."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the stream closes."""

    def close(self) -> None:
        """End the stream from this side."""


class Execution(Protocol):
    """A program running somewhere else: in a container or on a node."""

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""

    @property
    def lost(self) -> bool:
        """Whether it has ended without a code of its own: it was not found, say; stderr tells why."""

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (`stdout`|`stderr`, text) pairs; never blocks."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something, `raw` changes or the program ends."""

    def write(self, text: str) -> None:
        """Hand *text* to the program's standard input."""

    def close_stdin(self) -> None:
        """Close the program's standard input."""

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""

    @property
    def work(self) -> int:
        """What the program has done so far, in units of `sim.bash.Budget`; 0 where nobody counts.

        `wait` fires now and then while much is done.
        """

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


class Connection(Protocol):
    """One connection to a port of a pod; bytes are text decoded with `surrogateescape`."""

    @property
    def closed(self) -> bool:
        """True when the far end has closed it and nothing is left to poll."""

    @property
    def error(self) -> str:
        """Why it broke, in the kubelet's words; empty while it has not."""

    def poll(self) -> str:
        """Return and forget what has come in; never blocks."""

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the connection is over."""

    def write(self, text: str) -> None:
        """Send *text* to the far end."""

    def close_stdin(self) -> None:
        """Say that nothing more will be sent."""

    def close(self) -> None:
        """Close the connection from this side."""


class Transport(Protocol):
    """The Kubernetes REST API."""

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch (`watch=true` in the query), or return the refusal."""

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a streaming text answer (pods/log with `follow=true`), or return the refusal."""

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container (empty argv: attach), or return the refusal."""

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""


class NodeAccess(Protocol):
    """A shell on a node."""

    def nodes(self) -> Sequence[str]:
        """Return the names that `ssh` knows."""

    def run(self, node: str, command: str, *, stdin: bool = False, tty: bool = False) -> Execution:
        """Run *command* (unparsed, as ssh passes it) in a shell on *node*; empty: a login shell.

        Raises:
            KeyError: if no node has that name.
        """


def node_of(execution: Execution, asked: str) -> str:
    """Return the node that *execution* runs on, by the name that the cluster has for it.

    `ssh` may know a node by another name, *asked*; then the execution tells the cluster's as `on`.
    """
    return str(getattr(execution, "on", asked))


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart."""

    labels: tuple[tuple[str, str], ...]
    """Sorted, e.g. `(("node", "node-worker-3"),)`; empty when not split."""
    points: tuple[tuple[int, float], ...]
    """(simulated ms, value)."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert in its history."""

    name: str
    state: str
    """`pending`, `firing` or `resolved`."""
    since: int
    """Simulated ms of the last change of state (may be negative: before the run)."""
    summary: str
    severity: str
    ended: int | None = None
    """Simulated ms at which it resolved, if it did."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed."""

    id: str
    """Neutral, e.g. `chg-1042`."""
    at: int
    """Simulated ms (usually negative)."""
    category: str
    """`deploy`, `config`, `node`, `scaling`, `platform` ..."""
    title: str
    author: str
    target: str
    """e.g. `deployment/payment-service`."""
    detail: str = ""
    """Diff or text that opens with the entry."""
    source: str = ""
    """Application source page, if the entry has one."""


class Telemetry(Protocol):
    """Metrics, alerts and their history, changes."""

    @property
    def metrics(self) -> Collection[str]:
        """What `query` can be asked for; not every cluster measures the same."""

    def query(
        self, metric: str, *, by: str = "", start: int, end: int, step: int
    ) -> Sequence[Series]:
        """Return *metric* at start, start+step ... <= end (simulated ms).

        Metrics: `errors` (share 0-1 of 5xx), `requests` (per s), `latency_p50`, `latency_p99` (ms),
        `ready` (pods), `connect_errors` (per s, by node), `restarts`; where there is a prober, `probes` and
        `probes_failed` (in a minute), `probe_success` (share). *by*: "", `node`, `zone`, `version`, `pod`.

        Raises:
            KeyError: if the metric or the split does not exist; the message lists those that do.
        """

    def alerts(self) -> Sequence[Alert]:
        """Return firing and pending alerts, then history, newest first."""

    def silence(self, alert: str, duration_ms: int) -> None:
        """Silence an alert; raises KeyError if there is none of that name."""

    def changes(self) -> Sequence[Change]:
        """Return the change feed up to now, newest first."""

    def summary(self) -> dict[str, Any]:
        """Return the one-glance line: error rate now, firing since, users lost so far, acknowledged."""
