"""Scoring a run: story, ledger and criteria put together; a pure function of evidence and replays.

It can be taken in steps, so that a page shows what needs no replay at once and the ledger's rows as they
come. What a line is worth stands in the criteria.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.evidence import EvidenceLog
from sim.scenario import Scenario
from sim.scoring.accounting import Accounting, Basis, Replays
from sim.scoring.criteria import CRITERIA, Case, needs_no_replay
from sim.scoring.criteria.temporary import taken
from sim.scoring.ledger import Entry, Ledger
from sim.scoring.rubric import Reweighed
from sim.scoring.scorecard import Finding, Part, Scorecard
from sim.scoring.sooner import Sooner, mitigated_sooner
from sim.scoring.story import Story


@dataclass(frozen=True, slots=True)
class References:
    """Users' loss of the untouched and of the expert's run on the same seed."""

    none: float
    expert: float


class Scoring:
    """A run being scored: `at_once`, then `rows`, then `finish`; each may be left out."""

    def __init__(
        self,
        log: EvidenceLog,
        scenario: Scenario,
        references: References,
        replays: Replays,
        rubric: Reweighed | None = None,
        basis: Basis | None = None,
    ) -> None:
        """Read *log*, which reaches the horizon; *rubric* replaces weights and thresholds.

        *basis* is what the replays are held against, if that is not the run itself.
        """
        self.scenario = scenario if rubric is None else rubric.applied(scenario)
        self.story = Story(log, self.scenario)
        self._references = references
        self._replays = replays
        self._accounting = Accounting(self.story, references.none, replays, basis)
        self._source = basis.source if basis is not None else ""
        self._case: Case | None = None

    def at_once(self) -> tuple[Finding, ...]:
        """Return the lines that need no counterfactual, as they will stand on the scorecard."""
        case = self._case_with(self.blank)
        return tuple(
            _weighted(criterion(case), self.scenario)
            for criterion in CRITERIA
            if needs_no_replay(criterion, self.scenario)
        )

    @property
    def blank(self) -> Ledger:
        """The ledger as it is known before any replay."""
        accounting = self._accounting
        return Ledger(
            (), accounting.loss, accounting.base, self._references.none, source=self._source
        )

    def rows(self) -> Iterator[Entry]:
        """Yield the ledger's rows as they are measured; what actions did together comes at the end."""
        return self._accounting.rows()

    @property
    def case(self) -> Case:
        """The story with its whole ledger, for a debrief."""
        if self._case is None:
            self._case = self._case_with(self._accounting.ledger())
        return self._case

    def finish(self) -> Scorecard:
        """Return the scorecard, measuring what has not been measured yet."""
        findings = tuple(_weighted(criterion(self.case), self.scenario) for criterion in CRITERIA)
        return Scorecard(
            scenario=self.scenario.slug,
            seed=self.story.run.seed,
            engine=self.story.run.engine,
            backend=self.story.run.backend,
            findings=findings,
            reported=_reported(self.case),
            by_class=_split(self.story, "class"),
            by_route=_split(self.story, "route"),
        )

    def sooner(self) -> Sooner | None:
        """Return the same run with its mitigation moved to when enough was on the screen.

        Of a measured run nothing can be moved, so there is none.
        """
        if self.story.measured:
            return None
        return mitigated_sooner(self.case, self._replays)

    def _case_with(self, ledger: Ledger) -> Case:
        return Case(self.story, ledger, self._references.none, self._references.expert)


def score_run(
    log: EvidenceLog,
    scenario: Scenario,
    references: References,
    replays: Replays,
    rubric: Reweighed | None = None,
) -> tuple[Scorecard, Case]:
    """Score the evidence of a run that reaches its horizon.

    Returns the scorecard and the case behind it (story, ledger), for a debrief.
    """
    scoring = Scoring(log, scenario, references, replays, rubric)
    return scoring.finish(), scoring.case


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
    return replace(finding, of=of, parts=parts)


def _split(story: Story, by: str) -> dict[str, float]:
    """Return the requests lost from the fault to the horizon by class or by route."""
    start, end = story.run.fault_at, story.horizon
    return {name: story.impact.lost(start, end, by, name) for name in story.impact.names(by)}


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
        "mitigate_s": None if story.false_alarm else since_page(story.mitigated_at),
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
    if not case.settled or story.stable_from is None:
        return None
    marks = [story.stable_from]
    for one in measures:
        known = [story.known.get(fact) for fact in one.measure.safe_when]
        if one.undone_at is None or any(fact is None or fact.at > one.undone_at for fact in known):
            return None
        marks.append(one.undone_at)
    return max(marks)
