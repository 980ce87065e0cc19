"""Changes as `diff` prints them: normal, unified, in context, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sim.bash.tools.diff.changes import Change

_NO_END = "\\ No newline at end of file"
_BOLD, _RED, _GREEN, _CYAN = "1", "31", "32", "36"


@dataclass
class Text:
    """A file: its lines, and how the header calls it."""

    lines: list[str]
    ended: bool
    """Whether the last line has its newline."""
    label: str = ""


@dataclass
class Page:
    """Where lines go, in colours or without."""

    write: Callable[[str], None]
    coloured: bool = False
    left: Text = field(default_factory=lambda: Text([], True))
    right: Text = field(default_factory=lambda: Text([], True))

    def put(self, text: str, colour: str = "") -> None:
        """Write a line."""
        if self.coloured and colour:
            text = f"\x1b[{colour}m{text}\x1b[0m"
        self.write(text + "\n")

    def line(self, mark: str, text: Text, index: int, colour: str = "", gap: str = "") -> None:
        """Write a line of a file behind *mark* and *gap*, and what is said if it has no end."""
        self.put(f"{mark}{gap}{text.lines[index]}", colour)
        if index == len(text.lines) - 1 and not text.ended:
            self.write(_NO_END + "\n")


def _range(first: int, count: int) -> str:
    """Return lines as `3`, `3,5`, or the line before where there are none."""
    return f"{first + 1},{first + count}" if count > 1 else str(first + count)


def normal(page: Page, script: list[Change]) -> None:
    """Print changes as `2,3c5`, with `<` and `>`."""
    for change in script:
        letter = "c" if change.deleted and change.inserted else "d" if change.deleted else "a"
        left = _range(change.left, change.deleted)
        right = _range(change.right, change.inserted)
        page.put(f"{left}{letter}{right}", _CYAN)
        for index in range(change.left, change.left + change.deleted):
            page.line("<", page.left, index, _RED, " ")
        if letter == "c":
            page.put("---")
        for index in range(change.right, change.right + change.inserted):
            page.line(">", page.right, index, _GREEN, " ")


def hunks(
    script: list[Change], context: int, ignorable: Callable[[Change], bool]
) -> Iterator[list[Change]]:
    """Yield changes that share their context; those with nothing but ignorable ones are left out."""
    group: list[Change] = []
    for change in script:
        if group:
            last = group[-1]
            gap = change.left - last.left - last.deleted
            if gap > (context - 1 if ignorable(change) else 2 * context):
                if not all(ignorable(one) for one in group):
                    yield group
                group = []
        group.append(change)
    if group and not all(ignorable(one) for one in group):
        yield group


def _around(page: Page, group: list[Change], context: int) -> tuple[int, int, int, int]:
    """Return where a hunk begins and ends in both files."""
    first, last = group[0], group[-1]
    lead = min(context, first.left, first.right)
    left_end, right_end = last.left + last.deleted, last.right + last.inserted
    tail = min(context, len(page.left.lines) - left_end, len(page.right.lines) - right_end)
    return first.left - lead, left_end + tail, first.right - lead, right_end + tail


def _counted(begin: int, end: int) -> str:
    count = end - begin
    return str(end) if count == 1 else f"{begin + 1 if count else begin},{count}"


def unified(page: Page, groups: Iterator[list[Change]], context: int) -> None:
    """Print hunks as `-u` does."""
    header = True
    for group in groups:
        if header:
            page.put(f"--- {page.left.label}", _BOLD)
            page.put(f"+++ {page.right.label}", _BOLD)
            header = False
        left, left_end, right, right_end = _around(page, group, context)
        page.put(f"@@ -{_counted(left, left_end)} +{_counted(right, right_end)} @@", _CYAN)
        at = left
        for change in group:
            for index in range(at, change.left):
                page.line(" ", page.left, index)
            at = change.left + change.deleted
            for index in range(change.left, at):
                page.line("-", page.left, index, _RED)
            for index in range(change.right, change.right + change.inserted):
                page.line("+", page.right, index, _GREEN)
        for index in range(at, left_end):
            page.line(" ", page.left, index)


def in_context(page: Page, groups: Iterator[list[Change]], context: int) -> None:
    """Print hunks as `-c` does."""
    header = True
    for group in groups:
        if header:
            page.put(f"*** {page.left.label}", _BOLD)
            page.put(f"--- {page.right.label}", _BOLD)
            header = False
        left, left_end, right, right_end = _around(page, group, context)
        page.put("***************")
        page.put(f"*** {_range(left, left_end - left)} ****", _CYAN)
        if any(change.deleted for change in group):
            _side(page, page.left, (left, left_end), _RED,
                  [(c.left, c.deleted, "!" if c.inserted else "-") for c in group])  # fmt: skip
        page.put(f"--- {_range(right, right_end - right)} ----", _CYAN)
        if any(change.inserted for change in group):
            _side(page, page.right, (right, right_end), _GREEN,
                  [(c.right, c.inserted, "!" if c.deleted else "+") for c in group])  # fmt: skip


def _side(
    page: Page, text: Text, around: tuple[int, int], colour: str, runs: list[tuple[int, int, str]]
) -> None:
    at = around[0]
    for begin, count, mark in runs:
        for index in range(at, begin):
            page.line(" ", text, index, gap=" ")
        for index in range(begin, begin + count):
            page.line(mark, text, index, colour, " ")
        at = begin + count
    for index in range(at, around[1]):
        page.line(" ", text, index, gap=" ")


class SideBySide:
    """`-y`: both files beside each other, in *width* columns."""

    def __init__(self, page: Page, width: int, *, suppress: bool, left_column: bool) -> None:
        """Print to *page*; *suppress* leaves equal lines out, *left_column* prints them once."""
        self.page = page
        self.suppress, self.left_column = suppress, left_column
        # Columns begin at tab stops, with at least three between them (GNU diff's side.c).
        middle = (width + 11) // 16 * 8
        self.half = max(0, min(middle - 3, width - middle))
        self.second = middle if self.half else width

    def print(self, script: list[Change]) -> None:
        """Print both files with *script* between them."""
        left, right = self.page.left, self.page.right
        x = y = 0
        end = Change(len(left.lines), 0, len(right.lines), 0)
        for change in (*script, end):
            while x < change.left:
                self._common(x, y)
                x, y = x + 1, y + 1
            pairs = min(change.deleted, change.inserted)
            for index in range(pairs):
                self._row(change.left + index, "|", change.right + index)
            for index in range(pairs, change.inserted):
                self._row(None, ">", change.right + index)
            for index in range(pairs, change.deleted):
                self._row(change.left + index, "<", None)
            x, y = change.left + change.deleted, change.right + change.inserted

    def _common(self, left: int, right: int) -> None:
        if self.suppress:
            return
        if self.left_column:
            self._row(left, "(", None)
        else:
            self._row(left, " ", right)

    def _row(self, left: int | None, sign: str, right: int | None) -> None:
        out: list[str] = []
        column = 0
        ended = [False, False]
        if left is not None:
            ended[0] = left < len(self.page.left.lines) - 1 or self.page.left.ended
            column = self._put(out, self.page.left.lines[left], 0)
        if right is not None:
            ended[1] = right < len(self.page.right.lines) - 1 or self.page.right.ended
        if sign == "|" and ended[0] != ended[1]:
            sign = "/" if ended[0] else "\\"
        if sign != " ":
            column = self._advance(out, column, (self.half + self.second - 1) // 2) + 1
            out.append(sign)
        if right is not None and self.page.right.lines[right]:
            column = self._advance(out, column, self.second)
            self._put(out, self.page.right.lines[right], column)
        colour = {"<": _RED, ">": _GREEN, "|": _CYAN}.get(sign, "") if self.page.coloured else ""
        text = "".join(out)
        text = f"\x1b[{colour}m{text}\x1b[0m" if colour else text
        self.page.write(text + ("\n" if any(ended) else ""))

    def _advance(self, out: list[str], start: int, end: int) -> int:
        """Go on to column *end* by tabs and blanks."""
        stop = start + 8 - start % 8
        while stop <= end:
            out.append("\t")
            start, stop = stop, stop + 8
        out.append(" " * (end - start))
        return max(start, end)

    def _put(self, out: list[str], text: str, indent: int) -> int:
        """Write as much of *text* as fits half of the width; return the column after it."""
        read = written = 0
        for char in text:
            if char == "\t":
                size = 8 - read % 8
                if read == written and written + size < self.half:
                    written += size
                    out.append("\t")
                read += size
                continue
            if read < self.half:
                read += 1
                written = read
                out.append(char)
            else:
                read += 1
        return indent + written
