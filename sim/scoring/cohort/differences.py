"""The difference of two groups with its interval: within nights that both played, else within incidents.

Intervals are Student's, with Welch's degrees of freedom (B. L. Welch, 1947); the standardised difference
is Hedges' g (L. V. Hedges, 1981) with a bootstrap interval, drawn from a seed that the runs give.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.scoring.cohort.measures import Measure, value
from sim.scoring.cohort.sample import Sample

LEAST_RUNS = 5
"""With fewer runs in a group, or fewer pairs of nights, nothing is said about a difference."""
SURE = 0.95
RESAMPLES = 2000
EXACT = 1e-9

Level = Literal["night", "incident", "none"]
Verdict = Literal["differs", "unclear", "too few"]
Stratum = tuple[list[float], list[float]]
"""The values of both groups within a night or an incident."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much *first* exceeds *second* in one measure."""

    measure: Measure
    first: str
    second: str
    runs: tuple[int, int]
    """How many of each were compared."""
    strata: int
    """Within how many nights or incidents."""
    paired: bool
    """The interval comes from the differences of the nights, not from runs within one."""
    estimate: float | None
    low: float | None
    high: float | None
    effect: float | None
    """Hedges' g; None: there is no spread to measure it by."""
    effect_low: float | None
    effect_high: float | None
    verdict: Verdict
    never: tuple[int, int] = (0, 0)
    """For a time: how many of each never got there, and count as the longest that all were watched."""


def level_of(first: Sequence[Sample], second: Sequence[Sample]) -> Level:
    """Return within what two groups are compared.

    The same nights where at least half of each group's runs were played on one that both have; else the
    same incidents; `none` if they have not even one in common.
    """
    for level in ("night", "incident"):
        shared = {_key(one, level) for one in first} & {_key(one, level) for one in second}
        parts = [sum(_key(one, level) in shared for one in group) for group in (first, second)]
        if level == "incident":
            return "incident" if shared else "none"
        if all(2 * part >= len(group) for part, group in zip(parts, (first, second), strict=True)):
            return "night"
    return "none"


def _key(sample: Sample, level: str) -> tuple[str, int]:
    return (sample.slug, sample.seed if level == "night" else 0)


def shared_by(
    first: Sequence[Sample], second: Sequence[Sample], level: Level
) -> tuple[list[Sample], list[Sample]]:
    """Return the runs of both groups that can be compared."""
    if level == "none":
        return [], []
    keys = {_key(one, level) for one in first} & {_key(one, level) for one in second}
    kept = [[one for one in group if _key(one, level) in keys] for group in (first, second)]
    return kept[0], kept[1]


def difference(
    measure: Measure,
    names: tuple[str, str],
    groups: tuple[Sequence[Sample], Sequence[Sample]],
    level: Level,
    until: float,
) -> Difference:
    """Return how two groups differ in *measure*."""
    strata = _strata(measure, groups, level, until)
    runs = (sum(len(one) for one, _ in strata), sum(len(two) for _, two in strata))
    whole = all(len(one) > 1 and len(two) > 1 for one, two in strata)
    paired = not whole and len(strata) > 1
    pairs = len(strata) if paired else LEAST_RUNS
    nothing = Difference(
        measure, *names, runs, len(strata), paired, None, None, None, None, None, None, "too few"
    )
    if not strata:
        return nothing
    estimate = _estimate(strata, paired=paired)
    if not whole and not paired:
        low = high = None
    else:
        low, high = _paired(strata) if paired else _welch(strata)
    enough = min(*runs, pairs) >= LEAST_RUNS and low is not None and high is not None
    effect = _effect(strata, _seed(measure, groups), paired=paired) if enough else None
    verdict: Verdict = "too few"
    if enough and low is not None and high is not None:
        verdict = "differs" if low > EXACT or high < -EXACT else "unclear"
    never = (_never(measure, groups[0]), _never(measure, groups[1]))
    known = replace(nothing, estimate=estimate, low=low, high=high, verdict=verdict, never=never)
    if effect is None:
        return known
    return replace(known, effect=effect[0], effect_low=effect[1], effect_high=effect[2])


def _never(measure: Measure, group: Sequence[Sample]) -> int:
    if measure.unit != "seconds":
        return 0
    return sum(
        one.times.get(measure.id) is None and value(one, measure, one.horizon_s) is not None
        for one in group
    )


def _strata(
    measure: Measure,
    groups: tuple[Sequence[Sample], Sequence[Sample]],
    level: Level,
    until: float,
) -> list[Stratum]:
    found: dict[tuple[str, int], Stratum] = {}
    if level == "none":
        return []
    for side, group in enumerate(groups):
        for sample in group:
            one = value(sample, measure, until)
            if one is not None:
                found.setdefault(_key(sample, level), ([], []))[side].append(one)
    return [found[key] for key in sorted(found) if found[key][0] and found[key][1]]


