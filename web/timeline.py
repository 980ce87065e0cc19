"""The debrief's two columns on one time axis: what happened in each minute, here and at the expert's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MINUTE_MS = 60_000


@dataclass(slots=True)
class Minute:
    """One row of the timeline."""

    at: int
    """Simulated ms at which the minute begins."""
    you: list[dict[str, Any]] = field(default_factory=list)
    expert: list[dict[str, Any]] = field(default_factory=list)
    gap: int = 0
    """Minutes in which nothing happened on either side before this one."""

    @property
    def matters(self) -> bool:
        """Whether something on the trainee's side stays on paper: an action, a fact, a mark."""
        return any(row["kind"] in ("action", "fact", "mark") for row in self.you)


def minutes(timeline: list[dict[str, Any]], expert: list[dict[str, Any]]) -> list[Minute]:
    """Return the minutes in which something happened, in order."""
    found: dict[int, Minute] = {}
    for row in timeline:
        _minute(found, row["at"]).you.append(row)
    for row in expert:
        _minute(found, row["at"]).expert.append(row)
    ordered = [found[at] for at in sorted(found)]
    for before, here in zip(ordered, ordered[1:], strict=False):
        here.gap = (here.at - before.at) // MINUTE_MS - 1
    return ordered


def _minute(found: dict[int, Minute], at: int) -> Minute:
    begin = at - at % MINUTE_MS
    return found.setdefault(begin, Minute(begin))
