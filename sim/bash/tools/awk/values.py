"""awk's values: numbers, strings, and strings from input that count as numbers if they look so."""

from __future__ import annotations

import math
import re
from functools import lru_cache

_PREFIX = re.compile(r"[ \t\n\r\f\v]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)")
_SPECIAL = re.compile(r"[ \t\n]*([-+])(inf|nan)(?![a-z0-9])", re.IGNORECASE)
_WHOLE = re.compile(
    r"[ \t\n\r\f\v]*[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[ \t\n\r\f\v]*"
)


class Field(str):
    """Text from outside: a number too if all of it looks like one."""

    __slots__ = ()


class AwkProblem(Exception):  # noqa: N818 - ends the program with a line
    """The program cannot go on; the message is gawk's after `fatal: `."""


UNSET = Field("")
"""What a variable is before it is set: both empty and 0."""

Value = float | str


def whole(value: float) -> int:
    """Return *value* without its fraction; what no integer holds becomes what C's cast makes of it."""
    return int(value) if math.isfinite(value) else -(1 << 63)


def number(value: Value) -> float:
    """Return the number that *value* is, or begins with."""
    if value.__class__ is float:
        return value
    return _leading(str(value))


def _leading(text: str) -> float:
    match = _PREFIX.match(text)
    if match is not None:
        return float(match[1])
    special = _SPECIAL.match(text)
    return float(special[1] + special[2]) if special else 0.0


def is_number(value: Value) -> bool:
    """Return whether *value* is compared as a number."""
    if value.__class__ is float or value is UNSET:
        return True
    return value.__class__ is Field and _WHOLE.fullmatch(value) is not None


def is_true(value: Value) -> bool:
    """Return whether a condition holds."""
    if value.__class__ is float:
        return value != 0.0
    if value.__class__ is Field and _WHOLE.fullmatch(value):
        return number(value) != 0.0
    return value != ""


def shown(value: float, form: str) -> str:
    """Return a number as text: whole ones in full, others by *form* (OFMT or CONVFMT)."""
    if value == (whole := value // 1):
        return str(int(whole))
    if math.isinf(value):
        return "+inf" if value > 0 else "-inf"
    if math.isnan(value):
        return "-nan" if math.copysign(1, value) < 0 else "+nan"
    return "%.6g" % value if form == "%.6g" else formatted(form, [value], "%.6g")  # noqa: UP031


def compare(left: Value, right: Value, form: str) -> int:
    """Return below, at or above 0 as *left* is less than, equal to or greater than *right*."""
    if is_number(left) and is_number(right):
        a, b = number(left), number(right)
        return (a > b) - (a < b)
    first = shown(left, form) if left.__class__ is float else left
    second = shown(right, form) if right.__class__ is float else right
    return (first > second) - (first < second)  # type: ignore[operator]


# -- printf ------------------------------------------------------------------------------------

_FORMAT = re.compile(
    r"%(?:([0-9]+)\$)?([-+ #0']*)(\*|[0-9]+)?(?:\.(\*|-?[0-9]*))?[hlLqjzt]*([diouxXeEfFgGaAcs%])"
)
_WIDEST = 100_000


@lru_cache(maxsize=128)
def _pieces(template: str) -> tuple[tuple[str, int, tuple[str | None, ...] | None], ...]:
    """Return *template* as (text before, where it ends, the parts of a conversion or None)."""
    pieces: list[tuple[str, int, tuple[str | None, ...] | None]] = []
    at = 0
    for match in _FORMAT.finditer(template):
        pieces.append((template[at : match.start()], match.start(), match.groups()))
        at = match.end()
    pieces.append((template[at:], len(template), None))
    return tuple(pieces)


def formatted(template: str, arguments: list[Value], form: str) -> str:
    """Return *arguments* in *template*, as `printf` prints them.

    Raises:
        AwkProblem: if there are too few.
    """
    out: list[str] = []
    used = 0
    for text, place, parts in _pieces(template):
        out.append(text)
        if parts is None:
            continue
        position, flags, width, precision, letter = parts
        if letter == "%":
            out.append("%")
            continue

        def following(place: int = place) -> Value:
            nonlocal used
            used += 1
            if used > len(arguments):
                raise AwkProblem(
                    f"not enough arguments to satisfy format string\n\t`{template}'\n\t"
                    + " " * (place + 1)
                    + "^ ran out for this one"
                )
            return arguments[used - 1]

        flags = (flags or "").replace("'", "")
        if width == "*":
            wide = int(number(following()))
            width = str(abs(wide))
            flags += "-" if wide < 0 else ""
        if precision == "*":
            exact = int(number(following()))
            precision = str(exact) if exact >= 0 else None
        if max(len(width or ""), len(precision or "")) > 5 or int(width or 0) > _WIDEST:
            raise AwkProblem("a width of that size is not supported in this simulator")
        argument = arguments[int(position) - 1] if position else following()
        out.append(_one(flags, width or "", precision, letter or "", argument, form))
    return "".join(out)


def _one(
    flags: str, width: str, precision: str | None, letter: str, argument: Value, form: str
) -> str:
    head = f"%{flags}{width}"
    if letter in "sc":
        if letter == "c":
            text = _character(argument)
        else:
            text = shown(argument, form) if isinstance(argument, float) else str(argument)
            if precision is not None:
                text = text[: max(int(precision or 0), 0)]
        return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))
    value = number(argument)
    if not math.isfinite(value):
        text = "nan" if math.isnan(value) else "inf"
        text = ("-" if math.copysign(1, value) < 0 else "+") + text
        return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))
    exact = "" if precision is None else f".{precision or 0}"
    if letter in "di":
        return f"{head}{exact}d" % int(value)
    if letter in "ouxX":
        if value < 0:
            # Negative numbers wrap where they fit 64 bits, and are printed as they are elsewhere.
            whole = int(value)
            if whole <= -(1 << 63):
                return f"{head}{exact}d" % whole
            value = whole + (1 << 64)
        return _based(head, flags, exact, letter, int(value))
    if letter in "aA":
        return head.replace("%", "") and value.hex()
    return f"{head}{exact}{letter}" % value


def _based(head: str, flags: str, exact: str, letter: str, value: int) -> str:
    if letter == "o" and "#" in flags:
        return f"{head.replace('#', '')}{exact}s" % ("0" + format(value, "o"))
    if letter == "u":
        letter = "d"
    if value == 0:
        head = head.replace("#", "")
    return f"{head}{exact}{letter}" % value


def _character(argument: Value) -> str:
    if argument.__class__ is float or (argument.__class__ is Field and is_number(argument)
                                       and argument != ""):  # fmt: skip
        code = int(number(argument)) if math.isfinite(number(argument)) else 0
        return chr(code) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return str(argument)[:1] or "\0"
