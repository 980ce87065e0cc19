"""Scores a finished run: references, counterfactual replays and the rubric put together."""

from __future__ import annotations

from dataclasses import dataclass

from sim.evidence import EvidenceLog, RunRecord
from sim.scenario import Scenario
from sim.scoring import References, Reweighed, Scorecard, Scoring
from sim.scoring.criteria import Case
from sim.session.branch import Branches
from sim.session.inputs import Input
from sim.session.references import Cache, Reference, reference

UNTOUCHED, EXPERT = "idle", "senior"
"""The players whose runs on the same seed a score is held against; every scenario has an expert."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A scored run with what it was held against."""

    card: Scorecard
    case: Case
    none: Reference
    expert: Reference


@dataclass(frozen=True, slots=True)
class Trial:
    """A run being scored, with what it is held against."""

    scoring: Scoring
    none: Reference
    expert: Reference

    def verdict(self) -> Verdict:
        """Return the whole, measuring what has not been measured yet."""
        return Verdict(self.scoring.finish(), self.scoring.case, self.none, self.expert)


def trial(
    log: EvidenceLog,
    scenario: Scenario,
    seed: int,
    inputs: list[Input],
    cache: Cache,
    rubric: Reweighed | None = None,
) -> Trial:
    """Get ready to score the run that *inputs* made; *log* is its evidence up to the horizon."""
    none = reference(scenario, seed, UNTOUCHED, cache)
    expert = reference(scenario, seed, EXPERT, cache)
    replays = Branches(scenario, seed, inputs, epoch=next(log.of(RunRecord)).epoch)
    losses = References(none.loss, expert.loss)
    return Trial(Scoring(log, scenario, losses, replays, rubric), none, expert)


def judge(
    log: EvidenceLog,
    scenario: Scenario,
    seed: int,
    inputs: list[Input],
    cache: Cache,
    rubric: Reweighed | None = None,
) -> Verdict:
    """Score the run that *inputs* made; *log* is its evidence up to the horizon."""
    return trial(log, scenario, seed, inputs, cache, rubric).verdict()
