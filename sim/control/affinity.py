"""Pods that want, or refuse, each other's company in a zone or on a node.

Thanks to this file required and preferred inter-pod (anti-)affinity decide placement. It must not
know resources, taints or spread constraints (pkg/scheduler/framework/plugins/interpodaffinity).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import labels_of
from sim.apimachinery.wire import Obj
from sim.control import pods
from sim.control.spreading import MAX_SCORE, PodIndexes, matching_pods

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

AFFINITY_REASON = "node(s) didn't match pod affinity rules"
ANTI_REASON = "node(s) didn't match pod anti-affinity rules"
EXISTING_REASON = "node(s) didn't satisfy existing pods anti-affinity rules"


def refuses_company(pod: Obj) -> tuple[str, ...]:
    """Index, under "", the pods with required anti-affinity: newcomers have to respect them."""
    return ("",) if _terms(pod, "podAntiAffinity", REQUIRED) else ()


class _Wish(NamedTuple):
    """One term with the domains in which pods match it."""

    key: str
    counts: Mapping[str, int]
    """Matching pods by domain."""
    weight: int
    """Positive for affinity, negative for anti-affinity; 0 for a required term."""
    fits_self: bool


class Company(NamedTuple):
    """Everything inter-pod affinity says about one pod."""

    wanted: Sequence[_Wish]
    refused: Sequence[_Wish]
    preferred: Sequence[_Wish]
    guarded: frozenset[tuple[str, str]]
    """(label, domain) pairs which pods that are there refuse to share with this one."""

    def reason_against(self, node: Obj) -> str:
        """Return why the pod may not be on *node*, or ""."""
        labels = labels_of(node)
        for wish in self.wanted:
            domain = labels.get(wish.key)
            # The first pod of a group that wants its own kind may start anywhere.
            is_first = wish.fits_self and not wish.counts
            if domain is None or not (wish.counts.get(domain) or is_first):
                return AFFINITY_REASON
        for wish in self.refused:
            if wish.counts.get(labels.get(wish.key, "")):
                return ANTI_REASON
        if any(labels.get(key) == domain for key, domain in self.guarded):
            return EXISTING_REASON
        return ""

    def scores(self, feasible: Sequence[Obj]) -> list[int]:
        """Return 0-100 for each of *feasible* by the preferred terms."""
        if not self.preferred:
            return [0] * len(feasible)
        raw = [
            sum(
                wish.weight * wish.counts.get(labels_of(node).get(wish.key, ""), 0)
                for wish in self.preferred
            )
            for node in feasible
        ]
        low, high = min(raw), max(raw)
        if high == low:
            return [0] * len(feasible)
        return [MAX_SCORE * (value - low) // (high - low) for value in raw]


def company_of(
    pod: Obj, nodes: Mapping[str, Obj], indexes: PodIndexes, guards: Sequence[Obj]
) -> Company:
    """Return what affinity says about *pod*; *guards* are the pods that refuse company."""
    preferred = [
        _wish(pod, one["podAffinityTerm"], nodes, indexes, sign * int(one["weight"]))
        for field, sign in (("podAffinity", 1), ("podAntiAffinity", -1))
        for one in _terms(pod, field, PREFERRED)
    ]
    return Company(
        [_wish(pod, one, nodes, indexes, 0) for one in _terms(pod, "podAffinity", REQUIRED)],
        [_wish(pod, one, nodes, indexes, 0) for one in _terms(pod, "podAntiAffinity", REQUIRED)],
        preferred,
        _guarded(pod, nodes, guards),
    )


def _terms(pod: Obj, field: str, strength: str) -> Sequence[Obj]:
    affinity = pod["spec"].get("affinity")
    if not affinity:
        return ()
    terms: Sequence[Obj] = (affinity.get(field) or {}).get(strength) or ()
    return terms


def _namespaces(term: Obj, own: str) -> Sequence[str]:
    return term.get("namespaces") or (own,)


def _wish(pod: Obj, term: Obj, nodes: Mapping[str, Obj], indexes: PodIndexes, weight: int) -> _Wish:
    selector = match_label_selector(term.get("labelSelector"))
    key = term["topologyKey"]
    own = pod["metadata"]["namespace"]
    counts: Counter[str] = Counter()
    for namespace in _namespaces(term, own):
        for other in matching_pods(indexes, namespace, selector):
            node = nodes.get(other["spec"].get("nodeName", ""))
            domain = labels_of(node).get(key) if node is not None else None
            if domain is not None and not pods.is_finished(other):
                counts[domain] += 1
    fits_self = own in _namespaces(term, own) and selector.matches(labels_of(pod))
    return _Wish(key, counts, weight, fits_self)


def _guarded(
    pod: Obj, nodes: Mapping[str, Obj], guards: Sequence[Obj]
) -> frozenset[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for guard in guards:
        node = nodes.get(guard["spec"].get("nodeName", ""))
        if node is None or pods.is_finished(guard):
            continue
        for term in _terms(guard, "podAntiAffinity", REQUIRED):
            if pod["metadata"]["namespace"] not in _namespaces(
                term, guard["metadata"]["namespace"]
            ):
                continue
            domain = labels_of(node).get(term["topologyKey"])
            selector = match_label_selector(term.get("labelSelector"))
            if domain is not None and selector.matches(labels_of(pod)):
                found[term["topologyKey"], domain] = None
    return frozenset(found)
