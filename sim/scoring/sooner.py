"""What the same run would have cost users, had its mitigation come when enough was on the screen.

Told in the debrief, never scored.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.scoring.accounting import Replays
from sim.scoring.criteria.case import Case
from sim.scoring.impact import Impact
from sim.scoring.story import Deed

READING_MS = 2_000
"""Between the line that was enough and the first key."""


@dataclass(frozen=True, slots=True)
class Sooner:
    """A run with its mitigation moved forward."""

    at: int
    """When the mitigation would have begun (ms)."""
    deeds: tuple[Deed, ...]
    """What it is made of, in order."""
    impact: Impact
    loss: float
    saved: float
    """Requests fewer than in the run as it was."""
    replayed: bool = True
    """False where the same lines could not have worked then, as they name pods that came later: the
    figure is the pain between the two moments, not a replay."""


def mitigated_sooner(case: Case, replays: Replays) -> Sooner | None:
    """Replay the run with its mitigation's inputs moved; None where there is nothing to move."""
    story, deeds = case.story, tuple(entry.deed for entry in case.parts)
    if story.enough_at is None or not deeds or deeds[0].at <= story.enough_at + READING_MS:
        return None
    at = story.enough_at + READING_MS
    impact = Impact.of(replays.moved(frozenset(deed.input for deed in deeds), at))
    rubric = story.scenario.rubric
    fine = impact.fine_from(story.paged_at, story.horizon, rubric.mitigated_below, rubric.hold)
    mitigated = story.mitigated_at
    replayed = fine is not None and mitigated is not None and fine < mitigated
    if not replayed and mitigated is not None:
        took = max(0, mitigated - deeds[0].at)
        impact = _cut(story.impact, at + took, mitigated)
    loss = impact.lost(story.run.fault_at, story.horizon)
    return Sooner(at, deeds, impact, loss, story.loss - loss, replayed)


def _cut(impact: Impact, start: int, end: int) -> Impact:
    """Return *impact* with what was from *end* on in place of what was between *start* and *end*."""
    if start >= end:
        return impact
    wanted = impact.wanted(start, end) / ((end - start) / 1000)
    marks = [
        *((at, bad, all_) for at, bad, all_ in _steps(impact) if at < start),
        (start, impact.rate(end), wanted),
        (
            end,
            impact.rate(end),
            impact.rate(end) / share if (share := impact.share(end)) else wanted,
        ),
        *((at, bad, all_) for at, bad, all_ in _steps(impact) if at > end),
    ]
    times, failed, arrivals = zip(*marks, strict=True)
    return Impact(times, failed, arrivals)


def _steps(impact: Impact) -> list[tuple[int, float, float]]:
    return list(zip(impact.times, impact.failed, impact.arrivals, strict=True))
