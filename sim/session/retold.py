"""A run told again for its debrief: what happened in order, thoughts, bets, decision points, belief.

Everything is read from the evidence; pages and the terminal lay it out, and nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.evidence import (
    AcknowledgeRecord,
    AlertRecord,
    BetRecord,
    FreezeRecord,
    MessageRecord,
    NoteRecord,
    OutcomeRecord,
    Record,
    ReminderRecord,
    ThinkRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.scenario import fill
from sim.scoring import Story
from sim.session import panels
from sim.session.bets import told, unit_of
from sim.session.freeze import as_json, find_point
from sim.session.play import Step
from sim.session.updates import FIELDS

BINS = ((0, 49), (50, 64), (65, 79), (80, 94), (95, 100))
"""How sure somebody was, in per cent, for calibration."""


def timeline(story: Story) -> list[dict[str, Any]]:
    """Return what happened on the trainee's side and in the world, in order of time.

    Rows: `{at, kind, text, source?, input?, quote?}`; *kind* is command, fact, panel, alert, desk,
    think, bet, message or mark. A command that changed something has `changes: true` and its *input*,
    by which the ledger's row is found.
    """
    deeds = {deed.command: deed for deed in story.deeds if deed.command >= 0}
    rows: list[dict[str, Any]] = []
    for command in story.commands.values():
        deed = deeds.get(command.command)
        rows.append(
            {
                "at": command.at,
                "kind": "command",
                "text": command.line,
                "source": f"command:{command.command}",
                "input": command.input if deed is None else deed.input,
                "changes": deed is not None,
            }
        )
    rows += [
        {
            "at": known.at,
            "kind": "fact",
            "text": story.sentence(fact),
            "source": known.sight.source,
            "quote": "\n".join(known.quote.lines[:4]),
        }
        for fact, known in story.known.items()
    ]
    rows += [
        {"at": sight.at, "kind": "panel", "text": sight.line, "source": sight.source}
        for sight in story.sights
        if sight.panel and sight.new and sight.command < 0
    ]
    for record in story.log:
        said = _said(record, story)
        if said is not None:
            rows.append({"at": record.at, "kind": said[0], "text": said[1]})
    for at, text in (
        (story.mitigated_at, "users are fine again"),
        (story.enough_at, "enough is on the screen to mitigate"),
        (story.close.at if story.close else None, "closed"),
    ):
        if at is not None and not (story.false_alarm and at == story.mitigated_at):
            rows.append({"at": at, "kind": "mark", "text": text})
    return sorted(rows, key=lambda row: row["at"])


def _said(record: Record, story: Story) -> tuple[str, str] | None:
    """Return (kind, text) of a record that is a line of the timeline by itself."""
    match record:
        case AlertRecord():
            return "alert", f"{record.alert}: {record.state}"
        case AcknowledgeRecord():
            return "desk", "acknowledged"
        case MessageRecord():
            return "message", f"{record.who}: {record.text}"
        case UpdateRecord():
            fields = [
                f"{name}: {record.fields[name]}" for name in FIELDS if record.fields.get(name)
            ]
            text = "; ".join(filter(None, (record.text, *fields)))
            people = {one.id: one.name for one in story.scenario.people}
            to = f" to {people.get(record.to, record.to)}" if record.to else ""
            return "desk", f"update{to}: {text}"
        case NoteRecord():
            return "desk", f"note: {record.text}"
        case TicketRecord():
            return "desk", f"ticket: {_ticket(record, story)}"
        case ReminderRecord():
            return "desk", f"reminder for {_day(record.due)}: {record.text}".removesuffix(": ")
        case ThinkRecord():
            return "think", record.text
        case BetRecord():
            return "bet", told(record)
    return None


def _ticket(record: TicketRecord, story: Story) -> str:
    """Return what a ticket says, its picks in the words of their lists."""
    closing, said = story.scenario.closing, []
    for question, picked in (
        (closing.ticket_origin, record.origin),
        (closing.ticket_fix, record.fix),
        (closing.ticket_owner, record.owner),
    ):
        texts = {one.id: fill(one.text, story.roles) for one in question.choices}
        said.append(texts.get(picked, picked))
    return "; ".join(filter(None, (*said, record.text)))


def _day(due: str) -> str:
    """Return a reminder's time as the room writes it."""
    if "T" in due:
        return f"{due[:10]} {due[11:16]} UTC"
    return due.replace("-", " ")


