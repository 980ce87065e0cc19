"""Which nodes a pod fits on and which of them it is best put on; the words for those it is not.

Thanks to this file FailedScheduling says what kube-scheduler would say. It must not write: nodes,
totals and counts come in, a name or a text goes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sim.apimachinery.wire import Obj
from sim.control.affinity import Company
from sim.control.ledger import Demand, Ledger, NodeInfo, allocatable
from sim.control.placement import (
    UNSCHEDULABLE_TAINT,
    first_untolerated,
    matches_node,
    matches_term,
    taints_of,
    tolerates,
)
from sim.control.spreading import MAX_SCORE, Spread, spread_scores, violated

BLOCKING = ("NoSchedule", "NoExecute")

SPREAD_WEIGHT = 2
AFFINITY_WEIGHT = 2
TAINT_WEIGHT = 3
"""Weights of kube-scheduler's default plugins; what is not named here has weight 1."""


class Task(NamedTuple):
    """A pod to place, with everything that is the same for all nodes."""

    pod: Obj
    demand: Demand
    spreads: Sequence[Spread]
    company: Company
    siblings: Mapping[str, int]
    """How many active pods of the same owner each node has."""


class Refusal(NamedTuple):
    """Why a node will not do."""

    reasons: tuple[str, ...]
    is_final: bool
    """True when evicting other pods from it could not help."""


def refusal_of(task: Task, node: Obj, info: NodeInfo) -> Refusal | None:
    """Return why the pod cannot be on *node* by the first filter that says no, or None.

    The order is that of the default plugins.
    """
    spec = task.pod["spec"]
    tolerations: Sequence[Obj] = spec.get("tolerations") or ()
    if (node.get("spec") or {}).get("unschedulable") and not any(
        tolerates(one, UNSCHEDULABLE_TAINT) for one in tolerations
    ):
        return Refusal(("node(s) were unschedulable",), is_final=True)
    taint = first_untolerated(tolerations, taints_of(node), BLOCKING)
    if taint is not None:
        pair = f"{{{taint['key']}: {taint.get('value', '')}}}"
        return Refusal((f"node(s) had untolerated taint {pair}",), is_final=True)
    if not matches_node(spec, node):
        reason = "node(s) didn't match Pod's node affinity/selector"
        return Refusal((reason,), is_final=True)
    if any(info.ports.get(port) for port in task.demand.ports):
        reason = "node(s) didn't have free ports for the requested pod ports"
        return Refusal((reason,), is_final=False)
    lacking = _lacking(task.demand, node, info)
    if lacking is not None:
        return lacking
    return _company_refusal(task, node)


def _company_refusal(task: Task, node: Obj) -> Refusal | None:
    reason = violated(task.spreads, node)
    if reason:
        return Refusal((reason,), is_final=reason.endswith("label)"))
    reason = task.company.reason_against(node)
    if reason:
        return Refusal((reason,), is_final=reason.endswith("pod affinity rules"))
    return None


def _lacking(demand: Demand, node: Obj, info: NodeInfo) -> Refusal | None:
    reasons: list[str] = []
    is_final = False
    if len(info.pods) + 1 > allocatable(node, "pods"):
        reasons.append("Too many pods")
    for resource, amount in demand.amounts.items():
        if amount == 0:
            continue
        total = allocatable(node, resource)
        if amount > total - info.taken[resource]:
            reasons.append(f"Insufficient {resource}")
            is_final = is_final or amount > total
    return Refusal(tuple(reasons), is_final=is_final) if reasons else None


