"""How evenly a pod's like are spread over zones and nodes: topology constraints, hard and soft.

Thanks to this file soft zone spread comes out as in kube-scheduler's PodTopologySpread plugin. It
must not know resources or taints.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sim.apimachinery.labels import Requirement, Selector, match_label_selector
from sim.apimachinery.meta import is_terminating, labels_of
from sim.apimachinery.wire import Obj
from sim.control.placement import first_untolerated, matches_node, taints_of
from sim.reconcile import Index
from sim.reconcile.informer import select

MAX_SCORE = 100
"""MaxNodeScore of the scheduling framework."""
HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"

DEFAULT_CONSTRAINTS: tuple[Obj, ...] = (
    {"maxSkew": 3, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"},
    {"maxSkew": 5, "topologyKey": HOSTNAME, "whenUnsatisfiable": "ScheduleAnyway"},
)
"""What kube-scheduler applies to an owned pod without constraints of its own."""


class Spread(NamedTuple):
    """One constraint with the count of matching pods in each domain."""

    max_skew: int
    key: str
    """Label of the node that names its domain."""
    is_hard: bool
    matches_self: bool
    counts: Mapping[str, int]
    """Matching pods by domain; only domains that count."""


class PodIndexes(NamedTuple):
    """Where to find the pods a selector may match."""

    by_label: Index
    by_namespace: Index


def matching_pods(indexes: PodIndexes, namespace: str, selector: Selector) -> list[Obj]:
    """Return the pods of *namespace* that *selector* matches, by index where it has equalities."""
    if selector.nothing:
        return []
    equal = {one.key: one.values[0] for one in selector.requirements if one.operator == "="}
    if equal:
        found = select(indexes.by_label, namespace, equal)
    else:
        found = indexes.by_namespace.get(namespace)
    if len(equal) == len(selector.requirements):
        return found
    return [pod for pod in found if selector.matches(labels_of(pod))]


def spreads_of(
    pod: Obj, nodes: Mapping[str, Obj], indexes: PodIndexes, owner_selector: Obj | None
) -> list[Spread]:
    """Return the constraints of *pod* with what they count on *nodes* (all of them, by name).

    A pod without constraints that has an owner is spread by the defaults, among *owner_selector*.
    """
    constraints: Sequence[Obj] = pod["spec"].get("topologySpreadConstraints") or ()
    if not constraints and owner_selector is not None:
        constraints = [{**one, "labelSelector": owner_selector} for one in DEFAULT_CONSTRAINTS]
    return [_count(pod, one, nodes, indexes) for one in constraints]


def _count(pod: Obj, constraint: Obj, nodes: Mapping[str, Obj], indexes: PodIndexes) -> Spread:
    selector = match_label_selector(constraint.get("labelSelector"))
    own = labels_of(pod)
    same = tuple(
        Requirement(key, "=", (own[key],))
        for key in constraint.get("matchLabelKeys") or ()
        if key in own
    )
    selector = Selector(selector.requirements + same, nothing=selector.nothing)
    key = constraint["topologyKey"]
    counts: Counter[str] = Counter()
    domains: dict[str, str] = {}
    for name, node in nodes.items():
        domain = labels_of(node).get(key)
        if domain is not None and _counts_here(pod, constraint, node):
            domains[name] = domain
            counts[domain] += 0
    for other in matching_pods(indexes, pod["metadata"]["namespace"], selector):
        domain = domains.get(other["spec"].get("nodeName", ""))
        if domain is not None and not is_terminating(other):
            counts[domain] += 1
    return Spread(
        max_skew=int(constraint["maxSkew"]),
        key=key,
        is_hard=constraint["whenUnsatisfiable"] == "DoNotSchedule",
        matches_self=selector.matches(own),
        counts=counts,
    )


def _counts_here(pod: Obj, constraint: Obj, node: Obj) -> bool:
    spec = pod["spec"]
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not matches_node(spec, node):
        return False
    if constraint.get("nodeTaintsPolicy", "Ignore") == "Ignore":
        return True
    tolerations = spec.get("tolerations") or ()
    effects = ("NoSchedule", "NoExecute")
    return first_untolerated(tolerations, taints_of(node), effects) is None


def violated(spreads: Iterable[Spread], node: Obj) -> str:
    """Return why a hard constraint keeps a pod from *node*, or ""."""
    for spread in spreads:
        if not spread.is_hard:
            continue
        domain = labels_of(node).get(spread.key)
        reason = "node(s) didn't match pod topology spread constraints"
        if domain is None:
            return f"{reason} (missing required label)"
        least = min(spread.counts.values(), default=0)
        if spread.counts.get(domain, 0) + spread.matches_self - least > spread.max_skew:
            return reason
    return ""


def spread_scores(spreads: Sequence[Spread], feasible: Sequence[Obj]) -> list[int]:
    """Return 0-100 for each of *feasible*: 100 for the domain with the fewest, by soft constraints."""
    soft = [spread for spread in spreads if not spread.is_hard]
    if not soft:
        return [0] * len(feasible)
    raw = [0.0] * len(feasible)
    ignored = [False] * len(feasible)
    for spread in soft:
        domains = [labels_of(node).get(spread.key) for node in feasible]
        size = len({domain for domain in domains if domain is not None})
        # Fewer domains make each pod count less (topologyNormalizingWeight).
        weight = math.log(size + 2)
        for place, domain in enumerate(domains):
            if domain is None:
                ignored[place] = True
            else:
                raw[place] += spread.counts.get(domain, 0) * weight + (spread.max_skew - 1)
    rounded = [math.floor(value + 0.5) for value in raw]
    counted = [value for value, out in zip(rounded, ignored, strict=True) if not out]
    if not counted:
        return [0] * len(feasible)
    highest, lowest = max(counted), min(counted)
    return [
        0
        if out
        else MAX_SCORE
        if highest == 0
        else MAX_SCORE * (highest + lowest - value) // highest
        for value, out in zip(rounded, ignored, strict=True)
    ]
