"""Where a pager's text comes from: a file, or a pipe that is read only as far as it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.bash.process import FileProblem, Proc
from sim.bash.tools.pager.pages import Place, Text

FIRST = Place(0, 0)
"""Where a text begins."""


@dataclass
class Source:
    """One file of the command line, or what comes in through the pipe."""

    name: str
    """As given; empty for standard input."""
    text: Text = field(default_factory=Text)
    top: Place = FIRST
    seen: int = 0
    """Characters of the file that have been read, to go on behind them."""
    opened: bool = False

    def open(self, proc: Proc) -> str:
        """Read a file for the first time; returns what is wrong with it."""
        if not self.name:
            return ""
        path = proc.path(self.name)
        if proc.files.is_dir(path):
            return f"{self.name} is a directory\n"
        try:
            content = proc.files.read(path)
        except FileProblem as problem:
            return f"{self.name}: {problem}\n"
        self._add(proc, content)
        self.text.ended = True
        return ""

    def pull(self, proc: Proc) -> bool:
        """Take what the pipe holds; returns whether something came or it has ended."""
        piece = proc.stdin.poll()
        if piece:
            self._add(proc, piece)
        elif proc.stdin.closed:
            self.text.ended = True
        return bool(piece) or self.text.ended

    def grow(self, proc: Proc) -> bool:
        """Take what was written to the file since; returns whether something was."""
        try:
            content = proc.files.read(proc.path(self.name))
        except FileProblem:
            return False
        if len(content) <= self.seen:
            return False
        self._add(proc, content[self.seen :])
        return True

    def _add(self, proc: Proc, piece: str) -> None:
        proc.charge(len(piece) // 8)
        self.text.add(piece)
        self.seen += len(piece)
