"""The interpreter: runs the tree of a command line in simulated time.

Stages of a pipeline are kernel processes joined by bounded pipes; everything a line does ends in
an exit code, never in an exception. This file knows no program and no grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import simpy

from sim.bash.builtins import BUILTINS, Builtin
from sim.bash.control import ExitShell, LeaveLoop
from sim.bash.expansion import Expander
from sim.bash.parser import parse
from sim.bash.process import (
    BrokenPipe,
    Capture,
    FileProblem,
    FileSystem,
    OutputLimit,
    Pipe,
    Proc,
    Program,
    Running,
    Sink,
)
from sim.bash.redirection import RedirectProblem, Streams, apply_redirects
from sim.bash.syntax import (
    AndOr,
    Command,
    Compound,
    For,
    Group,
    If,
    Pipeline,
    Script,
    ShellSyntaxError,
    Simple,
    Subshell,
    While,
)
from sim.kernel import Environment, Interrupted


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command line may use up."""

    commands: int = 10_000
    """Simple commands, those in loops counted each time."""
    loop_ms: int = 20
    """Simulated time that each turn of a loop takes, so that no loop stands still in time."""
    variables: int = 4 << 20
    """Characters that all variables may hold."""
    captured: int = 4 << 20
    """Characters that one `$(...)` may print."""


class StepLimit(Exception):  # noqa: N818 - a condition that ends the line
    """The line ran more commands than `Limits.commands`."""


@dataclass(slots=True)
class _Budget:
    left: int


