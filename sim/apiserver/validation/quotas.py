"""Resource quotas, limit ranges, priority classes.

It must not know what is used.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
)
from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_key
from sim.apiserver.validation.values import amount, immutable, one_of, structured

_COUNTED = (
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
)
_MEASURED = (
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
)
_SCOPES = (
    "BestEffort",
    "NotBestEffort",
    "Terminating",
    "NotTerminating",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_PAIRS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_LIMIT_TYPES = ("Container", "Pod", "PersistentVolumeClaim")
_SYSTEM = "system-"
_KNOWN_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_HIGHEST = 1_000_000_000
"""The highest priority that a user's class may have."""


def check_quota(obj: Obj) -> list[Cause]:
    """Return the causes why a ResourceQuota is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    for name, quantity in (spec.get("hard") or {}).items():
        here = f"spec.hard[{name}]"
        causes += _check_name(here, name)
        causes += amount(here, quantity, whole=name in _COUNTED or name.startswith("count/"))
    scopes = spec.get("scopes") or []
    for scope in scopes:
        if scope not in _SCOPES:
            causes.append(structured("spec.scopes", scopes, "unsupported scope"))
    for pair in _PAIRS:
        if all(one in scopes for one in pair):
            causes.append(structured("spec.scopes", scopes, "conflicting scopes"))
    return causes + _check_scope_selector(spec.get("scopeSelector") or {})


def _check_name(field: str, name: str) -> list[Cause]:
    causes = check_key(field, name)
    if causes or "/" in name:
        return causes
    if name in (*_COUNTED, *_MEASURED) or name.startswith(("hugepages-", "requests.hugepages-")):
        return []
    rules = ("must be a standard resource type or fully qualified",)
    return [
        *(invalid_value(field, name, rule) for rule in rules),
        invalid_value(field, name, "must be a standard resource for quota"),
    ]


def _check_scope_selector(selector: Obj) -> list[Cause]:
    field = "spec.scopeSelector.matchExpressions"
    causes: list[Cause] = []
    for one in selector.get("matchExpressions") or ():
        scope, operator = one.get("scopeName", ""), one.get("operator", "")
        values: Any = one.get("values") or []
        if scope not in _SCOPES:
            causes.append(invalid_value(f"{field}.scopeName", scope, "unsupported scope"))
        elif scope not in ("PriorityClass", "VolumeAttributesClass") and operator != "Exists":
            why = (
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
            )
            causes.append(invalid_value(f"{field}.operator", operator, why))
        if operator in ("In", "NotIn"):
            if not values:
                detail = (
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                    "selector"
                )
                causes.append(required(f"{field}.values", detail))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                causes.append(structured(f"{field}.values", values, why))
        else:
            why = "not a valid selector operator"
            causes.append(invalid_value(f"{field}.operator", operator, why))
    return causes


def check_quota_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a ResourceQuota may not change its scopes."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    before, after = sorted(held.get("scopes") or ()), sorted(given.get("scopes") or ())
    return [] if before == after else immutable("spec.scopes", given.get("scopes"), before)


def check_limits(obj: Obj) -> list[Cause]:
    """Return the causes why a LimitRange is refused."""
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, limit in enumerate((obj.get("spec") or {}).get("limits") or ()):
        here, kind = f"spec.limits[{index}]", limit.get("type", "")
        causes += check_key(f"{here}.type", kind)
        if kind and "/" not in kind and kind not in _LIMIT_TYPES:
            why = "must be a standard limit type or fully qualified"
            causes.append(invalid_value(f"{here}.type", kind, why))
        if kind in seen:
            causes.append(duplicate_value(f"{here}.type", kind))
        seen[kind] = None
        if kind == "Pod":
            causes += [
                forbidden_value(f"{here}.{name}", "may not be specified when `type` is 'Pod'")
                for name in ("default", "defaultRequest")
                if limit.get(name)
            ]
        if kind == "PersistentVolumeClaim" and not any(
            "storage" in (limit.get(name) or {}) for name in ("min", "max")
        ):
            detail = "either minimum or maximum storage value is required, but neither was provided"
            causes.append(required(f"{here}.limits", detail))
        causes += _check_order(here, limit)
    return causes


_ORDER = (
    ("min", "min", "max", "min value {0} is greater than max value {1}"),
    (
        "defaultRequest",
        "min",
        "defaultRequest",
        "min value {0} is greater than default request value {1}",
    ),
    (
        "defaultRequest",
        "defaultRequest",
        "max",
        "default request value {0} is greater than max value {1}",
    ),
    (
        "defaultRequest",
        "defaultRequest",
        "default",
        "default request value {0} is greater than default limit value {1}",
    ),
    ("default", "min", "default", "min value {0} is greater than default value {1}"),
    ("default", "default", "max", "default value {0} is greater than max value {1}"),
)
"""(field that is blamed, what must not be more, than what, the words)."""


def _check_order(field: str, limit: Obj) -> list[Cause]:
    causes: list[Cause] = []
    parts = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
    names = dict.fromkeys(key for part in parts for key in limit.get(part) or ())
    for name in names:
        for blamed, low, high, words in _ORDER:
            less, more = (limit.get(low) or {}).get(name), (limit.get(high) or {}).get(name)
            if less is None or more is None or parse_quantity(less) <= parse_quantity(more):
                continue
            why = words.format(canonical(less), canonical(more))
            shown = less if (blamed, low) != ("defaultRequest", "min") else more
            if (blamed, high) == ("default", "max"):
                shown = more
            causes.append(invalid_value(f"{field}.{blamed}[{name}]", canonical(shown), why))
        ratio = (limit.get("maxLimitRequestRatio") or {}).get(name)
        if ratio is not None and parse_quantity(ratio) < 1:
            why = f"ratio {canonical(ratio)} is less than 1"
            here = f"{field}.maxLimitRequestRatio[{name}]"
            causes.append(invalid_value(here, canonical(ratio), why))
    return causes


def check_priority(obj: Obj) -> list[Cause]:
    """Return the causes why a PriorityClass is refused."""
    name, value = obj["metadata"]["name"], obj.get("value", 0)
    causes: list[Cause] = []
    if name.startswith(_SYSTEM):
        known = _KNOWN_CLASSES.get(name)
        if known is None or known != value or obj.get("globalDefault"):
            why = (
                f"{name} is not a known system priority class"
                if known is None
                else f"value of {name} PriorityClass must be {known}"
            )
            detail = (
                "priority class names with 'system-' prefix are reserved for system use only. "
                f"error: {why}"
            )
            causes.append(forbidden_value("metadata.name", detail))
    elif value > _HIGHEST:
        detail = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        causes.append(forbidden_value("value", detail))
    policy = obj.get("preemptionPolicy")
    known_policies = ("PreemptLowerPriority", "Never")
    return causes + one_of("preemptionPolicy", policy, known_policies, optional=True)


def check_priority_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a PriorityClass may not change like that."""
    causes: list[Cause] = []
    if new.get("value", 0) != old.get("value", 0):
        causes.append(forbidden_value("value", "may not be changed in an update."))
    policy = "preemptionPolicy"
    return causes + immutable(policy, new.get(policy), old.get(policy))
