"""awk's own functions that neither read nor run anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cmp_to_key, partial

from sim.bash.regex import Match, Regex
from sim.bash.tools.awk.fields import split_text
from sim.bash.tools.awk.machine import Array, Machine
from sim.bash.tools.awk.regexes import regex_of
from sim.bash.tools.awk.times import format_time, make_time
from sim.bash.tools.awk.values import (
    UNSET,
    AwkProblem,
    Field,
    Value,
    compare,
    formatted,
    is_number,
    number,
    whole,
)


def _round(value: float) -> float:
    """Return *value* rounded, a half down, as gawk's substr does."""
    return value if not math.isfinite(value) else float(math.ceil(value - 0.5))


def substr(machine: Machine, text: str, start: float, size: float | None) -> str:
    """Return the part of *text* that begins at character *start*, counted from 1."""
    if math.isnan(start) or (size is not None and math.isnan(size)):
        return ""
    # A start before the text is its start; gawk 5.2 takes nothing off the size for it.
    begin = max(_round(start), 1.0)
    end = math.inf if size is None else begin + _round(size)
    if begin > len(text) or end <= begin:
        return ""
    return text[int(begin) - 1 : int(min(end, len(text) + 1.0)) - 1]


def _replacement(template: str, match: Match, *, groups: bool) -> str:
    r"""Return *template* with `&` (and `\1`) filled in."""
    if "&" not in template and "\\" not in template:
        return template
    out: list[str] = []
    at = 0
    while at < len(template):
        char = template[at]
        following = template[at + 1 : at + 2]
        if char == "&":
            out.append(match.group(0))
        elif char == "\\" and following == "&":
            out.append("&")
            at += 1
        elif char == "\\" and following == "\\" and (groups or template[at + 2 : at + 3] == "&"):
            out.append("\\")
            at += 1
        elif char == "\\" and groups and following.isdecimal() and following.isascii():
            index = int(following)
            out.append(match.group(index) if index < len(match.spans) else "")
            at += 1
        else:
            out.append(char)
        at += 1
    return "".join(out)


def substitute(
    machine: Machine, regex: Regex, template: str, text: str, *, which: int, groups: bool = False
) -> tuple[str, int]:
    """Return *text* with the match number *which* (0: all) replaced, and how many were."""
    machine.charge(8 + (len(text) >> 2) * regex.weight)
    out: list[str] = []
    at = seen = made = 0
    for match in regex.finditer(text, 0, machine.charge):
        seen += 1
        if which and seen != which:
            continue
        start, end = match.spans[0]
        out += (text[at:start], _replacement(template, match, groups=groups))
        at = end
        made += 1
        if which:
            break
    if not made:
        return text, 0
    result = "".join((*out, text[at:]))
    machine.charge(made * 10 + (len(result) >> 3))
    return result, made


def gensub(machine: Machine, regex: Regex, template: str, how: Value, text: str) -> str:
    """Return *text* with matches replaced: all for `g`, or the one numbered *how*."""
    if isinstance(how, str) and how[:1] in {"g", "G"}:
        which = 0
    else:
        which = max(whole(number(how)), 1)
    return substitute(machine, regex, template, text, which=which, groups=True)[0]


def match_text(machine: Machine, text: str, regex: Regex, array: Array | None) -> float:
    """Set RSTART and RLENGTH, and *array* to the groups; return where the match begins."""
    machine.charge(8 + (len(text) >> 2) * regex.weight)
    found = regex.search(text)
    if array is not None:
        array.clear()
    start, size = (0.0, -1.0)
    if found is not None:
        start, size = found.start + 1.0, float(found.end - found.start)
        if array is not None:
            separator = machine.setting("SUBSEP")
            for index, (begin, end) in enumerate(found.spans):
                if begin >= 0:
                    array[str(index)] = Field(text[begin:end])
                    array[f"{index}{separator}start"] = begin + 1.0
                    array[f"{index}{separator}length"] = float(end - begin)
    machine.variables["RSTART"], machine.variables["RLENGTH"] = start, size
    return start


def split(
    machine: Machine, text: str, array: Array, separator: str | Regex, gaps: Array | None
) -> float:
    """Fill *array* with the parts of *text*; return how many there are."""
    machine.charge(8 + len(text) * 4)
    array.clear()
    if isinstance(separator, str):
        parts = split_text(text, separator, ignore_case=machine.ignores_case)
        between: list[str] = []
        if gaps is not None:
            source = r"[ \t\n]+" if separator == " " else separator
            between = [match.group(0) for match in regex_of(source).finditer(text)]
    else:
        parts, between, at = [], [], 0
        for match in separator.finditer(text, 0, machine.charge) if text else ():
            if match.start < match.end:
                parts.append(text[at : match.start])
                between.append(match.group(0))
                at = match.end
        parts += [text[at:]] if text else []
    for index, part in enumerate(parts, 1):
        array[str(index)] = Field(part)
    if gaps is not None:
        gaps.clear()
        gaps.update({str(index): one for index, one in enumerate(between, 1)})
    return float(len(parts))


