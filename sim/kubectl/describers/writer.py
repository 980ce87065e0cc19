"""Collects a page of `describe` and aligns it: two blanks a level, tab stops between cells.

It must not know what the page is about.
"""

from __future__ import annotations

from sim.kubectl.printers.tabwriter import describe_writer


class Page:
    """Text at levels of indentation; cells are separated by tabs."""

    def __init__(self, indent: int = 0) -> None:
        """Start an empty page, everything *indent* levels deep."""
        self._parts: list[str] = []
        self._indent = indent

    def write(self, level: int, text: str) -> None:
        """Add *text* at *level*; it need not be a whole line."""
        self._parts.append("  " * (level + self._indent) + text)

    def line(self, level: int, *cells: object) -> None:
        """Add one line of *cells* at *level*."""
        self.write(level, "\t".join(map(str, cells)) + "\n")

    def render(self) -> str:
        """Return the aligned page; control characters are shown, not obeyed."""
        text = "".join(self._parts)
        if "\x1b" in text or "\r" in text:
            text = text.replace("\x1b", "^[").replace("\r", "\\r")
        return describe_writer().align(text)

    def raw(self) -> str:
        """Return the page with its tabs, as `rollout history --revision` prints it."""
        return "".join(self._parts)
