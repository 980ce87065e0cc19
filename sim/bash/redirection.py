"""Where a command's descriptors go after its redirections, into files of the place only."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.budget import Budget
from sim.bash.files import FileProblem, FileSystem
from sim.bash.masking import masked
from sim.bash.pipes import Pipe, Sink
from sim.bash.syntax import Redirect

if TYPE_CHECKING:
    from sim.bash.state import State

_STANDARD = re.compile(r"/dev/(?:stdin|stdout|stderr|fd/(\d{1,4}))")
_NUMBERS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


@dataclass(frozen=True, slots=True)
class Streams:
    """The descriptors of a command."""

    stdin: Pipe
    stdout: Sink
    stderr: Sink
    tty: bool = False
    """True if standard input is the terminal."""
    host: Any = None
    """What the programs of this line get as their host."""
    others: Mapping[int, Sink] = field(default_factory=dict)
    """Descriptors above 2; what can be read is a Pipe."""

    def get(self, number: int) -> Sink | None:
        """Return what descriptor *number* is; None if it is not open."""
        if number == 0:
            found: Sink = self.stdin
        elif number <= 2:
            found = self.stdout if number == 1 else self.stderr
        else:
            return self.others.get(number)
        return None if isinstance(found, Closed) else found

    def put(self, number: int, what: Sink | None, *, tty: bool = False) -> Streams:
        """Return these with descriptor *number* being *what*; None closes it."""
        if number == 0:
            if what is None:
                return replace(self, stdin=ClosedInput(), tty=False)
            if isinstance(what, Pipe):
                return replace(self, stdin=what, tty=tty)
            return replace(self, stdin=_unreadable(what), tty=False)
        if number == 1:
            return replace(self, stdout=Closed() if what is None else what)
        if number == 2:
            return replace(self, stderr=Closed() if what is None else what)
        others = {key: value for key, value in self.others.items() if key != number}
        if what is not None:
            others[number] = what
        return replace(self, others=others)


class Closed(Sink):
    """A descriptor that was closed."""

    def write(self, text: str) -> None:
        """Fail as the system call does."""
        if text:
            raise FileProblem("write error: Bad file descriptor")


class ClosedInput(Pipe):
    """A standard input that was closed."""

    def __init__(self) -> None:
        """There is nothing to read."""
        super().__init__(simpy.Environment(), "")


def _unreadable(what: Sink) -> Pipe:
    """Return an input for `0>file`: it can be written only."""
    return ClosedInput()


class NullSink(Sink):
    """The null device: takes everything, but not for nothing."""

    def __init__(self, budget: Budget) -> None:
        """Count on *budget*."""
        self._budget = budget

    def write(self, text: str) -> None:
        """Forget *text*."""
        self._budget.charge(len(text))


class FileSink(Sink):
    """A file opened for writing."""

    def __init__(self, files: FileSystem, path: str, budget: Budget, *, append: bool) -> None:
        """Open *path*; without *append* it becomes empty.

        Raises:
            FileProblem: if it cannot be written.
        """
        self._files = files
        self._path = path
        self._budget = budget
        files.write(path, "", append=append)

    def write(self, text: str) -> None:
        """Add *text* to the file."""
        self._budget.charge(len(text))
        try:
            self._files.write(self._path, text, append=True)
        except FileProblem as problem:
            raise FileProblem(f"write error: {problem}") from None


class ReadWrite(Pipe):
    """A file opened with `<>`: what is read is gone, what is written is added."""

    def __init__(self, env: simpy.Environment, files: FileSystem, path: str) -> None:
        """Open *path*, made if it is missing."""
        if not files.exists(path):
            files.write(path, "")
        super().__init__(env, files.read(path))
        self._files = files
        self._path = path

    def write(self, text: str) -> None:
        """Add *text* to the file."""
        if self._written:
            self._files.write(self._path, text, append=True)
        else:
            super().write(text)


class RedirectProblem(Exception):  # noqa: N818 - an errno with the name it is about
    """A redirection failed; `str()` is `name: reason`."""


Redirected = Generator[simpy.Event, Any, Streams]


def apply_redirects(redirects: tuple[Redirect, ...], shell: State) -> Redirected:
    """Return *shell*'s streams after *redirects*, applied from left to right.

    Raises:
        RedirectProblem: if a file cannot be opened.
    """
    streams = shell.streams
    for redirect in redirects:
        streams = yield from _applied(redirect, streams, shell)
    return streams


def _applied(redirect: Redirect, streams: Streams, shell: State) -> Redirected:
    sign = redirect.operator
    if sign in {"<<", "<<-", "<<<"}:
        text: str = yield from shell.expander.text(redirect.target)
        shell.budget.charge(len(text))
        number = _number(redirect, shell)
        return streams.put(number, Pipe(shell.env, text + "\n" if sign == "<<<" else text))
    fields = yield from shell.expander.arguments((redirect.target,))
    if len(fields) != 1:
        raise RedirectProblem(f"{redirect.target.raw}: ambiguous redirect")
    target = fields[0]
    if sign in {">&", "<&"}:
        moved = re.fullmatch(r"(\d+|)(-?)", target)
        if moved is not None and target:
            return _duplicate(redirect, target, streams, shell)
        if sign == "<&" or (redirect.descriptor != 1 and target):
            raise RedirectProblem(f"{target}: ambiguous redirect")
        sign = "&>"
    what, tty = _opened(sign, target, streams, shell)
    if sign.startswith("&"):
        return streams.put(1, what).put(2, what)
    return streams.put(_number(redirect, shell), what, tty=tty)


def _number(redirect: Redirect, shell: State) -> int:
    if isinstance(redirect.descriptor, int):
        return redirect.descriptor
    number = 10
    while shell.streams.get(number) is not None:
        number += 1
    shell.variables.set(redirect.descriptor, str(number))
    return number


def _duplicate(redirect: Redirect, target: str, streams: Streams, shell: State) -> Streams:
    closing = target.endswith("-")
    if target == "-":
        if isinstance(redirect.descriptor, str):
            text = shell.variables.scalar(redirect.descriptor) or ""
            return streams.put(int(text) if text.isdecimal() else 10, None)
        return streams.put(redirect.descriptor, None)
    source = int(target.rstrip("-")[:9])
    what = streams.get(source)
    if what is None:
        raise RedirectProblem(f"{source}: Bad file descriptor")
    streams = streams.put(_number(redirect, shell), what, tty=source == 0 and streams.tty)
    return streams.put(source, None) if closing else streams


def _opened(sign: str, target: str, streams: Streams, shell: State) -> tuple[Sink, bool]:
    """Return what opening *target* gives, and whether it is the terminal."""
    if not target:
        raise RedirectProblem(": No such file or directory")
    standard = _STANDARD.fullmatch(target)
    if standard is not None and target not in shell.pipes:
        number = int(standard[1]) if standard[1] else _NUMBERS[target]
        found = streams.get(number)
        if found is None:
            raise RedirectProblem(f"{target}: No such file or directory")
        return found, number == 0 and streams.tty
    if target in shell.pipes:
        return shell.pipes[target], False
    if target == "/dev/null" and sign != "<":
        return NullSink(shell.budget), False
    if target == "/dev/tty" and shell.terminal is not None and shell.screen is not None:
        return (shell.terminal.keyboard, True) if sign == "<" else (shell.screen, False)
    path = shell.files.resolve(target, shell.cwd)
    try:
        if sign == "<":
            text = shell.files.read(path)
            shell.budget.charge(len(text))
            return Pipe(shell.env, text), False
        if sign == "<>":
            with masked(shell.files, shell.umask):
                return ReadWrite(shell.env, shell.files, path), False
        spares = sign == ">" and shell.option("noclobber") and shell.files.exists(path)
        if spares and not shell.files.is_dir(path):
            raise RedirectProblem(f"{target}: cannot overwrite existing file")
        append = sign.endswith(">>")
        with masked(shell.files, shell.umask):
            return FileSink(shell.files, path, shell.budget, append=append), False
    except FileProblem as problem:
        raise RedirectProblem(f"{target}: {problem}") from None
