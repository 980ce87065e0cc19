"""KYAML, the strict dialect of YAML that `-o kyaml` prints: braces, quotes, no guessing.

Made as sigs.k8s.io/yaml/kyaml writes it; it must not know Kubernetes.
"""

from __future__ import annotations

import re
from typing import Any

from sim.kubectl.goformat import format_float, quote

_BARE = re.compile(r"[^\W]([\w./-]*[^\W])?\Z")
_WORDS = frozenset({"t", "f", "true", "false", "yes", "no", "on", "off", "y", "n", "null"})
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?"
    r"|\.\d+(?:[eE][-+]?\d+)?|inf|infinity|nan)\Z",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt].*)?\Z")
_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\0": "\\0", "\a": "\\a", "\b": "\\b", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", "\x85": "\\N", "\xa0": "\\_", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_STEP = 2


def to_kyaml(value: Any, *, sort_keys: bool = True) -> str:
    """Return *value*, a JSON value, as one document; keys in order, or as they stand."""
    return f"---\n{_value(_sorted(value) if sort_keys else value, 0)}\n"


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _value(value: Any, indent: int) -> str:
    if isinstance(value, dict):
        return _mapping(value, indent)
    if isinstance(value, list):
        return _sequence(value, indent)
    if isinstance(value, str):
        return _string(value, indent)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return re.sub(r"e-0(?=\d)", "e-", format_float(value))
    return str(value)


def _mapping(value: dict[str, Any], indent: int) -> str:
    if not value:
        return "{}"
    pad = " " * (indent + _STEP)
    rows = (f"{pad}{_key(key)}: {_value(one, indent + _STEP)},\n" for key, one in value.items())
    return f"{{\n{''.join(rows)}{' ' * indent}}}"


def _sequence(value: list[Any], indent: int) -> str:
    if not value:
        return "[]"
    if all(isinstance(one, dict) for one in value) or all(isinstance(one, list) for one in value):
        return f"[{', '.join(_value(one, indent) for one in value)}]"
    pad = " " * (indent + _STEP)
    rows = (f"{pad}{_value(one, indent + _STEP)},\n" for one in value)
    return f"[\n{''.join(rows)}{' ' * indent}]"


def _key(key: str) -> str:
    bare = (
        _BARE.match(key)
        and key.lower() not in _WORDS
        and not _NUMBER.match(key)
        and not _DATE.match(key)
    )
    return key if bare else quote(key)


def _string(text: str, indent: int) -> str:
    if "\n" not in text:
        return f'"{_escaped(text)}"'
    pad = " " * (indent + _STEP)
    *lines, last = text.split("\n")
    rows = [f"{pad}{_led(line)}\\n\\\n" for line in lines]
    if last:
        rows.append(f"{pad}{_led(last)}\\\n")
    return f'"\\\n{"".join(rows)}{pad}"'


def _led(line: str) -> str:
    """Return a line whose first character is not taken for indentation."""
    return f"\\{_escaped(line)}" if line.startswith(" ") else f" {_escaped(line)}"


def _escaped(text: str) -> str:
    return "".join(
        _ESCAPES.get(char)
        or (char if (char >= " " and char != "\x7f") or char == "\t" else f"\\x{ord(char):02X}")
        for char in text
    )
