"""A text being edited: lines, cursor, cut buffer, undo; it knows no keys and no screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

MOST_UNDONE = 500
"""Steps that can be taken back."""


class Spot(NamedTuple):
    """A line and a character in it, both from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _State:
    lines: tuple[str, ...]
    spot: Spot
    modified: bool


class Buffer:
    """The text of one file; its last line is empty, as a file ends with a newline."""

    def __init__(self, text: str = "") -> None:
        """Edit *text* with the cursor at its beginning."""
        self.lines = text.split("\n")
        self.spot = Spot(0, 0)
        self.modified = False
        self.cut: list[str] = []
        """Whole lines that were cut or copied last."""
        self._undo: list[_State] = []
        self._redo: list[_State] = []
        self._kind = ""
        """What the last change was: typing and cutting in a row are one step."""
        self._wished: int | None = None
        """The column that moving up and down keeps to."""

    @property
    def text(self) -> str:
        """Return what is written to the file."""
        text = "\n".join(self.lines)
        return text if not text or text.endswith("\n") else text + "\n"

    @property
    def line(self) -> str:
        """The line of the cursor."""
        return self.lines[self.spot.line]

    def count(self) -> int:
        """Return how many lines the file has."""
        return len(self.lines) - (not self.lines[-1])

    # -- moving --------------------------------------------------------------------------------

    def move(self, line: int, column: int) -> None:
        """Put the cursor there, or as near as the text allows."""
        line = min(max(0, line), len(self.lines) - 1)
        self.spot = Spot(line, min(max(0, column), len(self.lines[line])))
        self._wished = None
        self._kind = ""

    def step(self, by: int) -> None:
        """Move by characters, over the ends of lines."""
        line, column = self.spot
        if by < 0 and not column and line:
            self.move(line - 1, len(self.lines[line - 1]))
        elif by > 0 and column == len(self.lines[line]) and line + 1 < len(self.lines):
            self.move(line + 1, 0)
        else:
            self.move(line, column + by)

    def climb(self, by: int) -> None:
        """Move by lines and keep the column where a line is long enough."""
        wished = self.spot.column if self._wished is None else self._wished
        self.move(self.spot.line + by, wished)
        self._wished = wished

    def hop(self, *, forward: bool) -> None:
        """Move to the beginning of the next word, or of this or the one before."""
        line, column = self.spot
        text = self.lines[line]
        if forward:
            while column < len(text) and _is_word(text[column]):
                column += 1
            while column < len(text) and not _is_word(text[column]):
                column += 1
            if column == len(text) and line + 1 < len(self.lines):
                line, column = line + 1, 0
        else:
            if not column and line:
                line -= 1
                text = self.lines[line]
                column = len(text)
            while column > 0 and not _is_word(text[column - 1]):
                column -= 1
            while column > 0 and _is_word(text[column - 1]):
                column -= 1
        self.move(line, column)

    # -- changing ------------------------------------------------------------------------------

    def insert(self, text: str, *, kind: str = "type") -> None:
        """Put *text* before the cursor."""
        self._remember(kind)
        line, column = self.spot
        before, after = self.lines[line][:column], self.lines[line][column:]
        parts = text.split("\n")
        parts[0] = before + parts[0]
        end = len(parts[-1])
        parts[-1] += after
        self.lines[line : line + 1] = parts
        self.spot = Spot(line + len(parts) - 1, end)

    def erase(self, *, back: bool) -> None:
        """Take the character before the cursor, or the one at it."""
        line, column = self.spot
        at_edge = (line, column) == (0, 0) if back else self._at_end
        if at_edge:
            return
        self._remember("back" if back else "delete")
        if back and column:
            text = self.lines[line]
            self.lines[line] = text[: column - 1] + text[column:]
            self.spot = Spot(line, column - 1)
        elif not back and column < len(self.lines[line]):
            text = self.lines[line]
            self.lines[line] = text[:column] + text[column + 1 :]
        else:
            first = line - 1 if back else line
            self.spot = Spot(first, len(self.lines[first]))
            self.lines[first : first + 2] = [self.lines[first] + self.lines[first + 1]]

    @property
    def _at_end(self) -> bool:
        line, column = self.spot
        return line == len(self.lines) - 1 and column == len(self.lines[line])

    def cut_line(self) -> None:
        """Cut the line of the cursor; several in a row are one piece."""
        if self.spot.line == len(self.lines) - 1 and not self.line:
            return
        if self._kind != "cut":
            self.cut = []
        self._remember("cut")
        self.cut.append(self.line)
        if self.spot.line == len(self.lines) - 1:
            self.lines[-1] = ""
        else:
            del self.lines[self.spot.line]
        self.spot = Spot(self.spot.line, 0)

    def copy_line(self) -> None:
        """Copy the line of the cursor and go to the next."""
        kind = self._kind
        self.cut = [*(self.cut if kind == "copy" else []), self.line]
        self.climb(1)
        self._kind = "copy"

    def paste(self) -> None:
        """Put what was cut before the line of the cursor."""
        if self.cut:
            self._remember("paste")
            self.lines[self.spot.line : self.spot.line] = self.cut
            self.spot = Spot(self.spot.line + len(self.cut), self.spot.column)

    def replace_lines(self, lines: list[str], spot: Spot) -> None:
        """Take *lines* for the whole text, as one step."""
        self._remember("replace")
        self.lines = lines
        self.spot = spot

    def undo(self) -> bool:
        """Take the last change back; False if there is none."""
        return self._exchange(self._undo, self._redo)

    def redo(self) -> bool:
        """Make the change again that was taken back last; False if there is none."""
        return self._exchange(self._redo, self._undo)

    def saved(self) -> None:
        """Note that the file has this text now."""
        self.modified = False
        self._kind = ""

    # -- finding -------------------------------------------------------------------------------

    def find(self, pattern: Any, *, back: bool) -> tuple[Spot, int, bool] | None:
        """Return where *pattern* fits next, how long, and whether the search went over the end."""
        line, column = self.spot
        count = len(self.lines)
        for turn in range(count + 1):
            number = (line - turn if back else line + turn) % count
            found = list(pattern.finditer(self.lines[number]))
            if turn == 0:
                found = [
                    one for one in found if (one.start < column if back else one.start > column)
                ]
            elif turn == count:
                found = [
                    one for one in found if (one.start >= column if back else one.start <= column)
                ]
            if found:
                one = found[-1 if back else 0]
                wrapped = number > line if back else number < line
                spot = Spot(number, one.start)
                return spot, one.end - one.start, wrapped or turn == count
        return None

    # -- within --------------------------------------------------------------------------------

    def _state(self) -> _State:
        return _State(tuple(self.lines), self.spot, self.modified)

    def _remember(self, kind: str) -> None:
        if kind != self._kind or kind in ("paste", "replace", "enter"):
            self._undo.append(self._state())
            del self._undo[:-MOST_UNDONE]
        self._redo.clear()
        self._kind = kind
        self._wished = None
        self.modified = True

    def _exchange(self, source: list[_State], other: list[_State]) -> bool:
        if not source:
            return False
        other.append(self._state())
        state = source.pop()
        self.lines, self.spot, self.modified = list(state.lines), state.spot, state.modified
        self._kind = ""
        self._wished = None
        return True


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
