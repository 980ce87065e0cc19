"""Where a pod may run: tolerations, taints, affinity, spreading.

It must not know nodes that exist, only what is written.
"""

from __future__ import annotations

import json
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_key, check_label_name, check_spelling
from sim.apiserver.validation.selectors import (
    check_node_selector,
    check_node_term,
    check_selector,
)
from sim.apiserver.validation.values import POSITIVE, one_of

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION = ("Honor", "Ignore")


def check_tolerations(field: str, tolerations: list[Obj]) -> list[Cause]:
    """Return the causes why tolerations are refused."""
    causes: list[Cause] = []
    for index, one in enumerate(tolerations):
        here = f"{field}[{index}]"
        operator, effect = one.get("operator", ""), one.get("effect", "")
        if one.get("key"):
            causes += check_key(f"{here}.key", one["key"])
        elif operator != "Exists":
            rule = (
                'operator must be Exists when `key` is empty, which means "match all values and '
                'all keys"'
            )
            causes.append(invalid_value(f"{here}.operator", operator, rule))
        if one.get("tolerationSeconds") is not None and effect != "NoExecute":
            rule = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            causes.append(invalid_value(f"{here}.effect", effect, rule))
        causes += _check_operator(f"{here}.operator", operator, one.get("value", ""))
        if effect and effect not in EFFECTS:
            causes.append(unsupported_value(f"{here}.effect", effect, EFFECTS))
    return causes


def _check_operator(field: str, operator: str, value: str) -> list[Cause]:
    if operator in ("", "Equal"):
        return check_spelling(field, value, spelling.value)
    if operator != "Exists":
        return [unsupported_value(field, operator, ("Equal", "Exists"))]
    if value:
        return [invalid_value(field, value, "value must be empty when `operator` is 'Exists'")]
    return []


def check_taints(field: str, taints: list[Obj]) -> list[Cause]:
    """Return the causes why a node's taints are refused."""
    causes: list[Cause] = []
    seen: dict[tuple[str, str], None] = {}
    for index, taint in enumerate(taints):
        here = f"{field}[{index}]"
        key, effect = taint.get("key", ""), taint.get("effect", "")
        causes += check_key(f"{here}.key", key)
        causes += check_spelling(f"{here}.value", taint.get("value", ""), spelling.value)
        causes += one_of(f"{here}.effect", effect, EFFECTS)
        if (key, effect) in seen:
            # Shown as the server's own type is written, which has no names for JSON.
            shown = {
                "Key": key,
                "Value": taint.get("value", ""),
                "Effect": effect,
                "TimeAdded": taint.get("timeAdded"),
            }
            text = json.dumps(shown, separators=(",", ":"))
            message = f"Duplicate value: {text}: taints must be unique by key and effect pair"
            causes.append(Cause("FieldValueDuplicate", message, here))
        seen[key, effect] = None
    return causes


def check_spreading(field: str, constraints: list[Obj]) -> list[Cause]:
    """Return the causes why topologySpreadConstraints are refused."""
    causes: list[Cause] = []
    for index, one in enumerate(constraints):
        here = f"{field}[{index}]"
        when, domains = one.get("whenUnsatisfiable", ""), one.get("minDomains")
        if one.get("maxSkew", 0) <= 0:
            causes.append(invalid_value(f"{here}.maxSkew", one.get("maxSkew", 0), POSITIVE))
        if not one.get("topologyKey"):
            causes.append(required(f"{here}.topologyKey", "can not be empty"))
        if when not in _UNSATISFIABLE:
            causes.append(unsupported_value(f"{here}.whenUnsatisfiable", when, _UNSATISFIABLE))
        if any(_is_same(one, other) for other in constraints[index + 1 :]):
            shown = f'"{{{one.get("topologyKey", "")}, {when}}}"'
            place = f"{here}.{{topologyKey, whenUnsatisfiable}}"
            causes.append(Cause("FieldValueDuplicate", f"Duplicate value: {shown}", place))
        if domains is not None:
            if domains <= 0:
                causes.append(invalid_value(f"{here}.minDomains", domains, POSITIVE))
            if when != "DoNotSchedule":
                rule = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}"
                causes.append(invalid_value(f"{here}.minDomains", domains, rule))
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            causes += one_of(f"{here}.{name}", one.get(name), _INCLUSION, optional=True)
        causes += _check_label_keys(f"{here}.matchLabelKeys", one)
        causes += check_selector(f"{here}.labelSelector", one.get("labelSelector"))
    return causes


def _is_same(one: Obj, other: Obj) -> bool:
    return all(one.get(field) == other.get(field) for field in ("topologyKey", "whenUnsatisfiable"))


def _check_label_keys(field: str, constraint: Obj) -> list[Cause]:
    keys = constraint.get("matchLabelKeys") or []
    selector = constraint.get("labelSelector")
    causes: list[Cause] = []
    if keys and selector is None:
        detail = "must not be specified when labelSelector is not set"
        causes.append(forbidden_value(field, detail))
    selected = [
        *((selector or {}).get("matchLabels") or ()),
        *(one.get("key") for one in (selector or {}).get("matchExpressions") or ()),
    ]
    for index, key in enumerate(keys):
        causes += check_key(f"{field}[{index}]", key)
        if key in selected:
            rule = "exists in both matchLabelKeys and labelSelector"
            causes.append(invalid_value(f"{field}[{index}]", key, rule))
    return causes


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check_affinity(field: str, affinity: Obj) -> list[Cause]:
    """Return the causes why a pod's affinity is refused."""
    causes: list[Cause] = []
    nodes = affinity.get("nodeAffinity") or {}
    here = f"{field}.nodeAffinity"
    if nodes.get(_REQUIRED) is not None:
        causes += check_node_selector(f"{here}.{_REQUIRED}", nodes[_REQUIRED])
    for index, one in enumerate(nodes.get(_PREFERRED) or ()):
        place = f"{here}.{_PREFERRED}[{index}]"
        causes += _check_weight(place, one)
        causes += check_node_term(f"{place}.preference", one.get("preference") or {})
    for kind in ("podAffinity", "podAntiAffinity"):
        causes += _check_pod_affinity(f"{field}.{kind}", affinity.get(kind) or {})
    return causes


def _check_weight(field: str, one: Obj) -> list[Cause]:
    weight = one.get("weight", 0)
    if 1 <= weight <= 100:
        return []
    return [invalid_value(f"{field}.weight", weight, "must be in the range 1-100")]


def _check_pod_affinity(field: str, held: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for index, term in enumerate(held.get(_REQUIRED) or ()):
        causes += _check_term(f"{field}.{_REQUIRED}[{index}]", term)
    for index, one in enumerate(held.get(_PREFERRED) or ()):
        place = f"{field}.{_PREFERRED}[{index}]"
        causes += _check_weight(place, one)
        causes += _check_term(f"{place}.podAffinityTerm", one.get("podAffinityTerm") or {})
    return causes


def _check_term(field: str, term: dict[str, Any]) -> list[Cause]:
    causes = check_selector(f"{field}.labelSelector", term.get("labelSelector"))
    causes += check_selector(f"{field}.namespaceSelector", term.get("namespaceSelector"))
    for name in term.get("namespaces") or ():
        causes += check_label_name(f"{field}.namespace", name)
    key = term.get("topologyKey", "")
    if not key:
        causes.append(required(f"{field}.topologyKey", "can not be empty"))
    return causes + check_key(f"{field}.topologyKey", key)
