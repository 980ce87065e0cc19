"""What a person sees: a terminal emulator fed with what was printed, for tests of full-screen programs."""

from __future__ import annotations

import pyte


class Glass:
    """A screen of *columns* x *rows*, with the alternate screen as xterm has it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._sizes = (columns, rows)
        self._main = pyte.Screen(columns, rows)
        self._screen = self._main
        self._stream = pyte.Stream(self._screen)

    def feed(self, text: str) -> None:
        """Show *text*, whose lines end as a program writes them."""
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        while text:
            enter, leave = text.find("\x1b[?1049h"), text.find("\x1b[?1049l")
            found = [at for at in (enter, leave) if at >= 0]
            if not found:
                self._stream.feed(text)
                return
            at = min(found)
            self._stream.feed(text[:at])
            self._screen = pyte.Screen(*self._sizes) if at == enter else self._main
            self._stream = pyte.Stream(self._screen)
            text = text[at + len("\x1b[?1049h") :]

    def resize(self, columns: int, rows: int) -> None:
        self._sizes = (columns, rows)
        self._main.resize(rows, columns)
        if self.alternate:
            self._screen.resize(rows, columns)

    @property
    def alternate(self) -> bool:
        return self._screen is not self._main

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip()

    @property
    def last(self) -> str:
        """The bottom row."""
        return self.lines[-1]

    @property
    def cursor(self) -> tuple[int, int]:
        return (self._screen.cursor.y, self._screen.cursor.x)

    def reversed(self, row: int) -> str:
        """Return the characters of *row* that stand out."""
        cells = self._screen.buffer[row]
        return "".join(cells[x].data for x in range(self._screen.columns) if cells[x].reverse)
