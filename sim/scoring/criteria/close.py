"""Block Close: updates, temporary measures undone, follow-through."""

from __future__ import annotations

from itertools import pairwise

from sim.evidence import ReminderRecord, TicketRecord, UpdateRecord
from sim.kernel import Epoch
from sim.scenario import fill
from sim.scoring.criteria.case import Case, quote_deed
from sim.scoring.criteria.dated import reminder_due
from sim.scoring.criteria.temporary import Taken, taken
from sim.scoring.scorecard import Exhibit, Finding, Part

FIELDS = ("impact", "scope", "action", "next")
LEAST_TEXT = 2
"""Letters and digits that a field of an update has at least."""
LEAST_NOTE = 10
"""Letters and digits that make a note."""
HOUR_MS = 3_600_000
TOMORROW_MS = (3 * HOUR_MS, 36 * HOUR_MS)
"""A reminder between these times after the page is one for tomorrow."""


def updates(case: Case) -> Finding:
    """The first within 5 min with four fields, a cadence while it burns, the right person asked."""
    sent = case.story.updates
    parts = [Part(0, 5, "no update was sent")]
    if sent:
        parts = [_first(case, sent), _cadence(case, sent), *_people(case, sent)]
    return Finding(
        id="updates",
        block="Close",
        title="Updates",
        rule=(
            "2: the first within 5 min with impact, scope, action, next time; 1: then every 15 min while "
            "it burns (a false alarm: until it is closed); 1: the right person asked; 1: nobody woken in vain."
        ),
        of=5,
        parts=tuple(parts),
        expert="Four short lines in the channel before the second hypothesis.",
    )


def _first(case: Case, sent: list[UpdateRecord]) -> Part:
    """Judge the fullest update of those that came in time."""
    story, rubric = case.story, case.story.scenario.rubric
    timely = [one for one in sent if one.at <= story.paged_at + rubric.first_update]
    if not timely:
        late = (sent[0].at - story.paged_at) / 60_000
        why = f"the first update came {late:.0f} min after the page"
        return Part(0, 2, why, (_quote(sent[0]),))
    best = max(timely, key=lambda one: (len(_filled(one)), -one.at))
    missing = [name for name in FIELDS if name not in _filled(best)]
    if missing:
        return Part(1, 2, f"in time, but without {', '.join(missing)}", (_quote(best),))
    return Part(2, 2, "in time, with impact, scope, action and next time", (_quote(best),))


def _filled(update: UpdateRecord) -> list[str]:
    """Return the fields that say something: a few letters, and not what another field says."""
    said: dict[str, str] = {}
    for name in FIELDS:
        text = _letters(update.fields.get(name, ""))
        if len(text) >= LEAST_TEXT and text not in said.values():
            said[name] = text
    return list(said)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _cadence(case: Case, sent: list[UpdateRecord]) -> Part:
    """Judge the gaps between updates while users fail; of a false alarm until it is closed as one.

    Those who read along cannot see that nobody is hurt; they wait for somebody to say so.
    """
    story, limit = case.story, case.story.scenario.rubric.cadence
    closed = story.close.at if story.close is not None else story.horizon
    end = min(closed, story.horizon) if story.false_alarm else story.horizon
    said = [one.at for one in sent if story.paged_at < one.at < end]
    gap = max(
        later - earlier if story.false_alarm else story.burning_ms(earlier, later)
        for earlier, later in pairwise([story.paged_at, *said, end])
    )
    minutes = limit // 60_000
    until = "until it was closed" if story.false_alarm else "while users were failing"
    if gap <= limit:
        return Part(1, 1, f"at least every {minutes} min {until}")
    return Part(0, 1, f"{gap / 60_000:.0f} min without a word {until}")


def _people(case: Case, sent: list[UpdateRecord]) -> tuple[Part, Part]:
    people = {one.id: one for one in case.story.scenario.people}
    needed = [one for one in people.values() if one.needed]
    asked = [one for one in sent if one.to in {person.id for person in needed}]
    if asked:
        right = Part(1, 1, "the right person was asked", (_quote(asked[0]),))
    elif needed:
        right = Part(0, 1, f"{needed[0].name} ({needed[0].role}) could have been asked")
    else:
        right = Part(1, 1, "nobody else was needed")
    for update in sent:
        person = people.get(update.to)
        if person is not None and person.asleep and not person.needed:
            why = f"{person.name} was woken and could not help tonight"
            return right, Part(0, 1, why, (_quote(update),))
    return right, Part(1, 1, "nobody was woken in vain")


