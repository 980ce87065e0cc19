"""Which of its pods a ReplicaSet gives up first.

Thanks to this file scaling down takes what serves least: controller_utils.go ActivePodsWithRanks.
It must not know how many pods are given up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cmp_to_key

from sim.apimachinery.wire import Obj
from sim.control import pods as pod_facts
from sim.kernel import Epoch

_PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def rank_for_deletion(
    pods: Sequence[Obj], crowd: Mapping[str, int], epoch: Epoch, now: int
) -> list[Obj]:
    """Return *pods*, the first to delete first.

    *crowd* says how many related pods each node holds. The order, each rule breaking the ties of
    the one before: unscheduled; pending; not ready; lower deletion cost; more crowded node; ready
    for a shorter time; more restarts; newer. The two times are compared by their logarithm, and
    pods of the same order of magnitude by uid, so that the choice among equals is arbitrary.
    """

    def compare(one: Obj, other: Obj) -> int:
        before = _plain_order(one, crowd)
        after = _plain_order(other, crowd)
        if before != after:
            return -1 if before < after else 1
        ready_one, ready_other = pod_facts.ready_since(one), pod_facts.ready_since(other)
        if ready_one and ready_other and ready_one != ready_other:
            return _by_age(one, other, ready_one, ready_other)
        restarts = pod_facts.restarts(other) - pod_facts.restarts(one)
        if restarts:
            return restarts
        made_one, made_other = pod_facts.created(one), pod_facts.created(other)
        if made_one != made_other:
            return _by_age(one, other, made_one, made_other)
        return 0

    def _by_age(one: Obj, other: Obj, since_one: str, since_other: str) -> int:
        magnitude = _magnitude(now - epoch.since(since_one)) - _magnitude(
            now - epoch.since(since_other)
        )
        if magnitude:
            return magnitude
        return -1 if one["metadata"]["uid"] < other["metadata"]["uid"] else 1

    return sorted(pods, key=cmp_to_key(compare))


def _plain_order(pod: Obj, crowd: Mapping[str, int]) -> tuple[int, int, bool, int, int]:
    node = pod["spec"].get("nodeName", "")
    return (
        1 if node else 0,
        _PHASE_ORDER.get(pod_facts.phase(pod), 2),
        pod_facts.is_ready(pod),
        _deletion_cost(pod),
        -crowd.get(node, 0),
    )


def _deletion_cost(pod: Obj) -> int:
    try:
        return int((pod["metadata"].get("annotations") or {}).get(_DELETION_COST, "0"))
    except ValueError:
        return 0


def _magnitude(age_ms: int) -> int:
    """Return floor(log2) of an age in nanoseconds, -1 for none, as logarithmicRankDiff does."""
    return (age_ms * 1_000_000).bit_length() - 1 if age_ms > 0 else -1
