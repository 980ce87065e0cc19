"""`uncordon fidelity`: the expert's night in the simulator and on a real cluster, side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from sim.cli.main import MAX_SEED, database_option, main

WIDE = 56


@main.command()
@click.argument("incident", default="payments-0247")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, MAX_SEED), help="Which night."
)
@click.option(
    "--context", default="", metavar="NAME", help="This cluster of your kubeconfig, not our own."
)
@click.option(
    "--minutes",
    type=click.IntRange(1, 60),
    help="Let the expert play for so long after the page, not to the end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@database_option
def fidelity(
    incident: str, seed: int, context: str, minutes: int | None, database: str, *, as_json: bool
) -> None:
    """Hold a real cluster against the simulator: the expert plays both.

    Prints users' error rate, the states of pods, events, what the expert saw when, and the score of each,
    and what differs. Takes as long as the expert does, half an hour and more. Ends with 1 if only one
    of the two was mitigated, or the scores are more than ten points apart.
    """
    from sim.cli.play import CannotPlayError  # noqa: PLC0415

    try:
        found = _measured(incident, seed, database, context, minutes)
    except CannotPlayError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found, indent=2) if as_json else text_of(found))
    sys.exit(0 if found["holds"] else 1)


def _measured(
    incident: str, seed: int, database: str, context: str, minutes: int | None
) -> dict[str, Any]:
    from sim.cli.play import CannotPlayError, find_scenario, open_store  # noqa: PLC0415
    from sim.cli.real import Told, begun, interrupted, leave, watch  # noqa: PLC0415
    from sim.session.fidelity import Side, events_of, report, simulated_side  # noqa: PLC0415
    from sim.session.judge import EXPERT, judge  # noqa: PLC0415
    from sim.session.measured import KIND  # noqa: PLC0415

    scenario, store, told = find_scenario(incident), open_store(database), Told()
    until = None if minutes is None else minutes * 60_000
    session = begun(scenario, seed, store, who=EXPERT, context=context)
    run, events = session.run, list[dict[str, Any]]()
    try:
        told.tell(f"the page has come; the expert plays run {session.row.id}")
        watch(
            session,
            EXPERT,
            quiet=True,
            until=None if until is None else run.paged_at + until,
            closing=lambda: events.extend(events_of(run)),
            tell=lambda step: told.tell(step.line[:90]),
        )
    finally:
        leave(session)
    if not session.closed:
        raise CannotPlayError(interrupted(session, database))
    told.tell("the simulator plays the same")
    real = Side(KIND, run.log, judge(run.finish(), scenario, seed, run.inputs, store), events)
    return report(scenario, seed, simulated_side(scenario, seed, store, until), real)


def text_of(found: dict[str, Any]) -> str:
    """Return the report for a terminal."""
    a, b = found["backends"]
    lines = [
        f"{found['scenario']}, seed {found['seed']}: {a} and {b} ({found['measured']})",
        "",
        "Error rate; seconds since users began to fail",
        _row("", a, b),
    ]
    series, every = found["series"], 2
    pairs = list(zip(series[a], series[b], strict=False))
    for number in range(0, len(pairs), every):
        at = series["from_s"] + number * series["step_s"]
        one, other = pairs[number]
        # Nothing is told as less than nothing.
        apart = round(other - one, 4) + 0
        lines.append(_row(f"{at:+d} s", f"{one:.2%}", f"{other:.2%}", f"{apart:+.2%}"))
    page = found["page_s"]
    lines.append(_row("page", _s(page[a]), _s(page[b]), _d(page[a], page[b])))
    for title, key, names in (
        ("What pods went through, first seen", "states", ("workload", "node", "state")),
        ("Events, first seen", "events", ("about", "reason")),
        ("What the expert saw, seconds since the page", "facts", ("fact",)),
    ):
        lines += ["", title, _row("", a, b)]
        for row in found[key]:
            name = " ".join(str(row[part]) for part in names)
            lines.append(_row(name, _s(row[a]), _s(row[b]), _d(row[a], row[b])))
    lines += ["", "The expert's lines, seconds since the page", _row("", a, b), *_answers(found)]
    score = found["score"]
    lines += ["", "Score", _row("", a, b)]
    for name, points in {**score["blocks"], "total": score["total"]}.items():
        one, other = points[a], points[b]
        apart = round(other - one, 1) + 0
        lines.append(_row(name, f"{one:.1f}", f"{other:.1f}", f"{apart:+.1f}"))
    lost = score["requests_lost"]
    lines.append(_row("requests lost", f"{lost[a]:,.0f}", f"{lost[b]:,.0f}"))
    lines += ["", "Differences", *(f"  {line}" for line in found["differences"])]
    verdict = "holds" if found["holds"] else "does not hold"
    mitigated = found["mitigated"]
    who = ("Neither", f"Only {''.join(mitigated)}", "Both")[len(mitigated)]
    lines += ["", f"{who} mitigated, and within ten points: {verdict}"]
    return "\n".join(lines)


def _answers(found: dict[str, Any]) -> Iterator[str]:
    """Yield a row for each line that the expert typed; what it answered where that differs."""
    names = found["backends"]
    for row in found["answers"]:
        sides = [row[name] for name in names]
        one, other = ("-" if side is None else _s(side["at"]) for side in sides)
        yield _row(" ".join(row["line"].split()), one, other, "" if row["same"] else "differs")
        if row["same"]:
            continue
        for name, side in zip(names, sides, strict=True):
            if side is None:
                yield f"      {name}: not typed"
                continue
            again = f", {side['times']} times" if side["times"] > 1 else ""
            facts = ", ".join(side["facts"]) or "no fact"
            yield f"      {name}: exit {side['code']}{again}; {facts}"
            yield from (f"      {name}: > {line}" for line in side["said"])


def _row(name: str, one: str, other: str, apart: str = "") -> str:
    return f"  {name[:WIDE]:{WIDE}} {one:>10} {other:>10} {apart:>10}".rstrip()


def _s(value: float | None) -> str:
    return "-" if value is None else str(round(value))


def _d(one: float | None, other: float | None) -> str:
    return "" if one is None or other is None else f"{round(other - one):+d}"
