"""`wc`: lines, words, characters and bytes counted."""

from __future__ import annotations

import re
import unicodedata

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import encoded, plainly, shown
from sim.bash.tools.options import Misuse, UsageProblem, is_utf8, read_options, tool

_LONG = {"lines": "l", "words": "w", "bytes": "c", "chars": "m", "max-line-length": "L",
         "files0-from": "files0-from="}  # fmt: skip
_WORD = re.compile(r"\S+")


@tool()
def wc(proc: Proc) -> Running:
    """Print newline, word, and byte counts for each file, and a total of several."""
    options = read_options(proc.argv, "lwcmL", "", _LONG)
    names = options.operands
    if "files0-from" in options:
        if names:
            raise Misuse(
                f"extra operand ‘{names[0]}’\nfile operands cannot be combined with --files0-from"
            )
        raise UsageProblem("--files0-from: not supported in this simulator")
    chosen = [letter for letter in "lwmcL" if letter in options] or ["l", "w", "c"]
    code = 0
    rows: list[tuple[list[int], str]] = []
    known = sum(size for name in names if (size := _regular(proc, name)) is not None)
    sized = bool(names) and all(_regular(proc, name) is not None or name == "-" for name in names)
    for name in names or ["-"]:
        try:
            if name == "-":
                text = yield from proc.stdin.read_all()
            else:
                text = proc.files.read(proc.path(name))
        except FileProblem as problem:
            code = proc.fail(plainly(name, problem))
            if str(problem) == "Is a directory":
                rows.append(([0] * len(chosen), name))
            continue
        proc.charge(2 * len(text))
        counts = {
            "l": text.count("\n"),
            "w": len(_WORD.findall(text)) if "w" in chosen else 0,
            "c": len(encoded(text)),
            "m": len(text) if is_utf8(proc) else len(encoded(text)),
            "L": max(map(_width, text.split("\n"))) if "L" in chosen else 0,
        }
        rows.append(([counts[letter] for letter in chosen], name if names else ""))
    # The width of the sizes' sum; what has no size of its own (a pipe, a directory) takes 7.
    width = len(str(known)) if names and (sized or known) else 1
    if not names or "-" in names or any(_shapeless(proc, name) for name in names):
        width = max(width, 7)
    if len(names) <= 1 and len(chosen) == 1:
        width = 1
    if len(names) > 1:
        columns = [list(column) for column in zip(*(row for row, _ in rows), strict=True)]
        totals = [
            max(column) if letter == "L" else sum(column)
            for letter, column in zip(chosen, columns, strict=False)
        ]
        rows.append((totals or [0] * len(chosen), "total"))
    for numbers, name in rows:
        label = "" if not name else f" {shown(name) if chr(10) in name else name}"
        proc.print(" ".join(f"{count:{width}}" for count in numbers) + label)
    return code


def _regular(proc: Proc, name: str) -> int | None:
    found = proc.files.stat_or_none(proc.path(name)) if name and name != "-" else None
    return found.size if found is not None and found.kind == "-" else None


def _shapeless(proc: Proc, name: str) -> bool:
    """Return whether *name* is there but is no file with a size."""
    found = proc.files.stat_or_none(proc.path(name)) if name else None
    return found is not None and found.kind != "-"


def _width(line: str) -> int:
    """Return how many columns *line* takes on a terminal."""
    if line.isascii() and line.isprintable():
        return len(line)
    at = widest = 0
    for char in line:
        if char == "\t":
            at += 8 - at % 8
        elif char in "\r\f":
            widest, at = max(widest, at), 0
        elif char.isprintable() and not unicodedata.combining(char):
            at += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return max(widest, at)
