"""What a custom resource's schema does to an object: unknown fields dropped, defaults filled in.

Follows apiextensions-apiserver pkg/apiserver/schema (pruning, defaulting). Objects are never changed
in place; this file must not judge values.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import Obj

PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
_ENVELOPE = frozenset({"apiVersion", "kind", "metadata"})


def prune(obj: Obj, schema: Obj) -> tuple[Obj, list[str]]:
    """Return (*obj* without the fields that *schema* does not know, their paths)."""
    dropped: list[str] = []
    if not schema or (schema.get(PRESERVE) and not schema.get("properties")):
        return obj, dropped
    return _prune(obj, schema, "", dropped, root=True), dropped


def _prune(value: Any, schema: Obj, path: str, dropped: list[str], *, root: bool = False) -> Any:
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return value
        return [_prune(one, items, f"{path}[{at}]", dropped) for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    properties: Obj = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    keeps = bool(schema.get(PRESERVE)) or extra is True
    envelope = root or schema.get(EMBEDDED)
    pruned: Obj = {}
    for key, one in value.items():
        there = f"{path}.{key}" if path else key
        if envelope and key in _ENVELOPE:
            pruned[key] = one
        elif key in properties:
            pruned[key] = _prune(one, properties[key], there, dropped)
        elif isinstance(extra, dict):
            pruned[key] = _prune(one, extra, there, dropped)
        elif keeps:
            pruned[key] = one
        else:
            dropped.append(there)
    return pruned


def fill(value: Any, schema: Obj, *, root: bool = True) -> Any:
    """Return *value* with the defaults of *schema*; null gives way to a default."""
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return value
        return [_entry(one, items) for one in value]
    if not isinstance(value, dict):
        return value
    properties: Obj = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    filled = dict(value)
    for key, one in properties.items():
        if (root and key in _ENVELOPE) or not isinstance(one, dict):
            continue
        held = filled.get(key)
        if held is None and "default" in one and (key not in filled or not one.get("nullable")):
            filled[key] = fill(one["default"], one, root=False)
        elif held is not None:
            filled[key] = fill(held, one, root=False)
    if isinstance(extra, dict):
        for key, held in value.items():
            if key not in properties:
                filled[key] = _entry(held, extra)
    return filled


def _entry(value: Any, schema: Obj) -> Any:
    if value is None and "default" in schema and not schema.get("nullable"):
        return schema["default"]
    return fill(value, schema, root=False)
