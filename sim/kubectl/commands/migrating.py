"""From client-side to server-side apply: who held the fields hands them on (client-go, util/csaupgrade).

It must not know what is applied.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.client.rest import APPLY_PATCH, JSON_PATCH, Query
from sim.kubectl.builder import Info
from sim.kubectl.commands.applying import LAST_APPLIED
from sim.kubectl.invocation import Invocation

MANAGER = "kubectl"
"""Who applies on the server unless `--field-manager` says otherwise."""
_KEEPER = "kubectl-last-applied"
_MARK = ("f:metadata", "f:annotations", f"f:{LAST_APPLIED}")


def keep_mark(call: Invocation, info: Info, obj: Obj, query: Query) -> Obj:
    """Have a manager of its own hold the annotation of *obj*, so that it outlives its first one."""
    metadata = obj["metadata"]
    text = (metadata.get("annotations") or {}).get(LAST_APPLIED)
    if text is None or _owners(metadata, "Apply"):
        return obj
    marked: Obj = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {
            "annotations": {LAST_APPLIED: text},
            "name": metadata["name"],
            **({"namespace": metadata["namespace"]} if "namespace" in metadata else {}),
        },
    }
    return call.client.patch(info.path, marked, APPLY_PATCH, [("fieldManager", _KEEPER), *query])


def hand_on(call: Invocation, info: Info, obj: Obj, manager: str, query: Query) -> bool:
    """Make *manager* the holder of what `apply` on the client held; False if there is nothing."""
    held = obj["metadata"].get("managedFields") or []
    entries = held
    for old in sorted(set(_owners(obj["metadata"], "Update"))):
        entries = _handed_on(entries, old, manager)
    if entries == held:
        return False
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {
            "op": "replace",
            "path": "/metadata/resourceVersion",
            "value": obj["metadata"]["resourceVersion"],
        },
    ]
    call.client.patch(info.path, patch, JSON_PATCH, [("fieldManager", manager), *query])
    return True


def _owners(metadata: Obj, operation: str) -> list[str]:
    """Return who holds the annotation by *operation*."""
    found = []
    for entry in metadata.get("managedFields") or []:
        if entry.get("operation") != operation or entry.get("subresource"):
            continue
        fields: Obj | None = entry.get("fieldsV1") or {}
        for step in _MARK:
            fields = fields.get(step) if fields is not None else None
        if fields is not None:
            found.append(entry["manager"])
    return found


def _handed_on(entries: list[Obj], old: str, new: str) -> list[Obj]:
    at = _first(entries, new, "Apply")
    if at is None:
        at = _first(entries, old, "Update")
        if at is None:
            return entries
        entry = {**entries[at], "manager": new, "operation": "Apply"}
    else:
        entry = entries[at]
    same = [
        one
        for one in entries
        if _is(one, old, "Update") and one.get("apiVersion") == entry.get("apiVersion")
    ]
    if same:
        fields = _union(entry.get("fieldsV1") or {}, same[0].get("fieldsV1") or {})
        entry = {**entry, "fieldsV1": fields}
    changed = [*entries[:at], entry, *entries[at + 1 :]]
    return [one for one in changed if not _is(one, old, "Update")]


def _first(entries: list[Obj], manager: str, operation: str) -> int | None:
    found = (at for at, one in enumerate(entries) if _is(one, manager, operation))
    return next(found, None)


def _is(entry: Obj, manager: str, operation: str) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (manager, operation) and not entry.get(
        "subresource"
    )


def _union(one: Obj, other: Obj) -> Obj:
    """Return the fields of both; an empty branch stands for the field itself."""
    merged = {**one}
    for key, below in other.items():
        held = merged.get(key)
        if held is None or held == below:
            merged[key] = below
        elif not held or not below:
            merged[key] = {".": {}, **(held or below)}
        else:
            merged[key] = _union(held, below)
    return merged
