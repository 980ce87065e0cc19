"""Pipelines, substitutions and jobs: what of a command line runs as processes of the kernel."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

import simpy

from sim.bash.budget import WorkLimit
from sim.bash.channels import Held, Kept, Paid
from sim.bash.control import (
    ExitShell,
    ExpansionProblem,
    FatalProblem,
    LeaveLoop,
    Return,
    Suspended,
)
from sim.bash.jobs import STOPS, Job, code_of, waiting
from sim.bash.pipes import BrokenPipe, OutputLimit, Pipe
from sim.bash.printing import printed
from sim.bash.process import FileProblem, Running
from sim.bash.simple import Simples
from sim.bash.syntax import (
    Background,
    Command,
    Group,
    Pipeline,
    ProcessSubstitution,
    Script,
    ShellSyntaxError,
    Simple,
)
from sim.bash.timeformat import FORMAT, PORTABLE, Times, taken, timed
from sim.kernel import Interrupted

FORK = 3_000
"""Units of work for starting a process."""

Self = TypeVar("Self", bound="Pipelines")


class Pipelines(Simples):
    """A shell that runs pipelines and jobs."""

    def subshell(self: Self) -> Self:
        """Return a copy whose variables, directory and options are its own."""
        copied: Self = self.copied()
        return copied

    # -- what a process of the shell does --------------------------------------------------------

    def guarded(self, command: Command) -> Running:
        """Run *command* in this (sub)shell to its end; what goes wrong is a line and a code."""
        try:
            code = yield from self.command(command)
        except ExitShell as leaving:
            code = leaving.code
        except (LeaveLoop, Suspended):
            code = 0
        except Return as returning:
            code = returning.code
        except FatalProblem as problem:
            self.complain(str(problem), where=problem.where)
            code = self.fatal
        except ShellSyntaxError as problem:
            if str(problem):
                self.complain(str(problem), where=problem.where)
            code = 1
        except WorkLimit as limit:
            self.limited(limit)
            code = 1
        except OutputLimit as limit:
            if str(limit):
                self.complain(str(limit))
            code = 1
        except FileProblem as problem:
            self.complain(str(problem))
            code = 1
        except RecursionError:
            self.complain("commands are nested too deep")
            code = 2
        except BrokenPipe:
            code = 141
        self.status = code
        if "EXIT" in self.traps:
            code = yield from self.run_trap("EXIT", code)
        return code

    @abstractmethod
    def run_trap(self, name: str, code: int) -> Running:
        """Run what `trap` has set for *name*."""

    def limited(self, limit: WorkLimit) -> None:
        """Say once that the line has done too much."""
        if self.budget.tell():
            try:
                self.streams.stderr.write(f"{self.blames}: {limit}\n")
            except (BrokenPipe, OutputLimit, FileProblem, WorkLimit):
                return

    def spawn(self, generator: Generator[Any, Any, Any]) -> simpy.Process:
        """Start a process of this shell, which is stopped with its job."""
        if self.job is not None:
            return self.job.spawn(generator)
        return self.env.spawn(generator)

    # -- pipelines -----------------------------------------------------------------------------

    def pipeline(self, pipeline: Pipeline) -> Running:
        """Run a pipeline."""
        began = self.env.now
        done = (self.budget.done, self.budget.asks) if pipeline.timed else (0, 0)
        if pipeline.negated:
            self.shielded += 1
        try:
            if not pipeline.stages:
                code = 0
            elif len(pipeline.stages) == 1:
                code = yield from self.command(pipeline.stages[0])
            else:
                code = yield from self._piped(pipeline)
        finally:
            if pipeline.negated:
                self.shielded -= 1
        if pipeline.timed:
            work, asks = self.budget.done - done[0], self.budget.asks - done[1]
            self._time(pipeline.timed, taken(self.env.now - began, work, asks, began))
        return int(code == 0) if pipeline.negated else code

    def _time(self, how: str, times: Times) -> None:
        form = PORTABLE if how == "time -p" else self.variables.scalar("TIMEFORMAT")
        form = FORMAT if form is None else form
        if form:
            self.streams.stderr.write(timed(form, times) + "\n")

    def _piped(self, pipeline: Pipeline) -> Running:
        count = len(pipeline.stages)
        codes = [0] * count
        job = Job(self.env, printed(pipeline)) if self.jobbing else None
        processes: list[simpy.Process] = []
        streams = self.streams
        reads: Pipe | None = None
        self.budget.charge(FORK * count * (1 + self.subshells))
        for number, stage in enumerate(pipeline.stages):
            own = streams if reads is None else replace(streams, stdin=reads, tty=False)
            following: Pipe | None = None
            if number < count - 1:
                following = Paid(self.env, self.budget.charge)
                joined = pipeline.joined_stderr[number]
                own = replace(own, stdout=following, stderr=following if joined else own.stderr)
            inner = self.subshell()
            inner.streams = own
            inner.job = job or self.job
            if job is not None:
                inner.bashpid = self.pids.next()
                job.pids.append(inner.bashpid)
            running = inner._staging(stage, reads, following, codes, number)
            if job is not None:
                processes.append(job.spawn(running, leads=True))
            else:
                processes.append(self.spawn(running))
            reads = following
        if job is not None:
            job.codes = codes
            yield from self.foreground(job)
        else:
            interrupted = yield from self._wait_for(processes)
            if interrupted and codes[-1] > 128:
                self.codes = codes
                raise Interrupted(interrupted)
        self.codes = codes
        if "pipefail" in self.on:
            return next((code for code in reversed(codes) if code), 0)
        return codes[-1]

    def _staging(
        self,
        command: Command,
        reads: Pipe | None,
        writes: Pipe | None,
        codes: list[int],
        number: int,
    ) -> Generator[simpy.Event, Any, None]:
        """Run one stage as a process of its own; *reads* and *writes* are its ends of pipes."""
        try:
            codes[number] = yield from self.guarded(command)
        except Interrupted as signal:
            codes[number] = code_of(signal.cause)
        finally:
            if reads is not None:
                reads.abandon()
            if writes is not None:
                writes.close()

    def _wait_for(self, processes: list[simpy.Process]) -> Generator[simpy.Event, Any, str]:
        """Wait until all *processes* have ended; return the signal that came meanwhile, if any."""
        interrupted = ""
        for process in processes:
            while process.is_alive:
                try:
                    yield process
                except Interrupted as signal:
                    interrupted = str(signal.cause)
                    for other in processes:
                        if other.is_alive:
                            other.interrupt(signal.cause)
        return interrupted

    # -- jobs ----------------------------------------------------------------------------------

    def as_job(self, running: Running, argv: list[str]) -> Running:
        """Run *running* as the foreground job."""
        job = Job(self.env, " ".join(argv))
        job.codes = [0]
        job.pids.append(self.pids.next())
        failures: list[BaseException] = []
        job.spawn(_coded(running, job.codes, failures), leads=True)
        yield from self.foreground(job)
        if failures:
            raise failures[0]
        return job.codes[0]

    def job_text(self, command: Command) -> str:
        """Return what `jobs` shows of *command*."""
        return printed(command)

    def foreground(self, job: Job) -> Generator[simpy.Event, Any, None]:
        """Wait for the foreground job; Ctrl-C interrupts it and ends the line, Ctrl-Z stops it.

        Raises:
            Interrupted: if Ctrl-C ended it.
            Suspended: if it was stopped.
        """
        job.foreground = True
        interrupted: Interrupted | None = None
        if self.terminal is not None and job.claims:
            claims, job.claims = job.claims, []
            self.terminal.resume(claims)
        job.resume()
        while not job.done:
            if job.stopped:
                break
            try:
                yield job.changed()
            except Interrupted as signal:
                if signal.cause in STOPS:
                    job.stop(str(signal.cause))
                else:
                    interrupted = signal
                    job.signal_all(str(signal.cause))
        if job.stopped:
            job.foreground = False
            self.jobs.add(job)
            self.jobs.touch(job)
            if self.terminal is not None:
                job.claims = self.terminal.stop()
            job.stop_told = True
            self.streams.stderr.write(f"\n{self.jobs.line(job)}\n")
            self.status = 148
            raise Suspended
        if interrupted is not None and job.code == code_of(interrupted.cause):
            raise interrupted

    def background(self, command: Background) -> Running:
        """Start a job beside this shell."""
        self.budget.charge(FORK * (1 + self.subshells))
        self.jobs.own()
        if len(self.jobs.jobs) >= self.jobs.MOST:
            self._forget_done()
        if len(self.jobs.jobs) >= self.jobs.MOST:
            self.complain("fork: retry: Resource temporarily unavailable")
            return 254
        job = Job(self.env, printed(command.body))
        job.foreground = False
        job.codes = [0]
        job.cwd = self.cwd
        inner = self.subshell()
        inner.job = job
        inner.bashpid = self.pids.next()
        job.pids.append(inner.bashpid)
        if self.jobbing:
            if self.streams.tty:
                stdin: Pipe = Held(self.env, self.streams.stdin, job)
                inner.streams = replace(self.streams, stdin=stdin)
        elif self.streams.stdin is self.started_with:
            inner.streams = replace(self.streams, stdin=Pipe(self.env, ""), tty=False)
        self.jobs.add(job)
        job.spawn(inner._staging(command.body, None, None, job.codes, 0), leads=True)
        self.last_job = str(job.pids[-1])
        if self.jobbing:
            self.streams.stderr.write(f"[{job.number}] {job.pids[-1]}\n")
        return 0
        yield

    started_with: Pipe | None = None
    """Standard input of the line: a background job of a script does not get it."""

    def _forget_done(self) -> None:
        for job in self.jobs.ordered():
            if job.done:
                self.jobs.remove(job)

    def wait_for_job(self, job: Job) -> Running:
        """Wait until *job* has ended or is stopped; return its code."""
        yield from waiting(job)
        return 148 if job.stopped else job.code

    # -- substitutions -------------------------------------------------------------------------

    def substitute(self, script: Script) -> Generator[simpy.Event, Any, str]:
        """Run *script* in a subshell and return what it prints."""
        self.budget.charge(FORK // 3)
        output = Kept(self.limits.captured, self.budget.charge)
        inner = self.subshell()
        inner.shielded = 0
        inner.substituting += 1
        if "inherit_errexit" not in self.on:
            inner.on.discard("errexit")
        inner.streams = replace(self.streams, stdout=output)
        only = script.commands[0] if len(script.commands) == 1 else None
        if isinstance(only, Simple) and not only.words and not only.assignments and only.redirects:
            text = yield from self._file_text(only, inner)
            if text is not None:
                return text
        try:
            self.status = yield from inner.script(script)
        except ExitShell as leaving:
            self.status = leaving.code
        except Return as returning:
            self.status = returning.code
        except (LeaveLoop, Suspended):
            self.status = 0
        except BrokenPipe:
            self.status = 141
        except FatalProblem as problem:
            self.complain(str(problem), where=problem.where)
            self.status = self.fatal
        except ExpansionProblem as problem:
            if str(problem):
                self.complain(str(problem), where=problem.where)
            self.status = 1
        inner.status = self.status
        if "EXIT" in inner.traps:
            self.status = yield from inner.run_trap("EXIT", self.status)
        return output.text

    def _file_text(
        self, command: Simple, inner: Pipelines
    ) -> Generator[simpy.Event, Any, str | None]:
        """Return the file of `$(< file)`."""
        redirect = command.redirects[0]
        if len(command.redirects) != 1 or redirect.operator != "<" or redirect.descriptor != 0:
            return None
        path: str = yield from self.expander.text(redirect.target)
        try:
            text = self.files.read(self.files.resolve(path, self.cwd))
        except FileProblem as problem:
            self.complain(f"{path}: {problem}")
            self.status = 1
            return ""
        self.budget.charge(len(text))
        self.status = 0
        return text

    @abstractmethod
    def script(self, script: Script) -> Running:
        """Run the commands of *script* one after the other."""

    def process_substitution(self, part: ProcessSubstitution) -> str:
        """Start a script beside this command and return the name of its pipe."""
        self.budget.charge(FORK)
        number = 63
        while f"/dev/fd/{number}" in self.pipes:
            number -= 1
        path = f"/dev/fd/{number}"
        pipe = Paid(self.env, self.budget.charge)
        self.pipes[path] = pipe
        inner = self.subshell()
        codes = [0]
        body = _whole(part.script)
        if part.sign == "<":
            inner.streams = replace(self.streams, stdout=pipe)
            if self.streams.tty:
                # Beside the command that has the keys it may not read them too; see tcsetpgrp(3).
                inner.streams = replace(inner.streams, stdin=Pipe(self.env, ""), tty=False)
            self.spawn(inner._staging(body, None, pipe, codes, 0))
        else:
            inner.streams = replace(self.streams, stdin=pipe, tty=False)
            self.spawn(inner._staging(body, pipe, None, codes, 0))
            self.fed[path] = pipe
        return path

    @property
    def fed(self) -> dict[str, Pipe]:
        """The pipes of `>(...)`, which somebody writes."""
        return self._fed

    _fed: dict[str, Pipe]

    def lend(self, argv: list[str]) -> Generator[simpy.Event, Any, None]:
        """Make the pipes of `<(...)` among *argv* files that a program can read."""
        if not self.pipes:
            return
        for word in argv[1:]:
            for path, pipe in list(self.pipes.items()):
                if path not in word:
                    continue
                if path in self.fed:
                    self.files.lend(path, "")
                else:
                    self.files.lend(path, (yield from pipe.read_all()))

    def take_back(self, argv: list[str]) -> Generator[simpy.Event, Any, None]:
        """Forget those files, and hand on what was written to `>(...)`."""
        for word in argv[1:]:
            for path in list(self.pipes):
                if path in word:
                    text = self.files.take_back(path)
                    if path in self.fed:
                        self.fed[path].write(text)
        return
        yield

    def end_substitutions(self, before: set[str]) -> None:
        """Close the pipes of `<(...)` and `>(...)` that a command has opened."""
        for path in [path for path in self.pipes if path not in before]:
            pipe = self.pipes.pop(path)
            if self.fed.pop(path, None) is not None:
                pipe.close()
            else:
                pipe.abandon()


def _coded(
    running: Running, codes: list[int], failures: list[BaseException]
) -> Generator[simpy.Event, Any, None]:
    """Run a program; its code, or what it raised, is kept for the shell."""
    try:
        codes[0] = yield from running
    except Interrupted as signal:
        codes[0] = code_of(signal.cause)
    except BrokenPipe:
        codes[0] = 141
    except (WorkLimit, OutputLimit, ShellSyntaxError, RecursionError) as failure:
        failures.append(failure)


def _whole(script: Script) -> Command:
    return script.commands[0] if len(script.commands) == 1 else Group(script)
