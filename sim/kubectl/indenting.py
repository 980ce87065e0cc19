"""JSON with line breaks, as Go's encoding/json indents it, made in one pass over the value.

The standard library's encoder goes through a generator a value as soon as it indents, which is
what a list of hundreds of objects waits for. It must not know Kubernetes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

_WORDS = {True: "true", False: "false", None: "null"}


def indented(value: Any, indent: int, *, sort_keys: bool) -> str:
    """Return *value* as `json.dumps` would with *indent*, and characters as they are."""
    out: list[str] = []
    _write(value, "\n", " " * indent, out.append, sort_keys)
    return "".join(out)


def _write(value: Any, margin: str, step: str, put: Callable[[str], None], sort_keys: bool) -> None:
    """Hand the pieces of *value* to *put*; *margin* is the line break before its closing bracket."""
    kind = type(value)
    if kind is str:
        put(encode_basestring(value))
    elif kind is int:
        put(int.__repr__(value))
    elif kind is bool or value is None:
        put(_WORDS[value])
    elif isinstance(value, dict):
        if not value:
            put("{}")
            return
        inner = margin + step
        head = "{" + inner
        for key, held in sorted(value.items()) if sort_keys else value.items():
            if type(key) is not str:
                key = json.dumps(key)  # noqa: PLW2901 - JSON's names are strings
                key = key if key[:1] == '"' else f'"{key}"'  # noqa: PLW2901
            else:
                key = encode_basestring(key)  # noqa: PLW2901
            if type(held) is str:
                put(f"{head}{key}: {encode_basestring(held)}")
            else:
                put(f"{head}{key}: ")
                _write(held, inner, step, put, sort_keys)
            head = "," + inner
        put(margin + "}")
    elif isinstance(value, list | tuple):
        if not value:
            put("[]")
            return
        inner = margin + step
        head = "[" + inner
        for held in value:
            put(head)
            _write(held, inner, step, put, sort_keys)
            head = "," + inner
        put(margin + "]")
    else:
        put(json.dumps(value, ensure_ascii=False))
