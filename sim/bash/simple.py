"""Simple commands: assignments, redirections, and then a function, a builtin or a program."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import simpy

from sim.bash import quoting
from sim.bash.assigning import Assigning
from sim.bash.budget import COMMAND, WorkLimit
from sim.bash.control import Return
from sim.bash.masking import under
from sim.bash.pipes import Sink
from sim.bash.process import FileProblem, Proc, Program, Running, started
from sim.bash.redirection import RedirectProblem, Streams, apply_redirects
from sim.bash.state import MAX_NESTED, Call, State
from sim.bash.syntax import (
    Command,
    Function,
    ShellSyntaxError,
    Simple,
    Word,
)
from sim.bash.variables import Value

DIRECTORIES = frozenset(
    {"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}
)
TOOLS = frozenset({"[", "echo", "false", "printf", "pwd", "test", "true", "kill"})
"""Programs that are builtins of bash: no process of their own, and complaints in bash's name."""
SPECIAL = frozenset({":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly",
                     "return", "set", "shift", "source", "times", "trap", "unset"})  # fmt: skip
_SHEBANG = re.compile(r"#!\s*(\S+)[ \t]*([^\n]*)")


class Complaints(Sink):
    """Standard error of a tool that is a builtin of bash: its lines begin as bash's do."""

    def __init__(self, inner: Sink, name: str, shell: State) -> None:
        """Pass on to *inner* what tool *name* writes."""
        self._inner = inner
        self._mark = f"{name}: "
        self._shell = shell
        self.tty = inner.tty

    def write(self, text: str) -> None:
        """Pass *text* on."""
        if text.startswith(self._mark):
            text = f"{self._shell.blame()}: {text}"
        self._inner.write(text)


