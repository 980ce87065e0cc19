"""Scoring a run: story, ledger and criteria put together; a pure function of evidence and replay."""

from __future__ import annotations

from dataclasses import dataclass

from sim.evidence import EvidenceLog
from sim.scenario import Scenario
from sim.scoring.criteria import CRITERIA, Case
from sim.scoring.ledger import Ledger, Replay
from sim.scoring.scorecard import Finding, Part, Scorecard
from sim.scoring.story import Story


@dataclass(frozen=True, slots=True)
class References:
    """Users' loss of the untouched and of the expert's run on the same seed."""

    none: float
    expert: float


def score_run(
    log: EvidenceLog, scenario: Scenario, references: References, replay: Replay
) -> tuple[Scorecard, Case]:
    """Score the evidence of a run that reaches its horizon.

    Returns the scorecard and the case behind it (story, ledger), for a debrief.
    """
    story = Story(log, scenario)
    ledger = Ledger.of(story, references.none, replay)
    case = Case(story, ledger, references.none, references.expert)
    findings = tuple(_weighted(criterion(case), scenario) for criterion in CRITERIA)
    card = Scorecard(
        scenario=scenario.slug,
        seed=story.run.seed,
        engine=story.run.engine,
        findings=findings,
        reported=_reported(case),
    )
    return card, case


def _weighted(finding: Finding, scenario: Scenario) -> Finding:
    """Apply the scenario's weight to an item; the shares stay."""
    of = scenario.rubric.weights.get(finding.id, finding.of)
    if of == finding.of:
        return finding
    factor = of / finding.of if finding.of else 0.0
    parts = tuple(
        Part(part.points * factor, part.of * factor, part.why, part.exhibits)
        for part in finding.parts
    )
    return Finding(
        finding.id, finding.block, finding.title, finding.rule, of, parts, finding.expert
    )


def _reported(case: Case) -> dict[str, float | None]:
    """Return what is told and never scored: seconds from the page, counts, requests."""
    story = case.story

    def since_page(at: int | None) -> float | None:
        return None if at is None else (at - story.paged_at) / 1000

    causes = story.about("cause")
    looks = [sight for sight in story.sights if sight.at >= story.paged_at]
    return {
        "acknowledge_s": since_page(story.acknowledged_at),
        "first_look_s": since_page(looks[0].began if looks else None),
        "enough_s": since_page(story.enough_at),
        "mitigate_s": since_page(story.mitigated_at),
        "diagnose_s": since_page(causes[0].at if causes else None),
        "close_s": since_page(story.close.at if story.close else None),
        "looks": float(len(looks)),
        "commands": float(len(story.commands)),
        "actions": float(len(story.deeds)),
        "requests_lost": case.loss,
        "requests_lost_untouched": case.loss_none,
        "requests_lost_expert": case.loss_ref,
    }
