"""The score as five bars with a word each; which item stands in which bar is decided here only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sim.scoring import band

FALSE_ALARM = "false-alarm"
BARS = {
    "users-loss": "Users",
    "no-harm": "Users",
    "recovery": "Users",
    "is-it-real": "Method",
    "what-changed": "Method",
    "blast-radius": "Method",
    "mitigate-first": "Mitigate first",
    "revises": "Method",
    "diagnosis": "Diagnosis",
    "updates": "Close",
    "temporary": "Close",
    "follow-through": "Close",
}
"""Item -> its bar. One item of the block Method has one of its own: it is a heuristic by itself."""
QUESTIONS = {
    "Users": "What the hour cost them",
    "Method": "How the cause was narrowed down",
    "Mitigate first": "How soon the pain was stopped once it could be",
    "Diagnosis": "What began it, named and proven",
    "Close": "Updates, undoing, follow-up",
}
ON_FALSE_ALARM = {
    "Users": ("Restraint", "Whether those who were served were left alone"),
    "Method": ("Method", "How it was found that nothing is the matter"),
    "Mitigate first": ("Dated re-check", "When and what will be looked at again"),
    "Diagnosis": ("Diagnosis", "What made the alert fire, named and proven"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: points of what could be had, and the word for that share."""

    name: str
    question: str
    points: float
    of: float
    word: str
    pending: bool = False
    """Whether lines of it are still being worked out; what there is counts so far."""

    @property
    def share(self) -> float:
        """Part of the points that were earned, 0 to 1."""
        return self.points / self.of if self.of else 0.0


def bars(
    findings: list[dict[str, Any]], missing: Iterable[str] = (), kind: str = "incident"
) -> list[Bar]:
    """Return the bars in the order in which an incident goes; *missing* items follow later."""
    sums: dict[str, tuple[float, float]] = {}
    for finding in findings:
        name = BARS.get(finding["id"], finding["block"])
        points, of = sums.get(name, (0.0, 0.0))
        sums[name] = (points + finding["points"], of + finding["of"])
    open_ = {BARS.get(id_, "") for id_ in missing}
    found = []
    for name in (*QUESTIONS, *(name for name in sums if name not in QUESTIONS)):
        points, of = sums.get(name, (0.0, 0.0))
        if not of and name not in open_:
            continue
        pending = name in open_
        word = band(100 * points / of) if of and not pending else ""
        shown, question = name, QUESTIONS.get(name, "")
        if kind == FALSE_ALARM:
            shown, question = ON_FALSE_ALARM.get(name, (shown, question))
        found.append(Bar(shown, question, points, of, word, pending))
    return found
