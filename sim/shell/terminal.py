"""One terminal: its shell, the command in its foreground, and what that has printed.

Output is gathered per instant and becomes evidence when time moves on or the command ends. What a
far-away shell leaves unfinished on its last line is its prompt and is not evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import simpy
from simpy.events import EventPriority

from sim.bash import CallSink, Pipe, Shell
from sim.client.doors import Execution
from sim.evidence import EvidenceLog, OutputRecord
from sim.kernel import Environment

OUTPUT_LIMIT = 1 << 20
"""Characters that one command may print on one stream."""
LAST = EventPriority(1000)
"""After everything else that happens at an instant."""
MAX_PROMPT = 200
"""A longer unfinished line is output, no prompt."""


@dataclass(slots=True)
class Remote:
    """A far-away program that a job holds open."""

    place: str
    """e.g. `ssh node-worker-3` or `exec payments/web-1`."""
    execution: Execution
    node: str = ""
    """The node that it runs on."""
    pod: str = ""
    """`namespace/name` if it runs in a container."""
    reads: bool = False
    """It is given the lines that are entered: it reads from a terminal."""

    @property
    def runs(self) -> bool:
        """Whether the far end has not ended yet."""
        return self.execution.exit_code is None


@dataclass(slots=True)
class Job:
    """A command line that runs in the foreground of a terminal."""

    number: int
    input: int
    stdin: Pipe
    done: simpy.Event
    """Fires with the exit code."""
    asked: bool = False
    remotes: list[Remote] = field(default_factory=list)
    inner: int = -1
    """Number of the last line that was entered at a remote prompt."""
    typed: list[tuple[str, int]] = field(default_factory=list)
    """Lines that were entered while it ran, with their inputs."""
    process: simpy.Process | None = None
    started: bool = False
    cancelled: bool = False
    """Ctrl-C came before its first step."""

    @property
    def remote(self) -> Remote | None:
        """The remote that lines go to now."""
        return next((one for one in reversed(self.remotes) if one.reads and one.runs), None)


class Terminal:
    """A tab: one shell, at most one job."""

    def __init__(
        self,
        env: Environment,
        name: str,
        log: EvidenceLog,
        make_shell: Callable[[Terminal], Shell],
    ) -> None:
        """Open terminal *name*; *make_shell* makes its shell, whose host is this terminal."""
        self.env = env
        self.name = name
        self.job: Job | None = None
        self.shell = make_shell(self)
        self.type_ahead: deque[tuple[str, int]] = deque()
        self._log = log
        self._gathered: list[tuple[str, str]] = []
        self._held = ""
        self._flush_due = False

    def mark_asked(self) -> None:
        """Note that the job has asked the cluster, a node or telemetry."""
        if self.job is not None:
            self.job.asked = True

    def sinks(self) -> tuple[CallSink, CallSink]:
        """Return standard output and error for a new job."""
        return (
            CallSink(lambda text: self._gather("stdout", text), tty=True, limit=OUTPUT_LIMIT),
            CallSink(lambda text: self._gather("stderr", text), tty=True, limit=OUTPUT_LIMIT),
        )

    def attach(self, remote: Remote) -> None:
        """Note that the job holds *remote* open."""
        if self.job is not None:
            self.job.remotes.append(remote)

    @property
    def far_prompt(self) -> str:
        """What stands on the last line of a remote shell, waiting for input."""
        return self._held

    def forget_prompt(self) -> None:
        """Drop the remote's prompt: a line was entered behind it."""
        self._held = ""

    def flush(self) -> None:
        """Write what was gathered into the log."""
        job = self.job
        if job is None:
            return
        gathered, self._gathered = self._gathered, []
        self._flush_due = False
        if self._held and gathered:
            gathered.insert(0, ("stdout", self._held))
            self._held = ""
        merged: list[tuple[str, str]] = []
        for stream, text in gathered:
            if merged and merged[-1][0] == stream:
                merged[-1] = (stream, merged[-1][1] + text)
            else:
                merged.append((stream, text))
        if job.remote is not None and merged and merged[-1][0] == "stdout":
            whole, newline, tail = merged[-1][1].rpartition("\n")
            if tail and len(tail) <= MAX_PROMPT:
                self._held = tail
                merged[-1] = ("stdout", whole + newline)
        number = job.inner if job.remote is not None and job.inner >= 0 else job.number
        for stream, text in merged:
            if text:
                self._log.append(
                    OutputRecord(
                        at=self.env.now,
                        input=job.input,
                        command=number,
                        stream=stream,
                        text=text,
                        asked=job.asked,
                    )
                )

    def flush_all(self) -> None:
        """Write everything, also what looked like a prompt: the job has ended."""
        if self._held:
            self._gathered.insert(0, ("stdout", self._held))
            self._held = ""
        if self.job is not None:
            self.job.remotes.clear()
        self.flush()

    def _gather(self, stream: str, text: str) -> None:
        self._gathered.append((stream, text))
        if not self._flush_due:
            self._flush_due = True
            event = self.env.event()
            event._ok, event._value = True, None
            event.callbacks = [lambda _: self.flush()]
            self.env.schedule(event, priority=LAST)
