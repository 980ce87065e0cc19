"""Block Close: updates, temporary measures undone, follow-through."""

from __future__ import annotations

from itertools import pairwise

from sim.evidence import UpdateRecord
from sim.scenario import fill
from sim.scenario.closing import Temporary
from sim.scoring.criteria.case import Case, quote_deed
from sim.scoring.scorecard import Exhibit, Finding, Part
from sim.scoring.story import Deed

FIELDS = ("impact", "scope", "action", "next")


def updates(case: Case) -> Finding:
    """The first within 5 min with four fields, a cadence while it burns, the right person asked."""
    story, rubric = case.story, case.story.scenario.rubric
    sent = story.updates
    parts: list[Part] = []
    if not sent:
        parts.append(Part(0, 5, "no update was sent"))
    else:
        first = sent[0]
        missing = [name for name in FIELDS if not first.fields.get(name)]
        late = first.at - story.paged_at - rubric.first_update
        exhibit = (_quote(first),)
        if late > 0:
            parts.append(Part(0, 2, f"the first update came {late / 1000:.0f} s late", exhibit))
        elif missing:
            parts.append(Part(1, 2, f"in time, but without {', '.join(missing)}", exhibit))
        else:
            parts.append(Part(2, 2, "in time, with impact, scope, action and next time", exhibit))
        end = story.mitigated_at if story.mitigated_at is not None else story.horizon
        marks = [story.paged_at, *(one.at for one in sent if one.at < end), end]
        gap = max(later - earlier for earlier, later in pairwise(marks))
        if gap <= rubric.cadence + rubric.first_update:
            parts.append(Part(1, 1, "at least every 15 min while users were failing"))
        else:
            parts.append(
                Part(0, 1, f"{gap / 60_000:.0f} min without a word while users were failing")
            )
        parts.append(_people(case, sent))
    return Finding(
        id="updates",
        block="Close",
        title="Updates",
        rule="First within 5 min with impact, scope, action, next time; then every 15 min; nobody woken in vain.",
        of=5,
        parts=tuple(parts),
        expert="Four short lines in the channel before the second hypothesis.",
    )


def _people(case: Case, sent: list[UpdateRecord]) -> Part:
    people = {one.id: one for one in case.story.scenario.people}
    woken = [
        (one, people[one.to])
        for one in sent
        if one.to in people and people[one.to].asleep and not people[one.to].needed
    ]
    if woken:
        update, person = woken[0]
        return Part(0, 2, f"{person.name} was woken and could not help tonight", (_quote(update),))
    needed = [one for one in people.values() if one.needed]
    if needed and not any(update.to in {one.id for one in needed} for update in sent):
        return Part(0, 2, f"{needed[0].name} ({needed[0].role}) should have been asked")
    return Part(2, 2, "nobody was woken in vain")


def _quote(update: UpdateRecord) -> Exhibit:
    shown = [f"{name}: {text}" for name, text in update.fields.items() if text]
    return Exhibit(
        update.at, f"input:{update.input}", "update", "\n".join([*shown, update.text][:6])
    )


def temporary(case: Case) -> Finding:
    """Each measure of the scenario's list that was taken is undone, and safely."""
    parts: list[Part] = []
    taken = 0
    for measure in case.story.scenario.temporary:
        made, undone = _measure(case, measure)
        if made is None:
            continue
        taken += 1
        if undone is None:
            parts.append(Part(0, 3, f"not undone: {measure.text}", (quote_deed(made),)))
            continue
        known = case.story.known
        missing = [
            fact for fact in measure.safe_when if fact not in known or known[fact].at > undone.at
        ]
        if missing:
            sentence = case.story.sentence(missing[0])
            why = f"undone before it was known to be safe ({sentence}): {measure.text}"
            parts.append(Part(1, 3, why, (quote_deed(undone),)))
        else:
            parts.append(Part(3, 3, f"undone and safe: {measure.text}", (quote_deed(undone),)))
    if taken:
        share = 1 / taken
        parts = [Part(one.points * share, one.of * share, one.why, one.exhibits) for one in parts]
    elif case.mitigated and case.verified is not None:
        parts.append(Part(3, 3, "mitigated and verified without any measure that must be undone"))
    else:
        parts.append(Part(0, 3, "no occasion: no temporary measure, no verified mitigation"))
    return Finding(
        id="temporary",
        block="Close",
        title="Temporary measures undone and checked",
        rule="What was done only for tonight is undone, after a check that it is safe.",
        of=3,
        parts=tuple(parts),
        expert="Undo a measure once the thing it protected from is shown to be gone.",
    )


