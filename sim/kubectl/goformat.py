"""Texts as Go's standard library writes them: quoted strings, durations, JSON, numbers.

It must not know Kubernetes.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

from sim.kubectl.indenting import indented

_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def quote(text: str) -> str:
    """Return *text* as Go's `%q` prints it."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(f"\\U{ord(char):08x}")
    return f'"{"".join(out)}"'


_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
}  # fmt: skip
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")


def unquote(text: str) -> str:
    """Return what a Go string literal (`"..."` or `` `...` ``) stands for.

    Raises:
        ValueError: if it is none.
    """
    mark, body = text[:1], text[1:-1]
    if mark == "`":
        return body.replace("\r", "")
    out, index = [], 0
    while index < len(body):
        char = body[index]
        index += 1
        if char != "\\":
            out.append(char)
            continue
        code = body[index : index + 1]
        if code == mark or code in _SIMPLE:
            out.append(_SIMPLE.get(code, code))
            index += 1
            continue
        found = _CODE.match(body, index)
        if found is None:
            msg = "invalid syntax"
            raise ValueError(msg)
        digits = found[1] or found[2] or found[3]
        number = int(digits, 16) if digits else int(found[4], 8)
        if found[2] or found[3]:
            out.append(chr(number))  # a code point beyond the last one is a ValueError as well
        else:
            out.append(bytes([number & 0xFF]).decode("utf-8", "surrogateescape"))
        index = found.end()
    return "".join(out)


def parse_go_duration(text: str) -> int:
    """Return the nanoseconds of a duration such as `90s`, `1h30m`, `-1s`, `0`.

    Raises:
        ValueError: with Go's text, if it is none.
    """
    bad = f"time: invalid duration {quote(text)}"
    body = text[1:] if text[:1] in ("-", "+") else text
    if body == "0":
        return 0
    position, total = 0, Decimal(0)
    while position < len(body):
        match = _DURATION_PART.match(body, position)
        if match is None:
            if re.match(r"\d+\.?\d*\Z", body[position:]):
                bad = f"time: missing unit in duration {quote(text)}"
            elif unit := re.match(r"[\d.]+([^\d.]+)", body[position:]):
                bad = f"time: unknown unit {quote(unit[1])} in duration {quote(text)}"
            raise ValueError(bad)
        total += Decimal(match[1]) * _UNIT_NS[match[2]]
        position = match.end()
    if position == 0:
        raise ValueError(bad)
    return -int(total) if text.startswith("-") else int(total)


_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_HTML_CHARS = re.compile("[<>&\u2028\u2029]")


def to_json(
    value: Any, *, indent: int | None = None, escape_html: bool = True, sort_keys: bool = True
) -> str:
    """Return *value* as Go's encoding/json writes it: sorted keys, `<`, `>`, `&` escaped."""
    if indent:
        text = indented(value, indent, sort_keys=sort_keys)
    else:
        text = json.dumps(value, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    if escape_html and any(char in text for char in _HTML):
        text = _HTML_CHARS.sub(lambda match: _HTML[match[0]], text)
    return text


def to_text(value: Any) -> str:
    """Return *value* as Go's `fmt.Sprint` prints a JSON value."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, dict):
        parts = (f"{key}:{to_text(value[key])}" for key in sorted(value))
        return f"map[{' '.join(parts)}]"
    if isinstance(value, list):
        return f"[{' '.join(map(to_text, value))}]"
    return str(value)


def format_float(value: float) -> str:
    """Return a float as Go's `%v` prints it: shortest digits, exponent below 1e-4 and from 1e21."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    if -5 < int(exponent) < 21:
        return f"{Decimal(text):f}"
    sign = "-" if exponent.startswith("-") else "+"
    return f"{digits.removesuffix('.0')}e{sign}{abs(int(exponent)):02d}"


_LAYOUT = "2006-01-02T15:04:05Z07:00"
_TIME_PARTS = (
    ("2006", re.compile(r"\d{4}"), "", 9999),
    ("-", re.compile("-"), "", 0),
    ("01", re.compile(r"\d\d"), "month", 12),
    ("-", re.compile("-"), "", 0),
    ("02", re.compile(r"\d\d"), "", 99),
    ("T", re.compile("T"), "", 0),
    ("15", re.compile(r"\d\d?"), "hour", 23),
    (":", re.compile(":"), "", 0),
    ("04", re.compile(r"\d\d"), "minute", 59),
    (":", re.compile(":"), "", 0),
    ("05", re.compile(r"\d\d"), "second", 59),
    ("", re.compile(r"(?:[.,]\d+)?"), "", 0),
    ("Z07:00", re.compile(r"Z|[-+]\d\d:\d\d"), "", 0),
)


def time_problem(text: str) -> str:
    """Return why Go's `time.Parse(time.RFC3339, text)` refuses *text*; empty if it does not."""
    rest = text
    for name, pattern, unit, most in _TIME_PARTS:
        found = pattern.match(rest)
        if found is None:
            return (
                f"parsing time {quote(text)} as {quote(_LAYOUT)}: "
                f"cannot parse {quote(rest)} as {quote(name)}"
            )
        value = int(found[0]) if unit else 0
        if value > most or (unit == "month" and value == 0):
            return f"parsing time {quote(text)}: {unit} out of range"
        rest = rest[found.end() :]
    if rest:
        return f"parsing time {quote(text)}: extra text: {quote(rest)}"
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return f"parsing time {quote(text)}: day out of range"
    return ""
