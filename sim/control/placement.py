"""Whether a pod may be on a node: tolerations against taints, selectors and affinity against labels.

Thanks to this file scheduler, DaemonSets and taint eviction agree. It must not know resources, nor
who is where already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.apimachinery.labels import Requirement
from sim.apimachinery.meta import labels_of
from sim.apimachinery.wire import Obj

UNSCHEDULABLE_TAINT: Obj = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}

_OPERATORS = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "!",
    "Gt": "gt",
    "Lt": "lt",
}


def taints_of(node: Obj) -> Sequence[Obj]:
    """Return spec.taints of *node*, or nothing."""
    taints: Sequence[Obj] = node.get("spec", {}).get("taints") or ()
    return taints


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """True when *toleration* covers *taint* (core/v1 Toleration.ToleratesTaint)."""
    effect = toleration.get("effect")
    if effect and effect != taint["effect"]:
        return False
    key = toleration.get("key")
    if key and key != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(key) and toleration.get("value", "") == taint.get("value", "")


def first_untolerated(
    tolerations: Sequence[Obj], taints: Iterable[Obj], effects: Sequence[str]
) -> Obj | None:
    """Return the first of *taints* with one of *effects* that nothing tolerates, or None."""
    for taint in taints:
        if taint["effect"] in effects and not any(tolerates(one, taint) for one in tolerations):
            return taint
    return None


def matches_node(spec: Obj, node: Obj) -> bool:
    """True when *node* satisfies nodeSelector and the required node affinity of a pod's *spec*."""
    labels = labels_of(node)
    selector = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(matches_term(term, node) for term in required.get("nodeSelectorTerms") or ())


def matches_term(term: Obj, node: Obj) -> bool:
    """True when *node* satisfies one node selector term; an empty term matches nothing."""
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    by_field = {"metadata.name": node["metadata"]["name"]}
    return all(_requirement(one).matches(labels_of(node)) for one in expressions) and all(
        _requirement(one).matches(by_field) for one in fields
    )


def _requirement(one: Obj) -> Requirement:
    return Requirement(one["key"], _OPERATORS[one["operator"]], tuple(one.get("values") or ()))
