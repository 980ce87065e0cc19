"""Block Method without mitigation: is it real, what changed, blast radius, revising."""

from __future__ import annotations

from sim.scenario import fill
from sim.scoring.criteria.case import (
    Case,
    first_about,
    here,
    quote_deed,
    quote_fact,
    quote_sight,
)
from sim.scoring.scorecard import Exhibit, Finding, Part
from sim.scoring.story import Deed, Known

EARLY_LOOKS = 6
EARLY_MS = 3 * 60_000
REVISE_ACTIONS = 3
RECOGNISED = 0.7
"""Share of an item that recognition earns; the rest comes with a separating look before closing."""
UNDONE_VERBS = frozenset({"patch", "update", "rollback", "silence"})
"""What takes one command to take back; a deleted pod has taken its evidence along."""


def is_it_real(case: Case) -> Finding:
    """Before the first action: one user-facing signal and one independent source seen."""
    story, parts = case.story, []
    when = "before anything was decided" if story.false_alarm else "before the first action"
    occasion = not story.passive if story.false_alarm else bool(story.changes)
    for known, yes, no in zip(
        case.grounds,
        ("users' own figures were seen", "an independent source was seen"),
        ("no user-facing figure was seen", "no independent source was seen"),
        strict=True,
    ):
        if not occasion:
            parts.append(Part(0, 2, "no occasion: nothing was done that it could have come before"))
        elif known is not None:
            parts.append(Part(2, 2, f"{yes} {when}", (quote_fact(known),)))
        else:
            parts.append(Part(0, 2, f"{no} {when}"))
    return Finding(
        id="is-it-real",
        block="Method",
        title="Is it real?",
        rule="Before the first action: one user-facing signal and one independent source.",
        of=4,
        parts=tuple(parts),
        expert="One look at the error rate, one at the alert's history or at the pods."
        + here(case, *first_about(case, "users", "real")),
    )


def what_changed(case: Case) -> Finding:
    """Change sources early, the right category and window, the tempting change tested."""
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
            parts=(_early(case), *_right_window(case), _tested(case)),
            expert="The newest deploy first, then a day, then since the thing that failed was started."
            + here(case, *case.story.scenario.tempting.refuted_by[:1], *_causes(case)),
        ),
    )


def _early(case: Case) -> Part:
    story = case.story
    for known in [] if story.passive else story.about("change"):
        before = story.looks_before(known.sight.began)
        if before < EARLY_LOOKS - 1 or known.at <= story.paged_at + EARLY_MS:
            return Part(4, 4, "a source of changes was consulted early", (quote_fact(known),))
    late = f"no source of changes before the {EARLY_LOOKS}th look or within 3 minutes of the page"
    return Part(0, 4, late)


def _right_window(case: Case) -> tuple[Part, Part]:
    """1 for having the change that matters on the screen, 2 for naming what kind of cause it is."""
    story, rubric = case.story, case.story.scenario.rubric
    causes = _causes(case)
    found = [] if story.passive else story.shown(*causes)
    if not causes:
        return _nothing_changed(case)
    if not found:
        missing = "the change that matters was never on the screen"
        return Part(0, 1, missing), Part(0, 2, "so it was not told from the others either")
    exhibit = (quote_fact(found[0]),)
    window = {"10m": "10 minutes", "24h": "a day", "since-start": "since this thing started"}
    seen = Part(
        1, 1, f"the change that matters was reached (window: {window[rubric.window]})", exhibit
    )
    named = _named(case, found[0])
    if named is None:
        why = (
            f"seen, but neither ticket nor closing form told it ({rubric.category}) from the others"
        )
        return seen, Part(0, 2, why)
    return seen, Part(2, 2, f"and told from the others: {named}", exhibit)


def _causes(case: Case) -> list[str]:
    """Return the facts that show the change that matters."""
    facts = case.story.scenario.facts
    return [fact.id for fact in facts if {"change", "cause"} <= set(fact.about)]


def _nothing_changed(case: Case) -> tuple[Part, Part]:
    """Judge a night in which no change is to blame: "nothing" counts with grounds only."""
    story = case.story
    read = [] if story.passive else story.about("change")
    refuted = story.shown(*story.scenario.tempting.refuted_by)
    if not read or not refuted:
        why = "the changes were not read and the tempting one not ruled out"
        return Part(0, 1, why), Part(0, 2, 'so "nothing changed" had no grounds')
    seen = Part(1, 1, "the changes were read, and none of them fits", (quote_fact(read[0]),))
    named = _named(case, refuted[0])
    if named is None:
        return seen, Part(0, 2, "but the end does not say that it was none of them")
    return seen, Part(2, 2, f"and said so: {named}", (quote_fact(refuted[0]),))


def _named(case: Case, known: Known) -> str | None:
    """Return where the run named the change that matters, after having seen it."""
    story, closing = case.story, case.story.scenario.closing
    close = story.close
    if (
        close is not None
        and close.at >= known.at
        and close.picks.get("trigger") in closing.trigger.right
    ):
        return "named as the trigger at the end"
    right = closing.ticket_origin.right
    if any(one.origin in right and one.at >= known.at for one in story.tickets):
        return "named in the ticket"
    return None


