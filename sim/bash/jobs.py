"""Jobs of a shell: pipelines that can be stopped, continued, waited for and killed.

A member is a kernel process around a program; while its job is stopped nothing reaches the
program, and what has come meanwhile is handed over when it continues. No builtin is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import simpy

from sim.bash.process import Running
from sim.bash.tty import Claim
from sim.kernel import Environment, Interrupted

SIGNALS = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
    "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16,
    "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23,
    "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "PWR": 30, "SYS": 31,
}  # fmt: skip
"""signal(7), x86-64."""
STOPS = frozenset({"SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"})
_TOLD = {1: "Hangup", 2: "Interrupt", 3: "Quit", 9: "Killed", 13: "Broken pipe", 14: "Alarm clock",
         15: "Terminated", 10: "User defined signal 1", 12: "User defined signal 2",
         6: "Aborted", 11: "Segmentation fault"}  # fmt: skip
_IGNORED = frozenset({"SIGCONT", "SIGCHLD", "SIGWINCH", "SIGURG"})


def code_of(cause: Any) -> int:
    """Return the exit code of what a signal ended.

    >>> code_of("SIGTERM")
    143
    """
    return 128 + SIGNALS.get(str(cause).removeprefix("SIG"), 2)


class Job:
    """Processes that were started together.

    | state   | leaves it by                                        |
    |---------|-----------------------------------------------------|
    | running | a stop signal, or the end of its last process       |
    | stopped | SIGCONT, SIGKILL                                    |
    | done    | -                                                   |
    """

    def __init__(self, env: Environment, text: str) -> None:
        """Begin a job that is shown as *text*."""
        self.env = env
        self.text = text
        self.number = 0
        """Its number in the table; 0 while it has none."""
        self.pids: list[int] = []
        self.leaders: list[simpy.Process] = []
        """The processes that it consists of; the others are their children."""
        self.members: list[simpy.Process] = []
        self.codes: list[int] = []
        self.stopped = False
        self.foreground = True
        self.told = False
        """Its end has been told of."""
        self.stop_told = False
        """That it is stopped has been told of."""
        self.silent = False
        self.signal = 0
        """What ended it, if a signal did."""
        self.claims: list[Claim] = []
        """What it held of the terminal when it was stopped."""
        self.cwd = ""
        self._resumed = env.event()
        self._changed = env.event()

    @property
    def done(self) -> bool:
        """Whether every process of it has ended."""
        return not any(process.is_alive for process in self.leaders)

    @property
    def code(self) -> int:
        """The exit code of its last process."""
        return self.codes[-1] if self.codes else 0

    def changed(self) -> simpy.Event:
        """Return the event that fires when it stops or one of its processes ends."""
        return self._changed

    def note(self) -> None:
        """Tell whoever waits that something has changed."""
        event, self._changed = self._changed, self.env.event()
        event.succeed()

    def spawn(self, generator: Generator[Any, Any, Any], *, leads: bool = False) -> simpy.Process:
        """Start *generator* as one of its processes."""
        process = self.env.spawn(self._running(generator))
        self.members.append(process)
        if leads:
            self.leaders.append(process)
            process.callbacks.append(lambda _: self.note())
        if len(self.members) > 64:
            self.members = [one for one in self.members if one.is_alive]
        return process

    # -- signals -------------------------------------------------------------------------------

    def stop(self, cause: str = "SIGTSTP") -> None:
        """Stop it."""
        if self.stopped or self.done:
            return
        self.stopped = True
        self._interrupt(self.members, cause)
        self.note()

    def resume(self) -> None:
        """Let it go on."""
        if not self.stopped:
            return
        self.stopped = self.stop_told = False
        event, self._resumed = self._resumed, self.env.event()
        event.succeed()

    def signal_all(self, cause: str) -> None:
        """Send a signal to its processes; they pass it on to those that they wait for."""
        if cause in STOPS:
            self.stop(cause)
        elif cause == "SIGCONT":
            self.resume()
        elif cause not in _IGNORED:
            self.signal = SIGNALS.get(cause.removeprefix("SIG"), 0)
            self._interrupt(self.leaders, cause)
            if self.stopped and cause in {"SIGKILL", "SIGTERM", "SIGHUP"}:
                self.resume()

    def _interrupt(self, processes: list[simpy.Process], cause: str) -> None:
        for process in processes:
            if process.is_alive and process is not self.env.active_process:
                process.interrupt(cause)

    # -- a member ------------------------------------------------------------------------------

    def _running(self, generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Run *generator*; its events reach it only while the job is not stopped."""
        step: Callable[[], Any] = partial(next, generator)
        while True:
            try:
                event = step()
            except StopIteration as done:
                return done.value
            while True:
                try:
                    value = yield event
                except Interrupted as signal:
                    if signal.cause in STOPS:
                        pending = yield from self._held(event)
                        if pending is None:
                            continue
                        signal = pending
                    elif signal.cause in _IGNORED:
                        continue
                    step = _throwing(generator, signal)
                except GeneratorExit:
                    generator.close()
                    raise
                except Exception as failure:
                    step = _throwing(generator, failure)
                else:
                    step = _sending(generator, value)
                break
            if self.stopped:
                pending = yield from self._held(None)
                if pending is not None:
                    step = _throwing(generator, pending)

    def _held(self, event: simpy.Event | None) -> Generator[Any, Any, Interrupted | None]:
        """Wait until the job continues; return a signal that came meanwhile and is still due."""
        if event is not None and event.callbacks is not None:
            # It may fail while nobody listens, which would end the simulation.
            event.callbacks.append(_defuse)
        pending: Interrupted | None = None
        while self.stopped:
            try:
                yield self._resumed
            except Interrupted as signal:
                if signal.cause not in STOPS and signal.cause not in _IGNORED:
                    pending = signal
        return pending


