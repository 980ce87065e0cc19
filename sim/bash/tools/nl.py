"""`nl`: lines with numbers."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import each_line
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool

_LONG = {
    "body-numbering": "b", "section-delimiter": "d", "footer-numbering": "f",
    "header-numbering": "h", "line-increment": "i", "join-blank-lines": "l",
    "number-format": "n", "no-renumber": "p", "number-separator": "s",
    "starting-line-number": "v", "number-width": "w",
}  # fmt: skip
_SECTIONS = {3: "h", 2: "b", 1: "f"}
_SHAPES = {"ln": "<", "rn": ">", "rz": "0"}


@tool()
def nl(proc: Proc) -> Running:
    """Write each file with line numbers added; pages have a header, a body and a footer."""
    options = read_options(proc.argv, "p", "bdfhilnsvw", _LONG)
    styles = {letter: options.flags.get(letter, "t" if letter == "b" else "n") for letter in "hbf"}
    for letter, what in (("b", "body"), ("h", "header"), ("f", "footer")):
        if styles[letter] not in {"a", "t", "n"} and not styles[letter].startswith("p"):
            raise Misuse(f"invalid {what} numbering style: ‘{styles[letter]}’")
        if styles[letter].startswith("p"):
            raise UsageProblem("-b pBRE: not supported in this simulator")
    start = _whole(options, "v", 1, "starting line number")
    step = _whole(options, "i", 1, "line number increment")
    join = _whole(options, "l", 1, "line number of blank lines")
    width = _whole(options, "w", 6, "line number field width")
    if not 0 < width <= 1000:
        raise UsageProblem(
            f"invalid line number field width: ‘{width}’: Numerical result out of range"
        )
    shape = options.flags.get("n", "rn")
    if shape not in _SHAPES:
        raise Misuse(f"invalid line numbering format: ‘{shape}’")
    mark = options.flags.get("d", "\\:")
    mark = mark + ":" if len(mark) == 1 else mark
    joint = options.flags.get("s", "\t")
    style, number, blanks = styles["b"], start, 0

    def show(line: str) -> None:
        nonlocal style, number, blanks
        times = len(line) // len(mark) if mark else 0
        if 1 <= times <= 3 and line == mark * times:
            style = styles[_SECTIONS[times]]
            if "p" not in options:
                number = start
            proc.print("")
            return
        blanks = 0 if line else blanks + 1
        counted = style == "a" and (bool(line) or blanks % max(1, join) == 0)
        if not (counted or (style == "t" and line)):
            proc.print(" " * (width + len(joint)) + line)
            return
        proc.print(_number(number, width, shape) + joint + line)
        number += step

    return (yield from each_line(proc, options.operands, show))


def _number(number: int, width: int, shape: str) -> str:
    if shape == "rz":
        return f"{number:0{width}}"
    return f"{number:{_SHAPES[shape]}{width}}"


def _whole(options: Options, letter: str, default: int, what: str) -> int:
    text = options.flags.get(letter)
    if text is None:
        return default
    if not re.fullmatch(r"[-+]?\d{1,15}", text):
        raise UsageProblem(f"invalid {what}: ‘{text}’")
    return int(text)
