"""Read and rewrite an object's metadata without ever touching the object itself.

Every function that changes something returns a new dict that shares what did not change; this file
must not know any kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.apimachinery.wire import Obj


class Key(NamedTuple):
    """Where an object lives within its resource."""

    namespace: str
    """Empty for what is cluster-scoped."""
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def name_of(obj: Obj) -> str:
    """Return metadata.name, or ""."""
    return str(obj["metadata"].get("name", ""))


def namespace_of(obj: Obj) -> str:
    """Return metadata.namespace, or "" for what is cluster-scoped."""
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Obj) -> str:
    """Return metadata.uid, or ""."""
    return str(obj["metadata"].get("uid", ""))


def key_of(obj: Obj) -> Key:
    """Return (namespace, name)."""
    metadata = obj["metadata"]
    return Key(metadata.get("namespace", ""), metadata.get("name", ""))


def labels_of(obj: Obj) -> Mapping[str, str]:
    """Return metadata.labels, or an empty mapping."""
    labels: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return labels


def annotations_of(obj: Obj) -> Mapping[str, str]:
    """Return metadata.annotations, or an empty mapping."""
    annotations: Mapping[str, str] = obj["metadata"].get("annotations") or {}
    return annotations


def is_terminating(obj: Obj) -> bool:
    """True when metadata.deletionTimestamp is set."""
    return "deletionTimestamp" in obj["metadata"]


def owners_of(obj: Obj) -> list[Obj]:
    """Return metadata.ownerReferences, or an empty list."""
    owners: list[Obj] = obj["metadata"].get("ownerReferences") or []
    return owners


def controller_of(obj: Obj) -> Obj | None:
    """Return the owner reference with `controller: true`, or None."""
    for owner in owners_of(obj):
        if owner.get("controller"):
            return owner
    return None


def owner_reference(owner: Obj) -> Obj:
    """Return a controlling reference to *owner*, which blocks its foreground deletion."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def reference_to(obj: Obj) -> Obj:
    """Return an ObjectReference to *obj*, as events carry in involvedObject."""
    metadata = obj["metadata"]
    reference = {"kind": obj.get("kind", ""), "name": metadata.get("name", "")}
    if metadata.get("namespace"):
        reference["namespace"] = metadata["namespace"]
    if metadata.get("uid"):
        reference["uid"] = metadata["uid"]
    if obj.get("apiVersion"):
        reference["apiVersion"] = obj["apiVersion"]
    if metadata.get("resourceVersion"):
        reference["resourceVersion"] = metadata["resourceVersion"]
    return reference


def read(obj: Any, *path: str | int, default: Any = None) -> Any:
    """Return what lies at *path* below *obj*, or *default* where a step is missing.

    >>> read({"spec": {"ports": [{"port": 80}]}}, "spec", "ports", 0, "port")
    80
    """
    for step in path:
        if isinstance(step, int):
            if not isinstance(obj, list) or not -len(obj) <= step < len(obj):
                return default
            obj = obj[step]
        else:
            if not isinstance(obj, dict) or step not in obj:
                return default
            obj = obj[step]
    return obj


def replace(obj: Obj, *path: str, value: Any) -> Obj:
    """Return *obj* with *value* at *path*; None removes the field. Missing dicts on the way are made.

    >>> replace({"spec": {"a": 1}}, "spec", "b", value=2)
    {'spec': {'a': 1, 'b': 2}}
    """
    head, rest = path[0], path[1:]
    if rest:
        return {**obj, head: replace(obj.get(head) or {}, *rest, value=value)}
    if value is None:
        return {key: kept for key, kept in obj.items() if key != head}
    return {**obj, head: value}


def with_metadata(obj: Obj, **changes: Any) -> Obj:
    """Return *obj* with metadata fields set (or removed, by None)."""
    metadata = dict(obj["metadata"])
    for field, value in changes.items():
        if value is None:
            metadata.pop(field, None)
        else:
            metadata[field] = value
    return {**obj, "metadata": metadata}