def _weights(strata: list[Stratum], *, paired: bool) -> list[float]:
    """Return how much each stratum counts: alike as pairs, else by how much it can tell."""
    raw = [1.0 if paired else len(a) * len(b) / (len(a) + len(b)) for a, b in strata]
    return [one / sum(raw) for one in raw]


def _estimate(strata: list[Stratum], *, paired: bool) -> float:
    weights = _weights(strata, paired=paired)
    return math.fsum(
        weight * (_mean(a) - _mean(b)) for weight, (a, b) in zip(weights, strata, strict=True)
    )


def _paired(strata: list[Stratum]) -> tuple[float, float]:
    gaps = [_mean(a) - _mean(b) for a, b in strata]
    middle, error = _mean(gaps), math.sqrt(_variance(gaps) / len(gaps))
    return _around(middle, error, len(gaps) - 1)


def _welch(strata: list[Stratum]) -> tuple[float, float]:
    weights = _weights(strata, paired=False)
    parts = [
        (weight**2 * _variance(side) / len(side), len(side) - 1)
        for weight, stratum in zip(weights, strata, strict=True)
        for side in stratum
    ]
    total = math.fsum(part for part, _ in parts)
    spread = math.fsum(part**2 / freedom for part, freedom in parts)
    freedom = total**2 / spread if spread else 1.0
    return _around(_estimate(strata, paired=False), math.sqrt(total), freedom)


def _around(middle: float, error: float, freedom: float) -> tuple[float, float]:
    if error < EXACT:
        return middle, middle
    reach = float(special.stdtrit(freedom, (1 + SURE) / 2)) * error
    return middle - reach, middle + reach


def _effect(strata: list[Stratum], seed: int, *, paired: bool) -> tuple[float, float, float] | None:
    """Return Hedges' g with its interval, None where the runs of each group are all alike."""
    sides = [np.array([one for stratum in strata for one in stratum[side]]) for side in (0, 1)]
    if min(len(side) for side in sides) < 2 or sum(side.var() for side in sides) < EXACT:
        return None
    middle = float(np.concatenate(sides).mean())
    parts = [
        (np.array(a, dtype=float) - middle, np.array(b, dtype=float) - middle) for a, b in strata
    ]
    draws = np.random.Generator(np.random.PCG64(seed))
    weights = _weights(strata, paired=paired)
    own = [[_sums(side[None, :]) for side in part] for part in parts]
    if paired:
        chosen = draws.integers(0, len(parts), (RESAMPLES, len(parts)))
        table = np.array([[list(side[0]) for side in row] for row in own])
        again = [[table[chosen[:, place], side] for side in (0, 1)] for place in range(len(parts))]
    else:
        again = [
            [_sums(side[draws.integers(0, len(side), (RESAMPLES, len(side)))]) for side in part]
            for part in parts
        ]
    here, found = _hedges(own, weights), _hedges(again, weights)
    found = found[np.isfinite(found)]
    if not np.isfinite(here[0]) or len(found) < RESAMPLES / 2:
        return None
    low, high = np.quantile(found, [(1 - SURE) / 2, (1 + SURE) / 2])
    return float(here[0]), float(low), float(high)


Sums = npt.NDArray[np.float64]
"""Rows of (count, sum, sum of squares), a row for each drawing."""


def _sums(values: npt.NDArray[np.float64]) -> Sums:
    count = np.full(len(values), values.shape[1], dtype=float)
    return np.stack([count, values.sum(axis=1), (values**2).sum(axis=1)], axis=1)


def _hedges(strata: list[list[Sums]], weights: list[float]) -> npt.NDArray[np.float64]:
    """Return g of each drawing; not finite where all runs of both groups are alike."""
    gaps = [
        weight * (a[:, 1] / a[:, 0] - b[:, 1] / b[:, 0])
        for weight, (a, b) in zip(weights, strata, strict=True)
    ]
    counts, squares = [], []
    for side in (0, 1):
        whole = np.sum([stratum[side] for stratum in strata], axis=0)
        counts.append(whole[:, 0])
        squares.append(whole[:, 2] - whole[:, 1] ** 2 / whole[:, 0])
    freedom = counts[0] + counts[1] - 2
    pooled = (squares[0] + squares[1]) / freedom
    small = 1 - 3 / (4 * freedom - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: npt.NDArray[np.float64] = np.where(
            pooled > EXACT, small * np.sum(gaps, axis=0) / np.sqrt(pooled), np.nan
        )
    return found


def _seed(measure: Measure, groups: tuple[Sequence[Sample], Sequence[Sample]]) -> int:
    names = "|".join(",".join(sorted(one.run for one in group)) for group in groups)
    return int.from_bytes(hashlib.sha256(f"{measure.id}|{names}".encode()).digest()[:8], "big")


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    middle = _mean(values)
    return math.fsum((one - middle) ** 2 for one in values) / (len(values) - 1)
