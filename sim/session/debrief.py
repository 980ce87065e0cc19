"""The debrief as data: curves, two-column timeline, ledger, every score line with its quote, what to practise.

Pages and the terminal lay it out; nothing is judged here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sim.evidence import (
    AcknowledgeRecord,
    AlertRecord,
    MessageRecord,
    NoteRecord,
    ReminderRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.scenario import fill
from sim.scoring import LEAST_NO_HARM, Entry, Finding, Ledger, Story, band
from sim.session.judge import Verdict
from sim.session.references import Cache, Reference, reference

CURVE_STEP_MS = 15_000
BEFORE_MS = 5 * 60_000
"""How much of the time before the fault the curve shows."""
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
        "Play again and, before you touch anything, list the replicas with node, zone and version in one output. "
        "Write down in one line what the failing ones share and the healthy ones lack.",
    ),
    "mitigate-first": (
        "Mitigate first, diagnose second",
        "Play again with a timer: when the failing ones share something, you have two minutes to move work away from "
        "it. Only then open a node, a log or the source.",
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


def make_debrief(verdict: Verdict, cache: Cache) -> dict[str, Any]:
    """Return the debrief of a scored run as JSON."""
    story = verdict.case.story
    scenario, seed = story.scenario, story.run.seed
    junior = reference(scenario, seed, "junior", cache)
    card = verdict.card
    practice = practise_next(verdict)
    return {
        "title": scenario.title,
        "seed": seed,
        "engine": card.engine,
        "epoch": story.run.epoch,
        "total": card.total,
        "band": band(card.total),
        "passed": card.passed,
        "blocks": [
            {"name": name, "points": points, "of": of} for name, points, of in card.blocks()
        ],
        "findings": [_finding(finding) for finding in card.findings],
        "reported": card.reported,
        "headline": headline(verdict),
        "practice": asdict(practice),
        "paged_at": story.paged_at,
        "fault_at": story.run.fault_at,
        "horizon": story.horizon,
        "mitigated_at": story.mitigated_at,
        "enough_at": story.enough_at,
        "closed_at": story.close.at if story.close else None,
        "curves": _curves(story, [verdict.none, verdict.expert, junior]),
        "gap": max(0.0, verdict.case.loss - verdict.expert.loss),
        "timeline": _timeline(story, verdict),
        "expert": _expert(verdict.expert, story),
        "ledger": _ledger(verdict),
        "answers": _answers(story),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "points": finding.points}


def _curves(story: Story, references: list[Reference]) -> dict[str, list[tuple[int, float]]]:
    start, end = story.run.fault_at - BEFORE_MS, story.horizon
    names = {"idle": "untouched", "senior": "expert", "junior": "junior"}
    curves = {"this run": story.impact.curve(start, end, CURVE_STEP_MS)}
    for one in references:
        curves[names[one.player]] = one.impact.curve(start, end, CURVE_STEP_MS)
    return curves


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
    if not story.changes:
        return (
            f"Nothing was changed in this run, and {lost:,.0f} requests were lost; the expert's run lost "
            f"{case.loss_ref:,.0f} on the same night."
        )
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
    return (
        f"{lines} ended the users' pain at {story.clock(story.mitigated_at or deed.at)}: "
        f"{max(ledger.saved, case.mitigation.saved):,.0f} requests saved."
    )


def practise_next(verdict: Verdict) -> Practice:
    """Return the heuristic whose items left most points on the table."""
    card, story = verdict.card, verdict.case.story
    shares: list[tuple[float, int, str]] = []
    for rank, (key, items) in enumerate(_COVERS.items()):
        found = [finding for finding in card.findings if finding.id in items]
        missed = sum(finding.of - finding.points for finding in found)
        shares.append((-missed, rank, key))
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
    why = f"{missed} points were left here, more than anywhere else"
    if key == "diagnosis" and story.close is None:
        why += ", since the closing form was not filled in"
    return Practice(heuristic, why, drill)


def effect_text(ledger: Ledger, entry: Entry) -> str:
    """Return what an action did to users, in words: `saved 1,200 requests, together with ...`."""
    if ledger.free(entry.saved):
        text = "no effect on users"
    elif entry.saved < 0:
        text = f"cost {-entry.saved:,.0f} requests"
    else:
        text = f"saved {entry.saved:,.0f} requests"
    partners = ledger.partners(entry)
    if partners:
        text += f", only together with {' and '.join(f'`{one.deed.line}`' for one in partners)}"
    return "; ".join([text, *entry.lasting])


def _timeline(story: Story, verdict: Verdict) -> list[dict[str, Any]]:
    """Return what happened on the trainee's side and in the world, in order of time."""
    effects = {entry.deed.input: entry for entry in verdict.case.ledger.entries}
    deeds = {deed.command: deed for deed in story.deeds if deed.command >= 0}
    rows: list[dict[str, Any]] = []
    for command in story.commands.values():
        row: dict[str, Any] = {"at": command.at, "kind": "command", "text": command.line}
        row["source"] = f"command:{command.command}"
        deed = deeds.get(command.command)
        if deed is not None and deed.input in effects:
            row["kind"] = "action"
            row |= _effect(verdict.case.ledger, effects[deed.input])
        rows.append(row)
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
        match record:
            case AlertRecord():
                text = f"{record.alert}: {record.state}"
                rows.append({"at": record.at, "kind": "alert", "text": text})
            case AcknowledgeRecord():
                rows.append({"at": record.at, "kind": "desk", "text": "acknowledged"})
            case MessageRecord():
                rows.append(
                    {"at": record.at, "kind": "message", "text": f"{record.who}: {record.text}"}
                )
            case UpdateRecord():
                fields = "; ".join(f"{name}: {text}" for name, text in record.fields.items())
                text = " ".join(part for part in (fields, record.text) if part)
                rows.append({"at": record.at, "kind": "desk", "text": f"update: {text}"})
            case NoteRecord():
                rows.append({"at": record.at, "kind": "desk", "text": f"note: {record.text}"})
            case TicketRecord():
                text = f"ticket: {record.origin}, {record.fix}, {record.owner}"
                rows.append({"at": record.at, "kind": "desk", "text": text})
            case ReminderRecord():
                rows.append({"at": record.at, "kind": "desk", "text": f"reminder: {record.due}"})
    for at, text in (
        (story.mitigated_at, "users are fine again"),
        (story.enough_at, "enough is on the screen to mitigate"),
        (story.close.at if story.close else None, "closed"),
    ):
        if at is not None:
            rows.append({"at": at, "kind": "mark", "text": text})
    return sorted(rows, key=lambda row: row["at"])


