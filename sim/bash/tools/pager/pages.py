"""A text in a window: which rows of it are seen, wrapped or chopped, numbered, with matches marked.

What a pager shows at a place in its text; keys, files and prompts are not known here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.bash.screen import BOLD, RESET, REVERSE

TAB = 8
NUMBER_WIDTH = 7
"""Columns of a line's number, less(1) `--line-num-width`."""
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPELLED = {code: f"^{chr(code ^ 64)}" for code in (*range(32), 127)} | {9: "\t", 27: "ESC"}
"""Controls as they are shown: a caret and a letter."""


class Place(NamedTuple):
    """A row of the text: which line, and which row of it if it is wrapped."""

    line: int
    row: int


@dataclass
class Text:
    """Lines that have come in so far."""

    lines: list[str] = field(default_factory=list)
    ended: bool = False
    """Nothing more will come."""
    _ends: list[int] = field(default_factory=list)
    """Offset behind each line."""
    _open: bool = False
    """The last line has no newline yet."""

    def add(self, text: str) -> None:
        """Take what came in."""
        parts = text.split("\n")
        size = self._ends[-1] if self._ends else 0
        if self._open:
            parts[0] = self.lines.pop() + parts[0]
            self._ends.pop()
            size = self._ends[-1] if self._ends else 0
        self._open = bool(parts[-1])
        whole = len(parts) - 1
        if not self._open:
            parts.pop()
        for number, line in enumerate(parts):
            size += len(line) + (number < whole)
            self._ends.append(size)
        self.lines.extend(parts)

    @property
    def size(self) -> int:
        """Characters in all."""
        return self._ends[-1] if self._ends else 0

    def offset(self, line: int) -> int:
        """Return how many characters stand before *line*."""
        return self._ends[min(line, len(self._ends)) - 1] if line > 0 and self._ends else 0

    def line_at(self, offset: int) -> int:
        """Return the line in which character *offset* stands."""
        return min(bisect_right(self._ends, offset), max(0, len(self.lines) - 1))

    def squeeze(self) -> None:
        """Make several empty lines one (`-s`)."""
        kept = [
            line
            for number, line in enumerate(self.lines)
            if line or not number or self.lines[number - 1]
        ]
        self.lines, self._ends = [], []
        self._open = False
        self.add("".join(f"{line}\n" for line in kept))


@dataclass
class Look:
    """How a text is shown."""

    columns: int = 80
    chop: bool = False
    """Long lines are cut instead of wrapped (`-S`)."""
    numbers: bool = False
    raw: bool = False
    """Colours are shown as such (`-R`)."""
    shift: int = 0
    """Columns left out on the left of a chopped line."""
    mark: Any = None
    """A compiled pattern whose matches stand out."""

    @property
    def width(self) -> int:
        """Columns for the text itself."""
        return max(1, self.columns - (NUMBER_WIDTH + 1 if self.numbers else 0))


def plain(line: str, look: Look) -> str:
    """Return *line* as it takes up columns and is searched: tabs as blanks, controls spelled out.

    Not character by character: a line of zeroes may be megabytes long.
    """
    if look.raw and "\x1b" in line:
        line = _SGR.sub("", line)
    if not _CONTROL.search(line):
        return line
    return line.removesuffix("\r").translate(_SPELLED).expandtabs(TAB)


