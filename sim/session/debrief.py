"""The debrief as data, in two steps: at once what needs no counterfactual, then the whole.

`first_debrief` returns the keys below at once; with `pending: true` those marked * are empty or None.
Times are simulated ms, loss is in requests (weighted by client class).

    pending     bool: the ledger is still being worked out
    title, slug, seed, engine, epoch, paged_at, fault_at, horizon, mitigated_at, enough_at, closed_at
    kind        incident | false-alarm
    backend     simulated | kind; measured: a sentence on figures of a real cluster, else empty
    prober      what a real cluster's prober found, see `probed`; None: there was none
    mode        {practice, branched_at: ms | None, mystery: family}
    total*, band*, passed*   blocks* [{name, points, of}]
    findings    [{id, block, title, rule, of, points, parts, expert}]; pending: those that need no replay
    missing     [id] of findings that follow
    reported*   figures that are told and not scored
    headline*, practice* {heuristic, why, drill}
    lost        {run, untouched, expert, junior, before branching: n | None, by_class: {name: n},
                by_route: {call: n}}; gap = run - expert
    curves      name -> [[ms, share]]: this run, untouched, expert, junior; before branching; sooner*
    parts       {class: {name: [[ms, share of all requests]]}, route: ...} of this run
    timeline    see `retold.timeline`; expert: [{at, line, think, facts}]
    thoughts, bets, calibration, decisions, belief, answers    see `retold`
    ledger*     rows, see `ledger_row`; bonds* [{first, then, tie, words, saved}] by inputs;
    groups*     [[input]]; together* [{inputs, lines, saved, words}]
    what_if*    {sooner: {at, lines, loss, saved, replayed: bool} | None, why: a sentence if there is no replay}

Nothing is judged here, and nothing is laid out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sim.scoring import Entry, Finding, Impact, Joint, Ledger, Sooner, Story, band
from sim.scoring.rubric import ITEMS
from sim.session import retold
from sim.session.advice import effect_text, headline, practise_next
from sim.session.judge import Trial, Verdict
from sim.session.measured import NO_REPLAY, measured
from sim.session.play import Step
from sim.session.probed import probed
from sim.session.references import Cache, Reference, reference

CURVE_STEP_MS = 15_000
BEFORE_MS = 5 * 60_000
"""How much of the time before the fault the curve shows."""
JUNIOR = "junior"
Curve = list[list[float]]
"""Pairs of a time (ms) and a share."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How a run was played, if not once from its page to its end."""

    practice: bool = False
    branched_at: int | None = None
    mystery: str = ""
    before: Impact | None = None
    """How users fared in the run from which it was branched."""


def first_debrief(trial: Trial, cache: Cache, mode: Mode | None = None) -> dict[str, Any]:
    """Return what a debrief can say before any action has been left out."""
    story, findings = trial.scoring.story, trial.scoring.at_once()
    known = {finding.id for finding in findings}
    return {
        "pending": True,
        **_whatever(story, trial.none, trial.expert, cache, mode or Mode()),
        "total": None,
        "band": None,
        "passed": None,
        "blocks": [],
        "findings": [_finding(finding) for finding in findings],
        "missing": [id_ for id_ in ITEMS if id_ not in known],
        "reported": {},
        "headline": None,
        "practice": None,
        "ledger": [],
        "bonds": [],
        "groups": [],
        "together": [],
        "what_if": {"sooner": None, "why": NO_REPLAY if story.measured else ""},
    }


def make_debrief(
    verdict: Verdict, cache: Cache, mode: Mode | None = None, sooner: Sooner | None = None
) -> dict[str, Any]:
    """Return the whole debrief of a scored run."""
    story, ledger, card = verdict.case.story, verdict.case.ledger, verdict.card
    found = {
        "pending": False,
        **_whatever(story, verdict.none, verdict.expert, cache, mode or Mode()),
        "total": card.total,
        "band": band(card.total),
        "passed": card.passed,
        "blocks": [
            {"name": name, "points": points, "of": of} for name, points, of in card.blocks()
        ],
        "findings": [_finding(finding) for finding in card.findings],
        "missing": [],
        "reported": card.reported,
        "headline": headline(verdict),
        "practice": asdict(practise_next(verdict)),
        "ledger": [ledger_row(entry, ledger) for entry in ledger.entries],
        "bonds": [
            {
                "first": bond.first.input,
                "then": bond.then.input,
                "tie": bond.tie,
                "words": bond.words,
                "saved": bond.saved,
            }
            for bond in ledger.bonds
        ],
        "groups": [[entry.deed.input for entry in group] for group in ledger.groups()],
        "together": _together(ledger),
        "what_if": {"sooner": None, "why": NO_REPLAY if story.measured else ""},
    }
    effects = {row["input"]: row for row in found["ledger"]}
    for row in found["timeline"]:
        if row.get("changes") and row["input"] in effects:
            effect = effects[row["input"]]
            row |= {"kind": "action", "saved": effect["saved"], "effect": effect["effect"]}
    if sooner is not None:
        found["what_if"]["sooner"] = {
            "at": sooner.at,
            "lines": [deed.line for deed in sooner.deeds],
            "loss": sooner.loss,
            "saved": sooner.saved,
            "replayed": sooner.replayed,
        }
        found["curves"]["sooner"] = curve(sooner.impact, story)
    return found


