"""Objects put before validation as they come: with defaults, without a server around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.apimachinery.errors import ApiError
from sim.apimachinery.patch import merge_patch
from sim.apimachinery.resources import by_plural
from sim.apiserver.defaults import apply_defaults
from sim.apiserver.validation import validate_create, validate_update

Obj = dict[str, Any]


def _told(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except ApiError as error:
        if error.code != 422 or error.details is None:
            raise
        return [f"{one['field']}: {one['message']}" for one in error.details["causes"]]
    return []


def made(plural: str, name: str = "x", **fields: Any) -> Obj:
    info = by_plural(plural)
    metadata = {"name": name, **fields.pop("metadata", {})}
    if info.namespaced:
        metadata.setdefault("namespace", "default")
    obj = {"apiVersion": info.group_version, "kind": info.kind, "metadata": metadata, **fields}
    return apply_defaults(plural, obj)


def new(plural: str, name: str = "x", **fields: Any) -> list[str]:
    """Return what is told of a new object, cause by cause."""
    obj = made(plural, name, **fields)
    return _told(lambda: validate_create(by_plural(plural), obj))


def changed(plural: str, old: Obj, patch: Obj) -> list[str]:
    """Return what is told of a change."""
    after = apply_defaults(plural, merge_patch(old, patch))
    return _told(lambda: validate_update(by_plural(plural), after, old))
