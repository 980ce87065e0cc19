"""Latency of a pod from its utilisation, and percentiles of many pods together.

Thanks to this file a percentile over pods and windows is exact for the distributions assumed; it
uses only + - x /, because results of exp and log may differ from machine to machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from sim.traffic.spec import LatencyLaw


class Answers(NamedTuple):
    """Requests answered per second, with the latency they see."""

    rps: float
    p50_ms: float
    p99_ms: float
    shift_ms: float = 0.0
    """Time spent before, the same for all of them: in a queue, or on a dead endpoint."""
    failed: bool = False
    """Whether the answer was an error."""


def utilised(law: LatencyLaw, utilisation: float) -> tuple[float, float]:
    """Return (p50, p99) in ms of a pod at *utilisation* (1.0 = full; above counts as full)."""
    u = min(max(utilisation, 0.0), law.ceiling)
    square = u * u
    factor = 1.0 + law.growth * square * square / (1.0 - u)
    return law.p50_ms * factor, law.p99_ms * factor


# The shape of a pod's latency: (share of answers, place between p50 and p99 or beyond it).
# Linear in between; the body is narrow, the tail long, as latency of services is.
_BODY = 0.5
_SHOULDER = 0.9


def _outline(p50: float, p99: float, shift: float) -> tuple[tuple[float, float], ...]:
    """Return the corners (ms, share answered by then) of one distribution."""
    # At least a millisecond apart: a vertical step would have no density.
    p50 = max(p50, 1.0)
    spread = max(p99 - p50, 1.0)
    return (
        (shift + p50 * 0.5, 0.0),
        (shift + p50, _BODY),
        (shift + p50 + spread * 0.4, _SHOULDER),
        (shift + p50 + spread, 0.99),
        (shift + p50 + spread * 1.25, 1.0),
    )


def share_over(answers: Answers, limit_ms: float) -> float:
    """Return the share of *answers* that take longer than *limit_ms*."""
    corners = _outline(answers.p50_ms, answers.p99_ms, answers.shift_ms)
    if limit_ms >= corners[-1][0]:
        return 0.0
    previous = corners[0]
    if limit_ms <= previous[0]:
        return 1.0
    for corner in corners[1:]:
        if limit_ms < corner[0]:
            done = (limit_ms - previous[0]) / (corner[0] - previous[0])
            return 1.0 - (previous[1] + done * (corner[1] - previous[1]))
        previous = corner
    return 0.0


class Percentiles:
    """All percentiles of many answers together."""

    __slots__ = ("_edges", "_total")

    def __init__(self, answers: Iterable[Answers]) -> None:
        """Add up the distributions of *answers*."""
        merged: dict[tuple[float, float, float], float] = {}
        for each in answers:
            key = (each.p50_ms, each.p99_ms, each.shift_ms)
            merged[key] = merged.get(key, 0.0) + each.rps
        self._total = 0.0
        slopes: list[tuple[float, float]] = []
        for key, weight in merged.items():
            if weight <= 0:
                continue
            self._total += weight
            corners = _outline(*key)
            for (start, low), (end, high) in pairwise(corners):
                slope = weight * (high - low) / (end - start)
                slopes += ((start, slope), (end, -slope))
        slopes.sort()
        self._edges: list[tuple[float, float, float]] = []
        """(ms, answered by then, answered per ms from there on)."""
        done = density = 0.0
        at = slopes[0][0] if slopes else 0.0
        for place, slope in slopes:
            done, at, density = done + density * (place - at), place, density + slope
            self._edges.append((at, done, density))

    def at(self, share: float) -> float | None:
        """Return the latency (ms) that *share* of all stay below, or None if there are none."""
        if self._total <= 0:
            return None
        wanted = share * self._total
        for (at, done, density), (_, then, _) in pairwise(self._edges):
            if density > 0 and then >= wanted:
                return at + (wanted - done) / density
        return self._edges[-1][0]


def percentile(answers: Iterable[Answers], share: float) -> float | None:
    """Return the latency (ms) that *share* of all *answers* stay below, or None if there are none.

    >>> percentile([Answers(1.0, 40.0, 150.0)], 0.5)
    40.0
    """
    return Percentiles(answers).at(share)