def sort_array(machine: Machine, source: Array, target: Array, how: str, *, keys: bool) -> float:
    """Fill *target* with the sorted values (or *keys*) of *source*; return how many."""
    form = machine.setting("CONVFMT")
    machine.charge(len(source) * 20)
    values: list[Value] = [key for key in source] if keys else list(source.values())  # noqa: C416
    descending = how.endswith("desc")
    if "num" in how:
        values.sort(key=number)
    elif "str" in how or keys:
        values.sort(key=machine.text)
    else:
        values.sort(key=cmp_to_key(partial(_by_type, form)))
    if descending:
        values.reverse()
    target.clear()
    for index, value in enumerate(values, 1):
        target[str(index)] = value
    return float(len(values))


def _by_type(form: str, left: Value, right: Value) -> int:
    """Compare with numbers before text."""
    kinds = (not is_number(left)) - (not is_number(right))
    return kinds or compare(left, right, form)


def _log(machine: Machine, value: float) -> float:
    if value < 0:
        machine.proc.fail(f"cmd. line:1: warning: log: received negative argument {_brief(value)}")
        return -math.nan
    return math.log(value) if value > 0 else -math.inf


def _sqrt(machine: Machine, value: float) -> float:
    if value < 0:
        machine.proc.fail(f"cmd. line:1: warning: sqrt: received negative argument {_brief(value)}")
        return -math.nan
    return math.sqrt(value)


def _exp(machine: Machine, value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        machine.proc.fail(f"cmd. line:1: warning: exp: argument {_brief(value)} is out of range")
        return math.inf


def _brief(value: float) -> str:
    return f"{value:g}"


def _wave(call: Callable[[float], float]) -> Callable[[Machine, float], float]:
    return lambda machine, value: call(value) if math.isfinite(value) else -math.nan


def _int(machine: Machine, value: float) -> float:
    return float(math.trunc(value)) if math.isfinite(value) else value


NUMERIC: dict[str, Callable[[Machine, float], float]] = {
    "cos": _wave(math.cos), "exp": _exp, "int": _int, "log": _log, "sin": _wave(math.sin),
    "sqrt": _sqrt,
}  # fmt: skip
"""Functions of one number."""


def _bits(values: list[Value], name: str) -> list[int]:
    out: list[int] = []
    for value in values:
        one = number(value)
        if one < 0:
            raise AwkProblem(f"{name}: argument 1 negative value {_brief(one)} is not allowed")
        out.append(int(one) if math.isfinite(one) else 0)
    return out


def bitwise(name: str, values: list[Value]) -> float:
    """Return `and`, `or`, `xor`, `lshift`, `rshift` or `compl` of *values*."""
    first, *rest = _bits(values, name)
    if name == "compl":
        return float(~first & ((1 << 53) - 1))
    for one in rest:
        if name == "and":
            first &= one
        elif name == "or":
            first |= one
        elif name == "xor":
            first ^= one
        elif name == "lshift":
            first = (first << min(one, 64)) & ((1 << 64) - 1)
        else:
            first >>= min(one, 64)
    return float(first)


def strtonum(text: Value) -> float:
    """Return the number that *text* is, octal and hexadecimal ones too."""
    if isinstance(text, float):
        return text
    stripped = text.strip().lower()
    for begin, base in (("0x", 16), ("0", 8)):
        if stripped.startswith(begin):
            digits = ""
            for char in stripped[len(begin) :]:
                if char not in "0123456789abcdef"[:base]:
                    break
                digits += char
            if digits and not (base == 8 and set(stripped) & set("89.e")):
                return float(int(digits, base))
    return number(text)


def plain(machine: Machine, name: str, values: list[Value]) -> Value:
    """Return what a function of plain values gives."""
    if name in NUMERIC:
        return NUMERIC[name](machine, number(values[0]))
    texts = machine.text
    if name == "index":
        text, part = texts(values[0]), texts(values[1])
        machine.charge(len(text) >> 3)
        return float(text.find(part) + 1)
    if name == "substr":
        size = number(values[2]) if len(values) > 2 else None
        return substr(machine, texts(values[0]), number(values[1]), size)
    if name == "tolower":
        return texts(values[0]).lower()
    if name == "toupper":
        return texts(values[0]).upper()
    if name == "sprintf":
        result = formatted(texts(values[0]), values[1:], machine.setting("CONVFMT"))
        machine.charge(len(result) >> 2)
        return result
    if name == "atan2":
        return math.atan2(number(values[0]), number(values[1]))
    if name == "rand":
        return machine.randomness.next()
    if name == "srand":
        now = machine.proc.files.clock() // 1000
        return machine.randomness.reseed(number(values[0]) if values else float(now))
    if name == "systime":
        return float(machine.proc.files.clock() // 1000)
    if name == "mktime":
        return make_time(texts(values[0]))
    if name == "strftime":
        when = number(values[1]) if len(values) > 1 else machine.proc.files.clock() // 1000
        form = texts(values[0]) if values else "%a %b %e %H:%M:%S %Z %Y"
        return format_time(form, when)
    if name == "strtonum":
        return strtonum(values[0])
    if name == "typeof":
        return _type(values[0])
    if name == "fflush":
        return 0.0
    return bitwise(name, values)


def _type(value: Value) -> str:
    if value is UNSET:
        return "untyped"
    if value.__class__ is float:
        return "number"
    return "strnum" if value.__class__ is Field and is_number(value) else "string"
