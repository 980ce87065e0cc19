"""One terminal: its shell, its keys, the commands that run in it, and what they have printed.

Output is gathered per instant and becomes evidence when time moves on or the command ends. What a
far-away shell leaves unfinished on its last line is its prompt and is not evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import simpy
from simpy.events import EventPriority

from sim.bash import OutputLimit, Shell, Sink, is_incomplete
from sim.bash.screen import LEAVE, SHOW_CURSOR
from sim.bash.tty import Keyboard, Tty
from sim.client.doors import Execution
from sim.evidence import EvidenceLog, OutputRecord
from sim.kernel import Environment

OUTPUT_LIMIT = 1 << 20
"""Characters that one command may print on one stream at once."""
OUTPUT_PER_S = 4096
"""What each simulated second adds to that: a full-screen program may draw for hours."""
LAST = EventPriority(1000)
"""After everything else that happens at an instant."""
MAX_PROMPT = 200
"""A longer unfinished line is output, no prompt."""
_GIVEN_BACK = (LEAVE, SHOW_CURSOR)
SECOND_PROMPT = "> "
"""Asks for the rest of a command, PS2 of bash(1)."""
MAX_PENDING = 64 * 1024
"""Characters of an unfinished command; more are run as they are, and refused by the grammar."""


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


@dataclass(slots=True, eq=False)
class Job:
    """A command line of a terminal: the host of its programs, in the foreground or behind."""

    terminal: Terminal
    number: int
    input: int
    done: simpy.Event
    """Fires with the exit code."""
    asked: bool = False
    """It has asked the cluster, a node or telemetry."""
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

    @property
    def acting(self) -> int:
        """The number of the command line that acts: the last one at a remote prompt, or its own."""
        return self.inner if self.remote is not None and self.inner >= 0 else self.number

    def mark_asked(self) -> None:
        """Note that it has asked the cluster, a node or telemetry."""
        self.asked = True

    def sinks(self) -> tuple[Sink, Sink]:
        """Return its standard output and error."""
        return _Output(self, "stdout"), _Output(self, "stderr")


class _Output(Sink):
    """One stream of a job, on its way to the terminal."""

    tty = True

    def __init__(self, job: Job, stream: str) -> None:
        self._job = job
        self._stream = stream
        self._left = OUTPUT_LIMIT
        self._as_of = job.terminal.env.now

    def write(self, text: str) -> None:
        """Show *text*; what is above the limit is cut."""
        terminal = self._job.terminal
        if len(text) > self._left:
            passed = terminal.env.now - self._as_of
            self._as_of += passed
            self._left = min(OUTPUT_LIMIT, self._left + passed * OUTPUT_PER_S // 1000)
        fits = text[: self._left]
        self._left -= len(fits)
        if fits:
            terminal.gather(self._job, self._stream, fits)
        if len(fits) < len(text):
            msg = (
                "output is longer than one command may print; narrow it with grep, head or -o name"
            )
            raise OutputLimit(msg)


class Terminal:
    """A tab: one shell, at most one job in the foreground."""

    def __init__(
        self,
        env: Environment,
        name: str,
        log: EvidenceLog,
        make_shell: Callable[[Terminal], Shell],
    ) -> None:
        """Open terminal *name*; *make_shell* makes its shell."""
        self.env = env
        self.name = name
        self.keyboard = Keyboard(env)
        self.tty = Tty(env, self.keyboard)
        self.job: Job | None = None
        """The one in the foreground."""
        self.shell = make_shell(self)
        self.type_ahead: deque[tuple[str, int]] = deque()
        self.pending: list[str] = []
        """Lines of a command whose end has not been entered yet."""
        self._log = log
        self._gathered: list[tuple[Job, str, str]] = []
        self._held = ""
        self._flush_due = False

    @property
    def remote(self) -> Remote | None:
        """The remote that reads what is entered, if one does."""
        return None if self.job is None else self.job.remote

    @property
    def far_prompt(self) -> str:
        """What stands on the last line of a remote shell, waiting for input."""
        return "" if self.tty.raw else self._held

    def mark_asked(self) -> None:
        """Note that the foreground job has asked the cluster, a node or telemetry."""
        if self.job is not None:
            self.job.asked = True

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size."""
        self.tty.resize(columns, rows)
        size = {"COLUMNS": str(self.tty.columns), "LINES": str(self.tty.rows)}
        self.shell.variables.update(size)

    def complete_line(self, line: str) -> str | None:
        """Return the command that *line* ends, with what was entered of it before; or None."""
        text = "\n".join([*self.pending, line])
        if len(text) < MAX_PENDING and is_incomplete(text):
            self.pending.append(line)
            return None
        self.pending.clear()
        return text

    def forget_prompt(self) -> None:
        """Drop the remote's prompt: a line was entered behind it."""
        self._held = ""

    def gather(self, job: Job, stream: str, text: str) -> None:
        """Take what *job* printed; it becomes evidence at the end of this instant."""
        self._gathered.append((job, stream, text))
        if not self._flush_due:
            self._flush_due = True
            event = self.env.event()
            event._ok, event._value = True, None
            event.callbacks = [lambda _: self.flush()]
            self.env.schedule(event, priority=LAST)

    def flush(self) -> None:
        """Write what was gathered into the log."""
        gathered, self._gathered = self._gathered, []
        self._flush_due = False
        job = self.job
        if self._held and job is not None and any(of is job for of, _, _ in gathered):
            gathered.insert(0, (job, "stdout", self._held))
            self._held = ""
        merged: list[tuple[Job, str, str]] = []
        for of, stream, text in gathered:
            if merged and merged[-1][:2] == (of, stream):
                merged[-1] = (of, stream, merged[-1][2] + text)
            else:
                merged.append((of, stream, text))
        if merged and self.remote is not None and not self.tty.raw:
            of, stream, text = merged[-1]
            whole, tail = _without_tail(text)
            if of is job and stream == "stdout" and tail and len(tail) <= MAX_PROMPT:
                self._held = tail
                merged[-1] = (of, stream, whole)
        for of, stream, text in merged:
            if text:
                self._log.append(
                    OutputRecord(
                        at=self.env.now,
                        input=of.input,
                        command=of.acting,
                        stream=stream,
                        text=text,
                        asked=of.asked,
                    )
                )

    def flush_all(self) -> None:
        """Write everything, also what looked like a prompt: the foreground job has ended."""
        if self.job is not None:
            if self._held:
                self._gathered.insert(0, (self.job, "stdout", self._held))
            self.job.remotes = [one for one in self.job.remotes if one.runs and not one.reads]
        self._held = ""
        self.flush()


def _without_tail(text: str) -> tuple[str, str]:
    """Return *text* up to its unfinished last line, and that; a screen given back ends a line."""
    cut = text.rfind("\n") + 1
    for mark in _GIVEN_BACK:
        at = text.rfind(mark)
        if at >= cut:
            cut = at + len(mark)
    return text[:cut], text[cut:]
