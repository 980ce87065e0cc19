"""What mattered most in a run and what to practise next, in sentences that are true and blame nobody.

Pages and the terminal lay it out; nothing is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.scoring import LEAST_NO_HARM, Entry, Ledger, Story
from sim.scoring.criteria.restraint import weight
from sim.session.judge import Verdict

HARM_SPOKEN_OF = 4.0
"""Points of harm from which on an action can be what mattered most."""
LONG_WAIT_MS = 5 * 60_000
LITTLE = 2
"""Points that may be missing without a drill."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A heuristic to practise and a drill for it."""

    heuristic: str
    why: str
    drill: str


_DRILLS: dict[str, tuple[str, str]] = {
    "what-changed": (
        "What changed?",
        "Play again and spend the first two minutes on nothing but changes: the newest deploy, then a day back, "
        "then since the failing thing was started. Say for each whether it can explain who is hurt and who is not.",
    ),
    "blast-radius": (
        "Blast radius mapping",
        "Play again and, before you touch anything, split the errors by route and list the replicas with node, zone "
        "and version in one output. Write down in one line what the failing ones share and the healthy ones lack.",
    ),
    "mitigate-first": (
        "Mitigate first, diagnose second",
        "Play again with a timer: when the failing ones share something, you have two minutes to take it out of the "
        "users' way. Only then open a node, a log or the source.",
    ),
    "restraint": (
        "Is it real?",
        "Play again and, before the first change, name one signal of users and one source that does not come from "
        "the alert. If both are fine, write down when you will look again, and do that instead.",
    ),
    "no-harm": (
        "Do the least that can help",
        "Play again and say before each action what it should do to the error rate within two minutes, and how to "
        "take it back.",
    ),
    "diagnosis": (
        "Name the origin, not the victim",
        "Open the debrief's right column and follow the expert's looks from the symptom to the first cause. "
        "Then play again and cite a line for every pick.",
    ),
    "updates": (
        "Tell people while it burns",
        "Play again and send four short lines (impact, scope, action, next time) within five minutes, before the "
        "second hypothesis.",
    ),
    "follow-through": (
        "Close what you opened",
        "Play again and keep a list of every temporary measure; undo each after a check, then ticket, note, reminder.",
    ),
}
_COVERS = {
    "what-changed": ("what-changed", "revises", "is-it-real"),
    "blast-radius": ("blast-radius",),
    "mitigate-first": ("mitigate-first", "users-loss"),
    "no-harm": ("no-harm",),
    "diagnosis": ("diagnosis",),
    "updates": ("updates",),
    "follow-through": ("follow-through", "temporary", "recovery"),
}
_ON_FALSE_ALARM = {
    "what-changed": ("what-changed", "revises"),
    "restraint": ("is-it-real", "mitigate-first", "users-loss", "recovery"),
    "follow-through": ("follow-through", "temporary"),
}
"""Where nothing is the matter, the items that ask for a cure ask for restraint."""


