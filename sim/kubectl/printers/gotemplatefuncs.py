"""The functions of Go's text/template and the two that kubectl adds (text/template/funcs.go).

They take and return plain values; NO_VALUE is an absent one. It must not know templates.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from sim.kubectl.printers.goprintf import Int, sprint, sprintf, type_name

_HTML = {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"}
_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026",
    "=": "\\u003D",
}  # fmt: skip
_BAD_KIND = "invalid type for comparison"


class NoValue:
    """What a field that is not there has: Go's zero `reflect.Value`."""

    def __repr__(self) -> str:
        """Return what prints."""
        return "<no value>"


NO_VALUE = NoValue()


class CallError(Exception):
    """A function cannot do it; the text follows `error calling NAME: `."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function and the types of what it takes."""

    call: Callable[..., Any]
    takes: tuple[str, ...]
    """`value` (anything, absent too), `any` (absent is nil) or `string`."""
    variadic: bool = False


def truth(value: Any) -> bool:
    """Return whether `if` takes *value* for true."""
    return value is not NO_VALUE and bool(value)


def _kind(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "int"
    return type(value).__name__ if isinstance(value, bool | float | str) else ""


def _eq(left: Any, *rights: Any) -> bool:
    if not rights:
        raise CallError("missing argument for comparison")
    for right in rights:
        kinds = _kind(left), _kind(right)
        absent = [one is None or one is NO_VALUE for one in (left, right)]
        if kinds[0] != kinds[1]:
            if not any(absent):
                raise CallError(
                    f"incompatible types for comparison: {type_name(left)} and {type_name(right)}"
                )
        elif any(absent):
            if all(absent):
                return True
        elif not kinds[0]:
            raise CallError(f"non-comparable type {sprint(left)}: {type_name(left)}")
        elif left == right:
            return True
    return False


def _lt(left: Any, right: Any) -> bool:
    kinds = _kind(left), _kind(right)
    if not all(kinds):
        raise CallError(_BAD_KIND)
    if kinds[0] != kinds[1]:
        raise CallError(
            f"incompatible types for comparison: {type_name(left)} and {type_name(right)}"
        )
    if kinds[0] == "bool":
        raise CallError(_BAD_KIND)
    return bool(left < right)


def _le(left: Any, right: Any) -> bool:
    return _lt(left, right) or _eq(left, right)


def _position(index: Any, most: int) -> int:
    if index is None or index is NO_VALUE:
        raise CallError("cannot index slice/array with nil")
    if isinstance(index, bool) or not isinstance(index, int):
        raise CallError(f"cannot index slice/array with type {type_name(index)}")
    if not 0 <= index <= most:
        raise CallError(f"index out of range: {index}")
    return index


def _index(item: Any, *indexes: Any) -> Any:
    if item is None or item is NO_VALUE:
        raise CallError("index of untyped nil")
    for index in indexes:
        if item is None:
            raise CallError("index of nil pointer")
        if isinstance(item, list | str):
            held = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
            place = _position(index, len(held))
            if place == len(held):
                what = "string" if isinstance(item, str) else "slice"
                raise CallError(f"reflect: {what} index out of range")
            item = held[place]
        elif isinstance(item, dict):
            if index is None or index is NO_VALUE:
                raise CallError("value is nil; should be of type string")
            if not isinstance(index, str):
                raise CallError(f"value has type {type_name(index)}; should be string")
            item = item.get(index)
        else:
            raise CallError(f"can't index item of type {type_name(item)}")
    return item


def _slice(item: Any, *indexes: Any) -> Any:
    if item is None or item is NO_VALUE:
        raise CallError("slice of untyped nil")
    if len(indexes) > 3:
        raise CallError(f"too many slice indexes: {len(indexes)}")
    if isinstance(item, str):
        if len(indexes) == 3:
            raise CallError("cannot 3-index slice a string")
    elif not isinstance(item, list):
        raise CallError(f"can't slice item of type {type_name(item)}")
    held: Any = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
    places = [_position(index, len(held)) for index in indexes]
    start = places[0] if places else 0
    end = places[1] if len(places) > 1 else len(held)
    if start > end:
        raise CallError(f"invalid slice index: {start} > {end}")
    if len(places) > 2 and end > places[2]:
        raise CallError(f"invalid slice index: {end} > {places[2]}")
    part = held[start:end]
    return part.decode("utf-8", "surrogateescape") if isinstance(part, bytes) else part


def _len(item: Any) -> int:
    if item is NO_VALUE:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    if item is None:
        raise CallError("len of nil pointer")
    if isinstance(item, str):
        return Int(len(item.encode("utf-8", "surrogateescape")))
    if isinstance(item, list | dict):
        return Int(len(item))
    raise CallError(f"len of type {type_name(item)}")


def _told(values: tuple[Any, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return sprint(*("<no value>" if value is None else value for value in values))


def _html(*values: Any) -> str:
    return "".join(_HTML.get(char, char) for char in _told(values))


def _js(*values: Any) -> str:
    out = []
    for char in _told(values):
        if char in _JS:
            out.append(_JS[char])
        elif char < " " or (char > "~" and not char.isprintable()):
            out.append(f"\\u{ord(char):04X}")
        else:
            out.append(char)
    return "".join(out)


def _urlquery(*values: Any) -> str:
    return quote_plus(_told(values), errors="surrogateescape")


def _decode(text: str) -> str:
    try:
        found = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise CallError(
            f"base64 decode failed: illegal base64 data at input byte {_wrong(text)}"
        ) from None
    return found.decode("utf-8", "surrogateescape")


def _wrong(text: str) -> int:
    """Return where Go's decoder stops: the first byte that does not belong."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for place, char in enumerate(text):
        if char not in alphabet:
            return place
    return len(text) - len(text) % 4


def _exists(item: Any, *indexes: Any) -> bool:
    for index in indexes:
        if isinstance(item, list | str):
            if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(item):
                return False
            item = item[index]
        elif isinstance(item, dict):
            if not isinstance(index, str):
                return False
            item = item.get(index)
        else:
            return False
    return item is not None and item is not NO_VALUE


_PAIR = ("value", "value")
FUNCTIONS = {
    "and": Function(lambda *values: values, _PAIR, variadic=True),
    "base64decode": Function(_decode, ("string",)),
    "call": Function(lambda *values: values, _PAIR, variadic=True),
    "eq": Function(_eq, _PAIR, variadic=True),
    "exists": Function(_exists, ("any", "any"), variadic=True),
    "ge": Function(lambda left, right: not _lt(left, right), _PAIR),
    "gt": Function(lambda left, right: not _le(left, right), _PAIR),
    "html": Function(_html, ("any",), variadic=True),
    "index": Function(_index, _PAIR, variadic=True),
    "js": Function(_js, ("any",), variadic=True),
    "le": Function(_le, _PAIR),
    "len": Function(_len, ("value",)),
    "lt": Function(_lt, _PAIR),
    "ne": Function(lambda left, right: not _eq(left, right), _PAIR),
    "not": Function(lambda value: not truth(value), ("value",)),
    "or": Function(lambda *values: values, _PAIR, variadic=True),
    "print": Function(sprint, ("any",), variadic=True),
    "printf": Function(sprintf, ("string", "any"), variadic=True),
    "println": Function(
        lambda *values: " ".join(sprint(one) for one in values) + "\n", ("any",), variadic=True
    ),
    "slice": Function(_slice, _PAIR, variadic=True),
    "urlquery": Function(_urlquery, ("any",), variadic=True),
}
