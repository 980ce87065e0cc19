"""Block Diagnosis: structured picks, each with a citation of something that was on the screen."""

from __future__ import annotations

from sim.scenario.closing import Question
from sim.scoring.criteria.case import Case, quote_sight
from sim.scoring.scorecard import Exhibit, Finding, Part

VICTIM = 1.0
"""Points of 5 for naming what suffered instead of what began it."""


def diagnosis(case: Case) -> Finding:
    """Origin 5 (component 3, failure 1, trigger 1), mechanism 4, scope 4."""
    closing = case.story.scenario.closing
    parts = (
        _pick(case, "component", closing.component, 3.0),
        _pick(case, "failure", closing.failure, 1.0),
        _pick(case, "trigger", closing.trigger, 1.0),
        _pick(case, "mechanism", closing.mechanism, 4.0),
        _pick(case, "scope", closing.scope, 4.0),
    )
    return Finding(
        id="diagnosis",
        block="Diagnosis",
        title="Origin, mechanism, scope",
        rule="Structured picks, each cited; the victim instead of the origin earns 1 of 5.",
        of=13,
        parts=parts,
        expert="Name what began it, not what it hurt, and point at the line that shows it.",
    )


def _pick(case: Case, name: str, question: Question, of: float) -> Part:
    close = case.story.close
    picked = close.picks.get(name, "") if close is not None else ""
    if close is None or not picked:
        return Part(0, of, f"{name}: nothing was picked")
    text = next((one.text for one in question.choices if one.id == picked), picked)
    cited = _cited(case, close.citations.get(name, []))
    if picked in question.right:
        if not cited:
            return Part(
                0, of, f"{name}: right ({text}), but nothing on the screen was cited for it"
            )
        return Part(of, of, f"{name}: right ({text})", cited)
    right = " or ".join(one.text for one in question.choices if one.id in question.right)
    if picked in question.victim and cited:
        return Part(VICTIM, of, f"{name}: {text} is the victim; the origin is {right}", cited)
    return Part(0, of, f"{name}: {text}; the scenario says {right}", cited)


def _cited(case: Case, citations: list[str]) -> tuple[Exhibit, ...]:
    """Return the cited looks that were on the screen and showed a fact of cause or scope."""
    facts = {
        fact.id
        for fact in case.story.scenario.facts
        if {"cause", "scope", "change"} & set(fact.about)
    }
    return tuple(
        quote_sight(sight)
        for sight in case.story.sights
        if sight.source in citations and facts & set(sight.facts)
    )[:2]