class Simples(Assigning):
    """A shell that runs simple commands."""

    # -- one command ---------------------------------------------------------------------------

    def simple(self, command: Simple) -> Running:
        """Run one simple command."""
        self.budget.charge(COMMAND)
        if command.line:
            self.line = command.line
        before = self.status
        words = command.words
        if not words:
            return (yield from self._assignments(command))
        argv: list[str] = yield from self.expander.arguments(words)
        if not argv:
            self.status = self.status if self._substituted(command) else 0
            return (yield from self._assignments(command, status=self.status))
        name = argv[0]
        streams = self.streams
        if command.redirects:
            try:
                streams = yield from apply_redirects(command.redirects, self)
            except RedirectProblem as problem:
                self.complain(str(problem))
                self.last_argument = argv[-1]
                return 1
        values: dict[str, str] = {}
        for assignment in command.assignments:
            if isinstance(assignment.value, Word):
                text: str = yield from self.expander.text(assignment.value, assigned=True)
                values[assignment.name] = (
                    self.appended(assignment.name, text) if assignment.append else text
                )
        if "xtrace" in self.on:
            self.trace([f"{key}={quoting.if_needed(text)}" for key, text in values.items()], [])
            self.trace([], argv)
        self.status = before
        try:
            return (yield from self._execute(argv, values, streams, command))
        except FileProblem as problem:
            told = f"{name}: {problem}"
            if name in self.builtins or name in TOOLS:
                self.complain(told, streams.stderr)
            else:
                _told(streams.stderr, told)
            return 1
        finally:
            self.last_argument = argv[-1]

    def _substituted(self, command: Simple) -> bool:
        """Return whether a word of *command* holds a `$(...)`, whose code then is the status."""
        return any("$(" in word.raw or "`" in word.raw for word in command.words)

    def _assignments(self, command: Simple, status: int = 0) -> Running:
        """Run a command that has no words left: assignments and redirections."""
        self.status = status
        if command.redirects:
            try:
                yield from apply_redirects(command.redirects, self)
            except RedirectProblem as problem:
                self.complain(str(problem))
                return 1
        for assignment in command.assignments:
            shown = yield from self.assignment(assignment)
            if "xtrace" in self.on:
                self.trace([shown], [])
        return self.status

    def trace(self, before: list[str], argv: list[str]) -> None:
        """Print what `set -x` prints of a command."""
        words = [*before, *(quoting.if_needed(word) or "''" for word in argv)]
        if words:
            head = self.prompt_text(self.parameter("PS4") or "")
            head = head[:1] * self.subshells_traced() + head
            _told(self.streams.stderr, head + " ".join(words))

    def subshells_traced(self) -> int:
        """Return how often the first character of PS4 is repeated: once for each `$(...)`."""
        return self.substituting

    def _execute(
        self, argv: list[str], values: dict[str, str], streams: Streams, command: Simple
    ) -> Running:
        """Run a function, builtin or program."""
        name = argv[0]
        function = self.functions.get(name)
        if function is not None:
            return (yield from self.call(function, argv, values, streams))
        return (yield from self.execute(argv, values, streams))

    def execute(
        self, argv: list[str], values: dict[str, str], streams: Streams, *, builtin: bool = True
    ) -> Running:
        """Run a builtin or program with its arguments."""
        name = argv[0]
        if builtin and (act := self.builtins.get(name)) is not None:
            return (yield from self._builtin(act, argv, values, streams))
        program = self.find(name)
        if program is None:
            return (yield from self._unknown(argv, values, streams))
        if name in TOOLS and self.name != "sh":
            proc = self.proc(argv, streams, values)
            proc.stderr = Complaints(streams.stderr, name, self)
            return (yield from self._masked(started(program, proc)))
        return (yield from self.process(program, argv, values, streams))

    def process(
        self, program: Program, argv: list[str], values: Mapping[str, str], streams: Streams
    ) -> Running:
        """Run a program that is a process of its own."""
        if not self.jobbing:
            yield from self.lend(argv)
            try:
                return (yield from self._masked(started(program, self.proc(argv, streams, values))))
            finally:
                if self.pipes:
                    yield from self.take_back(argv)
        return (yield from self.as_job(self._running(program, argv, values, streams), argv))

    def _masked(self, running: Running) -> Running:
        return under(running, self.files, self.umask)

    def _running(
        self, program: Program, argv: list[str], values: Mapping[str, str], streams: Streams
    ) -> Running:
        yield from self.lend(argv)
        try:
            return (yield from self._masked(started(program, self.proc(argv, streams, values))))
        except FileProblem as problem:
            _told(streams.stderr, f"{argv[0]}: {problem}")
            return 1
        finally:
            if self.pipes:
                yield from self.take_back(argv)

    @abstractmethod
    def as_job(self, running: Running, argv: list[str]) -> Running:
        """Run *running* as the foreground job."""

    def lend(self, argv: list[str]) -> Generator[simpy.Event, Any, None]:
        """Make the pipes of `<(...)` among *argv* files that a program can read."""
        return
        yield

    def take_back(self, argv: list[str]) -> Generator[simpy.Event, Any, None]:
        """Forget those files, and hand on what was written to `>(...)`."""
        return
        yield

    def proc(
        self, argv: list[str], streams: Streams, values: Mapping[str, str] | None = None
    ) -> Proc:
        """Return the process that runs *argv*."""
        environ = self.environ()
        if values:
            environ.update(values)
        if "SHLVL" in environ:
            environ["_"] = argv[0] if "/" in argv[0] else f"/usr/bin/{argv[0]}"
        return Proc(
            env=self.env,
            argv=argv,
            environ=environ,
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            tty=streams.tty,
            cwd=self.cwd,
            files=self.files,
            host=self.host if streams.host is None else streams.host,
            programs=self.programs,
            on_asked=self.on_asked,
            interpret=self.interpret,
            terminal=self.terminal,
            budget=self.budget,
            umask=self.umask,
        )

    def _builtin(
        self, act: Any, argv: list[str], values: dict[str, str], streams: Streams
    ) -> Running:
        """Run a builtin: in this shell, with its streams changed for the time."""
        saved = self.streams
        old = self._hold(values)
        self.streams = streams
        try:
            proc = self.proc(argv, streams)
            return (yield from started(partial(act, self), proc))
        finally:
            if self.streams is streams:
                self.streams = saved
            if old:
                self._restore(old)

    def _hold(self, values: dict[str, str]) -> dict[str, tuple[Value | None, str]]:
        """Set *values* for the time of one command; return what they hide."""
        if not values:
            return {}
        variables = self.variables
        old = {
            name: (variables.values_.get(name), variables.flags.get(name, "")) for name in values
        }
        for name, value in values.items():
            variables.set(name, value)
            variables.flag(name, "x")
        return old

    def _restore(self, old: dict[str, tuple[Value | None, str]]) -> None:
        for name, (value, flags) in old.items():
            if value is None:
                self.variables.values_.pop(name, None)
            else:
                self.variables.values_[name] = value
            if flags:
                self.variables.flags[name] = flags
            else:
                self.variables.flags.pop(name, None)

    # -- functions -----------------------------------------------------------------------------

    def call(
        self, function: Function, argv: list[str], values: dict[str, str], streams: Streams
    ) -> Running:
        """Run a function."""
        if len(self.calls) + self.nested > MAX_NESTED:
            self.budget.spend()
            raise WorkLimit(
                f"{argv[0]}: maximum function nesting level exceeded ({len(self.calls)})"
            )
        saved, positional, loops = self.streams, self.positional, self.loops
        old = self._hold(values)
        self.streams = streams
        self.positional = argv[1:]
        self.loops = 0
        self.calls.append(Call(argv[0], self.line))
        self.variables.enter()
        try:
            if function.redirects:
                try:
                    self.streams = yield from apply_redirects(function.redirects, self)
                except RedirectProblem as problem:
                    self.complain(str(problem))
                    return 1
            return (yield from self.command(function.body))
        except Return as returning:
            return returning.code
        except ShellSyntaxError as problem:
            problem.where = problem.where or self.blame()
            raise
        finally:
            self.variables.leave()
            self.line = self.calls.pop().line
            self.streams, self.positional, self.loops = saved, positional, loops
            self._restore(old)

    @abstractmethod
    def command(self, command: Command) -> Running:
        """Run one command of any kind."""

    # -- programs ------------------------------------------------------------------------------

    def find(self, name: str) -> Program | None:
        """Return the program called *name*, or by its path in a directory of programs."""
        directory, slash, last = name.rpartition("/")
        if slash:
            return self.programs.get(last) if directory in DIRECTORIES else None
        return self.programs.get(name)

    def script_of(self, path: str) -> str | None:
        """Return the file *path* if it may be executed."""
        found = self.files.stat_or_none(path)
        if found is None or found.kind != "-" or not found.mode & 0o111:
            return None
        return self.files.read(path)

    def _unknown(self, argv: list[str], values: dict[str, str], streams: Streams) -> Running:
        """Run a script by its path, or say why *argv* cannot be run."""
        name = argv[0]
        if "/" not in name:
            path = self.on_path(name, values.get("PATH"))
            if path is None:
                told = "not found" if self.name == "sh" else "command not found"
                self.complain(f"{name}: {told}", streams.stderr)
                return 127
            name = path
        else:
            path = self.files.resolve(name, self.cwd)
        if self.files.is_dir(path):
            self.complain(f"{name}: Is a directory", streams.stderr)
            return 126
        if not self.files.exists(path):
            self.complain(f"{name}: No such file or directory", streams.stderr)
            return 127
        text = self.script_of(path)
        if text is None:
            self.complain(f"{name}: Permission denied", streams.stderr)
            return 126
        shebang = _SHEBANG.match(text)
        interpreter = shebang[1] if shebang else "/bin/bash"
        more = shebang[2].split() if shebang else []
        if interpreter.endswith("/env") and more:
            interpreter, more = more[0], more[1:]
        program = self.programs.get(interpreter.rpartition("/")[2])
        if program is None:
            self.complain(f"{name}: cannot execute: required file not found", streams.stderr)
            return 127
        words = [interpreter.rpartition("/")[2], *more, name, *argv[1:]]
        return (yield from self.process(program, words, values, streams))

    def on_path(self, name: str, given: str | None = None) -> str | None:
        """Return the script called *name* in a directory of PATH, or of *given* for this once."""
        path = self.variables.scalar("PATH") if given is None else given
        for directory in (path or "").split(":"):
            script = self.files.resolve(f"{directory}/{name}", self.cwd)
            self.budget.charge(COMMAND)
            if directory and self.script_of(script) is not None:
                return script
        return None

    def with_streams(self, streams: Streams, **changes: Any) -> Streams:
        """Return *streams* with some of them changed."""
        return replace(streams, **changes)


def _told(stderr: Sink, message: str) -> None:
    stderr.write(message + "\n")
