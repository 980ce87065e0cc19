"""`column`: lines in columns, or fields in a table."""

from __future__ import annotations

import re

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import all_text, split_lines
from sim.bash.tools.options import UTIL_LINUX, UsageProblem, read_options, tool

_LONG = {
    "table": "t", "separator": "s", "output-separator": "o", "table-columns": "N",
    "output-width": "c", "fillrows": "x", "table-right": "R", "keep-empty-lines": "L",
    "table-columns-limit": "l", "table-hide": "H", "table-order": "O", "table-noheadings": "d",
    "table-empty-lines": "L", "json": "J", "tree": "r", "table-name": "n", "table-truncate": "T",
    "table-wrap": "W", "table-noextreme": "E",
}  # fmt: skip


@tool(usage="[options] [<file>...]", package=UTIL_LINUX)
def column(proc: Proc) -> Running:
    """Columnate lists."""
    options = read_options(proc.argv, "txLdJe", "soNcRlHOrniTWE", _LONG)
    for letter in "JrHOTWEi":
        if letter in options:
            raise UsageProblem(f"-{letter}: not supported in this simulator")
    if "c" in options and not options.flags["c"].isdecimal():
        raise UsageProblem(f"invalid columns argument: '{options.flags['c']}'")
    code, texts = yield from all_text(proc, options.operands, _says)
    lines = [line for _, text in texts for line in split_lines(text)]
    lines = [line for line in lines if line.strip() or "L" in options]
    proc.charge(10 * sum(map(len, lines)))
    if "t" in options or "N" in options:
        rows = [_fields(line, options.flags.get("s"), options.flags.get("l")) for line in lines]
        if "N" in options:
            rows.insert(0, options.flags["N"].split(","))
            if "d" in options:
                rows.pop(0)
        right = {part for part in options.flags.get("R", "").split(",") if part}
        names = options.flags.get("N", "").split(",")
        places = {int(one) - 1 if one.isdecimal() else names.index(one) for one in right
                  if one.isdecimal() or one in names}  # fmt: skip
        proc.print(*_table(rows, options.flags.get("o", "  "), places))
        return code
    width = int(options.flags.get("c", "")[:6] or proc.environ.get("COLUMNS") or 80)
    if proc.terminal is not None and "c" not in options:
        width = proc.terminal.columns
    proc.print(*_filled(lines, width, across="x" in options))
    return code


def _says(name: str, problem: FileProblem) -> str:
    return f"{name}: {problem}"


def _fields(line: str, separator: str | None, limit: str | None) -> list[str]:
    most = int(limit) - 1 if limit is not None and limit.isdecimal() and limit != "0" else -1
    if separator is None:
        return line.split(None, most)
    if not separator:
        return [line]
    return re.split(f"[{re.escape(separator)}]", line, maxsplit=max(0, most))


def _table(rows: list[list[str]], joint: str, right: set[int]) -> list[str]:
    count = max(map(len, rows), default=0)
    widths = [
        max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)
    ]
    out: list[str] = []
    for row in rows:
        cells = [*row, *[""] * (count - len(row))]
        padded = [
            cell.rjust(width) if at in right else cell.ljust(width) if at < count - 1 else cell
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        out.append(joint.join(padded))
    return out


def _filled(lines: list[str], width: int, *, across: bool) -> list[str]:
    """Return *lines* in columns as wide as the longest, rounded up to tabs."""
    longest = max(map(len, lines), default=0)
    wide = (longest + 8) // 8 * 8
    count = max(1, width // wide)
    if longest >= width or count == 1:
        return lines
    rows = -(-len(lines) // count)
    out: list[str] = []
    for row in range(rows):
        chosen = lines[row * count : (row + 1) * count] if across else lines[row::rows]
        text = ""
        for at, cell in enumerate(chosen):
            text += cell
            if at < len(chosen) - 1:
                text += "\t" * -(-(wide - len(cell)) // 8)
        out.append(text)
    return out
