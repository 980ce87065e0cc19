"""What sed reads, one line ahead at most, and where it writes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Sink

Line = tuple[str, bool]
"""A line and whether its end was there."""
Reading = Generator[simpy.Event, Any, Any]


class Source:
    """The lines of the input files, one after the other."""

    def __init__(self, proc: Proc, names: list[str], end: str, *, separate: bool) -> None:
        """Read *names*, or standard input; with *separate* each has a last line of its own."""
        self.proc = proc
        self.end = end
        self.separate = separate
        self.failed = 0
        """The code of what could not be read."""
        self.name = "-"
        self._names = list(names) or ["-"]
        self._ahead: Line | None = None
        self._lines: list[str] = []
        self._index = 0
        self._ends = True
        self._stream = False
        self.opened = 0
        """How many files have been begun."""

    def take(self) -> Generator[simpy.Event, Any, Line | None]:
        """Return the next line, or None after the last."""
        line, self._ahead = self._ahead, None
        if line is None:
            line = yield from self._read()
        return line

    def is_last(self) -> Generator[simpy.Event, Any, bool]:
        """Return whether the line taken last is the last one, which needs a look ahead."""
        if self._ahead is not None:
            return False
        if self.separate and not self._stream:
            return self._index >= len(self._lines)
        self._ahead = yield from self._read()
        return self._ahead is None

    def has_more(self) -> Generator[simpy.Event, Any, bool]:
        """Return whether `n` and `N` find a line."""
        return not (yield from self.is_last())

    def _read(self) -> Generator[simpy.Event, Any, Line | None]:
        while True:
            if self._index < len(self._lines):
                line = self._lines[self._index]
                self._index += 1
                return line, self._ends or self._index < len(self._lines)
            if self._stream:
                got: str | None = yield from self.proc.stdin.readline()
                if got is not None:
                    self.proc.charge(len(got) + 1)
                    return got, not self.proc.stdin.unended
                self._stream = False
            if not self._names:
                return None
            yield from self._open(self._names.pop(0))

    def _open(self, name: str) -> Generator[simpy.Event, Any, None]:
        self._lines, self._index, self._ends = [], 0, True
        if name == "-" and not self.separate and self.end == "\n":
            self._stream = True
        else:
            if name == "-":
                text: str = yield from self.proc.stdin.read_all()
            else:
                try:
                    text = self.proc.files.read(self.proc.path(name))
                except FileProblem as problem:
                    directory = str(problem) == "Is a directory"
                    self.failed = 4 if directory else 2
                    what = f"read error on {name}" if directory else f"can't read {name}"
                    self.proc.fail(f"{what}: {problem}")
                    return
            self.proc.charge(len(text))
            self._ends = text.endswith(self.end)
            self._lines = text.split(self.end)
            if self._lines[-1] == "":
                self._lines.pop()
        self.name = name
        self.opened += 1


class Output:
    """A place to write to: it adds the newline that the input's last line lacked, when it must."""

    def __init__(self, sink: Sink, end: str) -> None:
        """Write to *sink*."""
        self.sink = sink
        self.end = end
        self._owes = False

    def line(self, text: str, *, ended: bool = True) -> None:
        """Write a line."""
        self.raw(text + self.end if ended else text)
        self._owes = not ended

    def raw(self, text: str) -> None:
        """Write *text* as it is."""
        if self._owes:
            self._owes = False
            text = self.end + text
        if text:
            self.sink.write(text)


class FileSink(Sink):
    """A file of `w`, emptied at the start and then added to."""

    def __init__(self, proc: Proc, name: str) -> None:
        """Open *name*; raises FileProblem."""
        self._files = proc.files
        self._path = proc.path(name)
        self._files.write(self._path, "")

    def write(self, text: str) -> None:
        """Add *text*."""
        self._files.write(self._path, text, append=True)
