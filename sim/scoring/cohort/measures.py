"""What of a run is compared: points of each item, times, requests lost; what a value is where none came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sim.scoring.cohort.sample import Sample

Unit = Literal["points", "seconds", "requests"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a run."""

    id: str
    title: str
    unit: Unit
    of: float = 0.0
    verb: str = ""
    """For a time: what somebody did, e.g. `mitigated`."""
    primary: bool = False
    """Named beforehand: what a comparison is about, whatever else is looked at."""


TOTAL = Measure("total", "Total", "points", 100.0, primary=True)
LOST = Measure("lost", "Users' requests lost", "requests", primary=True)
TIMES = (
    Measure("acknowledge", "Acknowledged", "seconds", verb="acknowledged"),
    Measure("first_look", "First look", "seconds", verb="looked for the first time"),
    Measure("mitigate", "Mitigated", "seconds", verb="mitigated", primary=True),
    Measure("diagnose", "Diagnosed", "seconds", verb="had the cause proven"),
    Measure("resolve", "Resolved", "seconds", verb="resolved"),
)
MEASURES = (TOTAL, LOST, *TIMES)
"""Those that every scenario has; items of the rubric come from the samples."""


def items(samples: Iterable[Sample]) -> list[Measure]:
    """Return the rubric's items as measures, in the order of the first sample that has them."""
    found: dict[str, Measure] = {}
    for sample in samples:
        for id_, title in sample.titles.items():
            found.setdefault(id_, Measure(id_, title, "points", sample.of[id_]))
    return list(found.values())


def value(sample: Sample, measure: Measure, until: float) -> float | None:
    """Return a sample's value; None: it has none, and is left out of this measure.

    Who never got there counts as having taken *until*, the time up to which everybody was watched: to
    close the incident without having done it ends no waiting.
    """
    if measure.unit == "points":
        return sample.total if measure.id == TOTAL.id else sample.points.get(measure.id)
    if measure.unit == "requests":
        return sample.lost
    if measure.id == "mitigate" and sample.false_alarm:
        return None
    taken = sample.times.get(measure.id)
    return until if taken is None else min(taken, until)


def values(samples: Iterable[Sample], measure: Measure, until: float) -> list[float]:
    """Return the values of those that have one."""
    found = [value(sample, measure, until) for sample in samples]
    return [one for one in found if one is not None]


def waits(samples: Iterable[Sample], measure: Measure) -> list[tuple[float, bool]]:
    """Return (seconds, whether it happened) for Kaplan and Meier."""
    found = []
    for sample in samples:
        if value(sample, measure, sample.horizon_s) is None:
            continue
        taken = sample.times.get(measure.id)
        happened = taken is not None and taken <= sample.horizon_s
        found.append((taken if happened and taken is not None else sample.horizon_s, happened))
    return found


def horizon(samples: Iterable[Sample]) -> float:
    """Return the time up to which each of the samples was watched."""
    return min((sample.horizon_s for sample in samples), default=0.0)
