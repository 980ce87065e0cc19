"""The commands that set runs beside each other: `compare` and `bench-players`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from sim.cli.main import database_option, main

BY = ("who", "incident", "player")
_SEEDS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@main.command()
@click.argument("runs", nargs=-1, metavar="[RUN|FILE|DIR|PLAYER]...")
@click.option("--group", "groups", multiple=True, metavar="NAME=RUN,RUN", help="Runs of one group.")
@click.option(
    "--by",
    type=click.Choice(BY),
    default="who",
    show_default=True,
    help="How runs that are in no --group are parted.",
)
@click.option("--incident", metavar="SLUG", help="Only runs of this incident, or of this family.")
@click.option(
    "--attempts",
    type=click.Choice(("first", "all")),
    default="first",
    show_default=True,
    help="Of one person's runs on one night, which count.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes.  [default: one a core]")
@click.option("--csv", "csv_file", metavar="FILE", help="Write a row for each run.")
@click.option("--json", "json_file", metavar="FILE", help="Write everything; - is the screen.")
@click.option("--html", "html_file", metavar="FILE", help="Write a report with pictures, A4.")
@database_option
def compare(
    runs: tuple[str, ...],
    groups: tuple[str, ...],
    by: str,
    incident: str | None,
    attempts: str,
    jobs: int | None,
    csv_file: str | None,
    json_file: str | None,
    html_file: str | None,
    database: str,
) -> None:
    """Compare closed runs of people, groups or scripted players.

    A run is a stored one's id, an exported file, a folder of them, or a scripted player:
    player:NAME:INCIDENT:SEEDS. Without any, all closed runs of this terminal. Runs in practice mode,
    branches, copies and later attempts are left out. docs/comparing.md says how to read it.

    \b
    uncordon compare --group junior=player:junior:payments:0-4 \\
                     --group senior=player:senior:payments:0-4 --html report.html
    """
    from sim.cli.compare import Gathering, parted, processes  # noqa: PLC0415 - as in main
    from sim.cli.play import CannotPlayError  # noqa: PLC0415
    from sim.scoring.cohort.attempts import counted  # noqa: PLC0415
    from sim.scoring.cohort.compare import compare as compared  # noqa: PLC0415
    from sim.scoring.cohort.page import document  # noqa: PLC0415
    from sim.scoring.cohort.tables import as_csv, as_json, as_text  # noqa: PLC0415

    try:
        gathering = Gathering(database, incident)
        found = gathering.gather(runs, groups)
        count = sum(map(len, found.tasks.values()))
        with click.progressbar(
            length=count, label="runs", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            samples = gathering.samples(found, jobs=processes(jobs), progress=lambda: bar.update(1))
        who = counted(parted(samples, by), every=attempts == "all")
        done = compared(who.groups, [*found.left_out, *who.left_out])
    except (CannotPlayError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for file, made in ((csv_file, as_csv), (json_file, as_json), (html_file, document)):
        if file and file != "-":
            _write(file, made(done))
    click.echo(as_json(done) if json_file == "-" else as_text(done))


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error


@main.command("bench-players")
@click.argument("incident", default="payments")
@click.option("--seeds", default="0-19", show_default=True, metavar="A-B", help="Seeds to play.")
@click.option("--players", default="", metavar="A,B", help="Players, by comma.  [default: all]")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes.  [default: one a core]")
def bench_players(incident: str, seeds: str, players: str, jobs: int | None) -> None:
    """Hold scripted players' scores against the guard rails of scoring.

    INCIDENT is a slug or a family; over a family the rails of the mix are held too. Prints the scores
    and a table of rails; ends with 1 if one of them breaks.
    """
    from sim.cli import prove as played  # noqa: PLC0415
    from sim.cli.proof import text_of  # noqa: PLC0415
    from sim.cli.rails import rails  # noqa: PLC0415
    from sim.scenario import Catalogue, ScenarioError  # noqa: PLC0415

    match = _SEEDS.fullmatch(seeds)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if high < low:
        raise click.ClickException(f"--seeds {seeds!r}: write A-B, e.g. 0-19")
    wanted = range(low, high + 1)
    names = [name for name in players.split(",") if name]
    try:
        weights = played.nights_of(incident, Catalogue())
        with click.progressbar(
            length=len(weights) * len(wanted),
            label="nights",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            nights = played.play_all(
                weights, wanted, names, jobs=jobs, progress=lambda _: bar.update(1)
            )
    except (KeyError, ScenarioError) as error:
        raise click.ClickException(str(error.args[0])) from error
    for slug in weights:
        here = [night for night in nights if night.slug == slug]
        click.echo(f"{slug}\n{played.table(played.by_player(here))}\n")
    checks = list(rails(nights, weights))
    click.echo(text_of(checks))
    sys.exit(0 if all(check.holds for check in checks) else 1)
