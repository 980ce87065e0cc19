"""Simple expressions of yq, done on the document itself so that comments and style stay.

Paths (`.a.b[0]`, `.items[]`), `path = value`, `path |= value` and `del(path)`; others are jq's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sim.bash.tools.yq.documents import YamlProblem

Step = str | int | None
"""A key, an index, or None: every element."""
_STEP = re.compile(
    r"""\.?\["((?:[^"\\]|\\.)*)"\]|\.?\[(-?[0-9]{1,9})?\]|\."((?:[^"\\]|\\.)*)"|\.([A-Za-z_][\w-]*)"""
)
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?|true|false|null|\[\]|\{\}')
_VARIABLE = re.compile(r"(str)?env\((\w+)\)")


def read_path(text: str) -> list[Step] | None:
    """Return the steps of a path, or None if *text* is more than that."""
    text = text.strip()
    if text == ".":
        return []
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return None
        quoted, index, other, name = match.groups()
        if quoted is not None or other is not None:
            steps.append(json.loads(f'"{quoted if quoted is not None else other}"'))
        elif name is not None:
            steps.append(name)
        else:
            steps.append(None if index is None else int(index))
        at = match.end()
    return steps if text.startswith(".") else None


def read_value(text: str, environ: Mapping[str, str]) -> tuple[Any] | None:
    """Return what a literal or `env(X)` stands for, in a tuple; None if it is neither."""
    text = text.strip()
    if variable := _VARIABLE.fullmatch(text):
        if variable[2] not in environ:
            raise YamlProblem(f"Value for env variable '{variable[2]}' not provided in env()")
        value = environ[variable[2]]
        if variable[1]:
            return (value,)
        literal = _VALUE.fullmatch(value)
        return (json.loads(value) if literal else value,)
    return (json.loads(text),) if _VALUE.fullmatch(text) else None


def walk(value: Any, steps: list[Step]) -> Iterator[Any]:
    """Yield what stands at the end of *steps*; what is missing is null.

    Raises:
        YamlProblem: where a list has no such key.
    """
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        values = value.values() if isinstance(value, dict) else value
        for one in values if isinstance(value, dict | list) else ():
            yield from walk(one, rest)
    elif isinstance(value, dict):
        yield from walk(value.get(step), rest)
    elif isinstance(value, list):
        if not isinstance(step, int):
            raise YamlProblem(f"cannot index array with '{step}' (strconv.ParseInt: parsing "
                              f'"{step}": invalid syntax)')  # fmt: skip
        yield from walk(value[step] if -len(value) <= step < len(value) else None, rest)
    else:
        yield from walk(None, rest)


def assign(root: Any, steps: list[Step], new: Any) -> Any:
    """Set *new* at the end of *steps* and return the document, which is made where it is missing."""
    if not steps:
        return new
    if root is None:
        root = [] if isinstance(steps[0], int) else {}
    for holder, step in _holders(root, steps):
        if isinstance(holder, list) and isinstance(step, int):
            while len(holder) <= step:
                holder.append(None)
            holder[step] = new
        elif isinstance(holder, dict):
            holder[step] = new
    return root


def delete(root: Any, steps: list[Step]) -> Any:
    """Remove what stands at the end of *steps* and return the document."""
    for holder, step in reversed(list(_holders(root, steps, make=False))):
        if isinstance(holder, dict):
            holder.pop(step, None)
        elif isinstance(step, int) and -len(holder) <= step < len(holder):
            del holder[step]
    return root


def _holders(
    value: Any, steps: list[Step], *, make: bool = True
) -> Iterator[tuple[Any, str | int]]:
    """Yield what holds the last step, and the key or index there."""
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict | list):
        return
    keys: list[Any] = [step]
    if step is None:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        if not rest:
            yield value, key
            continue
        below = next(walk(value, [key]), None)
        if below is None and make:
            below = [] if isinstance(rest[0], int) else {}
            assign(value, [key], below)
            below = next(walk(value, [key]), None)
        yield from _holders(below, rest, make=make)