def thoughts(story: Story, expert: list[Step]) -> list[dict[str, Any]]:
    """Return what the trainee thought aloud, each beside what the expert thought last at that time.

    `[{at, text, kind: think|bet, expert: {at, line, think} | None}]`
    """
    rows = []
    for record in story.log:
        if not isinstance(record, ThinkRecord | BetRecord):
            continue
        before = [step for step in expert if step.at <= record.at and step.think]
        last = before[-1] if before else None
        beside = None
        if last is not None:
            beside = {"at": last.at, "line": last.line, "think": last.think}
        text = record.text if isinstance(record, ThinkRecord) else told(record)
        rows.append({"at": record.at, "kind": record.kind, "text": text, "expert": beside})
    return rows


def bets(story: Story) -> list[dict[str, Any]]:
    """Return the bets with their outcomes.

    `[{at, text, told, due, sure, value, shown, off, right, counts}]`; *off* is how far *value* was from
    the limit, in words; *right* is None where no figure was there; *counts* is False where calibration
    leaves it out.
    """
    outcomes = {record.input: record for record in story.log.of(OutcomeRecord)}
    rows = []
    for bet in story.log.of(BetRecord):
        outcome = outcomes.get(bet.input)
        value = outcome.value if outcome else None
        limit = (bet.above if bet.below is None else bet.below) or 0.0
        off = None if value is None else abs(value - limit)
        rows.append(
            {
                "at": bet.at,
                "text": bet.text,
                "told": told(bet),
                "due": bet.at + bet.within_ms,
                "sure": bet.sure,
                "value": value,
                "shown": panels.value_text(unit_of(bet.metric), value),
                "off": panels.value_text(unit_of(bet.metric), off),
                "right": outcome.right if outcome else None,
                "counts": bet.counts,
            }
        )
    return rows


def calibration(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return how sure somebody was against how often they were right.

    `{bets, right, brier: 0-1 | None, bins: [{from, to, bets, sure, right}]}`; in a bin *sure* and
    *right* are means in per cent. Brier: the mean square of (sure - came true); 0.25 is a coin's.
    """
    settled = [
        (row["sure"], bool(row["right"]))
        for row in rows
        if row["right"] is not None and row.get("counts", True)
    ]
    found = []
    for low, high in BINS:
        inside = [(sure, right) for sure, right in settled if low <= sure <= high]
        if inside:
            count = len(inside)
            found.append(
                {
                    "from": low,
                    "to": high,
                    "bets": count,
                    "sure": sum(sure for sure, _ in inside) / count,
                    "right": 100 * sum(right for _, right in inside) / count,
                }
            )
    squares = [(sure / 100 - right) ** 2 for sure, right in settled]
    return {
        "bets": len(settled),
        "right": sum(right for _, right in settled),
        "brier": sum(squares) / len(squares) if squares else None,
        "bins": found,
    }


def decisions(story: Story) -> list[dict[str, Any]]:
    """Return the decision points of practice mode: as `freeze.as_json`, with `at`."""
    rows = []
    for record in story.log.of(FreezeRecord):
        point = find_point(story.scenario, record.point)
        if point is not None:
            rows.append({"at": record.at, **as_json(point, story.roles, record.ranking)})
    return rows


def belief(story: Story) -> dict[str, Any] | None:
    """Return what each look told about the scenario's hypotheses, None where it has none.

    `{hypotheses: [{id, text, mitigation, true}], right: class, enough_at, rows: [{at, source, line,
    facts: [sentence], gain: bits, posterior: {id: 0-1}, classes: {class: 0-1}}]}`
    """
    found = story.belief
    if found is None:
        return None
    return {
        "hypotheses": [
            {
                "id": one.id,
                "text": fill(one.text, story.roles),
                "mitigation": one.mitigation,
                "true": one.id == story.scenario.truth,
            }
            for one in found.hypotheses
        ],
        "right": found.right,
        "enough_at": found.enough_at,
        "rows": [
            {
                "at": row.at,
                "source": row.source,
                "line": row.line,
                "facts": [story.sentence(fact) for fact in row.facts],
                "gain": row.gain,
                "posterior": row.posterior,
                "classes": row.classes,
            }
            for row in found.rows
        ],
    }


def answers(story: Story) -> list[dict[str, Any]]:
    """Return the scenario's truth: `[{question, right: [text], picked, is_right}]`."""
    closing, close = story.scenario.closing, story.close
    rows = []
    for name in ("component", "failure", "trigger", "mechanism", "scope"):
        question = getattr(closing, name)
        texts = {one.id: fill(one.text, story.roles) for one in question.choices}
        picked = close.picks.get(name, "") if close else ""
        rows.append(
            {
                "question": name,
                "right": [texts[id_] for id_ in question.right],
                "picked": texts.get(picked, ""),
                "is_right": picked in question.right,
            }
        )
    return rows
