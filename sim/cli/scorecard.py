"""A scored run as a terminal shows it: bars, every line with its quote, the ledger, bets, what to practise.

Everything is read from the verdict; nothing is judged here.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sim.scoring import LEAST_NO_HARM, PASS, Finding, Story, band
from sim.session import retold
from sim.session.advice import effect_text, headline, practise_next
from sim.session.debrief import told_outside
from sim.session.judge import EXPERT, Verdict
from sim.session.measured import measured
from sim.session.probed import probed

WIDEST = 120
"""Lines of prose longer than this are hard to read."""
QUOTED = 4
"""How many lines of an output are quoted; one more is no longer than saying that it is left out."""
_REPORTED = (
    ("acknowledge_s", "acknowledged"),
    ("first_look_s", "first look"),
    ("enough_s", "enough on screen to mitigate"),
    ("mitigate_s", "users fine again"),
    ("diagnose_s", "cause on screen"),
    ("resolve_s", "all undone and stable"),
    ("close_s", "closed"),
)
"""Seconds from the page that are told and not scored."""
_CUT = re.compile(r"\.\.\. (\d+) more(?: lines)?")
"""How a quote ends that was cut before."""
_COUNTED = ("looks", "commands", "actions")


def scorecard_json(verdict: Verdict) -> dict[str, Any]:
    """Return the scorecard as JSON."""
    card, story = verdict.card, verdict.case.story
    placed = retold.bets(story)
    return {
        "scenario": card.scenario,
        "seed": card.seed,
        "engine": card.engine,
        "backend": card.backend,
        **_measured(story),
        "total": round(card.total, 6),
        "band": band(card.total),
        "passed": card.passed,
        "blocks": [
            {"name": name, "points": points, "of": of} for name, points, of in card.blocks()
        ],
        "findings": [{**asdict(finding), "points": finding.points} for finding in card.findings],
        "reported": card.reported,
        "thoughts": retold.thoughts(story, verdict.expert.steps),
        "bets": placed,
        "calibration": retold.calibration(placed),
    }


def _measured(story: Story) -> dict[str, Any]:
    """Return what is to be known of figures that were measured."""
    found = {"measured": measured(story.log), "prober": probed(story)}
    return {name: value for name, value in found.items() if value}


def scorecard_text(verdict: Verdict, width: int = 0) -> str:
    """Return the scorecard for a terminal *width* columns wide; 0: the one that there is."""
    width = min(width or shutil.get_terminal_size((100, 24)).columns, WIDEST)
    lines: list[str] = []
    for indent, text in _told(verdict):
        lines += _laid_out(text, indent, width)
    return "\n".join(lines)


def _laid_out(text: str, indent: int, width: int) -> list[str]:
    """Return *text*, whole, in lines of *width* columns that go on *indent* columns to the right."""
    if len(text) <= width:
        return [text]
    # Columns of an output stay apart: only where a line is broken blanks are dropped.
    return textwrap.wrap(
        text,
        max(width, indent + 20),
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def _told(verdict: Verdict) -> Iterator[tuple[int, str]]:
    """Yield (indent of what goes on in the next line, text) of each line."""
    card, story = verdict.card, verdict.case.story
    reached = f"{card.total:.1f}".removesuffix(".0")
    total = f"{reached} of 100: {band(card.total)}"
    if card.total >= PASS and not card.passed:
        total += f", but no pass with fewer than {LEAST_NO_HARM} points of no harm"
    yield 0, ""
    yield 0, f"This night was {card.scenario}, seed {card.seed}."
    for said in (measured(story.log), (probed(story) or {}).get("words", "")):
        if said:
            yield 0, f"{said[0].upper()}{said[1:]}."
    yield 0, total
    yield 0, headline(verdict)
    yield 0, ""
    for name, points, of in card.blocks():
        filled = round(20 * points / of) if of else 0
        yield 0, f"{name:10} {'#' * filled:20} {points:5.1f} / {of:.0f}"
    for finding in card.findings:
        yield from _finding(finding, story)
    yield 0, ""
    ledger = verdict.case.ledger
    where = f" ({ledger.source})" if ledger.source else ""
    yield 0, f"Actions, each left out in turn{where}, and what they did to users:"
    for entry in ledger.entries:
        for number, line in enumerate(entry.deed.line.splitlines()):
            yield 14, f"  {story.clock(entry.deed.at) if not number else '':8}  {line}"
        yield from ((12, f"            {words}") for words in told_outside(entry))
        yield 12, f"            {effect_text(ledger, entry)}"
    if not ledger.entries:
        yield 0, "  nothing was changed"
    yield from _reported(card.reported, false_alarm=story.false_alarm)
    yield from _aloud(verdict)
    practice = practise_next(verdict)
    yield 0, ""
    yield 0, f"Practise next: {practice.heuristic} ({practice.why})."
    yield 0, practice.drill
    yield 0, ""
    yield (
        4,
        f"The expert's night: uncordon play {card.scenario} --seed {card.seed} --player {EXPERT}",
    )


def _finding(finding: Finding, story: Story) -> Iterator[tuple[int, str]]:
    yield 0, ""
    yield 0, f"{finding.title}: {finding.points:.1f} of {finding.of:.0f}"
    for part in finding.parts:
        yield 9, f"  {part.points:+5.1f}  {part.why}"
        for exhibit in part.exhibits[:1]:
            first, *more = exhibit.line.splitlines() or [""]
            yield 18, f"         {story.clock(exhibit.at)} {first}{' ...' if more else ''}"
            quoted = [line.rstrip() for line in exhibit.quote.splitlines() if line.strip()]
            most = QUOTED if len(quoted) > QUOTED + 1 else len(quoted)
            for line in quoted[:most]:
                yield 13, f"         {'' if _CUT.fullmatch(line) else '> '}{line}"
            if left := len(quoted) - most:
                if (cut := _CUT.fullmatch(quoted[-1])) is not None:
                    left += int(cut[1]) - 1
                yield 9, f"         ... {left} more lines"


def _reported(reported: dict[str, float | None], *, false_alarm: bool) -> Iterator[tuple[int, str]]:
    yield 0, ""
    yield 0, "Told, not scored; times from the page on:"
    for key, label in _REPORTED:
        if false_alarm and key in ("mitigate_s", "resolve_s"):
            continue
        seconds = reported[key]
        yield 0, f"  {label:30} {'never' if seconds is None else _span(seconds)}"
    counted = ", ".join(f"{reported[key] or 0:.0f} {key}" for key in _COUNTED)
    yield 0, f"  {counted}"


def _span(seconds: float) -> str:
    """Return a span to the second: `38 s`, `4 min 05 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


def _aloud(verdict: Verdict) -> Iterator[tuple[int, str]]:
    """Tell thoughts beside the expert's, and bets beside what came of them."""
    story = verdict.case.story
    thoughts = [
        row for row in retold.thoughts(story, verdict.expert.steps) if row["kind"] == "think"
    ]
    if thoughts:
        yield 0, ""
        yield 0, "Your thoughts, and the expert's at that time of the night:"
    for row in thoughts:
        yield 12, f"  {story.clock(row['at'])}  {' '.join(row['text'].split())}"
        if row["expert"] is not None:
            yield 20, f"            expert: {' '.join(row['expert']['think'].split())}"
    placed = retold.bets(story)
    if not placed:
        return
    yield 0, ""
    yield 0, "Your bets, and what came of them:"
    for row in placed:
        yield 12, f"  {story.clock(row['at'])}  {row['told']}"
        yield 12, f"            {_outcome(row, story)}"
    found = retold.calibration(placed)
    if found["brier"] is not None:
        bets = "bet" if found["bets"] == 1 else "bets"
        yield (
            2,
            (
                f"  Calibration: {found['right']} of {found['bets']} {bets} came true; Brier score "
                f"{found['brier']:.2f} (0 is perfect, 0.25 a coin's)."
            ),
        )


def _outcome(row: dict[str, Any], story: Story) -> str:
    """Say what came of a bet, and by how much."""
    if row["right"] is None:
        ended = row["due"] > story.horizon
        return f"not decided: {'its time lay behind the end of the hour' if ended else 'no figure'}"
    text = (
        f"{'kept' if row['right'] else 'missed'} by {row['off']}: it was {row['shown']} at "
        f"{story.clock(row['due'])}"
    )
    if not row["counts"]:
        text += "; left out of calibration, as the whole hour before had been so"
    return text
