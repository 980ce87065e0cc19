"""The arithmetic of a Deployment's rollout: how many replicas each ReplicaSet may have next.

Thanks to this file no rollout exceeds maxSurge or falls below maxUnavailable. It must not know the
API server: ReplicaSets come in, numbers go out (pkg/controller/deployment/util).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.apimachinery.wire import Obj

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


class Fence(NamedTuple):
    """How far a rollout may stray from the wanted number of replicas."""

    surge: int
    """Pods above it."""
    unavailable: int
    """Pods below it that may be missing."""


def replicas_of(obj: Obj) -> int:
    """Return spec.replicas; 1 where the spec does not say."""
    return int(obj["spec"].get("replicas", 1))


def status_count(obj: Obj, field: str) -> int:
    """Return a number of an object's status, 0 where it is left out."""
    return int((obj.get("status") or {}).get(field, 0))


def is_rolling(deployment: Obj) -> bool:
    """True for the RollingUpdate strategy, which is the default."""
    strategy = deployment["spec"].get("strategy") or {}
    return bool(strategy.get("type", "RollingUpdate") == "RollingUpdate")


def resolve(value: int | str, total: int, *, up: bool) -> int:
    """Return an int-or-percent of *total*; percentages are rounded *up* or down.

    >>> resolve("25%", 5, up=True), resolve("25%", 5, up=False), resolve(2, 5, up=True)
    (2, 1, 2)
    """
    if isinstance(value, str) and value.endswith("%"):
        parts = int(value[:-1]) * total
        return -(-parts // 100) if up else parts // 100
    return int(value)


def fence(deployment: Obj) -> Fence:
    """Return the resolved maxSurge and maxUnavailable; (0, 0) for Recreate.

    Both at zero would stall every rollout, so one pod may then be missing.
    """
    wanted = replicas_of(deployment)
    if not is_rolling(deployment):
        return Fence(0, 0)
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = resolve(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = resolve(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Fence(surge, min(unavailable, wanted))


def total_replicas(sets: Sequence[Obj]) -> int:
    """Return the sum of spec.replicas."""
    return sum(map(replicas_of, sets))


def total_available(sets: Sequence[Obj]) -> int:
    """Return the sum of status.availableReplicas."""
    return sum(status_count(one, "availableReplicas") for one in sets)


def by_creation(sets: Sequence[Obj]) -> list[Obj]:
    """Return *sets*, oldest first, equals by name."""
    return sorted(sets, key=lambda one: (one["metadata"]["creationTimestamp"], _name(one)))


def revision_of(obj: Obj) -> int:
    """Return the revision annotation as a number; 0 without one."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def new_set_replicas(deployment: Obj, sets: Sequence[Obj], current: int) -> int:
    """Return how many replicas the new ReplicaSet may have now, *current* being what it has."""
    wanted = replicas_of(deployment)
    if not is_rolling(deployment):
        return wanted
    room = wanted + fence(deployment).surge - total_replicas(sets)
    if room <= 0:
        return current
    return current + min(room, wanted - current)


def scale_down_old(deployment: Obj, old: Sequence[Obj], new: Obj) -> list[tuple[Obj, int]]:
    """Return (ReplicaSet, next replicas) for the old ones that can shrink, in order of the writes.

    First go replicas that are not available anyway, then as many available ones as the fence
    allows. A set that loses both kinds appears twice.
    """
    active = [one for one in old if replicas_of(one)]
    minimum = replicas_of(deployment) - fence(deployment).unavailable
    new_unavailable = replicas_of(new) - status_count(new, "availableReplicas")
    limit = total_replicas([*active, new]) - minimum - new_unavailable
    if not active or limit <= 0:
        return []
    steps: list[tuple[Obj, int]] = []
    left = {_name(one): replicas_of(one) for one in active}
    done = 0
    for one in by_creation(active):
        unhealthy = replicas_of(one) - status_count(one, "availableReplicas")
        cut = min(limit - done, unhealthy)
        if cut > 0:
            done += cut
            left[_name(one)] -= cut
            steps.append((one, left[_name(one)]))
    spare = total_available([*old, new]) - minimum
    for one in by_creation(active):
        cut = min(left[_name(one)], spare)
        if cut > 0:
            spare -= cut
            left[_name(one)] -= cut
            steps.append((one, left[_name(one)]))
    return steps


def proportional(deployment: Obj, active: Sequence[Obj]) -> list[tuple[Obj, int]]:
    """Return (ReplicaSet, next replicas) when a Deployment is scaled in the middle of a rollout.

    The difference is shared among *active* sets by their size; what rounding leaves goes to the
    first of them (the largest; newest first when growing).
    """
    wanted = replicas_of(deployment)
    allowed = wanted + fence(deployment).surge if wanted > 0 else 0
    to_add = allowed - total_replicas(active)
    # Largest first; among equals the newest when growing and the oldest when shrinking.
    ordered = by_creation(active)
    if to_add > 0:
        ordered.reverse()
    ordered.sort(key=replicas_of, reverse=True)
    sizes: list[int] = []
    added = 0
    for one in ordered:
        share = _share(deployment, one, to_add, added) if to_add else 0
        added += share
        sizes.append(replicas_of(one) + share)
    if ordered and to_add:
        sizes[0] = max(0, sizes[0] + to_add - added)
    return list(zip(ordered, sizes, strict=True))


def _share(deployment: Obj, one: Obj, to_add: int, added: int) -> int:
    current = replicas_of(one)
    if current == 0 or to_add == added:
        return 0
    share = _fraction(deployment, one, current)
    allowed = to_add - added
    return min(share, allowed) if to_add > 0 else max(share, allowed)


def _fraction(deployment: Obj, one: Obj, current: int) -> int:
    wanted = replicas_of(deployment)
    if wanted == 0:
        return -current
    annotations = one["metadata"].get("annotations") or {}
    maximum = int(annotations.get(MAXIMUM, "0") or 0)
    if not maximum:
        maximum = status_count(deployment, "replicas")
    if not maximum:
        return 0
    # Rounded half away from zero, as Go's integer.RoundToInt32 does.
    doubled = 2 * current * (wanted + fence(deployment).surge)
    return (doubled + maximum) // (2 * maximum) - current


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])
