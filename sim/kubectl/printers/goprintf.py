"""Go's `fmt`: what Printf and its sisters make of JSON values and numbers.

It must not know templates.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sim.kubectl.goformat import format_float, quote, to_text
from sim.kubectl.printers.godump import go_dump

_VERB = re.compile(r"%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?(.)?", re.DOTALL)
_HAS_PRECISION = re.compile(r"%[-+# 0]*(?:\d+|\*)?\.")
MAX_WIDTH = 10_000


class Int(int):
    """Go's plain `int`, of a literal or a length; numbers in objects are `int64`."""


def type_name(value: Any) -> str:
    """Return the Go type of a JSON value."""
    if value is None:
        return "<nil>"
    for kind, name in (
        (bool, "bool"), (Int, "int"), (int, "int64"), (float, "float64"), (str, "string"),
        (dict, "map[string]interface {}"), (list, "[]interface {}"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return name
    return type(value).__name__


def sprint(*values: Any) -> str:
    """Return what `fmt.Sprint` makes: a blank between two operands that are no strings."""
    out = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            out.append(" ")
        out.append(to_text(value))
    return "".join(out)


def sprintf(form: str, *values: Any) -> str:
    """Return what `fmt.Sprintf` makes of *form*."""
    left = list(values)
    out: list[str] = []
    position = 0
    for match in _VERB.finditer(form):
        if match.start() < position:
            continue
        out.append(form[position : match.start()])
        position = match.end()
        out.append(_one(match, left))
    out.append(form[position:])
    if left:
        extra = ", ".join(
            "<nil>" if one is None else f"{type_name(one)}={to_text(one)}" for one in left
        )
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _one(match: re.Match[str], left: list[Any]) -> str:
    flags, width, precision, verb = match.groups()
    dotted = bool(_HAS_PRECISION.match(match[0]))
    if verb is None:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    if not left:
        return f"%!{verb}(BADINDEX)" if "*" in match[0] else f"%!{verb}(MISSING)"
    value = left.pop(0)
    wide = min(int(width), MAX_WIDTH) if width and width != "*" else 0
    exact = min(int(precision or 0), MAX_WIDTH) if dotted else None
    return _formatted(value, verb, flags, wide, exact)


def _formatted(value: Any, verb: str, flags: str, width: int, precision: int | None) -> str:
    if verb == "T":
        return _padded(type_name(value), flags, width)
    if verb == "v":
        if "#" in flags:
            return _padded("<nil>" if value is None else go_dump(value), flags, width)
        if value is None:
            return _padded("<nil>", flags, width)
        verb = {bool: "t", int: "d", Int: "d", float: "g", str: "s"}.get(type(value), "v")
    if value is None:
        return f"%!{verb}(<nil>)"

    def inside(one: Any) -> str:
        return "<nil>" if one is None else _formatted(one, verb, flags, width, precision)

    if isinstance(value, list):
        return f"[{' '.join(map(inside, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{inside(key)}:{inside(value[key])}' for key in sorted(value))}]"
    text = _scalar(value, verb, flags, precision)
    if text is None:
        shown = _formatted(value, "v", flags, width, precision)
        return f"%!{verb}({type_name(value)}={shown})"
    numeric = isinstance(value, int | float) and not isinstance(value, bool) and verb not in "cqU"
    return _padded(text, flags, width, zeros=numeric)


def _scalar(value: Any, verb: str, flags: str, precision: int | None) -> str | None:
    if isinstance(value, bool):
        return to_text(value) if verb == "t" else None
    if isinstance(value, str):
        return _string(value, verb, flags, precision)
    if isinstance(value, int):
        return _integer(value, verb, flags, precision)
    return _float(value, verb, flags, precision)


def _string(value: str, verb: str, flags: str, precision: int | None) -> str | None:
    text = value if precision is None else value[:precision]
    if verb == "s":
        return text
    if verb == "q":
        return quote(text)
    if verb in "xX":
        shown = text.encode("utf-8", "surrogateescape").hex(" " if " " in flags else "")
        return shown.upper() if verb == "X" else shown
    return None


def _integer(value: int, verb: str, flags: str, precision: int | None) -> str | None:
    sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    size = abs(value)
    match verb:
        case "d":
            digits = str(size)
        case "x" | "X" | "o" | "b":
            digits = format(size, verb)
            if "#" in flags:
                digits = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}[verb] + digits
        case "O":
            digits = f"0o{size:o}"
        case "c":
            return chr(value) if 0 <= value < 0x110000 else "\ufffd"
        case "q":
            char = chr(value) if 0 <= value < 0x110000 else "\ufffd"
            return "'\\''" if char == "'" else f"'{quote(char)[1:-1]}'" if char != '"' else "'\"'"
        case "U":
            return f"U+{value:04X}" + (f" '{chr(value)}'" if "#" in flags else "")
        case _:
            return None
    return sign + digits.rjust(precision or 0, "0")


def _float(value: float, verb: str, flags: str, precision: int | None) -> str | None:
    sign = "+" if "+" in flags and value >= 0 else " " if " " in flags and value >= 0 else ""
    if verb not in "gGfFeE":
        return None
    if verb in "gG" and precision is None:
        return sign + format_float(value)
    if verb in "gG":
        text = f"{value:.{precision or 1}{verb}}"
        return sign + text
    text = f"{Decimal(value):.{6 if precision is None else precision}f}"
    if verb in "eE":
        text = f"{value:.{6 if precision is None else precision}{verb}}"
    return sign + text


def _padded(text: str, flags: str, width: int, *, zeros: bool = False) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags:
        if zeros and text[:1] in "+-":
            return text[0] + text[1:].rjust(width - 1, "0")
        return text.rjust(width, "0")
    return text.rjust(width)
