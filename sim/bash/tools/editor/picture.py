"""How an editor looks: title, text around the cursor, status line, two lines of keys, as nano 7 draws them."""

from __future__ import annotations

from collections.abc import Sequence

from sim.bash.screen import RESET, REVERSE
from sim.bash.tools.editor.buffer import Buffer

TAB = 8
TITLE = "Editor with nano's keys"
Shortcuts = Sequence[tuple[str, str]]
"""Keys and what they do, in pairs from top to bottom."""


def shown_width(text: str) -> int:
    """Return the columns that *text* takes with its tabs."""
    return len(text.expandtabs(TAB))


def page_start(column: int, columns: int) -> int:
    """Return the first column shown of the cursor's line, `get_page_start` of nano."""
    if column == 0 or column + 2 < columns:
        return 0
    if columns > TAB:
        return column - 6 - (column - 6) % (columns - TAB)
    return column - (columns - 2)


def title(name: str, columns: int, *, modified: bool, state: str = "") -> str:
    """Return the reversed first line."""
    left = f"  {TITLE}"
    middle = (name or "New Buffer") + (" *" if modified else "")
    at = max(len(left) + 2, (columns - len(name or "New Buffer")) // 2 + 2)
    line = f"{left:<{at}}{middle}"
    if state:
        line = f"{line:<{max(0, columns - len(state) - 1)}}{state} "
    return f"{REVERSE}{line[:columns]:<{columns}}{RESET}"


def status(message: str, columns: int) -> str:
    """Return *message* in brackets, in the middle."""
    if not message:
        return ""
    text = f"[ {message} ]"[:columns]
    return f"{' ' * max(0, (columns - len(text)) // 2)}{REVERSE}{text}{RESET}"


def help_lines(shortcuts: Shortcuts, columns: int) -> list[str]:
    """Return the two lines of keys."""
    most = min(len(shortcuts), (columns + 40) // 20 * 2)
    most -= most % 2
    wide = columns // max(1, most // 2)
    lines = []
    for row in (0, 1):
        line, used = "", 0
        for key, what in shortcuts[row:most:2]:
            room = max(0, wide - len(key) - 1)
            cell = f" {what}"[: room + 1] if what else ""
            line += f"{REVERSE}{key}{RESET}{cell}" if key else ""
            used = len(key) + len(cell)
            line += " " * (wide - used)
        lines.append(line.rstrip())
    return lines


def text_rows(
    buffer: Buffer,
    top: int,
    rows: int,
    columns: int,
    *,
    numbers: bool,
    mark: tuple[int, int, int] | None,
) -> tuple[list[str], tuple[int, int]]:
    """Return the rows of the text from line *top* on, and (row, column) of the cursor.

    *mark* is a line, a character and a length that stand out: what was found.
    """
    margin = len(str(len(buffer.lines))) + 1 if numbers else 0
    width = max(1, columns - margin)
    here = shown_width(buffer.line[: buffer.spot.column])
    out: list[str] = []
    for row in range(rows):
        number = top + row
        if number >= len(buffer.lines):
            out.append("")
            continue
        line = buffer.lines[number]
        wide = line.expandtabs(TAB) if "\t" in line else line
        wide = "".join(char if char >= " " else f"^{chr(ord(char) + 64)}" for char in wide)
        start = page_start(here, width) if number == buffer.spot.line else 0
        shown = wide[start : start + width]
        before = f"{REVERSE}<{RESET}" if start else ""
        after = f"{REVERSE}>{RESET}" if len(wide) > start + width else ""
        body = shown[1 if start else 0 : width - 1 if after else width]
        if mark is not None and mark[0] == number:
            body = _marked(body, line, mark, start + (1 if start else 0))
        label = f"{REVERSE}{number + 1:>{margin - 1}}{RESET} " if numbers else ""
        out.append(label + before + body + after)
    column = margin + here - page_start(here, width)
    return out, (buffer.spot.line - top, min(column, columns - 1))


def _marked(body: str, line: str, mark: tuple[int, int, int], start: int) -> str:
    first = shown_width(line[: mark[1]]) - start
    last = shown_width(line[: mark[1] + mark[2]]) - start
    if last <= 0 or first >= len(body):
        return body
    first = max(0, first)
    return f"{body[:first]}{REVERSE}{body[first:last]}{RESET}{body[last:]}"


def location(buffer: Buffer) -> str:
    """Return what ^C says of the cursor."""
    line, column = buffer.spot
    lines = len(buffer.lines)
    wide = shown_width(buffer.line) + 1
    col = shown_width(buffer.line[:column]) + 1
    total = sum(len(one) + 1 for one in buffer.lines) - 1
    char = sum(len(one) + 1 for one in buffer.lines[:line]) + column
    share = char * 100 // total if total else 0
    return (
        f"line {line + 1:2}/{lines} ({(line + 1) * 100 // lines:2}%), "
        f"col {col:2}/{wide:2} ({col * 100 // wide:3}%), "
        f"char {char:{len(str(total))}}/{total} ({share:2}%)"
    )
