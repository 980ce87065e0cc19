"""`uncordon fidelity`: the expert's night in the simulator and on a real cluster, side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sim.cli.main import MAX_SEED, database_option, main

if TYPE_CHECKING:
    from sim.cli.real import Told
    from sim.session.run import Run
    from sim.session.storage import RunStore

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
@click.option(
    "--run", "kept", metavar="RUN", help="Tell it of this run of the expert's again, which is kept."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@database_option
def fidelity(
    incident: str,
    seed: int,
    context: str,
    minutes: int | None,
    kept: str | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Hold a real cluster against the simulator: the expert plays both.

    Prints users' error rate, the states of pods, events, what the expert saw when, and the score of each,
    and what differs. Takes as long as the expert does, half an hour and more. Ends with 1 if only one
    of the two was mitigated, or the scores are more than ten points apart.
    """
    from sim.cli.play import CannotPlayError  # noqa: PLC0415

    try:
        found = _measured(incident, seed, database, context, minutes, kept)
    except CannotPlayError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found, indent=2) if as_json else text_of(found))
    sys.exit(0 if found["holds"] else 1)


def _measured(
    incident: str, seed: int, database: str, context: str, minutes: int | None, kept: str | None
) -> dict[str, Any]:
    from sim.cli.play import open_store  # noqa: PLC0415
    from sim.cli.real import Told  # noqa: PLC0415
    from sim.session.fidelity import Side, report, simulated_side  # noqa: PLC0415
    from sim.session.judge import judge  # noqa: PLC0415
    from sim.session.measured import KIND  # noqa: PLC0415

    store, told = open_store(database), Told()
    until = None if minutes is None else minutes * 60_000
    if kept is None:
        run = _played(incident, seed, store, context, until, told, database)
    else:
        run = _kept(store, kept, database)
    told.tell("the simulator plays the same")
    scenario, seed = run.scenario, run.seed
    real = Side(KIND, run.log, judge(run.finish(), scenario, seed, run.inputs, store))
    return report(scenario, seed, simulated_side(scenario, seed, store, until), real)


def _played(
    incident: str,
    seed: int,
    store: RunStore,
    context: str,
    until: int | None,
    told: Told,
    database: str,
) -> Run:
    """Let the expert play on the cluster now."""
    from sim.cli.play import CannotPlayError, find_scenario  # noqa: PLC0415
    from sim.cli.real import begun, interrupted, leave, watch  # noqa: PLC0415
    from sim.scenario import Catalogue  # noqa: PLC0415
    from sim.session.fidelity import note_events  # noqa: PLC0415
    from sim.session.judge import EXPERT  # noqa: PLC0415

    if incident in (catalogue := Catalogue()).families():
        nights = ", ".join(catalogue.family(incident).slugs)
        msg = f"{incident} is a family, of which a night is drawn; compare one of them: {nights}"
        raise CannotPlayError(msg)
    session = begun(find_scenario(incident), seed, store, who=EXPERT, context=context)
    run = session.run
    try:
        told.tell(f"the page has come; the expert plays run {session.row.id}")
        watch(
            session,
            EXPERT,
            quiet=True,
            until=None if until is None else run.paged_at + until,
            closing=lambda: note_events(run),
            tell=lambda step: told.tell(step.line[:90]),
        )
    finally:
        leave(session)
    if not session.closed:
        raise CannotPlayError(interrupted(session, database))
    return run


def _kept(store: RunStore, kept: str, database: str) -> Run:
    """Return a night that the expert has played on a cluster before, as its evidence tells it."""
    from sim.cli.play import CannotPlayError, find_scenario, stored_run  # noqa: PLC0415
    from sim.session.export import as_played  # noqa: PLC0415
    from sim.session.judge import EXPERT  # noqa: PLC0415
    from sim.session.told import recorded_row  # noqa: PLC0415

    row = stored_run(store, kept, database)
    if not (row.real and row.closed and row.who == EXPERT):
        msg = f"run {kept} is none that the expert has played to its end on a real cluster"
        raise CannotPlayError(msg)
    return recorded_row(row, as_played(store, row, find_scenario), store)


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
    probed = [_probes(found["prober"][name]) for name in (a, b)]
    lines.append(_row("probes that failed, until users were fine", *probed))
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


def _probes(prober: dict[str, Any] | None) -> str:
    return "-" if prober is None else f"{prober['failed']} of {prober['probes']}"


def _row(name: str, one: str, other: str, apart: str = "") -> str:
    return f"  {name[:WIDE]:{WIDE}} {one:>10} {other:>10} {apart:>10}".rstrip()


def _s(value: float | None) -> str:
    return "-" if value is None else str(round(value))


def _d(one: float | None, other: float | None) -> str:
    return "" if one is None or other is None else f"{round(other - one):+d}"
