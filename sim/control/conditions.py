"""Conditions of a status as pure functions on lists of dicts.

Thanks to this file every controller keeps a transition time while a status stays the same. It must
not know what a condition means.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.wire import Obj


def find_condition(obj: Obj, type_: str) -> Obj | None:
    """Return the condition *type_* of an object's status, or None."""
    return find(obj.get("status", {}).get("conditions") or (), type_)


def find(conditions: Sequence[Obj], type_: str) -> Obj | None:
    """Return the condition *type_* of a list, or None."""
    for condition in conditions:
        if condition["type"] == type_:
            return condition
    return None


def is_true(obj: Obj, type_: str) -> bool:
    """True when the condition *type_* of an object's status is `True`."""
    condition = find_condition(obj, type_)
    return condition is not None and condition["status"] == "True"


def without(conditions: Sequence[Obj], type_: str) -> list[Obj]:
    """Return *conditions* less the one called *type_*."""
    return [condition for condition in conditions if condition["type"] != type_]


def workload_condition(type_: str, status: str, reason: str, message: str, now: str) -> Obj:
    """Return a condition of a Deployment that has become so at *now* (RFC 3339)."""
    return {
        "type": type_,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def set_workload_condition(conditions: Sequence[Obj], new: Obj) -> list[Obj]:
    """Return *conditions* with *new* at the end, as the deployment controller files it.

    Nothing changes when status and reason stay; the transition time stays with the status.
    """
    current = find(conditions, new["type"])
    if current is not None and _same(current, new):
        return list(conditions)
    if current is not None and current["status"] == new["status"]:
        new = {**new, "lastTransitionTime": current["lastTransitionTime"]}
    return [*without(conditions, new["type"]), new]


def _same(current: Obj, new: Obj) -> bool:
    return bool(current["status"] == new["status"] and current.get("reason") == new.get("reason"))


def set_pod_condition(
    conditions: Sequence[Obj],
    type_: str,
    status: str,
    now: str,
    *,
    reason: str = "",
    message: str = "",
) -> list[Obj]:
    """Return a pod's *conditions* with *type_* in its old place, or at the end if it is new."""
    new: Obj = {"type": type_, "status": status, "lastProbeTime": None, "lastTransitionTime": now}
    if reason:
        new["reason"] = reason
    if message:
        new["message"] = message
    current = find(conditions, type_)
    if current is None:
        return [*conditions, new]
    if current["status"] == status:
        new["lastTransitionTime"] = current.get("lastTransitionTime", now)
    if "observedGeneration" in current:
        new["observedGeneration"] = current["observedGeneration"]
    return [new if condition is current else condition for condition in conditions]
