"""A run as decision points: each look with its gain, each action with what the screen then spoke for.

Rows for a debrief; nothing is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.scoring.story import Story


@dataclass(frozen=True, slots=True)
class Decision:
    """One row."""

    at: int
    """Simulated ms."""
    kind: Literal["look", "action", "enough"]
    source: str
    """`command:12`, `panel:3` or `input:7`."""
    line: str
    facts: tuple[str, ...]
    """Sentences that the look made known; of `enough` the last one that it took."""
    gain: float
    """Bits that the look brought; 0 for what is no look."""
    posterior: dict[str, float]
    """Hypothesis -> probability after it."""
    right: float
    """Probability of the right class of mitigation after it."""


def decisions(story: Story) -> list[Decision]:
    """Return the decision points of a run in the order of time; none without hypotheses."""
    belief = story.belief
    if belief is None:
        return []
    rows = [
        Decision(
            row.at,
            "look",
            row.source,
            row.line,
            tuple(story.sentence(fact) for fact in row.facts),
            row.gain,
            row.posterior,
            row.classes[belief.right],
        )
        for row in belief.rows
    ]
    rows += [
        Decision(
            deed.at,
            "action",
            deed.source,
            deed.line,
            (),
            0.0,
            belief.at(deed.at),
            belief.classes_at(deed.at)[belief.right],
        )
        for deed in story.changes
    ]
    known = story.enough_known
    if known is not None and story.enough_at is not None:
        at = story.enough_at
        told = (story.sentence(belief.enough_fact),)
        rows.append(
            Decision(
                at,
                "enough",
                known.sight.source,
                known.sight.line,
                told,
                0.0,
                belief.at(at),
                belief.classes_at(at)[belief.right],
            )
        )
    order = {"look": 0, "enough": 1, "action": 2}
    return sorted(rows, key=lambda row: (row.at, order[row.kind]))
