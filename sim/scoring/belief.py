"""What the screen told about the scenario's hypotheses: posterior, bits, and when it was enough.

Naive Bayes over facts in the order in which they became known; which facts and how likely each is under
which hypothesis is the scenario's business, what a look was for is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.scenario.facts import Hypothesis

ENOUGH = 0.7
"""Above this posterior of the right class of mitigation enough is on the screen."""
FLOOR = 0.02
"""No fact rules a hypothesis out for good: people misread, and scenarios are models."""
UNSURE = 0.5
"""P(seen | hypothesis) where a scenario does not say: such a fact tells nothing about it."""
TELLING_BITS = 0.05
"""A look whose facts shift belief by less tells no hypotheses apart."""
SEPARATING = 3.0
"""Likelihood ratio from which on a fact separates two hypotheses."""

Odds = Mapping[str, float]
"""Hypothesis -> probability."""


@dataclass(frozen=True, slots=True)
class Clue:
    """A fact when it became known."""

    at: int
    source: str
    """The look that showed it: `command:12` or `panel:3`."""
    line: str
    fact: str
    likelihood: Odds
    """Hypothesis -> P(seen | hypothesis)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One look with what it did to belief."""

    at: int
    source: str
    line: str
    facts: tuple[str, ...]
    gain: float
    """Drop of entropy in bits; negative where a surprise made things less clear."""
    shift: float
    """How far belief moved, in bits (Kullback-Leibler), never negative."""
    entropy: float
    """Bits that are still open after it."""
    posterior: dict[str, float]
    classes: dict[str, float]
    """Class of mitigation -> its posterior."""


@dataclass(frozen=True, slots=True)
class Belief:
    """The whole run as a row of looks that told something."""

    hypotheses: tuple[Hypothesis, ...]
    right: str
    """The class of mitigation that the truth asks for."""
    rows: tuple[Row, ...]
    enough_at: int | None
    """When the right class first passed 0.7."""
    enough_fact: str
    """The fact with which it did; empty if never."""

    @classmethod
    def of(cls, hypotheses: Iterable[Hypothesis], truth: str, clues: Iterable[Clue]) -> Belief:
        """Weigh *clues*, which come in the order of time; the prior is the same for all."""
        known = tuple(hypotheses)
        right = next((one.mitigation for one in known if one.id == truth), "")
        odds = {one.id: 1 / len(known) for one in known}
        rows: list[Row] = []
        enough_at, enough_fact = None, ""
        for look in _by_look(clues):
            before = odds
            for clue in look:
                odds = updated(odds, clue.likelihood)
                if enough_at is None and _classes(known, odds).get(right, 0.0) > ENOUGH:
                    enough_at, enough_fact = clue.at, clue.fact
            rows.append(_row(known, look, before, odds))
        return cls(known, right, tuple(rows), enough_at, enough_fact)

    def at(self, at: int) -> dict[str, float]:
        """Return the posterior as it stood at *at*."""
        seen = [row for row in self.rows if row.at <= at]
        if seen:
            return seen[-1].posterior
        return {one.id: 1 / len(self.hypotheses) for one in self.hypotheses}

    def classes_at(self, at: int) -> dict[str, float]:
        """Return the posterior of each class of mitigation at *at*."""
        return _classes(self.hypotheses, self.at(at))

    def separates(self, likelihood: Odds) -> bool:
        """Return whether a fact tells the truth's class from some rival by itself."""
        values = {one.id: max(FLOOR, likelihood.get(one.id, UNSURE)) for one in self.hypotheses}
        right = max(values[one.id] for one in self.hypotheses if one.mitigation == self.right)
        return any(
            max(right / values[one.id], values[one.id] / right) >= SEPARATING
            for one in self.hypotheses
            if one.mitigation != self.right
        )

    def tells(self, source: str) -> bool:
        """Return whether the look *source* told hypotheses apart."""
        return any(row.source == source and row.shift >= TELLING_BITS for row in self.rows)


def updated(odds: Odds, likelihood: Odds) -> dict[str, float]:
    """Return *odds* after a fact was seen.

    >>> updated({"a": 0.5, "b": 0.5}, {"a": 0.9, "b": 0.1})
    {'a': 0.9, 'b': 0.1}
    """
    weighed = {
        name: value * min(1.0, max(FLOOR, likelihood.get(name, UNSURE)))
        for name, value in odds.items()
    }
    total = math.fsum(weighed.values())
    return {name: value / total for name, value in weighed.items()}


def entropy(odds: Odds) -> float:
    """Return how many bits are open.

    >>> entropy({"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25})
    2.0
    """
    return math.fsum(-value * math.log2(value) for value in odds.values() if value > 0)


def _shift(before: Odds, after: Odds) -> float:
    bits = (
        value * math.log2(value / before[name])
        for name, value in after.items()
        if value > 0 and before[name] > 0
    )
    return max(0.0, math.fsum(bits))


def _classes(hypotheses: Iterable[Hypothesis], odds: Odds) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in hypotheses:
        found[one.mitigation] = found.get(one.mitigation, 0.0) + odds[one.id]
    return found


def _by_look(clues: Iterable[Clue]) -> list[list[Clue]]:
    """Return the clues of each look together, where nothing else came between them."""
    looks: list[list[Clue]] = []
    for clue in clues:
        if looks and looks[-1][-1].source == clue.source:
            looks[-1].append(clue)
        else:
            looks.append([clue])
    return looks


def _row(known: tuple[Hypothesis, ...], look: list[Clue], before: Odds, after: Odds) -> Row:
    return Row(
        at=look[-1].at,
        source=look[0].source,
        line=look[0].line,
        facts=tuple(clue.fact for clue in look),
        gain=entropy(before) - entropy(after),
        shift=_shift(before, after),
        entropy=entropy(after),
        posterior=dict(after),
        classes=_classes(known, after),
    )
