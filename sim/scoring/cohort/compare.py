"""Groups of runs put side by side; everything that a page or a file shows, computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sim.scoring.cohort.differences import Difference, Level, difference, level_of, shared_by
from sim.scoring.cohort.measures import (
    LOST,
    TIMES,
    TOTAL,
    Measure,
    horizon,
    items,
    values,
    waits,
)
from sim.scoring.cohort.sample import BEFORE_S, KINDS, STEP_S, Sample
from sim.scoring.cohort.survival import Survival, kaplan_meier
from sim.scoring.cohort.words import sentence

MOST_PAIRS = 4
"""Of more groups than this, each is compared with the first one only."""
FIRST = 3
"""So many looks count as the first ones."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a group lie."""

    n: int
    mean: float
    least: float
    quarter: float
    median: float
    three_quarters: float
    most: float


@dataclass(frozen=True, slots=True)
class LookRow:
    """One kind of look within a group."""

    kind: str
    share: float
    """Of the runs, those that looked at it at all."""
    early: float
    """Of the runs, those with it among the first looks."""
    median_s: float | None
    """When it came first, among those."""


@dataclass(frozen=True, slots=True)
class Band:
    """The users' curve of a group: quartiles at each time."""

    quarter: list[float]
    median: list[float]
    three_quarters: list[float]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups held against each other."""

    first: str
    second: str
    level: Level
    left_out: tuple[int, int]
    """Runs of each on nights or incidents that the other has not played."""
    differences: tuple[Difference, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups side by side."""

    groups: Mapping[str, Sequence[Sample]]
    left_out: tuple[tuple[str, str], ...]
    """(run, why it does not count)."""
    measures: tuple[Measure, ...]
    spreads: Mapping[str, Mapping[str, Spread]]
    """Measure -> group -> how its values lie."""
    survival: Mapping[str, Mapping[str, Survival]]
    """Milestone -> group -> the share that still waits."""
    bands: Mapping[str, Band]
    seconds: tuple[int, ...]
    """Of the bands' points, from the page on."""
    looks: Mapping[str, Sequence[LookRow]]
    pairs: tuple[Pair, ...]
    until: float
    """Seconds from the page on up to which every run was watched."""

    @property
    def scripts(self) -> list[str]:
        """The groups in which no person played."""
        return [name for name, group in self.groups.items() if all(one.player for one in group)]

    @property
    def mixed(self) -> str:
        """What is to be said of the clusters on which the runs were played; empty: all were simulated."""
        real = {
            name: sum(one.backend != "simulated" for one in group)
            for name, group in self.groups.items()
        }
        if not any(real.values()):
            return ""
        if all(count == len(self.groups[name]) for name, count in real.items()):
            return "All runs were played on real clusters: their figures are measured, not exact."
        told = ", ".join(
            f"{count} of {len(self.groups[name])} of {name}"
            for name, count in real.items()
            if count
        )
        return (
            f"Not all runs were played on the same kind of cluster: {told} on a real one, whose figures are "
            "measured, not exact; the others in the simulator."
        )

    @property
    def looked_at(self) -> int:
        """How many differences were looked at."""
        return sum(len(pair.differences) for pair in self.pairs)


def compare(
    groups: Mapping[str, Sequence[Sample]], left_out: Sequence[tuple[str, str]] = ()
) -> Comparison:
    """Return *groups* side by side; raises ValueError if there is no run at all."""
    kept = {name: tuple(group) for name, group in groups.items() if group}
    everybody = [sample for group in kept.values() for sample in group]
    if not everybody:
        msg = "there is no run to compare"
        raise ValueError(msg)
    until = horizon(everybody)
    measures = (TOTAL, LOST, *TIMES, *items(everybody))
    spreads = {
        one.id: {
            name: _spread(found)
            for name, group in kept.items()
            if (found := values(group, one, until))
        }
        for one in measures
    }
    survival = {
        one.id: {
            name: kaplan_meier(times)
            for name, group in kept.items()
            if (times := waits(group, one))
        }
        for one in TIMES
    }
    points = min(len(sample.curve) for sample in everybody)
    return Comparison(
        groups=kept,
        left_out=tuple(left_out),
        measures=measures,
        spreads=spreads,
        survival=survival,
        bands={name: _band(group, points) for name, group in kept.items()},
        seconds=tuple(number * STEP_S - BEFORE_S for number in range(points)),
        looks={name: _looks(group) for name, group in kept.items()},
        pairs=tuple(_pair(one, two, kept, measures, until) for one, two in _chosen(list(kept))),
        until=until,
    )


def _chosen(names: list[str]) -> list[tuple[str, str]]:
    if len(names) > MOST_PAIRS:
        return [(name, names[0]) for name in names[1:]]
    return list(combinations(names, 2))


def _pair(
    one: str,
    two: str,
    groups: Mapping[str, Sequence[Sample]],
    measures: Sequence[Measure],
    until: float,
) -> Pair:
    first, second = groups[one], groups[two]
    level = level_of(first, second)
    mine, theirs = shared_by(first, second, level)
    found = tuple(difference(each, (one, two), (mine, theirs), level, until) for each in measures)
    return Pair(
        first=one,
        second=two,
        level=level,
        left_out=(len(first) - len(mine), len(second) - len(theirs)),
        differences=found,
        sentences=tuple(sentence(each, level) for each in found),
    )


def _spread(found: list[float]) -> Spread:
    marks = [float(one) for one in np.quantile(found, [0, 0.25, 0.5, 0.75, 1])]
    return Spread(len(found), float(np.mean(found)), *marks)


def _band(group: Sequence[Sample], points: int) -> Band:
    table = np.array([sample.curve[:points] for sample in group])
    low, middle, high = np.quantile(table, [0.25, 0.5, 0.75], axis=0)
    return Band(low.tolist(), middle.tolist(), high.tolist())


def _looks(group: Sequence[Sample]) -> list[LookRow]:
    early: Counter[str] = Counter()
    first: dict[str, list[float]] = {}
    for sample in group:
        early.update({kind for _, kind in sample.looks[:FIRST]})
        seen: dict[str, float] = {}
        for at, kind in sample.looks:
            seen.setdefault(kind, at)
        for kind, at in seen.items():
            first.setdefault(kind, []).append(at)
    return [
        LookRow(
            kind,
            len(first[kind]) / len(group),
            early[kind] / len(group),
            float(np.median(first[kind])),
        )
        for kind in KINDS
        if kind in first
    ]
