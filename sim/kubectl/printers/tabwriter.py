"""Elastic tab stops, as Go's text/tabwriter aligns them.

A column is a run of lines that have a tab-terminated cell there; the last cell of a line never
counts. It must not know what the cells mean.
"""

from __future__ import annotations


class TabWriter:
    """Aligns text; the widths of earlier texts are the minimum for later ones."""

    def __init__(self, *, minimum: int = 6, padding: int = 3, remember: bool = True) -> None:
        """Pad cells to *minimum*, with at least *padding* blanks; defaults are those of `get`."""
        self._minimum = minimum
        self._padding = padding
        self._remember = remember
        self._remembered: list[int] = []

    def align(self, text: str) -> str:
        """Return *text* with its tabs turned into blanks."""
        if not text:
            return ""
        lines = [line.split("\t") for line in text.split("\n")]
        out = [""] * len(lines)
        self._align(lines, out, 0, len(lines), 0)
        return "\n".join(out)

    def rows(self, rows: list[list[str]]) -> str:
        """Return rows of equally many cells as aligned lines; faster than `align`."""
        if not rows:
            return ""
        last = max(len(row) for row in rows) - 1
        widths = [self._width([row[index] for row in rows], index) for index in range(last)]
        lines = []
        for row in rows:
            parts = [_pad(cell, width) for cell, width in zip(row[:-1], widths, strict=False)]
            parts.append(row[-1])
            lines.append("".join(parts))
        lines.append("")
        return "\n".join(lines)

    def _width(self, cells: list[str], column: int) -> int:
        width = max(self._minimum, max(map(len, cells)) + self._padding)
        if not self._remember:
            return width
        if column < len(self._remembered):
            width = self._remembered[column] = max(width, self._remembered[column])
        else:
            self._remembered.append(width)
        return width

    def _align(
        self, lines: list[list[str]], out: list[str], start: int, end: int, column: int
    ) -> None:
        index = start
        while index < end:
            if column >= len(lines[index]) - 1:
                out[index] += lines[index][column]
                index += 1
                continue
            block = index
            while index < end and column < len(lines[index]) - 1:
                index += 1
            width = self._width([line[column] for line in lines[block:index]], column)
            for line in range(block, index):
                out[line] += _pad(lines[line][column], width)
            self._align(lines, out, block, index, column + 1)


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - len(cell))


def describe_writer() -> TabWriter:
    """Return the writer of `describe` and `rollout history`: padding 2, no minimum."""
    return TabWriter(minimum=0, padding=2, remember=False)
