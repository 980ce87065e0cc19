"""Scores a finished run: references, counterfactual replays and the rubric put together."""

from __future__ import annotations

from dataclasses import dataclass

from sim.evidence import EvidenceLog, RunRecord
from sim.scenario import Scenario
from sim.scoring import References, Scorecard, score_run
from sim.scoring.criteria import Case
from sim.session.branch import Branches
from sim.session.inputs import Input
from sim.session.references import Cache, Reference, reference


@dataclass(frozen=True, slots=True)
class Verdict:
    """A scored run with what it was held against."""

    card: Scorecard
    case: Case
    none: Reference
    expert: Reference


def judge(
    log: EvidenceLog, scenario: Scenario, seed: int, inputs: list[Input], cache: Cache
) -> Verdict:
    """Score the run that *inputs* made; *log* is its evidence up to the horizon."""
    none = reference(scenario, seed, "idle", cache)
    expert = reference(scenario, seed, "senior", cache)
    replays = Branches(scenario, seed, inputs, epoch=next(log.of(RunRecord)).epoch)
    card, case = score_run(log, scenario, References(none.loss, expert.loss), replays)
    return Verdict(card, case, none, expert)
