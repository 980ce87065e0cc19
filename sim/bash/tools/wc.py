"""`wc` and `nl`: counting lines, words and characters."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import all_text, each_line, read_options, tool

_LONG = {"lines": "l", "words": "w", "bytes": "c", "chars": "m", "max-line-length": "L"}


@tool()
def wc(proc: Proc) -> Running:
    """Print counts of lines, words and bytes."""
    options = read_options(proc.argv, "lwcmL", "", _LONG)
    code, texts = yield from all_text(proc, options.operands)
    rows: list[tuple[list[int], str]] = []
    for name, text in texts:
        counts = {
            "l": text.count("\n"),
            "w": len(text.split()),
            "c": _size(text),
            "m": len(text),
            "L": max(map(len, text.split("\n"))),
        }
        chosen = [letter for letter in "lwmcL" if letter in options] or ["l", "w", "c"]
        rows.append(([counts[letter] for letter in chosen], "" if name == "-" else name))
    if len(rows) > 1:
        totals = [sum(column) for column in zip(*(row for row, _ in rows), strict=True)]
        rows.append((totals, "total"))
    # GNU pads to the width of the sizes' sum; a pipe's size is unknown, so it takes 7.
    width = len(str(sum(_size(text) for _, text in texts))) if options.operands else 7
    if len(rows) == 1 and len(rows[0][0]) == 1:
        width = 1
    for numbers, name in rows:
        proc.print(f"{' '.join(f'{count:{width}}' for count in numbers)} {name}".rstrip())
    return code


def nl(proc: Proc) -> Running:
    """Print the lines with numbers; empty ones have none."""
    number = 0

    def show(line: str) -> None:
        nonlocal number
        number += bool(line)
        proc.print(f"{number:6}\t{line}" if line else "       ")

    return (yield from each_line(proc, [w for w in proc.argv[1:] if w[:1] != "-"], show))


def _size(text: str) -> int:
    """Return how many bytes *text* stands for; what came from outside need not be UTF-8."""
    return len(text.encode("utf-8", "surrogateescape"))