def _expert(expert: Reference, story: Story) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"at": step.at, "line": step.line, "think": step.think, "facts": []}
        for step in expert.steps
    ]
    known = sorted(expert.facts.items(), key=lambda pair: pair[1])
    for fact, at in known:
        before = [row for row in rows if row["at"] <= at]
        if before:
            before[-1]["facts"].append(story.sentence(fact))
    return rows


def _ledger(verdict: Verdict) -> list[dict[str, Any]]:
    ledger = verdict.case.ledger
    return [
        {
            "at": entry.deed.at,
            "line": entry.deed.line,
            "source": entry.deed.source,
            "changed": list(
                dict.fromkeys(f"{one.verb} {one.target}" for one in entry.deed.actions)
            )[:4],
            "cost": entry.points,
            "together": [one.deed.line for one in ledger.partners(entry)],
            "lasting": list(entry.lasting),
            **_effect(ledger, entry),
        }
        for entry in ledger.entries
    ]


def _effect(ledger: Ledger, entry: Entry) -> dict[str, Any]:
    """Return the requests saved (0 where too few to speak of) and the same in words."""
    saved = 0.0 if ledger.free(entry.saved) else entry.saved
    return {"saved": saved, "effect": effect_text(ledger, entry)}


def _answers(story: Story) -> list[dict[str, Any]]:
    """Return the scenario's truth: question, right answers, what was picked."""
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
