"""Block Method without mitigation: is it real, what changed, blast radius, revising."""

from __future__ import annotations

from sim.scenario import fill
from sim.scoring.criteria.case import Case, quote_deed, quote_fact, quote_sight
from sim.scoring.scorecard import Finding, Part
from sim.scoring.story import Deed, Known

EARLY_LOOKS = 6
EARLY_MS = 3 * 60_000
REVISE_ACTIONS = 3
RECOGNISED = 0.7
"""Share of an item that recognition earns."""


def is_it_real(case: Case) -> Finding:
    """Before the first action: one user-facing signal and one independent source seen."""
    first = min((deed.at for deed in case.changes_done), default=case.story.horizon)
    parts: list[Part] = []
    for topic, yes, no in (
        ("users", "users' own figures were seen", "no user-facing figure was seen"),
        ("real", "an independent source was seen", "no independent source was seen"),
    ):
        found = [known for known in case.story.about(topic) if known.at <= first]
        if found:
            parts.append(Part(2, 2, f"{yes} before the first action", (quote_fact(found[0]),)))
        else:
            parts.append(Part(0, 2, f"{no} before the first action"))
    return Finding(
        id="is-it-real",
        block="Method",
        title="Is it real?",
        rule="Before the first action: one user-facing signal and one independent source.",
        of=4,
        parts=tuple(parts),
        expert="One look at the error rate, one at the alert's history or at the pods.",
    )


def what_changed(case: Case) -> Finding:
    """Change sources early, the right category and window, the tempting change tested."""
    story, scenario = case.story, case.story.scenario
    change = story.about("change")
    # Reading the application's source is not asking what changed.
    early = [known for known in change if _early(case, known) and not known.sight.deep]
    parts = [
        Part(4, 4, "a source of changes was consulted early", (quote_fact(early[0]),))
        if early
        else Part(0, 4, "no source of changes within 5 looks or 3 minutes of the page")
    ]
    causes = {fact.id for fact in scenario.facts if {"change", "cause"} <= set(fact.about)}
    right = [known for fact, known in story.known.items() if fact in causes]
    if right:
        first = min(right, key=lambda known: known.at)
        why = f"the change that matters was reached (window {scenario.rubric.window})"
        parts.append(Part(3, 3, why, (quote_fact(first),)))
    else:
        why = f"the change that matters ({scenario.rubric.category}) was never on the screen"
        parts.append(Part(0, 3, why))
    parts.append(_tested(case))
    return _with_recognition(
        case,
        Finding(
            id="what-changed",
            block="Method",
            title="What changed?",
            rule=(
                "4: a change source before the 6th look or within 3 min; 3: the right category and "
                "window, widening 10 min, 24 h, since this thing started; 3: the tempting change tested."
            ),
            of=10,
            parts=tuple(parts),
            expert="The newest deploy first, then a day, then since the thing that failed was started.",
        ),
    )


def _early(case: Case, known: Known) -> bool:
    story = case.story
    before = sum(1 for sight in story.sights if story.paged_at <= sight.began < known.sight.began)
    return before < EARLY_LOOKS - 1 or known.at <= story.paged_at + EARLY_MS


def _tested(case: Case) -> Part:
    tempting = case.story.scenario.tempting
    refuted = [case.story.known[fact] for fact in tempting.refuted_by if fact in case.story.known]
    if refuted:
        first = min(refuted, key=lambda known: known.at)
        return Part(
            3, 3, "a look separated the tempting change from the truth", (quote_fact(first),)
        )
    tried = serving(case)
    if tried and len(tried) <= REVISE_ACTIONS and case.mitigated:
        why = "the tempting change was tried by a reversible action and left when it did not help"
        return Part(3, 3, why, (quote_deed(tried[0]),))
    return Part(0, 3, "the tempting change was neither tested nor ruled out")