def headline(verdict: Verdict) -> str:
    """Return one sentence on what mattered most."""
    case, story = verdict.case, verdict.case.story
    lost, more = case.loss, max(0.0, case.loss - case.loss_ref)
    ledger = case.ledger
    worst = max(ledger.entries, key=lambda entry: (entry.points, -entry.saved), default=None)
    if worst is not None and worst.cost >= HARM_SPOKEN_OF and -worst.saved >= ledger.saved:
        return (
            f"`{worst.deed.line}` cost users {-worst.saved:,.0f} requests, more than anything else in "
            "this run."
        )
    if worst is not None and worst.lasting:
        return (
            f"`{worst.deed.line}` left something behind that nothing restores: {worst.lasting[0]}."
        )
    if story.false_alarm:
        return _on_false_alarm(story)
    if not story.changes:
        return (
            f"Nothing was changed in this run, and {lost:,.0f} requests were lost; the expert's run lost "
            f"{case.loss_ref:,.0f} on the same night."
        )
    if case.mitigation is None and ledger.shared is not None:
        lines = " and ".join(f"`{deed.line}`" for deed in ledger.shared.deeds[:3])
        return f"{lines} ended the users' pain; one of them would have been enough."
    if case.mitigation is None:
        return (
            f"Nothing that was done ended the users' pain: {lost:,.0f} requests were lost, "
            f"{more:,.0f} more than in the expert's run."
        )
    enough, deed = story.enough_at, case.mitigation.deed
    if enough is not None and deed.at - enough > LONG_WAIT_MS:
        waited = (deed.at - enough) / 60_000
        cost = story.impact.lost(enough, deed.at)
        return (
            f"Enough was on the screen {waited:.0f} min before the mitigation; {cost:,.0f} requests were "
            "lost in between."
        )
    parts = [*ledger.partners(case.mitigation), case.mitigation]
    lines = " and ".join(f"`{entry.deed.line}`" for entry in parts if entry.deed.at <= deed.at)
    spared, alone = case.loss_none - lost, max(ledger.saved, case.mitigation.saved)
    if spared < alone:
        told = f": {alone:,.0f} requests saved."
    else:
        # The whole run's, while the ledger says what each action did beside the others.
        told = f"; {spared:,.0f} fewer requests were lost than in the untouched night."
    return f"{lines} ended the users' pain at {story.clock(story.mitigated_at or deed.at)}{told}"


def _on_false_alarm(story: Story) -> str:
    # A silence with an end, say, is no change to what serves users.
    needless = [deed for deed in story.changes if any(weight(one)[0] for one in deed.actions)]
    if not needless:
        touched = "what serves users was left alone" if story.changes else "nothing was touched"
        return f"There was nothing to repair, and {touched}."
    count = len(needless)
    more = "" if count == 1 else f", the first of {count} changes"
    return f"There was nothing to repair; `{needless[0].line}` was needless{more}."


def practise_next(verdict: Verdict) -> Practice:
    """Return the heuristic whose items left most points on the table."""
    card, story = verdict.card, verdict.case.story
    shares: list[tuple[float, int, str]] = []
    left: dict[str, list[str]] = {}
    covers = {**_COVERS, **_ON_FALSE_ALARM} if story.false_alarm else _COVERS
    if story.false_alarm:
        del covers["mitigate-first"]
    for rank, (key, items) in enumerate(covers.items()):
        found = [finding for finding in card.findings if finding.id in items]
        missed = sum(finding.of - finding.points for finding in found)
        shares.append((-missed, rank, key))
        left[key] = [
            f"{one.title} {one.of - one.points:.0f}" for one in found if one.of - one.points >= 1
        ]
    if card.finding("no-harm").points < LEAST_NO_HARM:
        # Nothing else counts before this does.
        heuristic, drill = _DRILLS["no-harm"]
        why = "the run's own actions hurt users, or broke what nothing restores; that comes first"
        return Practice(heuristic, why, drill)
    most, _, key = min(shares)
    missed = round(-most)
    heuristic, drill = _DRILLS[key]
    if missed <= LITTLE:
        return Practice(
            heuristic,
            "next to nothing was left on the table; keep it fluent",
            "Play another seed, or the same one with the dashboards closed.",
        )
    parts = f" ({'; '.join(left[key])})" if len(left[key]) > 1 else ""
    why = f"{missed} points were left here{parts}, more than anywhere else"
    if key == "diagnosis" and story.close is None:
        why += ", since the closing form was not filled in"
    return Practice(heuristic, why, drill)


def effect_text(ledger: Ledger, entry: Entry) -> str:
    """Return what an action did to users, in words: `saved 1,200 requests, together with ...`."""
    if entry.unmeasured:
        text = f"not measured: {entry.unmeasured}"
    elif ledger.free(entry.saved):
        text = "no effect on users"
    elif entry.saved < 0:
        text = f"cost {-entry.saved:,.0f} requests"
    else:
        text = f"saved {entry.saved:,.0f} requests"
    partners = ledger.partners(entry)
    if partners:
        text += f", only together with {' and '.join(f'`{one.deed.line}`' for one in partners)}"
    if ledger.source and not entry.unmeasured:
        text += f" ({ledger.source})"
    return "; ".join([text, *entry.lasting])
