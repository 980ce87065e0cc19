"""JSON patch (RFC 6902) and merge patch (RFC 7386); neither touches what it is given.

Both return new objects that share unchanged parts. This file must not know kinds; the third form is
in `strategic.py`.
"""

from __future__ import annotations

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


def _steps(pointer: str) -> list[str]:
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise PatchError(f"invalid JSON pointer {pointer!r}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _index(step: str, length: int, *, past_end: bool) -> int:
    if step == "-" and past_end:
        return length
    try:
        index = int(step)
    except ValueError:
        raise PatchError(f"invalid index {step!r}") from None
    if index < 0:
        index += length
    if not 0 <= index < length + past_end:
        raise PatchError(f"Unable to access invalid index: {step}: invalid index referenced")
    return index


def _get(obj: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(obj, dict):
            if step not in obj:
                raise PatchError(f"missing path: /{'/'.join(steps)}: missing value")
            obj = obj[step]
        elif isinstance(obj, list):
            obj = obj[_index(step, len(obj), past_end=False)]
        else:
            raise PatchError(f"missing path: /{'/'.join(steps)}: missing value")
    return obj


def _edit(obj: Any, steps: list[str], op: str, value: Any) -> Any:
    """Return *obj* with one add, replace or remove done at *steps*."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(obj, dict):
        if rest:
            if step not in obj:
                raise PatchError(f"{op} operation does not apply: doc is missing path: {step}")
            return {**obj, step: _edit(obj[step], rest, op, value)}
        if op != "add" and step not in obj:
            raise PatchError(f"{op} operation does not apply: doc is missing key: /{step}")
        if op == "remove":
            return {key: kept for key, kept in obj.items() if key != step}
        return {**obj, step: value}
    if isinstance(obj, list):
        index = _index(step, len(obj), past_end=op == "add" and not rest)
        if rest:
            return [*obj[:index], _edit(obj[index], rest, op, value), *obj[index + 1 :]]
        if op == "remove":
            return [*obj[:index], *obj[index + 1 :]]
        return [*obj[:index], value, *obj[index + (op == "replace") :]]
    raise PatchError(f"{op} operation does not apply: doc is missing path: {step}")


def json_patch(obj: Any, operations: list[dict[str, Any]]) -> Any:
    """Return *obj* after *operations*, all or none.

    Raises:
        PatchError: if a path is missing, a test fails or an operation is unknown.
    """
    for operation in operations:
        op, path = operation.get("op"), operation.get("path")
        if not isinstance(path, str):
            raise PatchError("operation missing path field")
        steps = _steps(path)
        match op:
            case "add" | "replace":
                obj = _edit(obj, steps, op, operation.get("value"))
            case "remove":
                obj = _edit(obj, steps, op, None)
            case "move" | "copy":
                source = _steps(str(operation.get("from", "")))
                value = _get(obj, source)
                if op == "move":
                    obj = _edit(obj, source, "remove", None)
                obj = _edit(obj, steps, "add", value)
            case "test":
                try:
                    found = _get(obj, steps)
                except PatchError:
                    found = None
                if found != operation.get("value"):
                    raise PatchError(f"testing value {path} failed: test failed")
            case _:
                raise PatchError(f"Unexpected kind: {op}")
    return obj
