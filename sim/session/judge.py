"""Scores a finished run: references, counterfactual replays and the rubric put together."""

from __future__ import annotations

from dataclasses import dataclass

from sim.evidence import EvidenceLog, RunRecord
from sim.scenario import Scenario
from sim.scoring import References, Reweighed, Scorecard, Scoring, Story
from sim.scoring.criteria import Case
from sim.session.branch import Branches
from sim.session.inputs import Input
from sim.session.measured import SIMULATED, backend_of
from sim.session.reenact import reenact
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
    *,
    ledger: bool = True,
) -> Trial:
    """Get ready to score the run that *inputs* made; *log* is its evidence up to the horizon.

    Of a run on a real cluster the actions are done again in the simulator for it, unless no *ledger* is
    wanted; the references are moved so that their page comes when its page came.
    """
    none = reference(scenario, seed, UNTOUCHED, cache)
    expert = reference(scenario, seed, EXPERT, cache)
    losses = References(none.loss, expert.loss)
    if backend_of(log) == SIMULATED:
        replays = Branches(scenario, seed, inputs, epoch=next(log.of(RunRecord)).epoch)
        return Trial(Scoring(log, scenario, losses, replays, rubric), none, expert)
    story = Story(log, scenario)
    by = story.paged_at - none.paged_at
    none, expert = none.later(by), expert.later(by)
    if not ledger:
        unplayed = Branches(scenario, seed, [])
        return Trial(Scoring(log, scenario, losses, unplayed, rubric), none, expert)
    made = reenact(story, seed, inputs)
    scoring = Scoring(log, scenario, losses, made.replays(), rubric, made.basis)
    return Trial(scoring, none, expert)


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
