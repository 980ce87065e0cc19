"""The debrief's two columns on one time axis: what happened in each minute, here and at the expert's."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

MINUTE_MS = 60_000
ORDER = ("alert", "message", "desk", "command", "action", "panel", "fact", "mark")
"""Of one instant, what was done comes before what it showed."""


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
    for row in sorted(timeline, key=lambda row: (row["at"], ORDER.index(row["kind"]))):
        _minute(found, row["at"]).you.append(row)
    for row in _merged(expert):
        _minute(found, row["at"]).expert.append(row)
    ordered = [found[at] for at in sorted(found)]
    for before, here in pairwise(ordered):
        here.gap = (here.at - before.at) // MINUTE_MS - 1
    return ordered


def _merged(expert: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the expert's steps with a line that was typed again and again as one of them."""
    merged: list[dict[str, Any]] = []
    for row in expert:
        before = merged[-1] if merged else None
        if before is not None and (before["line"], before["think"]) == (row["line"], row["think"]):
            before["times"] += 1
            before["last"] = row["at"]
            before["facts"] = [*before["facts"], *row["facts"]]
        else:
            merged.append({**row, "times": 1, "last": row["at"]})
    return merged


def _minute(found: dict[int, Minute], at: int) -> Minute:
    begin = at - at % MINUTE_MS
    return found.setdefault(begin, Minute(begin))
