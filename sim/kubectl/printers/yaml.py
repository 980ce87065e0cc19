"""YAML as sigs.k8s.io/yaml writes it: natural key order, no list indent, folded at 80 columns.

Quoting follows go-yaml v2: a string is bare only if it would be read back as the same string. It
must not know Kubernetes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key, lru_cache
from typing import Any

from sim.kubectl.goformat import format_float

_WIDTH = 80
_WORDS = frozenset({
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N", "no", "No",
    "NO", "false", "False", "FALSE", "off", "Off", "OFF", "~", "null", "Null", "NULL", ".nan",
    ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
})  # fmt: skip
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})"
    r"| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?\Z"
)
_SPECIAL = re.compile("[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_LEADING = frozenset("#,[]{}&*!|>'\"%@`")
_BLOCK_INDICATOR = re.compile(r":(?:\s|\Z)|(?:\A|\s)#|\A[-?](?:\s|\Z)|\A(?:---|\.\.\.)")
_DOUBLE = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L",
    "\u2029": "\\P",
}  # fmt: skip
_NEEDS_ESCAPE = re.compile(
    '["\\\\\x85\u2028\u2029]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]'
)


def to_yaml(value: Any) -> str:
    """Return *value*, a JSON value, as a YAML document that ends with a newline."""
    out: list[str] = []
    if isinstance(value, dict) and value:
        _mapping(value, 0, out, first="")
    elif isinstance(value, list) and value:
        _sequence(value, 0, out, first="")
    else:
        out.append(_scalar(value, 0, 0) + "\n")
    return "".join(out)


def _mapping(value: dict[str, Any], indent: int, out: list[str], *, first: str | None) -> None:
    """Write a mapping; *first* stands before its first key in place of the indent."""
    pad = " " * indent
    lead = first if first is not None else pad
    for key in natural_order(value):
        item = value[key]
        name = _key(key)
        if isinstance(item, dict) and item:
            out.append(f"{lead}{name}:\n")
            _mapping(item, indent + 2, out, first=None)
        elif isinstance(item, list) and item:
            out.append(f"{lead}{name}:\n")
            _sequence(item, indent, out, first=None)
        else:
            text = _scalar(item, indent + 2, indent + len(name) + 2)
            out.append(f"{lead}{name}: {text}\n")
        lead = pad


def _sequence(value: list[Any], indent: int, out: list[str], *, first: str | None) -> None:
    pad = " " * indent
    lead = first if first is not None else pad
    for item in value:
        if isinstance(item, dict) and item:
            _mapping(item, indent + 2, out, first=f"{lead}- ")
        elif isinstance(item, list) and item:
            _sequence(item, indent + 2, out, first=f"{lead}- ")
        else:
            out.append(f"{lead}- {_scalar(item, indent + 2, indent + 2)}\n")
        lead = pad


def _key(key: str) -> str:
    return _scalar(key, 0, 0, fold=False) if key else '""'


def _scalar(value: Any, indent: int, column: int, *, fold: bool = True) -> str:
    if isinstance(value, str):
        return _string(value, indent, column, fold=fold)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return str(value)


def _string(text: str, indent: int, column: int, *, fold: bool) -> str:
    style = _style(text)
    if style == "literal":
        return _literal(text, indent) if fold else _double(text, indent, column, fold=False)
    if style == "double":
        return _double(text, indent, column, fold=fold)
    if style == "single":
        body = text.replace("'", "''")
        if not fold or column + len(text) <= _WIDTH:
            return f"'{body}'"
        return f"'{_folded(body, indent, column + 1)}'"
    if not fold or column + len(text) <= _WIDTH:
        return text
    return _folded(text, indent, column)


@lru_cache(maxsize=16384)
def _style(text: str) -> str:
    """Return `plain`, `single`, `double` or `literal`."""
    if "\n" in text:
        broken = _SPECIAL.search(text) or " \n" in text or text.endswith(" ")
        return "double" if broken else "literal"
    if _is_other_type(text):
        return "double"
    if _SPECIAL.search(text):
        return "double"
    if (
        text[0] in _LEADING
        or text[0] == " "
        or text[-1] == " "
        or text in ("-", "?")
        or _BLOCK_INDICATOR.search(text)
    ):
        return "single"
    return "plain"


def _is_other_type(text: str) -> bool:
    if not text or text in _WORDS:
        return True
    if text[0] not in "0123456789+-.":
        return False
    bare = text.replace("_", "") if text[0] != "." else text
    return bool(_NUMBER.match(bare) or _BASE_60.match(text) or _TIMESTAMP.match(text))


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        hint += "-"
    elif text == "\n" or text.endswith("\n\n"):
        hint += "+"
    pad = " " * indent
    body = text.removesuffix("\n").split("\n")
    lines = [pad + line if line else "" for line in body]
    return "\n".join([f"|{hint}", *lines])


def _double(text: str, indent: int, column: int, *, fold: bool) -> str:
    body = _NEEDS_ESCAPE.sub(_escape, text)
    if not fold or column + len(body) <= _WIDTH:
        return f'"{body}"'
    # the first and the last character never start a new line
    return f'"{_folded(body, indent, column + 1, escape=True)}"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _DOUBLE:
        return _DOUBLE[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _folded(text: str, indent: int, column: int, *, escape: bool = False) -> str:
    """Break *text* at single blanks behind column 80, as libyaml's emitter does."""
    out: list[str] = []
    pad = "\n" + " " * indent
    after_space = False
    for index, char in enumerate(text):
        if char != " ":
            out.append(char)
            column += 1
            after_space = False
            continue
        following = text[index + 1 : index + 2]
        inside = 0 < index < len(text) - 1
        if column > _WIDTH and inside and not after_space and (escape or following != " "):
            out.append(pad)
            column = indent
            if escape and following == " ":
                out.append("\\")
                column += 1
        else:
            out.append(" ")
            column += 1
        after_space = True
    return "".join(out)


def natural_order(keys: Iterable[str]) -> list[str]:
    """Return *keys* as go-yaml sorts them: letters last, runs of digits by value."""
    keys = list(keys)
    if "".join(keys).isalpha():
        return sorted(keys)
    return sorted(keys, key=cmp_to_key(_compare))


@lru_cache(maxsize=16384)
def _compare(one: str, other: str) -> int:
    return -1 if _less(one, other) else int(one != other)


def _less(one: str, other: str) -> bool:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left == right:
            continue
        if left.isalpha() and right.isalpha():
            return left < right
        if left.isalpha() or right.isalpha():
            return right.isalpha()
        lead = 0
        if "0" in (left, right):
            back = index - 1
            while back >= 0 and one[back].isdecimal():
                if one[back] != "0":
                    lead = 1
                    break
                back -= 1
        left_digits, right_digits = _digits(one, index), _digits(other, index)
        left_number = int(f"{lead}{left_digits}")
        right_number = int(f"{lead}{right_digits}")
        if left_number != right_number:
            return left_number < right_number
        if len(left_digits) != len(right_digits):
            return len(left_digits) < len(right_digits)
        return left < right
    return len(one) < len(other)


def _digits(text: str, start: int) -> str:
    end = start
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[start:end]
