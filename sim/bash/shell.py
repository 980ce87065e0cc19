"""The shell: runs command lines in simulated time, each to an exit code and never to an exception.

Its state is in `state`, what commands mean in `simple`, `pipelines` and `commands`; this file knows
no program and no grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.bash.budget import Budget, WorkLimit
from sim.bash.builtins import BUILTINS, Builtin
from sim.bash.commands import Commands
from sim.bash.control import (
    ExitShell,
    ExpansionProblem,
    FatalProblem,
    LeaveLoop,
    Return,
    Suspended,
)
from sim.bash.jobs import code_of
from sim.bash.parser import MAX_LINE, opened, parsed_line
from sim.bash.pipes import BrokenPipe, OutputLimit, Pipe, Sink
from sim.bash.process import FileProblem, Proc, Running
from sim.bash.redirection import Streams
from sim.bash.state import Limits
from sim.bash.syntax import Script, ShellSyntaxError
from sim.kernel import Environment, Interrupted


class Shell(Commands):
    """One shell: its variables, directory and options last from line to line."""

    def __init__(
        self,
        env: Environment,
        programs: Mapping[str, Any],
        *,
        builtins: Mapping[str, Builtin] | None = None,
        **options: Any,
    ) -> None:
        """Start a shell over *programs*; for *options* see `State`."""
        super().__init__(
            env, programs, builtins=BUILTINS if builtins is None else builtins, **options
        )
        self._fed = {}

    def run(
        self,
        line: str,
        stdin: Pipe,
        stdout: Sink,
        stderr: Sink,
        *,
        tty: bool = False,
        host: Any = None,
    ) -> Running:
        """Run one command line to its end and return its exit code.

        Its programs get *host*, by default the shell's own. With *tty* job control is on. Ctrl-C
        (an interrupt of the process that runs this) ends the whole line with 130.
        """
        if not self._shares:
            self.budget.settle()
            self.budget = Budget(self.env, self.limits.work, self.meter)
            self.variables.charge = self.budget.charge
        self.base = Streams(stdin, stdout, stderr, tty, host)
        self.streams = self._moved(self.base)
        self.started_with = stdin
        self.jobbing = tty
        self.screen = stderr if tty else None
        self.loops = self.shielded = self.nested = 0
        self.calls = []
        self.line = 1
        if len(line) > MAX_LINE:
            self.complain(f"line is longer than {MAX_LINE // 1024} KiB")
            self.status = 2
            return 2
        try:
            code = yield from self.ended(self.text(line))
        except Interrupted as signal:
            code = code_of(signal.cause)
            if signal.cause == "SIGINT" and "INT" in self.traps:
                code = yield from self.ended(self.run_trap("INT", code))
        except Suspended:
            code = 148
        except LeaveLoop:
            code = 0
        except Return as returning:
            code = returning.code
        except ExitShell as leaving:
            self.exited = True
            code = leaving.code
        if not tty and not self.exited:
            code = yield from self._leave(code)
        self.status = code
        return code

    def _moved(self, streams: Streams) -> Streams:
        """Return *streams* as `exec` has changed them for good."""
        line = streams
        for number, sink in self.moved.items():
            what = line.get(sink) if isinstance(sink, int) else sink
            streams = streams.put(number, what, tty=sink == 0 and line.tty)
        return streams

    def _leave(self, code: int) -> Running:
        return code
        yield

    def leave(self) -> Running:
        """End the shell: its EXIT trap runs, its jobs are hung up."""
        code = self.status
        if "EXIT" in self.traps:
            code = yield from self.ended(self.run_trap("EXIT", code))
        self.jobs.hang_up()
        return code

    def ended(self, running: Running) -> Running:
        """Run to the end; limits and broken pipes become one line and a code."""
        try:
            return (yield from running)
        except FatalProblem as problem:
            self.complain(str(problem), where=problem.where)
            if self.numbered:
                raise ExitShell(self.fatal) from None
            return 1
        except ShellSyntaxError as problem:
            if str(problem):
                self.complain(str(problem), where=problem.where)
            return 1
        except WorkLimit as limit:
            self.limited(limit)
        except OutputLimit as limit:
            if str(limit):
                self.complain(str(limit))
        except RecursionError:
            self.complain("commands are nested too deep")
            return 2
        except FileProblem as problem:
            self.complain(str(problem))
        except BrokenPipe:
            return 141
        return 1

    def text(self, text: str, *, line: int | None = None, source: str = "") -> Running:
        """Run the commands of a text in this shell, each line as soon as it is read."""
        if source:
            saved, self.source = self.source, source
            try:
                return (yield from self.text(text, line=line))
            finally:
                self.source = saved
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        aliases = self.aliases if "expand_aliases" in self.on else {}
        if not aliases and "\n" not in text and len(text) < 1000:
            try:
                script = parsed_line(text, extglob="extglob" in self.on)
            except ShellSyntaxError:
                script = None
            if script is not None:
                return (yield from self._line(script))
        first = 1 if line is None else line
        parser = opened(text, aliases=aliases, extglob="extglob" in self.on, first_line=first)
        while True:
            parser.extglob = "extglob" in self.on
            parser.aliases = self.aliases if "expand_aliases" in self.on else {}
            try:
                self.budget.charge(100)
                script = parser.next_line()
            except ShellSyntaxError as problem:
                self._wrong(problem)
                if problem.code is not None:
                    self.status = problem.code
                # Of a wrong `a=(...)` only the line is lost, of anything else the rest.
                if problem.code != 1 or (end := parser.text.find("\n", parser.at)) < 0:
                    return self.status
                parser.at = end
                continue
            for warning in parser.warnings:
                self.line = parser.line_of(len(parser.text))
                self.complain(warning)
            parser.warnings.clear()
            if script is None:
                return self.status
            if "verbose" in self.on:
                self.streams.stderr.write(script.text + "\n")
            yield from self._line(script)

    def _line(self, script: Script) -> Running:
        """Run one line; a word without meaning ends it, but not the lines behind it."""
        if "noexec" in self.on and self.numbered:
            return self.status
        try:
            return (yield from self.script(script))
        except FatalProblem:
            raise
        except ExpansionProblem as problem:
            if str(problem):
                self.complain(str(problem), where=problem.where)
            self.status = 1
            return 1

    def _wrong(self, problem: ShellSyntaxError) -> None:
        """Print bash's words about a line that cannot be read."""
        stderr = self.streams.stderr
        head = self.blames
        if self.numbered:
            line = problem.line or 1
            head = f"{head}{self.source}: line {line}"
        stderr.write(f"{head}: {problem}\n")
        if problem.echo is not None and self.numbered:
            mark = "syntax error: " if str(problem).startswith("syntax error: arith") else ""
            stderr.write(f"{head}: {mark}`{problem.echo}'\n")

    def interpret(self, proc: Proc, line: str) -> Running:
        """Run *line* with the streams of *proc* in a copy of this shell (`sh -c`, `watch`)."""
        inner = self.subshell()
        inner.cwd = proc.cwd
        inner.subshells = 0
        for name, value in proc.environ.items():
            inner.variables.set(name, value)
            inner.variables.flag(name, "x")
        inner.streams = Streams(proc.stdin, proc.stdout, proc.stderr, proc.tty, proc.host)
        if proc.budget is not None:
            inner.budget = proc.budget
            inner.variables.charge = proc.budget.charge
        return (yield from inner.finished(inner.text(line)))

    def finished(self, running: Running) -> Running:
        """Run the whole of a shell that is not interactive, its EXIT trap included."""
        try:
            code = yield from self.ended(running)
        except ExitShell as leaving:
            code = leaving.code
        except (LeaveLoop, Suspended):
            code = 0
        except Return as returning:
            code = returning.code
        except Interrupted as signal:
            self.status = code_of(signal.cause)
            if "EXIT" in self.traps:
                yield from self.ended(self.run_trap("EXIT", self.status))
            raise
        self.status = code
        try:
            if "EXIT" in self.traps:
                code = yield from self.ended(self.run_trap("EXIT", code))
        except ExitShell as leaving:
            code = leaving.code
        return code

    def complete_alias(self, word: str) -> str:
        """Return what *word* stands for as the first word of a line."""
        return self.aliases.get(word, word)


__all__ = ["Limits", "Shell"]