def named_node(spec: Obj) -> str | None:
    """Return the one node a daemon pod is meant for by its affinity, or None."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms: Sequence[Obj] = required.get("nodeSelectorTerms") or ()
    if len(terms) != 1:
        return None
    for field in terms[0].get("matchFields") or ():
        if field["key"] == "metadata.name" and len(field["values"]) == 1:
            return str(field["values"][0])
    return None


def explain(
    refusals: Sequence[Refusal], nodes: int, skipped: int, *, preemption: str | None = None
) -> str:
    """Return the message of FailedScheduling.

    *skipped* of the *nodes* were ruled out by name before any filter ran. *preemption* is what
    preempting came to; "" if a node is being cleared, None if it helps nowhere.
    """
    counts = Counter(reason for refusal in refusals for reason in refusal.reasons)
    if skipped:
        counts["node(s) didn't satisfy plugin(s) [NodeAffinity]"] += skipped
    head = f"0/{nodes} nodes are available"
    if not counts:
        return "no nodes available to schedule pods"
    text = f"{head}: {_listed(counts)}."
    if preemption is not None:
        return f"{text} preemption: {preemption}" if preemption else text
    hopeless = sum(refusal.is_final for refusal in refusals) + skipped
    outcomes = Counter(
        {
            "Preemption is not helpful for scheduling": hopeless,
            "No preemption victims found for incoming pod": nodes - hopeless,
        }
    )
    return f"{text} preemption: {head}: {_listed(outcomes)}."


def nowhere(problem: str, nodes: int) -> str:
    """Return the message of FailedScheduling for a *problem* that no node can solve."""
    head = f"0/{nodes} nodes are available"
    return (
        f"{head}: {problem}. preemption: {head}: {nodes} Preemption is not helpful for scheduling."
    )


def _listed(counts: Mapping[str, int]) -> str:
    # Sorted as text, count first, as FitError does: "10 ..." stands before "2 ...".
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count))


def score_nodes(task: Task, feasible: Sequence[Obj], ledger: Ledger) -> list[int]:
    """Return the total score of each of *feasible*, higher is better."""
    infos = [ledger.of(node["metadata"]["name"]) for node in feasible]
    parts = [
        (1, [_least_allocated(task.demand, *pair) for pair in zip(feasible, infos, strict=True)]),
        (1, [_balanced(task.demand, *pair) for pair in zip(feasible, infos, strict=True)]),
        (SPREAD_WEIGHT, spread_scores(task.spreads, feasible)),
        (AFFINITY_WEIGHT, task.company.scores(feasible)),
        (AFFINITY_WEIGHT, _preferred(task.pod["spec"], feasible)),
        (TAINT_WEIGHT, _soft_taints(task.pod["spec"], feasible)),
        (1, _apart(task.siblings, feasible)),
    ]
    return [
        sum(weight * scores[place] for weight, scores in parts) for place in range(len(feasible))
    ]


def _used(demand: Demand, node: Obj, info: NodeInfo) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (used with the pod, total) of cpu and of memory."""
    return (
        (info.score_cpu + demand.score_cpu, allocatable(node, "cpu")),
        (info.score_memory + demand.score_memory, allocatable(node, "memory")),
    )


def _least_allocated(demand: Demand, node: Obj, info: NodeInfo) -> int:
    free = [
        max(0, total - used) * MAX_SCORE // total
        for used, total in _used(demand, node, info)
        if total
    ]
    return sum(free) // len(free) if free else 0


def _balanced(demand: Demand, node: Obj, info: NodeInfo) -> int:
    (cpu, all_cpu), (memory, all_memory) = _used(demand, node, info)
    if not all_cpu or not all_memory:
        return 0
    cpu, memory = min(cpu, all_cpu), min(memory, all_memory)
    # 100 * (1 - |cpu share - memory share| / 2), in whole numbers.
    apart = abs(cpu * all_memory - memory * all_cpu)
    return MAX_SCORE - -(-MAX_SCORE * apart // (2 * all_cpu * all_memory))


def _preferred(spec: Obj, feasible: Sequence[Obj]) -> list[int]:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    wishes = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    raw = [
        sum(int(wish["weight"]) for wish in wishes if matches_term(wish["preference"], node))
        for node in feasible
    ]
    highest = max(raw, default=0)
    return [MAX_SCORE * value // highest if highest else 0 for value in raw]


def _soft_taints(spec: Obj, feasible: Sequence[Obj]) -> list[int]:
    tolerations: Sequence[Obj] = spec.get("tolerations") or ()
    raw = [
        sum(
            taint["effect"] == "PreferNoSchedule"
            and not any(tolerates(one, taint) for one in tolerations)
            for taint in taints_of(node)
        )
        for node in feasible
    ]
    highest = max(raw, default=0)
    return [MAX_SCORE - (MAX_SCORE * value // highest if highest else 0) for value in raw]


def _apart(siblings: Mapping[str, int], feasible: Sequence[Obj]) -> list[int]:
    """Prefer nodes with fewer pods of the same owner, as the SelectorSpread plugin did.

    A soft constraint over zones alone would leave the choice within a zone to chance.
    """
    raw = [siblings.get(node["metadata"]["name"], 0) for node in feasible]
    highest = max(raw, default=0)
    return [MAX_SCORE * (highest - value) // highest if highest else MAX_SCORE for value in raw]
