"""A comparison as text for a terminal, as CSV (a row a run) and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sim.scoring.cohort.compare import Comparison, Pair, Spread
from sim.scoring.cohort.differences import Difference
from sim.scoring.cohort.measures import TIMES, Measure, items
from sim.scoring.cohort.sample import Sample
from sim.scoring.cohort.words import RULE, care

FORMAT, VERSION = "uncordon.comparison", 1


def shown(value: float, measure: Measure) -> str:
    """Return a value as a table has it: points with a digit, minutes and seconds, whole requests."""
    if measure.unit == "seconds":
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes}:{seconds:02d}"
    return f"{value:,.0f}" if measure.unit == "requests" else f"{value:.1f}"


def as_text(found: Comparison) -> str:
    """Return what a terminal shows."""
    wide = max(len(name) for name in found.groups)
    lines = []
    for name, group in found.groups.items():
        slugs = sorted({sample.slug for sample in group})
        again = later(group)
        lines.append(
            f"{name:{wide}}  {len(group)} run{'s' if len(group) > 1 else ''}: {', '.join(slugs)}"
            f"{f' ({again})' if again else ''}"
        )
    lines += [f"left out: {run}: {why}" for run, why in found.left_out]
    lines += [found.mixed] if found.mixed else []
    lines.append("")
    long = max(len(measure.title) for measure in found.measures)
    head = f"{'':{long}}  {'GROUP':{wide}}  {'N':>3}  {'MEAN':>8}  {'MEDIAN':>8}  {'QUARTILES':>17}"
    lines.append(head)
    for measure in found.measures:
        title = measure.title
        for name, spread in found.spreads[measure.id].items():
            lines.append(f"{title:{long}}  {name:{wide}}  {_spread(spread, measure)}")
            title = ""
    lines.append("")
    for pair in found.pairs:
        lines += _pair(pair)
    lines += [RULE] if found.pairs else ["One group only: nothing to compare it with."]
    if found.pairs:
        lines.append(care(found.looked_at, found.scripts))
    return "\n".join(lines)


def later(group: Sequence[Sample]) -> str:
    """Return how many of a group's runs were not their person's first at that night, in words."""
    count = sum(one.attempt > 1 for one in group)
    if not count:
        return ""
    return f"{count} of them {'a later attempt' if count == 1 else 'later attempts'} at a night"


def _spread(one: Spread, measure: Measure) -> str:
    quartiles = f"{shown(one.quarter, measure)} - {shown(one.three_quarters, measure)}"
    mean, median = shown(one.mean, measure), shown(one.median, measure)
    return f"{one.n:3}  {mean:>8}  {median:>8}  {quartiles:>17}"


def how(pair: Pair) -> str:
    """Return within what two groups were compared, and what was left aside for it."""
    strata = max((one.strata for one in pair.differences), default=0)
    nights = "the same night" if strata == 1 else f"the same {strata} nights"
    basis = {
        "night": f"compared within {nights} (incident and seed)",
        "incident": "compared within each incident that both have played, whatever the seed",
        "none": "no incident in common, so nothing is compared",
    }[pair.level]
    aside = [
        f"{count} of {name}"
        for name, count in zip((pair.first, pair.second), pair.left_out, strict=True)
        if count
    ]
    rest = (
        f"; runs without a counterpart: {', '.join(aside)}"
        if aside and pair.level != "none"
        else ""
    )
    return f"{pair.first} and {pair.second}: {basis}{rest}."


def _pair(pair: Pair) -> list[str]:
    lines = [how(pair)]
    if pair.level != "none":
        lines += [f"  {'*' if one.measure.primary else '-'} {text}" for one, text in ranked(pair)]
    return [*lines, ""]


def ranked(pair: Pair) -> list[tuple[Difference, str]]:
    """Return the differences with their sentences: those named beforehand, then clear ones, then the rest."""
    order = {"differs": 0, "unclear": 1, "too few": 1}
    rows = list(zip(pair.differences, pair.sentences, strict=True))
    return sorted(rows, key=lambda row: (not row[0].measure.primary, order[row[0].verdict]))


def as_csv(found: Comparison) -> str:
    """Return a row for each run; times in seconds from the page on, empty: not up to the horizon."""
    everybody = [(name, sample) for name, group in found.groups.items() for sample in group]
    rubric = items(sample for _, sample in everybody)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        [
            "group",
            "run",
            "who",
            "incident",
            "seed",
            "attempt",
            "backend",
            "horizon_s",
            "total",
            "requests_lost",
            *(f"{one.id}_s" for one in TIMES),
            *(one.id for one in rubric),
        ]
    )
    for name, sample in everybody:
        times = [sample.times.get(one.id) for one in TIMES]
        table.writerow(
            [
                _plain(name),
                _plain(sample.run),
                _plain(sample.who),
                sample.slug,
                sample.seed,
                sample.attempt,
                sample.backend,
                f"{sample.horizon_s:g}",
                f"{sample.total:.3f}",
                f"{sample.lost:.1f}",
                *("" if at is None else f"{at:.3f}" for at in times),
                *(_points(sample.points.get(one.id)) for one in rubric),
            ]
        )
    return out.getvalue()


def _plain(text: str) -> str:
    """Return *text* so that a spreadsheet takes it for text: a formula in a name would be run."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _points(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def as_json(found: Comparison) -> str:
    """Return everything, with the samples behind it."""
    whole: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "until_s": found.until,
        "groups": {name: [one.dumped() for one in group] for name, group in found.groups.items()},
        "left_out": [{"run": run, "why": why} for run, why in found.left_out],
        "mixed": found.mixed,
        "spreads": {
            one.id: {name: asdict(row) for name, row in found.spreads[one.id].items()}
            for one in found.measures
        },
        "survival": {
            id_: {name: asdict(row) | {"median": row.median} for name, row in rows.items()}
            for id_, rows in found.survival.items()
        },
        "curves": {
            "seconds": list(found.seconds),
            "groups": {name: asdict(band) for name, band in found.bands.items()},
        },
        "looks": {name: [asdict(row) for row in rows] for name, rows in found.looks.items()},
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "level": pair.level,
                "left_out": list(pair.left_out),
                "differences": [
                    asdict(one) | {"sentence": text}
                    for one, text in zip(pair.differences, pair.sentences, strict=True)
                ],
            }
            for pair in found.pairs
        ],
        "looked_at": found.looked_at,
        "rule": RULE,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
