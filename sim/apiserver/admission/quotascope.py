"""Which objects a ResourceQuota with scopes counts. This file must not count."""

from __future__ import annotations

from collections.abc import Iterator

from sim.apimachinery.wire import Obj


def fits_scopes(quota: Obj, resource: str, obj: Obj) -> bool:
    """True when *quota* is about *obj*: it has no scopes, or *obj* is within each of them."""
    return all(
        _fits(scope, operator, values, resource, obj)
        for scope, operator, values in _scopes(quota.get("spec") or {})
    )


def _scopes(spec: Obj) -> Iterator[tuple[str, str, list[str]]]:
    for scope in spec.get("scopes") or ():
        yield scope, "Exists", []
    for one in (spec.get("scopeSelector") or {}).get("matchExpressions") or ():
        yield one.get("scopeName", ""), one.get("operator", "Exists"), one.get("values") or []


def _fits(scope: str, operator: str, values: list[str], resource: str, obj: Obj) -> bool:
    if resource != "pods":
        return False
    spec = obj["spec"]
    match scope:
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return _is_best_effort(spec)
        case "NotBestEffort":
            return not _is_best_effort(spec)
        case "PriorityClass":
            return _in(spec.get("priorityClassName", ""), operator, values)
        case "CrossNamespacePodAffinity":
            return _crosses_namespaces(spec.get("affinity") or {})
    return False


def _is_best_effort(spec: Obj) -> bool:
    containers = (*spec["containers"], *(spec.get("initContainers") or ()))
    for one in containers:
        resources = one.get("resources") or {}
        for field in ("requests", "limits"):
            if {"cpu", "memory"} & set(resources.get(field) or {}):
                return False
    return True


def _in(value: str, operator: str, values: list[str]) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "DoesNotExist":
            return not value
    return bool(value)


def _crosses_namespaces(affinity: Obj) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        held = affinity.get(kind) or {}
        terms = list(held.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        terms += [
            one.get("podAffinityTerm") or {}
            for one in held.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        ]
        if any(one.get("namespaces") or "namespaceSelector" in one for one in terms):
            return True
    return False