def rows_of(line: str, look: Look) -> int:
    """Return how many rows *line* takes."""
    return 1 if look.chop else max(1, -(-len(plain(line, look)) // look.width))


def render(line: str, number: int, row: int, look: Look) -> str:
    """Return one row of *line* as it is sent to the screen."""
    end = look.shift + look.width + 1 if look.chop else (row + 1) * look.width
    cells = _cells(line, look, end)
    if look.mark is not None:
        _emphasize(cells, plain(line, look), look.mark)
    before = ""
    if look.numbers:
        digits = str(number + 1) if row == 0 else ""
        before = f"{BOLD}{digits:>{NUMBER_WIDTH}}{RESET} " if digits else " " * (NUMBER_WIDTH + 1)
    if not look.chop:
        return before + _styled(cells[row * look.width : (row + 1) * look.width])
    shown = cells[look.shift : look.shift + look.width]
    if len(cells) > look.shift + look.width:
        shown[-1] = (">", REVERSE)
    return before + _styled(shown)


def _cells(line: str, look: Look, most: int) -> list[tuple[str, str]]:
    """Return (character, style) for each column of *line*, at least for the first *most*."""
    if not _CONTROL.search(line):
        return [(char, "") for char in line[:most]]
    cells: list[tuple[str, str]] = []
    style = ""
    position = 0
    while position < len(line) and len(cells) < most:
        char = line[position]
        found = _SGR.match(line, position) if look.raw and char == "\x1b" else None
        if found is not None:
            style = "" if found[0] in ("\x1b[m", "\x1b[0m") else style + found[0]
            position = found.end()
            continue
        position += 1
        if char == "\t":
            cells += [(" ", style)] * (TAB - len(cells) % TAB)
        elif char == "\x1b":
            cells += [(one, REVERSE) for one in "ESC"]
        elif char < " " or char == "\x7f":
            if char != "\r" or position < len(line):
                cells += [(one, REVERSE) for one in f"^{chr(ord(char) ^ 64)}"]
        else:
            cells.append((char, style))
    return cells


def _emphasize(cells: list[tuple[str, str]], text: str, mark: Any) -> None:
    for found in mark.finditer(text):
        start, end = found.spans[0]
        if start >= len(cells):
            return
        for at in range(start, min(end, len(cells))):
            cells[at] = (cells[at][0], cells[at][1] + REVERSE)


def _styled(cells: Sequence[tuple[str, str]]) -> str:
    out: list[str] = []
    now = ""
    for char, style in cells:
        if style != now:
            out.append(RESET + style if now else style)
            now = style
        out.append(char)
    if now:
        out.append(RESET)
    return "".join(out)


class Window:
    """Where in a text one looks, and how one moves."""

    def __init__(self, text: Text, look: Look, rows: int) -> None:
        """Look at the beginning of *text* through *rows* rows."""
        self.text = text
        self.look = look
        self.rows = rows
        self.top = Place(0, 0)

    def after(self, place: Place, count: int) -> Place:
        """Return the place *count* rows below, at most behind the last row."""
        line, row = place
        lines = self.text.lines
        row += count
        while line < len(lines):
            own = rows_of(lines[line], self.look)
            if row < own:
                return Place(line, row)
            row -= own
            line += 1
        return Place(len(lines), 0)

    def before(self, place: Place, count: int) -> Place:
        """Return the place *count* rows above, at least the first."""
        line, row = place
        row -= count
        while row < 0 and line > 0:
            line -= 1
            row += rows_of(self.text.lines[line], self.look)
        return Place(line, max(0, row))

    @property
    def last_top(self) -> Place:
        """The top at which the end of the text stands on the last row."""
        return self.before(Place(len(self.text.lines), 0), self.rows)

    @property
    def bottom(self) -> Place:
        """The first place below the window."""
        return self.after(self.top, self.rows)

    @property
    def at_end(self) -> bool:
        """Whether the end of the text is in sight."""
        return self.bottom.line >= len(self.text.lines)

    @property
    def last_line(self) -> int:
        """The number of the last line of which a row is seen, from 0."""
        line, row = self.bottom
        return line if row else line - 1

    def forward(self, count: int) -> bool:
        """Move down, not beyond the end; returns whether the window moved."""
        before = self.top
        wanted = self.after(self.top, count)
        self.top = max(self.top, min(wanted, self.last_top))
        return self.top != before

    def back(self, count: int) -> bool:
        """Move up; returns whether the window moved."""
        before = self.top
        self.top = self.before(self.top, count)
        return self.top != before

    def show(self) -> tuple[list[str], list[int]]:
        """Return the rows to draw, a `~` for each behind the end, and those that go on with a line."""
        out: list[str] = []
        continued: list[int] = []
        first = self.top.row
        for line in range(self.top.line, len(self.text.lines)):
            text = self.text.lines[line]
            # Asked once a line: it may be megabytes long.
            for row in range(first, rows_of(text, self.look)):
                if len(out) == self.rows:
                    return out, continued
                if row and out and not self.look.numbers:
                    continued.append(len(out))
                out.append(render(text, line, row, self.look))
            first = 0
            if len(out) == self.rows:
                break
        behind = f"{BOLD}~{RESET}" if self.text.ended else ""
        out += [behind] * (self.rows - len(out))
        return out, continued

    def find(self, pattern: Any, *, back: bool, count: int = 1, invert: bool = False) -> int | None:
        """Return the line of the *count*-th match below (or above) the top; None if there is none."""
        step = -1 if back else 1
        line = self.top.line + step
        if back and self.top.row:
            line = self.top.line
        while 0 <= line < len(self.text.lines):
            found = pattern.search(plain(self.text.lines[line], self.look)) is not None
            count -= found != invert
            if not count:
                return line
            line += step
        return None