def _quote(update: UpdateRecord) -> Exhibit:
    shown = [f"{name}: {text}" for name, text in update.fields.items() if text]
    to = f" to {update.to}" if update.to else ""
    lines = [line for line in (*shown, update.text) if line]
    return Exhibit(update.at, f"input:{update.input}", f"update{to}", "\n".join(lines[:6]))


def temporary(case: Case) -> Finding:
    """Each measure of the scenario's list that was taken is undone, and safely."""
    # What protected nothing has to be gone at the end; giving it back earns nothing by itself.
    measures = [one for one in taken(case.story) if one.measure.safe_when or one.undone_at is None]
    if measures:
        share = 1 / len(measures)
        parts = [
            Part(one.points * share, one.of * share, one.why, one.exhibits)
            for one in (_undone(case, measure) for measure in measures)
        ]
    elif case.settled and case.verified is not None:
        how = "left alone" if case.story.false_alarm else "mitigated"
        parts = [Part(3, 3, f"{how} and verified without any measure that must be undone")]
    else:
        parts = [Part(0, 3, "no occasion: no temporary measure, no verified mitigation")]
    return Finding(
        id="temporary",
        block="Close",
        title="Temporary measures undone and checked",
        rule="What was done only for tonight is undone, after a check that it is safe.",
        of=3,
        parts=tuple(parts),
        expert="Undo a measure once the thing it protected from is shown to be gone.",
    )


def _undone(case: Case, one: Taken) -> Part:
    story = case.story
    what = fill(one.measure.text, story.roles)
    if "*" in one.measure.target:
        what += f" ({one.target.rpartition('/')[2].removeprefix('alert:')})"
    if one.undone_at is None:
        return Part(0, 3, f"not undone: {what}", (quote_deed(one.made),))
    exhibit = (quote_deed(one.undone or one.made),)
    missing = [
        fact
        for fact in one.measure.safe_when
        if fact not in story.known or story.known[fact].at > one.undone_at
    ]
    if missing:
        sentence = story.sentence(missing[0]).rstrip(".")
        why = f"undone before it was seen to be safe ({sentence}): {what}"
        return Part(1, 3, why, exhibit)
    return Part(3, 3, f"undone, and safe: {what}", exhibit)


def follow_through(case: Case) -> Finding:
    """A ticket that names origin, fix and owner; a reminder for tomorrow; a note."""
    story = case.story
    parts = [Part(0, 2, "no ticket was filed")]
    if story.tickets:
        parts = [_ticket(case, story.tickets[-1])]
    parts.append(_reminder(case, story.reminders))
    notes = [one for one in story.notes if len(_letters(one.text)) >= LEAST_NOTE]
    if notes:
        note = notes[0]
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


def _ticket(case: Case, ticket: TicketRecord) -> Part:
    """Give a third each; an origin that nothing on the screen had shown is a guess."""
    story, closing = case.story, case.story.scenario.closing
    right: list[str] = []
    wrong: list[str] = []
    for name, picked, question in (
        ("origin", ticket.origin, closing.ticket_origin),
        ("fix", ticket.fix, closing.ticket_fix),
        ("owner", ticket.owner, closing.ticket_owner),
    ):
        shown = story.shown(*question.proof)
        known = not question.proof or any(one.at <= ticket.at for one in shown)
        if picked in question.right and known:
            right.append(name)
        elif picked in question.right:
            wrong.append(f"{name} guessed before anything showed it")
        else:
            wrong.append(f"{name} is another")
    why = f"ticket: {' and '.join(right) or 'nothing'} right"
    if wrong:
        why += f"; {', '.join(wrong)}"
    quote = f"origin {ticket.origin}, fix {ticket.fix}, owner {ticket.owner}"
    exhibit = Exhibit(ticket.at, f"input:{ticket.input}", "ticket", quote)
    return Part(2 * len(right) / 3, 2, why, (exhibit,))


def _reminder(case: Case, reminders: list[ReminderRecord]) -> Part:
    if not reminders:
        return Part(0, 1, "no reminder for tomorrow")
    story = case.story
    for reminder in reminders:
        exhibit = (Exhibit(reminder.at, f"input:{reminder.input}", "reminder", reminder.due),)
        if reminder.due == "tomorrow":
            return Part(1, 1, "a reminder for tomorrow was set", exhibit)
        due = reminder_due(reminder, Epoch.parse(story.run.epoch))
        if due is not None and TOMORROW_MS[0] <= due - story.paged_at <= TOMORROW_MS[1]:
            return Part(1, 1, "a reminder for tomorrow was set", exhibit)
    return Part(0, 1, "a reminder was set, but not for tomorrow", exhibit)
