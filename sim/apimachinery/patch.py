"""JSON patch (RFC 6902) and merge patch (RFC 7386); neither touches what it is given.

Both return new objects that share unchanged parts. This file must not know kinds; the third form is
in `strategic.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class PatchError(ValueError):
    """A patch does not fit the object."""


def merge_patch(target: Any, patch: Any) -> Any:
    """Return *target* with *patch* merged in; null removes a field, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(obj: Any, operations: list[dict[str, Any]]) -> Any:
    """Return *obj* after *operations*, all or none; `replace` adds a field that is missing.

    The sentences, and what counts as a mistake, are those of evanphx/json-patch 4, with which both
    kubectl and the API server patch.

    Raises:
        PatchError: if a path is missing, a test fails or an operation is unknown.
    """
    for operation in operations:
        op = operation.get("op", "unknown")
        if op not in _OPERATIONS:
            raise PatchError(f"Unexpected kind: {op}")
        obj = _OPERATIONS[op](obj, operation)
    return obj


_MISSING = "missing value"
_UNNAMED = {
    "path": "operation missing path field: ",
    "from": "operation, missing from field: ",
}


def _text(operation: dict[str, Any], name: str) -> str:
    text = operation.get(name)
    if isinstance(text, str):
        return text
    op = operation["op"]
    why = "" if op in ("add", "remove") or (op, name) == ("copy", "path") else _UNNAMED[name]
    raise PatchError(f"{op} operation failed to decode {name}: {why}{_MISSING}")


def _split(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _child(holder: Any, key: str) -> Any:
    """Return what *holder*, an object or a list, has at *key*; nothing is None."""
    if isinstance(holder, dict):
        return holder.get(key)
    return holder[_index(holder, key)]


def _index(holder: list[Any], key: str, *, room: int = 0) -> int:
    try:
        index = int(key)
    except ValueError:
        raise PatchError(f'strconv.Atoi: parsing "{key}": invalid syntax') from None
    length = len(holder) + room
    if not -length <= index < length:
        raise PatchError(f"Unable to access invalid index: {index}: invalid index referenced")
    return index if index >= 0 else index + length


def _holder(obj: Any, steps: list[str]) -> Any:
    """Return the object or list that has the last of *steps*, or None."""
    for step in steps[:-1]:
        try:
            obj = _child(obj, step)
        except PatchError:
            return None
        if not isinstance(obj, dict | list):
            return None
    return obj if steps else None


def _with(obj: Any, steps: list[str], changed: Any) -> Any:
    """Return *obj* with *changed* in the place of what has the last of *steps*."""
    if len(steps) <= 1:
        return changed
    inner = _with(_child(obj, steps[0]), steps[1:], changed)
    if isinstance(obj, dict):
        return {**obj, steps[0]: inner}
    index = _index(obj, steps[0])
    return [*obj[:index], inner, *obj[index + 1 :]]


def _added(holder: Any, key: str, value: Any) -> Any:
    if isinstance(holder, dict):
        return {**holder, key: value}
    if key == "-":
        return [*holder, value]
    if not key.lstrip("+-").isdecimal():
        raise PatchError(
            f"value was not a proper array index: '{key}': strconv.Atoi: parsing \"{key}\": "
            "invalid syntax"
        )
    index = _index(holder, key, room=1)
    return [*holder[:index], value, *holder[index:]]


def _removed(holder: Any, key: str) -> Any:
    if isinstance(holder, dict):
        if key not in holder:
            raise PatchError(f"Unable to remove nonexistent key: {key}: {_MISSING}")
        return {name: kept for name, kept in holder.items() if name != key}
    index = _index(holder, key)
    return [*holder[:index], *holder[index + 1 :]]


def _add(obj: Any, operation: dict[str, Any]) -> Any:
    path = _text(operation, "path")
    steps = _split(path)
    holder = _holder(obj, steps)
    if holder is None:
        raise PatchError(f'add operation does not apply: doc is missing path: "{path}": {_MISSING}')
    with _told(f"error in add for path: '{path}'"):
        return _with(obj, steps, _added(holder, steps[-1], operation.get("value")))


def _remove(obj: Any, operation: dict[str, Any]) -> Any:
    path = _text(operation, "path")
    steps = _split(path)
    holder = _holder(obj, steps)
    if holder is None:
        raise PatchError(
            f'remove operation does not apply: doc is missing path: "{path}": {_MISSING}'
        )
    with _told(f"error in remove for path: '{path}'"):
        return _with(obj, steps, _removed(holder, steps[-1]))


def _replace(obj: Any, operation: dict[str, Any]) -> Any:
    path, value = _text(operation, "path"), operation.get("value")
    if path == "":
        return value
    steps = _split(path)
    holder = _holder(obj, steps)
    missing = "replace operation does not apply: doc is missing"
    if holder is None:
        raise PatchError(f"{missing} path: {path}: {_MISSING}")
    if isinstance(holder, dict):
        return _with(obj, steps, {**holder, steps[-1]: value})
    try:
        index = _index(holder, steps[-1])
    except PatchError:
        raise PatchError(f"{missing} key: {path}: {_MISSING}") from None
    return _with(obj, steps, [*holder[:index], value, *holder[index + 1 :]])


def _carry(obj: Any, operation: dict[str, Any]) -> Any:
    """Copy a value, or move it."""
    op, source = operation["op"], _text(operation, "from")
    steps = _split(source)
    holder = _holder(obj, steps)
    if holder is None:
        raise PatchError(
            f"{op} operation does not apply: doc is missing from path: {source}: {_MISSING}"
        )
    moved = op == "move"
    with _told(
        f"error in move for path: '{steps[-1]}'" if moved else f"error in copy for from: '{source}'"
    ):
        value = _child(holder, steps[-1])
        if moved:
            obj = _with(obj, steps, _removed(holder, steps[-1]))
    path = _text(operation, "path")
    steps = _split(path)
    holder = _holder(obj, steps)
    if holder is None:
        raise PatchError(
            f"{op} operation does not apply: doc is missing destination path: {path}: {_MISSING}"
        )
    with _told(
        f"error in move for path: '{path}'" if moved else "error while adding value during copy"
    ):
        return _with(obj, steps, _added(holder, steps[-1], value))


def _test(obj: Any, operation: dict[str, Any]) -> Any:
    path, value = _text(operation, "path"), operation.get("value")
    found = obj
    if path:
        steps = _split(path)
        holder = _holder(obj, steps)
        if holder is None:
            raise PatchError(f"test operation does not apply: is missing path: {path}: {_MISSING}")
        with _told(f"error in test for path: '{path}'"):
            found = _child(holder, steps[-1])
    if found != value:
        raise PatchError(f"testing value {path} failed: test failed")
    return obj


@contextmanager
def _told(introduction: str) -> Iterator[None]:
    try:
        yield
    except PatchError as error:
        raise PatchError(f"{introduction}: {error}") from None


_OPERATIONS = {
    "add": _add, "copy": _carry, "move": _carry, "remove": _remove, "replace": _replace,
    "test": _test,
}  # fmt: skip
