"""How sure people were and how often they were right: bets, and the scenario's hypotheses over runs.

Reported beside the score, never part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sim.evidence import BetRecord, EvidenceLog, OutcomeRecord
from sim.scoring.story import Story

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges of the bins of a reliability table; the last one is closed on both sides."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Something said with a probability, and whether it came true."""

    sure: float
    """0 to 1."""
    right: bool


@dataclass(frozen=True, slots=True)
class Bet:
    """A bet of one run with its outcome, for the debrief."""

    at: int
    text: str
    sure: float
    due: int
    value: float | None
    """The figure when it was due; None without one, or if the run ended before."""
    right: bool | None
    counts: bool = True
    """False if it said nothing that the hour before had not said."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about the same certainty."""

    low: float
    high: float
    count: int
    said: float
    """Mean certainty."""
    came: float
    """Share that came true."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Forecasts of any number of runs, together."""

    count: int
    brier: float | None
    """Mean squared error, 0 the best, 0.25 what always saying 50 % earns; None without forecasts."""
    bins: tuple[Bin, ...]
    """Those that hold something."""

    @classmethod
    def of(cls, forecasts: Iterable[Forecast]) -> Calibration:
        """Sum *forecasts* up.

        >>> Calibration.of([Forecast(0.9, True), Forecast(0.5, False)]).brier
        0.13
        """
        known = sorted(forecasts, key=lambda one: (one.sure, one.right))
        errors = [(one.sure - one.right) ** 2 for one in known]
        brier = round(sum(errors) / len(errors), 12) if errors else None
        bins = [_bin(known, low, high) for low, high in pairwise(BINS)]
        return cls(len(known), brier, tuple(one for one in bins if one.count))


def _bin(known: list[Forecast], low: float, high: float) -> Bin:
    held = [
        one for one in known if low <= one.sure < high or (high == BINS[-1] and one.sure == high)
    ]
    count = len(held)
    if not count:
        return Bin(low, high, 0, 0.0, 0.0)
    said = sum(one.sure for one in held) / count
    return Bin(low, high, count, said, sum(one.right for one in held) / count)


def bets(log: EvidenceLog) -> list[Bet]:
    """Return the bets of a run, in order, each with what came of it."""
    outcomes = {record.input: record for record in log.of(OutcomeRecord)}
    found = []
    for record in log.of(BetRecord):
        outcome = outcomes.get(record.input)
        found.append(
            Bet(
                at=record.at,
                text=record.text,
                sure=record.sure / 100,
                due=record.at + record.within_ms,
                value=None if outcome is None else outcome.value,
                right=None if outcome is None else outcome.right,
                counts=record.counts,
            )
        )
    return found


def of_bets(made: Iterable[Bet]) -> list[Forecast]:
    """Return the bets that were decided, without those in which nothing was risked."""
    return [Forecast(one.sure, one.right) for one in made if one.right is not None and one.counts]


def of_screen(story: Story) -> list[Forecast]:
    """Return what the screen told of each hypothesis when the first change was made.

    Over runs this shows whether the likelihoods of scenarios are any good: of what stood at 80 % then,
    four in five should be true.
    """
    belief = story.belief
    if belief is None:
        return []
    first = min((deed.at for deed in story.changes), default=story.horizon)
    truth = story.scenario.truth
    return [Forecast(value, name == truth) for name, value in belief.at(first).items()]
