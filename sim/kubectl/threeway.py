"""The patch of `kubectl apply`: from what was applied last, what is wanted now, and what is there.

Fields that somebody else set stay; lists of named things are merged by their key. It must not ask
a server.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import Obj

_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "ports": ("containerPort", "port"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "conditions": ("type",),
    "addresses": ("type",),
    "ownerReferences": ("uid",),
}
"""List field -> the key that its items are merged by (Kubernetes API conventions)."""
_OWN = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "extensions",
        "policy",
        *(
            f"{name}.k8s.io"
            for name in (
                "admissionregistration",
                "authentication",
                "authorization",
                "rbac.authorization",
                "certificates",
                "coordination",
                "discovery",
                "events",
                "flowcontrol.apiserver",
                "internal.apiserver",
                "networking",
                "node",
                "resource",
                "scheduling",
                "storage",
                "storagemigration",
            )
        ),
    }
)
"""Groups whose types client-go has (k8s.io/client-go/kubernetes/scheme)."""


def three_way_patch(original: Any, wanted: Obj, current: Obj) -> Obj:
    """Return the strategic merge patch that turns *current* into *wanted*.

    What *original* had and *wanted* has not is deleted; *original* may be None.
    """
    before = original if isinstance(original, dict) else {}
    patch: Obj = {}
    for key, value in wanted.items():
        if value is None:
            if key in current:
                patch[key] = None
        elif key not in current:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(current[key], dict):
            if inner := three_way_patch(before.get(key), value, current[key]):
                patch[key] = inner
        elif isinstance(value, list) and isinstance(current[key], list):
            patch.update(_list_patch(key, before.get(key), value, current[key]))
        elif value != current[key]:
            patch[key] = value
    for key in before:
        if key not in wanted and key in current:
            patch[key] = None
    return patch


def _merge_key(field: str, items: list[Any]) -> str:
    for key in _KEYS.get(field, ()):
        if items and all(isinstance(item, dict) and key in item for item in items):
            return key
    return ""


def _list_patch(field: str, original: Any, wanted: list[Any], current: list[Any]) -> Obj:
    key = _merge_key(field, wanted)
    if not key or not all(isinstance(item, dict) and key in item for item in current):
        return {} if wanted == current else {field: wanted}
    held = {item[key]: item for item in current}
    before = {
        item[key]: item
        for item in (original if isinstance(original, list) else [])
        if isinstance(item, dict) and key in item
    }
    changes: list[Obj] = []
    for item in wanted:
        if item[key] not in held:
            changes.append(item)
            continue
        inner = three_way_patch(before.get(item[key]), item, held[item[key]])
        if inner:
            changes.append({key: item[key], **inner})
    names = [item[key] for item in wanted]
    changes += [
        {"$patch": "delete", key: name} for name in before if name not in names and name in held
    ]
    if not changes:
        return {}
    return {f"$setElementOrder/{field}": [{key: name} for name in names], field: changes}


def is_known(group: str) -> bool:
    """Return whether kubectl has the types of *group* itself, so that it patches strategically."""
    return group in _OWN


def merge_patch_between(before: Obj, after: Obj) -> Obj:
    """Return the JSON merge patch (RFC 7386) that turns *before* into *after*."""
    patch: Obj = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := merge_patch_between(old, value):
                patch[key] = inner
        elif key not in before or value != old:
            patch[key] = value
    return patch


def three_way_merge(original: Any, wanted: Obj, current: Obj) -> Obj:
    """Return the JSON merge patch of `apply` for types that kubectl does not know.

    Lists are replaced as a whole; what *original* had and *wanted* has not is deleted.
    """
    before = original if isinstance(original, dict) else {}
    patch: Obj = {}
    for key, value in wanted.items():
        held = current.get(key)
        if isinstance(value, dict) and isinstance(held, dict):
            if inner := three_way_merge(before.get(key), value, held):
                patch[key] = inner
        elif key not in current or value != held:
            patch[key] = value
    for key in before:
        if key not in wanted and key in current:
            patch[key] = None
    return patch