def _whatever(
    story: Story, none: Reference, expert: Reference, cache: Cache, mode: Mode
) -> dict[str, Any]:
    """Return what is known without any replay."""
    scenario, run = story.scenario, story.run
    has_junior = any(book.player == JUNIOR for book in scenario.players)
    junior = reference(scenario, run.seed, JUNIOR, cache) if has_junior else None
    if junior is not None:
        junior = junior.later(story.paged_at - junior.paged_at)
    placed = retold.bets(story)
    return {
        "title": scenario.title,
        "slug": scenario.slug,
        "seed": run.seed,
        "engine": run.engine,
        "epoch": run.epoch,
        "kind": scenario.rubric.kind,
        "backend": run.backend,
        "measured": measured(story.log),
        "prober": probed(story),
        "mode": {
            "practice": mode.practice,
            "branched_at": mode.branched_at,
            "mystery": mode.mystery,
        },
        "paged_at": story.paged_at,
        "fault_at": run.fault_at,
        "horizon": story.horizon,
        "mitigated_at": story.mitigated_at,
        "enough_at": story.enough_at,
        "closed_at": story.close.at if story.close else None,
        "lost": {
            "run": story.loss,
            "untouched": none.loss,
            "expert": expert.loss,
            "junior": junior.loss if junior else None,
            "before branching": mode.before.lost(run.fault_at, story.horizon)
            if mode.before
            else None,
            "by_class": _split(story, "class"),
            "by_route": _split(story, "route"),
        },
        "gap": max(0.0, story.loss - expert.loss),
        "curves": _curves(story, none, expert, junior, mode),
        "parts": {by: _parts(story, by) for by in ("class", "route")},
        "timeline": retold.timeline(story),
        "expert": _expert(expert, story),
        "thoughts": retold.thoughts(story, expert.steps),
        "bets": placed,
        "calibration": retold.calibration(placed),
        "decisions": retold.decisions(story),
        "belief": retold.belief(story),
        "answers": retold.answers(story),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "points": finding.points}


def _split(story: Story, by: str) -> dict[str, float]:
    start, end = story.run.fault_at, story.horizon
    return {name: story.impact.lost(start, end, by, name) for name in story.impact.names(by)}


def _curves(
    story: Story, none: Reference, expert: Reference, junior: Reference | None, mode: Mode
) -> dict[str, Curve]:
    """Return the curves; the junior's only where the scenario has one."""
    curves: dict[str, Curve] = {
        "this run": curve(story.impact, story),
        "untouched": curve(none.impact, story),
        "expert": curve(expert.impact, story),
    }
    if junior is not None:
        curves["junior"] = curve(junior.impact, story)
    if mode.before is not None:
        curves["before branching"] = curve(mode.before, story)
    return curves


def curve(impact: Impact, story: Story) -> Curve:
    """Return the share of failing requests over a debrief's hour."""
    points = impact.curve(story.run.fault_at - BEFORE_MS, story.horizon, CURVE_STEP_MS)
    return [[at, share] for at, share in points]


def _parts(story: Story, by: str) -> dict[str, Curve]:
    """Return the run's curve split by client class or route, without the parts that lost nothing."""
    start, end = story.run.fault_at - BEFORE_MS, story.horizon
    split = {
        name: story.impact.curve(start, end, CURVE_STEP_MS, by, name)
        for name in story.impact.names(by)
    }
    return {
        name: [[at, round(share, 6)] for at, share in points]
        for name, points in split.items()
        if any(share for _, share in points)
    }


def _expert(expert: Reference, story: Story) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [_step(step) for step in expert.steps]
    known = sorted(expert.facts.items(), key=lambda pair: pair[1])
    for fact, at in known:
        before = [row for row in rows if row["at"] <= at]
        if before:
            before[-1]["facts"].append(story.sentence(fact))
    return rows


def _step(step: Step) -> dict[str, Any]:
    return {"at": step.at, "line": step.line, "think": step.think, "facts": []}


def ledger_row(entry: Entry, ledger: Ledger) -> dict[str, Any]:
    """Return an action with what it did.

    `{at, input, source, line, changed: [verb target], told: [who did it outside, and what], saved,
    effect: words, cost: points, together: [line], lasting: [words], from: words if not from the run's own
    figures, unmeasured: why}`; while rows come one by one, *ledger* is what is known of it so far and
    *together* is empty.
    """
    return {
        "at": entry.deed.at,
        "input": entry.deed.input,
        "line": entry.deed.line,
        "source": entry.deed.source,
        "changed": list(dict.fromkeys(f"{one.verb} {one.target}" for one in entry.deed.actions))[
            :4
        ],
        "told": told_outside(entry),
        "cost": entry.points,
        "together": [one.deed.line for one in ledger.partners(entry)],
        "lasting": list(entry.lasting),
        "from": "" if entry.unmeasured else ledger.source,
        "unmeasured": entry.unmeasured,
        # Too few requests to speak of are none.
        "saved": 0.0 if ledger.free(entry.saved) else entry.saved,
        "effect": effect_text(ledger, entry),
    }


def told_outside(entry: Entry) -> list[str]:
    """Return what a real cluster's log tells of something that was done past the terminal: by whom, and what."""
    if entry.deed.command >= 0 or not entry.unmeasured:
        return []
    return list(dict.fromkeys(one.detail for one in entry.deed.actions if one.detail))


def _together(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the effects that only several actions together had, in words."""
    rows = []
    for joint, words in ((ledger.joint, "cost"), (ledger.shared, "saved")):
        if joint is not None:
            rows.append(_joint(joint, words))
    return rows


def _joint(joint: Joint, words: str) -> dict[str, Any]:
    return {
        "inputs": [deed.input for deed in joint.deeds],
        "lines": [deed.line for deed in joint.deeds],
        "saved": -joint.added,
        "words": f"{words} {abs(joint.added):,.0f} requests together",
    }
