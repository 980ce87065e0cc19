"""How fast an autoscaler may act on what metrics ask for: stabilization windows and scaling policies.

Thanks to this file a short dip does not cost replicas. It must not know metrics or the API server
(pkg/controller/podautoscaler/horizontal.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, NamedTuple

DOWN_STABILIZATION_S = 300
"""--horizontal-pod-autoscaler-downscale-stabilization."""
UP_FACTOR, UP_LEAST = 2, 4
"""Without a behavior, one step up at most doubles the replicas or reaches 4."""

RISES_TOO_FAST = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
)
FALLS_TOO_FAST = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
)
TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")

_DEFAULT_POLICIES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "scaleUp": (
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ),
    "scaleDown": ({"type": "Percent", "value": 100, "periodSeconds": 15},),
}


class Outcome(NamedTuple):
    """What is left of a wish."""

    replicas: int
    stabilized: str
    """`up` or `down` if an earlier recommendation held it back, else empty."""
    limit: tuple[str, str]
    """Reason and message of the condition ScalingLimited; `WITHIN` when nothing limits."""


@dataclass(slots=True)
class Memory:
    """What one autoscaler remembers of the last minutes."""

    recommendations: list[tuple[int, int]] = field(default_factory=list)
    """(kernel ms, replicas)"""
    raised: list[tuple[int, int]] = field(default_factory=list)
    """(kernel ms, replicas added)"""
    lowered: list[tuple[int, int]] = field(default_factory=list)

    def note_scaling(self, before: int, after: int, now: int) -> None:
        """Remember that the target was scaled."""
        if after > before:
            self.raised.append((now, after - before))
        elif after < before:
            self.lowered.append((now, before - after))


def rules_of(spec: Mapping[str, Any], direction: str) -> Mapping[str, Any]:
    """Return the `scaleUp` or `scaleDown` rules of an autoscaler's spec, defaults filled in."""
    given = (spec.get("behavior") or {}).get(direction) or {}
    window = given.get("stabilizationWindowSeconds")
    if window is None:
        window = 0 if direction == "scaleUp" else DOWN_STABILIZATION_S
    return {
        "window_ms": int(window) * 1000,
        "select": given.get("selectPolicy") or "Max",
        "policies": given.get("policies") or _DEFAULT_POLICIES[direction],
    }


def settle(
    spec: Mapping[str, Any], memory: Memory, *, current: int, wanted: int, now: int
) -> Outcome:
    """Return what becomes of the wish for *wanted* replicas at *now* (ms)."""
    up, down = rules_of(spec, "scaleUp"), rules_of(spec, "scaleDown")
    steady, stabilized = _stabilize(spec, memory, current=current, wanted=wanted, now=now)
    least = int(spec.get("minReplicas") or 1)
    most = int(spec["maxReplicas"])
    if spec.get("behavior") is None:
        allowed, limit = most, TOO_MANY
        if max(UP_FACTOR * current, UP_LEAST) < most:
            allowed, limit = max(UP_FACTOR * current, UP_LEAST), RISES_TOO_FAST
        if steady < least:
            return Outcome(least, stabilized, TOO_FEW)
        if steady > allowed:
            return Outcome(allowed, stabilized, limit)
        return Outcome(steady, stabilized, WITHIN)
    if steady > current:
        ceiling = max(current, _ceiling(up, memory, current, now))
        allowed, limit = (ceiling, RISES_TOO_FAST) if ceiling < most else (most, TOO_MANY)
        if steady > allowed:
            return Outcome(allowed, stabilized, limit)
    elif steady < current:
        floor = min(current, _floor(down, memory, current, now))
        allowed, limit = (floor, FALLS_TOO_FAST) if floor > least else (least, TOO_FEW)
        if steady < allowed:
            return Outcome(allowed, stabilized, limit)
    return Outcome(steady, stabilized, WITHIN)


def _stabilize(
    spec: Mapping[str, Any], memory: Memory, *, current: int, wanted: int, now: int
) -> tuple[int, str]:
    """Return the wish as the recommendations of the last minutes allow it.

    With a behavior the lowest of the rising window and the highest of the falling one fence the
    current number; without one the highest of all is taken.
    """
    up, down = (rules_of(spec, which)["window_ms"] for which in ("scaleUp", "scaleDown"))
    if not memory.recommendations:
        memory.recommendations.append((now, current))
    low = min([wanted, *(one for at, one in memory.recommendations if at > now - up)])
    high = max([wanted, *(one for at, one in memory.recommendations if at > now - down)])
    oldest = now - max(up, down)
    memory.recommendations = [one for one in memory.recommendations if one[0] > oldest]
    memory.recommendations.append((now, wanted))
    steady = high if spec.get("behavior") is None else min(max(current, low), high)
    if steady == wanted:
        return steady, ""
    return steady, "up" if spec.get("behavior") is not None and wanted >= current else "down"


def _within(events: Sequence[tuple[int, int]], policy: Mapping[str, Any], now: int) -> int:
    since = now - int(policy["periodSeconds"]) * 1000
    return sum(count for at, count in events if at > since)


def _start_of(policy: Mapping[str, Any], memory: Memory, current: int, now: int) -> int:
    """Return how many replicas there were when the policy's period began."""
    added, removed = _within(memory.raised, policy, now), _within(memory.lowered, policy, now)
    return current - added + removed


def _ceiling(rules: Mapping[str, Any], memory: Memory, current: int, now: int) -> int:
    if rules["select"] == "Disabled":
        return current
    found: list[int] = []
    for policy in rules["policies"]:
        start = _start_of(policy, memory, current, now)
        value = int(policy["value"])
        if policy["type"] == "Pods":
            found.append(start + value)
        else:
            found.append(ceil(start * (100 + value) / 100))
    return min(found) if rules["select"] == "Min" else max(found)


def _floor(rules: Mapping[str, Any], memory: Memory, current: int, now: int) -> int:
    if rules["select"] == "Disabled":
        return current
    found: list[int] = []
    for policy in rules["policies"]:
        start = _start_of(policy, memory, current, now)
        value = int(policy["value"])
        if policy["type"] == "Pods":
            found.append(start - value)
        else:
            found.append(start * (100 - value) // 100)
    return max(found) if rules["select"] == "Min" else min(found)