def _measure(case: Case, measure: Temporary) -> tuple[Deed | None, Deed | None]:
    """Return the first deed that took *measure* and the last that undid it after that."""
    target = fill(measure.target, case.story.roles)
    made: Deed | None = None
    undone: Deed | None = None
    for deed in case.story.deeds:
        for action in deed.actions:
            if action.target != target and not action.target.startswith(target + "/"):
                continue
            state = _state(measure.kind, action.detail, action.verb)
            if state == "made":
                made, undone = made or deed, None
            elif state == "undone" and made is not None:
                undone = deed
    return made, undone


_MARKS = {
    "cordon": ("unschedulable: true", "unschedulable:"),
    "taint": ("taints: +", "taints: -"),
    "scale": ("replicas:", "replicas:"),
    "silence": ("silence", "unsilence"),
    "limit": ("limits", "limits"),
    "label": ("labels", "labels"),
}


def _state(kind: str, detail: str, verb: str) -> str:
    """Return `made`, `undone` or empty for one action on a measure's target."""
    if kind == "pod":
        return {"create": "made", "delete": "undone"}.get(verb, "")
    made, undone = _MARKS[kind]
    if made in detail or made == verb:
        return "made"
    return "undone" if undone in detail or undone == verb else ""


def follow_through(case: Case) -> Finding:
    """A ticket that names origin, fix and owner; a reminder for tomorrow; a note."""
    story, closing = case.story, case.story.scenario.closing
    parts: list[Part] = []
    if story.tickets:
        ticket = story.tickets[-1]
        good = [
            name
            for name, picked, question in (
                ("origin", ticket.origin, closing.ticket_origin),
                ("fix", ticket.fix, closing.ticket_fix),
                ("owner", ticket.owner, closing.ticket_owner),
            )
            if picked in question.right
        ]
        quote = f"origin {ticket.origin}, fix {ticket.fix}, owner {ticket.owner}"
        exhibit = (Exhibit(ticket.at, f"input:{ticket.input}", "ticket", quote),)
        parts.append(Part(2 * len(good) / 3, 2, f"ticket: right in {len(good)} of 3", exhibit))
    else:
        parts.append(Part(0, 2, "no ticket was filed"))
    if story.reminders:
        reminder = story.reminders[0]
        exhibit = (Exhibit(reminder.at, f"input:{reminder.input}", "reminder", reminder.due),)
        parts.append(Part(1, 1, "a reminder was set", exhibit))
    else:
        parts.append(Part(0, 1, "no reminder for tomorrow"))
    if story.notes:
        note = story.notes[0]
        exhibit = (Exhibit(note.at, f"input:{note.input}", "note", note.text[:200]),)
        parts.append(Part(1, 1, "the timeline has a note", exhibit))
    else:
        parts.append(Part(0, 1, "no note in the timeline"))
    return Finding(
        id="follow-through",
        block="Close",
        title="Follow-through",
        rule="A ticket with origin, fix and owner 2; a reminder for tomorrow 1; a timeline note 1.",
        of=4,
        parts=tuple(parts),
        expert="Write the ticket while the numbers are on the screen; 3 AM is forgotten by the standup.",
    )