class Shell:
    """One shell: its variables, directory and options last from line to line."""

    def __init__(
        self,
        env: Environment,
        programs: Mapping[str, Program],
        *,
        environ: Mapping[str, str] | None = None,
        files: FileSystem | None = None,
        host: Any = None,
        limits: Limits | None = None,
        name: str = "bash",
        blames: str = "",
        builtins: Mapping[str, Builtin] | None = None,
        on_asked: Callable[[], None] = lambda: None,
    ) -> None:
        """Start a shell over *programs*, in which *host* is handed to each program.

        *environ* is exported; *blames* (or else *name*) begins error lines: `-bash` in a login
        shell, `bash: line 1` under `bash -c`. *builtins* default to bash's own.
        """
        self.env = env
        self.programs = programs
        self.files = files or FileSystem()
        self.host = host
        self.limits = limits or Limits()
        self.name = name
        self.blames = blames or name
        self.builtins = BUILTINS if builtins is None else builtins
        self.on_asked = on_asked
        self.variables: dict[str, str] = {"HOME": self.files.home, **(environ or {})}
        self.exported: set[str] = set(self.variables)
        self.cwd = self.files.home
        self.variables["PWD"] = self.cwd
        self.status = 0
        self.pipefail = False
        self.errexit = False
        self.aliases: dict[str, str] = {}
        self.history: list[str] = []
        self.exited = False
        """True once `exit` was called; whoever reads lines for this shell stops then."""
        self.loops = 0
        self._budget = _Budget(self.limits.commands)

    def run(
        self, line: str, stdin: Pipe, stdout: Sink, stderr: Sink, *, tty: bool = False
    ) -> Running:
        """Run one command line to its end and return its exit code.

        Ctrl-C (an interrupt of the process that runs this) ends the whole line with 130.
        """
        self._budget = _Budget(self.limits.commands)
        try:
            script = parse(line)
        except ShellSyntaxError as error:
            self._complain(stderr, str(error))
            self.status = 2
            return 2
        try:
            code = yield from self._guarded(script, Streams(stdin, stdout, stderr, tty))
        except Interrupted:
            code = 130
        except ExitShell as leaving:
            self.exited = True
            code = leaving.code
        except LeaveLoop:
            code = 0
        self.status = code
        return code

    def interpret(self, proc: Proc, line: str) -> Running:
        """Run *line* with the streams of *proc* in a copy of this shell (`sh -c`, `watch`)."""
        inner = self.subshell()
        inner.cwd = proc.cwd
        inner.variables.update(proc.environ)
        inner.exported.update(proc.environ)
        try:
            script = parse(line)
        except ShellSyntaxError as error:
            self._complain(proc.stderr, str(error))
            return 2
        streams = Streams(proc.stdin, proc.stdout, proc.stderr, proc.tty)
        try:
            return (yield from inner._guarded(script, streams))
        except ExitShell as leaving:
            return leaving.code
        except LeaveLoop:
            return 0

    def subshell(self) -> Shell:
        """Return a copy whose variables, directory and options are its own."""
        other = copy(self)
        other.variables = dict(self.variables)
        other.exported = set(self.exported)
        other.aliases = dict(self.aliases)
        return other

    def assign(self, name: str, value: str) -> None:
        """Set a variable.

        Raises:
            ShellSyntaxError: if all of them would take too much room.
        """
        self.variables[name] = value
        if sum(map(len, self.variables.values())) > self.limits.variables:
            del self.variables[name]
            raise ShellSyntaxError(f"{name}: no room for so much in variables")

    def environ(self) -> dict[str, str]:
        """Return the exported variables."""
        return {name: self.variables[name] for name in self.variables if name in self.exported}

    def complete_alias(self, word: str) -> str:
        """Return what *word* stands for as the first word of a line."""
        return self.aliases.get(word, word)

    # -- commands ------------------------------------------------------------------------------

    def _guarded(self, script: Script, streams: Streams) -> Running:
        """Run *script*; what is only a limit or a wrong word becomes one line and a code."""
        try:
            return (yield from self.script(script, streams))
        except ShellSyntaxError as error:
            self._complain(streams.stderr, str(error))
            return 1
        except StepLimit:
            self._complain(streams.stderr, f"stopped after {self.limits.commands} commands")
            return 1
        except OutputLimit as limit:
            if str(limit):
                self._complain(streams.stderr, str(limit))
            return 1
        except RecursionError:
            self._complain(streams.stderr, "commands are nested too deep")
            return 2
        except BrokenPipe:
            return 141

    def script(self, script: Script, streams: Streams) -> Running:
        """Run the commands of *script* one after the other."""
        for command in script.commands:
            self.status = yield from self._command(command, streams)
            if self.errexit and self.status and not isinstance(command, AndOr):
                raise ExitShell(self.status)
        return self.status

    def _command(self, command: Command, streams: Streams) -> Running:
        if isinstance(command, Simple):
            return (yield from self._simple(command, streams))
        if isinstance(command, Pipeline):
            return (yield from self._pipeline(command, streams))
        if isinstance(command, AndOr):
            return (yield from self._and_or(command, streams))
        if isinstance(command, Compound):
            try:
                streams = yield from self._redirected(command.redirects, streams)
            except RedirectProblem as problem:
                self._complain(streams.stderr, str(problem))
                return 1
            return (yield from self._command(command.body, streams))
        if isinstance(command, Subshell):
            try:
                return (yield from self.subshell().script(command.script, streams))
            except ExitShell as leaving:
                return leaving.code
        if isinstance(command, Group):
            return (yield from self.script(command.script, streams))
        if isinstance(command, If):
            return (yield from self._if(command, streams))
        if isinstance(command, While):
            return (yield from self._while(command, streams))
        return (yield from self._for(command, streams))

    def _and_or(self, command: AndOr, streams: Streams) -> Running:
        self.status = yield from self._command(command.left, streams)
        if (self.status == 0) == (command.operator == "&&"):
            return (yield from self._command(command.right, streams))
        return self.status

    def _if(self, command: If, streams: Streams) -> Running:
        for condition, body in command.branches:
            if (yield from self.script(condition, streams)) == 0:
                return (yield from self.script(body, streams))
        if command.otherwise is not None:
            return (yield from self.script(command.otherwise, streams))
        return 0

    def _for(self, command: For, streams: Streams) -> Running:
        words = yield from self._expander(streams).arguments(command.words)
        code = 0
        for word in words:
            self.assign(command.name, word)
            goes_on, code = yield from self._turn(command.body, streams)
            if not goes_on:
                break
        return code

    def _while(self, command: While, streams: Streams) -> Running:
        code = 0
        while ((yield from self.script(command.condition, streams)) == 0) != command.until:
            goes_on, code = yield from self._turn(command.body, streams)
            if not goes_on:
                break
        return code

    def _turn(
        self, body: Script, streams: Streams
    ) -> Generator[simpy.Event, Any, tuple[bool, int]]:
        """Run a loop's body once; return whether the loop goes on, and the body's code."""
        self._step()
        yield self.env.timeout(self.limits.loop_ms)
        self.loops += 1
        try:
            return True, (yield from self.script(body, streams))
        except LeaveLoop as leaving:
            if leaving.levels > 1 and self.loops > 1:
                raise LeaveLoop(again=leaving.again, levels=leaving.levels - 1) from None
            return leaving.again, 0
        finally:
            self.loops -= 1

    def _pipeline(self, pipeline: Pipeline, streams: Streams) -> Running:
        began = self.env.now
        if len(pipeline.stages) == 1:
            code = yield from self._command(pipeline.stages[0], streams)
        else:
            code = yield from self._piped(pipeline, streams)
        if pipeline.timed:
            minutes, seconds = divmod((self.env.now - began) / 1000, 60)
            streams.stderr.write(
                f"\nreal\t{minutes:.0f}m{seconds:.3f}s\nuser\t0m0.000s\nsys\t0m0.000s\n"
            )
        return int(code == 0) if pipeline.negated else code

    def _piped(self, pipeline: Pipeline, streams: Streams) -> Running:
        codes = [0] * len(pipeline.stages)
        processes: list[simpy.Process] = []
        own = streams
        for number, stage in enumerate(pipeline.stages):
            ours: list[Pipe] = []
            if number < len(codes) - 1:
                pipe = Pipe(self.env)
                stderr = pipe if pipeline.joined_stderr[number] else streams.stderr
                stage_streams = replace(own, stdout=pipe, stderr=stderr)
                following = replace(streams, stdin=pipe, tty=False)
            else:
                stage_streams = following = own
            if number:
                ours.append(own.stdin)
            processes.append(
                self.env.spawn(self.subshell()._staging(stage, stage_streams, ours, codes, number))
            )
            own = following
        interrupted = yield from self._wait_for(processes)
        if interrupted and codes[-1] == 130:
            raise Interrupted("SIGINT")
        if self.pipefail:
            return next((code for code in reversed(codes) if code), 0)
        return codes[-1]

    def _staging(
        self, command: Command, streams: Streams, reads: list[Pipe], codes: list[int], number: int
    ) -> Generator[simpy.Event, Any, None]:
        """Run one stage as a process of its own; *reads* are the pipes only it reads."""
        try:
            codes[number] = yield from self._guarded(Script((command,)), streams)
        except Interrupted:
            codes[number] = 130
        except ExitShell as leaving:
            codes[number] = leaving.code
        except LeaveLoop:
            codes[number] = 0
        finally:
            for pipe in reads:
                pipe.abandon()
            if number < len(codes) - 1:
                streams.stdout.close()

    def _wait_for(self, processes: list[simpy.Process]) -> Generator[simpy.Event, Any, bool]:
        """Wait until all *processes* have ended; return whether Ctrl-C came meanwhile."""
        interrupted = False
        for process in processes:
            while process.is_alive:
                try:
                    yield process
                except Interrupted as signal:
                    interrupted = True
                    for other in processes:
                        if other.is_alive:
                            other.interrupt(signal.cause)
        return interrupted

    def _simple(self, command: Simple, streams: Streams) -> Running:
        self._step()
        outer = streams
        expander = self._expander(streams)
        self.status, before = 0 if not command.words else self.status, self.status
        argv = yield from expander.arguments(command.words)
        values: dict[str, str] = {}
        for assignment in command.assignments:
            value: str = yield from expander.text(assignment.value)
            old = values.get(assignment.name, self.variables.get(assignment.name, ""))
            values[assignment.name] = old + value if assignment.append else value
        try:
            streams = yield from self._redirected(command.redirects, streams)
        except RedirectProblem as problem:
            self._complain(outer.stderr, str(problem))
            return 1
        if not argv:
            for name, text in values.items():
                self.assign(name, text)
            return self.status
        if command.words:
            self.status = before
        first = command.words[0].plain
        if first is not None and first in self.aliases:
            argv = [*(yield from self._alias(first, streams)), *argv[1:]]
        try:
            return (yield from self._execute(argv, values, streams))
        except FileProblem as problem:
            streams.stderr.write(f"{argv[0]}: {problem}\n")
            return 1

    def _alias(self, name: str, streams: Streams) -> Generator[simpy.Event, Any, list[str]]:
        commands = parse(self.aliases[name]).commands
        if len(commands) == 1 and isinstance(commands[0], Simple) and commands[0].words:
            expander = self._expander(streams)
            argv: list[str] = yield from expander.arguments(commands[0].words)
            return argv
        raise ShellSyntaxError(f"not supported in this shell: alias `{name}` is not one command")

    def _execute(self, argv: list[str], values: dict[str, str], streams: Streams) -> Running:
        """Run a builtin or program with its arguments."""
        name = argv[0]
        proc = Proc(
            env=self.env,
            argv=argv,
            environ={**self.environ(), **values},
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            tty=streams.tty,
            cwd=self.cwd,
            files=self.files,
            host=self.host,
            programs=self.programs,
            on_asked=self.on_asked,
            interpret=self.interpret,
        )
        if name in self.builtins:
            return (yield from self.builtins[name](self, proc))
        program = self.find(name)
        if program is not None:
            return (yield from program(proc))
        if "/" in name:
            path = self.files.resolve(name, self.cwd)
            if self.files.is_dir(path):
                self._complain(streams.stderr, f"{name}: Is a directory")
                return 126
            if self.files.exists(path):
                self._complain(streams.stderr, f"{name}: Permission denied")
                return 126
            self._complain(streams.stderr, f"{name}: No such file or directory")
            return 127
        told = "not found" if self.name == "sh" else "command not found"
        self._complain(streams.stderr, f"{name}: {told}")
        return 127

    def find(self, name: str) -> Program | None:
        """Return the program called *name*, or by its path in a directory of programs."""
        directory, _, last = name.rpartition("/")
        if directory in {"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"}:
            name = last
        return self.programs.get(name)

    # -- what commands need --------------------------------------------------------------------

    def _redirected(
        self, redirects: tuple[Any, ...], streams: Streams
    ) -> Generator[simpy.Event, Any, Streams]:
        if not redirects:
            return streams
        return (
            yield from apply_redirects(
                redirects, streams, self._expander(streams), self.files, self.cwd, self.env
            )
        )

    def _expander(self, streams: Streams) -> Expander:
        special = {"?": str(self.status), "$": "4711", "!": "", "#": "0", "@": "", "*": ""}
        special.update({"0": self.name, "-": "himBHs"})

        def substitute(script: Script) -> Generator[simpy.Event, Any, str]:
            output = Capture(self.limits.captured)
            inner = self.subshell()
            try:
                inner_streams = replace(streams, stdout=output)
                self.status = yield from inner.script(script, inner_streams)
            except ExitShell as leaving:
                self.status = leaving.code
            except BrokenPipe:
                self.status = 141
            return output.text

        return Expander(self.variables, self.files, self.cwd, special, substitute)

    def _step(self) -> None:
        self._budget.left -= 1
        if self._budget.left < 0:
            raise StepLimit

    def _complain(self, stderr: Sink, message: str) -> None:
        try:
            stderr.write(f"{self.blames}: {message}\n")
        except (BrokenPipe, OutputLimit):
            return  # nobody reads it any more; the exit code still tells
