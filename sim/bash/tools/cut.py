"""`cut`: chosen fields or characters of each line."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.options import UsageProblem, each_line, read_options, tool

_LONG = {"delimiter": "d", "fields": "f", "characters": "c", "bytes": "b",
         "only-delimited": "s", "complement": "C", "output-delimiter": "O"}  # fmt: skip


def _ranges(text: str, what: str) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{0,6})(-?)(\d{0,6})", part)
        if match is None or not (match[1] or match[3]):
            raise UsageProblem(f"invalid {what} value '{part}'")
        first = int(match[1] or 1)
        last = int(match[3] or 1 << 30) if match[2] else first
        if first < 1:
            raise UsageProblem(f"{what}s are numbered from 1")
        ranges.append((first, last))
    return ranges


@tool()
def cut(proc: Proc) -> Running:
    """Print the chosen parts of each line."""
    options = read_options(proc.argv, "sC", "dfcbO", _LONG)
    letter = next((name for name in "fcb" if name in options), None)
    if letter is None:
        raise UsageProblem("you must specify a list of bytes, characters, or fields")
    delimiter = options.flags.get("d", "\t")
    if len(delimiter) != 1:
        raise UsageProblem("the delimiter must be a single character")
    ranges = _ranges(options.flags[letter], "field" if letter == "f" else "byte/character")
    joint = options.flags.get("O", delimiter if letter == "f" else "")

    def show(line: str) -> None:
        if letter == "f" and delimiter not in line:
            if "s" not in options:
                proc.print(line)
            return
        pieces = line.split(delimiter) if letter == "f" else list(line)
        chosen = [
            piece
            for number, piece in enumerate(pieces, 1)
            if any(first <= number <= last for first, last in ranges) != ("C" in options)
        ]
        proc.print(joint.join(chosen))

    return (yield from each_line(proc, options.operands, show))