def _tested(case: Case) -> Part:
    story, tempting = case.story, case.story.scenario.tempting
    seen = story.shown(*tempting.seen)
    refuted = story.shown(*tempting.refuted_by)
    tried = serving(case)
    if _believed(case):
        return Part(0, 3, "the tempting change was believed to the end")
    if refuted and (seen or tried) and not story.passive:
        why = "a look separated the tempting change from the truth"
        return Part(3, 3, why, (quote_fact(refuted[0]),))
    if tried and len(tried) <= REVISE_ACTIONS and case.settled:
        why = "the tempting change was tried by a reversible action and left when it did not help"
        return Part(3, 3, why, (quote_deed(tried[0]),))
    if not seen and not tried:
        return Part(0, 3, "the tempting change never came to the screen, so nothing tested it")
    if tried:
        why = "the tempting change was acted on, but no look showed whether it was to blame"
        return Part(0, 3, why, (quote_deed(tried[0]),))
    return Part(0, 3, "the tempting change was neither tested nor ruled out")


def _believed(case: Case) -> bool:
    """Return whether the closing form names the victim's change as the trigger."""
    close = case.story.close
    return close is not None and (
        close.picks.get("trigger") in case.story.scenario.closing.trigger.victim
    )


def blast_radius(case: Case) -> Finding:
    """Affected compared with unaffected, the true dimension on the screen, the scope stated."""
    story, rubric = case.story, case.story.scenario.rubric
    hard = min((deed.at for deed in story.changes if not _easily_undone(deed)), default=None)
    compared = [] if story.passive else _compared(case)
    if not compared:
        first = Part(0, 4, "nothing on the screen compared affected with unaffected")
    elif hard is not None and compared[-1].at > hard:
        why = "affected and unaffected were compared only after an action that is hard to undo"
        first = Part(0, 4, why, tuple(map(quote_fact, compared)))
    else:
        quotes = tuple(map(quote_fact, compared))
        first = Part(4, 4, "affected and unaffected were compared", quotes)
    separating = None if story.passive else case.separating
    if separating is not None:
        second = Part(4, 4, f"a look separated by {rubric.dimension}", (quote_fact(separating),))
    else:
        second = Part(0, 4, f"no look separated by {rubric.dimension}")
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
            parts=(first, second, _scope_stated(case)),
            expert="Split what fails by node, zone, version, route and client: what do the failing ones "
            "share?" + here(case, *case.story.scenario.rubric.separates),
        ),
    )


def _compared(case: Case) -> list[Known]:
    """Return what first set affected against unaffected: one fact, or those of a group in order."""
    story, found = case.story, []
    for facts in case.story.scenario.rubric.compares:
        group = (facts,) if isinstance(facts, str) else facts
        known = story.shown(*group)
        if len(known) == len(set(group)):
            found.append(known)
    return min(found, key=lambda known: known[-1].at, default=[])


def _scope_stated(case: Case) -> Part:
    question, close = case.story.scenario.closing.scope, case.story.close
    if close is None or close.picks.get("scope") not in question.right:
        return Part(0, 2, "the scope was not stated rightly")
    exhibit = Exhibit(close.at, f"input:{close.input}", "close", f"scope: {close.picks['scope']}")
    if not any(known.at <= close.at for known in case.story.shown(*question.proof)):
        return Part(0, 2, "the scope was guessed: nothing on the screen had shown it", (exhibit,))
    return Part(2, 2, "the scope was stated rightly at the end", (exhibit,))


def _easily_undone(deed: Deed) -> bool:
    return all(
        action.verb in UNDONE_VERBS and not action.target.startswith("node:")
        for action in deed.actions
    )


def _with_recognition(case: Case, finding: Finding) -> Finding:
    """Lift an item where the right mitigation was recognised at once and verified."""
    if not case.recognised or case.verified is None:
        return finding
    share = 1.0 if case.separating is not None else RECOGNISED
    lift = share * finding.of - finding.points
    if lift <= 0:
        return finding
    why = "recognised: the right mitigation came within 4 looks and its effect was verified"
    if case.separating is not None:
        why += "; a separating look was seen before closing"
    parts = (*finding.parts, Part(lift, 0, why, (quote_sight(case.verified),)))
    return Finding(
        finding.id, finding.block, finding.title, finding.rule, finding.of, parts, finding.expert
    )


def revises(case: Case) -> Finding:
    """After refuting evidence is on screen, at most 3 more actions serve the refuted idea."""
    story, tempting = case.story, case.story.scenario.tempting
    tried = serving(case)
    refuted = story.shown(*tempting.refuted_by)
    after = [deed for deed in tried if refuted and deed.at > refuted[0].at]
    turned = case.settled or any(
        deed not in tried and deed.at > tried[0].at for deed in story.changes if tried
    )
    exhibit = (quote_fact(refuted[0]),) if refuted else ()
    if not tried and not case.settled:
        part = Part(0, 3, "no occasion: no refuted idea was acted on, nor was anything mitigated")
    elif not refuted and len(tried) > REVISE_ACTIONS:
        why = f"{len(tried)} actions served an idea that was never tested"
        part = Part(0, 3, why, (quote_deed(tried[-1]),))
    elif len(after) > REVISE_ACTIONS:
        why = f"{len(after)} actions served the idea after it had been refuted"
        part = Part(0, 3, why, (*exhibit, quote_deed(after[-1])))
    elif refuted and _believed(case):
        part = Part(
            0, 3, "the idea was named as the cause though the screen had refuted it", exhibit
        )
    elif not turned:
        part = Part(0, 3, "no other idea came after the one that was acted on")
    elif not refuted and not case.settled:
        part = Part(0, 3, "the idea was left, but nothing on the screen had refuted it")
    else:
        count = f"{len(after)} of at most {REVISE_ACTIONS} actions" if after else "no action"
        part = Part(3, 3, f"{count} served an idea that the screen had refuted", exhibit)
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