def blast_radius(case: Case) -> Finding:
    """Affected compared with unaffected, the true dimension on the screen, the scope stated."""
    story = case.story
    hard = min((deed.at for deed in case.changes_done if not _easily_undone(deed)), default=None)
    scope = [known for known in story.about("scope") if hard is None or known.at <= hard]
    separating = [
        story.known[fact]
        for fact in story.scenario.enough
        if fact in story.known and "scope" in story.scenario.fact(fact).about
    ]
    parts = [
        Part(4, 4, "affected and unaffected were compared", (quote_fact(scope[0]),))
        if scope
        else Part(0, 4, "nothing compared affected with unaffected before a hard-to-undo action")
    ]
    dimension = story.scenario.rubric.dimension
    if separating:
        first = min(separating, key=lambda known: known.at)
        parts.append(Part(4, 4, f"a look separated by {dimension}", (quote_fact(first),)))
    else:
        parts.append(Part(0, 4, f"no look separated by {dimension}"))
    parts.append(_scope_stated(case))
    return _with_recognition(
        case,
        Finding(
            id="blast-radius",
            block="Method",
            title="Blast radius",
            rule=(
                "4: affected compared with unaffected before anything hard to undo; 4: a look in which "
                "the true dimension separates; 2: scope stated rightly."
            ),
            of=10,
            parts=tuple(parts),
            expert="List the replicas with their node, zone and version: what do the failing ones share?",
        ),
    )


def _scope_stated(case: Case) -> Part:
    question = case.story.scenario.closing.scope
    close = case.story.close
    if close is not None and close.picks.get("scope") in question.right:
        return Part(2, 2, "the scope was stated rightly at the end")
    return Part(0, 2, "the scope was not stated rightly")


def _easily_undone(deed: Deed) -> bool:
    return all(action.target.startswith("nodes/") for action in deed.actions)


def _with_recognition(case: Case, finding: Finding) -> Finding:
    """Lift an item to 70 % where the right mitigation was recognised at once and verified."""
    floor = RECOGNISED * finding.of
    if not case.recognised or case.verified is None or finding.points >= floor:
        return finding
    lift = Part(
        floor - finding.points,
        0,
        "recognised: the right mitigation came within 4 looks and its effect was verified",
        (quote_sight(case.verified),),
    )
    return Finding(
        finding.id,
        finding.block,
        finding.title,
        finding.rule,
        finding.of,
        (*finding.parts, lift),
        finding.expert,
    )


def revises(case: Case) -> Finding:
    """After refuting evidence is on screen, at most 3 more actions serve the refuted idea."""
    story, tempting = case.story, case.story.scenario.tempting
    tried = serving(case)
    if not tried and not case.mitigated:
        part = Part(0, 3, "no occasion: no refuted idea was acted on, nor was anything mitigated")
    else:
        times = [story.known[fact].at for fact in tempting.refuted_by if fact in story.known]
        refuted_at = min(times, default=None)
        after = [deed for deed in tried if refuted_at is not None and deed.at > refuted_at]
        if refuted_at is None and len(tried) > REVISE_ACTIONS:
            why = f"{len(tried)} actions served an idea that was never tested"
            part = Part(0, 3, why, (quote_deed(tried[-1]),))
        elif len(after) > REVISE_ACTIONS:
            why = f"{len(after)} actions served the idea after it had been refuted"
            part = Part(0, 3, why, (quote_deed(after[-1]),))
        elif not case.mitigated:
            part = Part(0, 3, "no other idea led to users being fine again")
        else:
            part = Part(3, 3, "no more than 3 actions served an idea that the screen had refuted")
    return Finding(
        id="revises",
        block="Method",
        title="Revises",
        rule="After refuting evidence is on screen, at most 3 more actions serve the refuted idea.",
        of=3,
        parts=(part,),
        expert="Say aloud what would prove the idea wrong, and look for that first.",
    )


def serving(case: Case) -> list[Deed]:
    """Return the actions that served the tempting idea."""
    wanted = [fill(text, case.story.roles) for text in case.story.scenario.tempting.serves]
    return [
        deed
        for deed in case.story.deeds
        if any(f"{action.verb} {action.target}" in wanted for action in deed.actions)
    ]
