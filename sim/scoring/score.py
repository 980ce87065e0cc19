"""Scoring a run: story, ledger and criteria put together; a pure function of evidence and replay."""

from __future__ import annotations

from dataclasses import dataclass

from sim.evidence import EvidenceLog
from sim.scenario import Scenario
from sim.scoring.criteria import CRITERIA, Case
from sim.scoring.criteria.temporary import taken
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

    proof = story.shown(*story.scenario.closing.mechanism.proof)
    commands = [one for one in story.commands.values() if one.at >= story.paged_at]
    return {
        "acknowledge_s": since_page(story.acknowledged_at),
        "first_look_s": since_page(story.looks[0].at if story.looks else None),
        "enough_s": since_page(story.enough_at),
        "mitigate_s": since_page(story.mitigated_at),
        "diagnose_s": since_page(proof[0].at if proof else None),
        "resolve_s": since_page(_resolved_at(case)),
        "close_s": since_page(story.close.at if story.close else None),
        "looks": float(sum(glance.weight for glance in story.looks)),
        "commands": float(len(commands)),
        "actions": float(len(story.changes)),
        "requests_lost": case.loss,
        "requests_lost_untouched": case.loss_none,
        "requests_lost_expert": case.loss_ref,
    }


def _resolved_at(case: Case) -> int | None:
    """Return when users were at base for good and every temporary measure was safely undone."""
    story = case.story
    measures = taken(story)
    if not case.mitigated or story.stable_from is None:
        return None
    marks = [story.stable_from]
    for one in measures:
        known = [story.known.get(fact) for fact in one.measure.safe_when]
        if one.undone_at is None or any(fact is None or fact.at > one.undone_at for fact in known):
            return None
        marks.append(one.undone_at)
    return max(marks)
