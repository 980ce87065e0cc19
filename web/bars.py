"""The score as five bars with a word each; which item stands in which bar is decided here only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.scoring import band

MITIGATE = "mitigate-first"
"""The one item of the block Method that gets a bar of its own: it is a heuristic by itself."""
ORDER = ("Users", "Method", "Mitigate first", "Diagnosis", "Close")
QUESTIONS = {
    "Users": "What the hour cost them",
    "Method": "How the cause was narrowed down",
    "Mitigate first": "How soon the pain was stopped once it could be",
    "Diagnosis": "What began it, named and proven",
    "Close": "Updates, undoing, follow-up",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: points of what could be had, and the word for that share."""

    name: str
    question: str
    points: float
    of: float
    word: str

    @property
    def share(self) -> float:
        """Part of the points that were earned, 0 to 1."""
        return self.points / self.of if self.of else 0.0


def bars(findings: list[dict[str, Any]]) -> list[Bar]:
    """Return the bars in the order in which an incident goes."""
    sums: dict[str, tuple[float, float]] = {}
    for finding in findings:
        name = "Mitigate first" if finding["id"] == MITIGATE else finding["block"]
        points, of = sums.get(name, (0.0, 0.0))
        sums[name] = (points + finding["points"], of + finding["of"])
    found = []
    for name in (*ORDER, *(name for name in sums if name not in ORDER)):
        if name in sums:
            points, of = sums[name]
            word = band(100 * points / of) if of else ""
            found.append(Bar(name, QUESTIONS.get(name, ""), points, of, word))
    return found
