"""Block Diagnosis: structured picks, each with a citation of something that was on the screen."""

from __future__ import annotations

from sim.scenario import fill
from sim.scenario.closing import Question
from sim.scoring.criteria.case import Case, exhibit, here
from sim.scoring.scorecard import Exhibit, Finding, Part

VICTIM = 1.0
"""Points of the origin's 5 for naming what suffered instead of what began it."""


def diagnosis(case: Case) -> Finding:
    """Origin 5 (component 3, failure 1, trigger 1), mechanism 4, scope 4."""
    closing = case.story.scenario.closing
    component = _pick(case, "component", closing.component, 3.0)
    origin = component.points == component.of
    parts = (
        component,
        _pick(case, "failure", closing.failure, 1.0, origin=origin),
        _pick(case, "trigger", closing.trigger, 1.0, origin=origin),
        _pick(case, "mechanism", closing.mechanism, 4.0),
        _pick(case, "scope", closing.scope, 4.0),
    )
    return Finding(
        id="diagnosis",
        block="Diagnosis",
        title="Origin, mechanism, scope",
        rule=(
            "Structured picks after recovery, each citing what was on the screen; the victim instead of "
            "the origin earns 1 of 5."
        ),
        of=13,
        parts=parts,
        expert="Name what began it, not what it hurt, and point at the line that shows it."
        + here(case, *closing.mechanism.proof),
    )


def _pick(case: Case, name: str, question: Question, of: float, *, origin: bool = True) -> Part:
    """Judge one pick; *origin* is False where the component is wrong, so that this cannot be its."""
    story, close = case.story, case.story.close
    picked = close.picks.get(name, "") if close is not None else ""
    if close is None or not picked:
        return Part(0, of, f"{name}: nothing was picked")
    texts = {one.id: fill(one.text, story.roles) for one in question.choices}
    text = texts.get(picked, picked)
    if story.mitigated_at is None or close.at < story.mitigated_at:
        return Part(0, of, f"{name}: {text}; picked while users were still failing")
    right = " or ".join(text for id_, text in texts.items() if id_ in question.right)
    cited = close.citations.get(name, [])
    if picked in question.right:
        proof = _proof(case, cited, set(question.proof) or set(story.known))
        if not cited:
            return Part(0, of, f"{name}: right ({text}), but nothing was cited for it")
        if not proof:
            why = "what was cited was not on the screen or does not show it"
            return Part(0, of, f"{name}: right ({text}), but {why}")
        if not origin:
            return Part(0, of, f"{name}: {text}, but of another component", proof)
        return Part(of, of, f"{name}: right ({text})", proof)
    if name == "component" and picked in question.victim:
        proof = _proof(case, cited, set(story.known))
        if proof:
            return Part(VICTIM, of, f"{name}: {text} is the victim; the origin was: {right}", proof)
    return Part(0, of, f"{name}: {text}; it was: {right}")


def _proof(case: Case, cited: list[str], facts: set[str]) -> tuple[Exhibit, ...]:
    """Return the cited looks that were on the screen and showed one of *facts*."""
    found: list[Exhibit] = []
    for sight in case.story.sights:
        by_command = sight.command >= 0 and f"command:{sight.command}" in cited
        if sight.source in cited or by_command:
            showed = [quote for fact, quote in sight.facts.items() if fact in facts]
            found += [exhibit(sight.at, sight, quote.lines) for quote in showed[:1]]
    return tuple(found[:2])