def _throwing(generator: Generator[Any, Any, Any], failure: BaseException) -> Callable[[], Any]:
    return lambda: generator.throw(failure)


def _sending(generator: Generator[Any, Any, Any], value: Any) -> Callable[[], Any]:
    return lambda: generator.send(value)


def _defuse(event: simpy.Event) -> None:
    event._defused = True


class JobTable:
    """The jobs of one shell, numbered as bash numbers them."""

    MOST = 64
    """Jobs of one shell at a time."""

    def __init__(self) -> None:
        """Begin without any."""
        self.jobs: dict[int, Job] = {}
        self.inherited = False
        """The jobs are those of the shell that this one was made from."""
        self._recent: list[Job] = []
        """Latest last: the current job is the last one stopped, or else the last one started."""

    def inherited_copy(self) -> JobTable:
        """Return the table of a subshell: it can list and signal these jobs, not wait for them."""
        other = JobTable()
        other.jobs = dict(self.jobs)
        other._recent = list(self._recent)
        other.inherited = bool(other.jobs)
        return other

    def own(self) -> None:
        """Forget what was inherited: the subshell starts jobs of its own."""
        if self.inherited:
            self.jobs.clear()
            self._recent.clear()
            self.inherited = False

    def add(self, job: Job) -> None:
        """Give *job* a number."""
        if job.number in self.jobs:
            self.touch(job)
            return
        job.number = max(self.jobs, default=0) + 1
        self.jobs[job.number] = job
        self._recent.append(job)

    def touch(self, job: Job) -> None:
        """Make *job* the current one."""
        if job in self._recent:
            self._recent.remove(job)
            self._recent.append(job)

    def remove(self, job: Job) -> None:
        """Forget *job*."""
        self.jobs.pop(job.number, None)
        if job in self._recent:
            self._recent.remove(job)

    def ordered(self) -> list[Job]:
        """Return them by number."""
        return [self.jobs[number] for number in sorted(self.jobs)]

    @property
    def current(self) -> Job | None:
        """The job that `fg` means."""
        ranked = self._ranked()
        return ranked[0] if ranked else None

    @property
    def previous(self) -> Job | None:
        """The job that `%-` means."""
        ranked = self._ranked()
        return ranked[1] if len(ranked) > 1 else None

    def _ranked(self) -> list[Job]:
        latest = self._recent[::-1]
        return [job for job in latest if job.stopped] + [job for job in latest if not job.stopped]

    def mark(self, job: Job) -> str:
        """Return `+`, `-` or a blank."""
        ranked = self._ranked()
        if job in ranked[:2]:
            return "+-"[ranked.index(job)]
        return " "

    def find(self, spec: str) -> Job | str:
        """Return the job that `%1`, `%+`, `%name` or `%?part` means, or why there is none."""
        word = spec.removeprefix("%")
        if word in {"", "%", "+"}:
            return self.current or "current: no such job"
        if word == "-":
            return self.previous or self.current or f"{spec}: no such job"
        if word.isdecimal():
            return self.jobs.get(int(word)) or f"{spec}: no such job"
        if word.startswith("?"):
            fits = [job for job in self.ordered() if word[1:] in job.text]
        else:
            fits = [job for job in self.ordered() if job.text.startswith(word)]
        if len(fits) > 1:
            return f"{word}: ambiguous job spec"
        return fits[0] if fits else f"{spec}: no such job"

    def line(self, job: Job, *, long: bool = False) -> str:
        """Return what `jobs` shows of *job*."""
        pid = f" {job.pids[0] if job.pids else 0} " if long else "  "
        state = self.state(job)
        tail = " &" if state == "Running" else ""
        return f"[{job.number}]{self.mark(job)}{pid}{state:<24}{job.text}{tail}"

    def state(self, job: Job) -> str:
        """Return `Running`, `Stopped`, `Done`, `Exit 3` or the name of a signal."""
        if not job.done:
            return "Stopped" if job.stopped else "Running"
        if job.signal and job.code == 128 + job.signal:
            return _TOLD.get(job.signal, f"Signal {job.signal}")
        return "Done" if job.code == 0 else f"Exit {job.code}"

    def notices(self) -> list[str]:
        """Return the lines about jobs that have ended since the last time, and forget these."""
        lines = []
        for job in self.ordered():
            if job.stopped and not job.stop_told:
                lines.append(self.line(job))
                job.stop_told = True
            if job.done and not job.foreground:
                if not job.told and not job.silent:
                    lines.append(self.line(job))
                job.told = True
        for job in self.ordered():
            if job.done and job.told:
                self.remove(job)
        return lines

    def hang_up(self) -> None:
        """End all of them, as a terminal that is closed does."""
        for job in self.ordered():
            if not job.done:
                job.signal_all("SIGHUP")
        self.jobs.clear()
        self._recent.clear()


def waiting(job: Job) -> Generator[simpy.Event, Any, None]:
    """Wait until *job* has ended or is stopped."""
    while not job.done and not job.stopped:
        yield job.changed()


__all__ = ["SIGNALS", "STOPS", "Job", "JobTable", "Running", "code_of", "waiting"]
