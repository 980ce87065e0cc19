"""`uncordon` and its subcommands; each is thin and leaves the work to the run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sim import ENGINE_VERSION

if TYPE_CHECKING:
    from sim.session.judge import Verdict

DATABASE = "sqlite:///var/uncordon.db"
MAX_SEED = 2**31 - 1
F = TypeVar("F", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(ENGINE_VERSION, prog_name="uncordon")
def main() -> None:
    """An on-call flight simulator for Kubernetes.

    You are paged at 02:47. Work on the cluster with kubectl, ssh and dashboards, stop the users'
    pain, find the cause, hand over; then read a debrief in which every point quotes its evidence.

    \b
    uncordon serve                      play in the browser, http://127.0.0.1:8247
    uncordon play                       the same game in this terminal
    uncordon play --player senior       watch a scripted expert play it
    """


def database_option(command: F) -> F:
    """Add `--database` to a command."""
    return click.option(
        "--database",
        envvar="UNCORDON_DATABASE",
        default=DATABASE,
        show_default=True,
        metavar="URL",
        help="Where runs are kept: an SQLAlchemy URL, SQLite or PostgreSQL.",
    )(command)


@main.command("list")
def list_incidents() -> None:
    """List what can be played: families of nights, then single incidents."""
    from sim.cli.listing import lines  # noqa: PLC0415 - `--help` must not load the simulator
    from sim.scenario import Catalogue  # noqa: PLC0415

    for line in lines(Catalogue()):
        click.echo(line)


@main.command()
@click.argument("incident", nargs=-1)
@click.option("--strict", is_flag=True, help="Also say what is allowed and probably not meant.")
def validate(incident: tuple[str, ...], *, strict: bool) -> None:
    """Check scenario files: all mistakes at once, with file and line.

    INCIDENT is a slug, a family or a folder; without one, everything is checked.
    """
    from sim.cli.validate import Report  # noqa: PLC0415
    from sim.scenario import Catalogue  # noqa: PLC0415

    catalogue = Catalogue()
    report = Report(catalogue)
    for name in incident or (*catalogue.slugs(), *catalogue.families()):
        report.check(name, strict=strict)
    for name in report.fine:
        click.echo(f"{name}: ok")
    for line in (*report.wrong, *(f"note: {line}" for line in report.odd)):
        click.echo(line, err=True)
    sys.exit(1 if report.wrong else 0)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8247,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port to listen on.",
)
@click.option(
    "--data",
    default="var",
    show_default=True,
    envvar="UNCORDON_DATA",
    type=click.Path(file_okay=False),
    help="Folder for the secret key and the default database.",
)
@click.option(
    "--database",
    envvar="UNCORDON_DATABASE",
    metavar="URL",
    help="Where runs are kept.  [default: SQLite in --data]",
)
@click.option(
    "--context",
    envvar="UNCORDON_CONTEXT",
    default="",
    metavar="NAME",
    help="Offer this cluster of your kubeconfig for runs, not uncordon's own.",
)
@click.option("--tls", is_flag=True, help="Serve https, with a certificate made in --data.")
@click.option("--cert", metavar="FILE", help="Serve https with this certificate (PEM chain).")
@click.option("--key", metavar="FILE", help="The key of --cert (PEM).")
def serve(
    host: str,
    port: int,
    data: str,
    database: str | None,
    *,
    context: str,
    tls: bool,
    cert: str | None,
    key: str | None,
) -> None:
    """Serve the game to browsers, and its clusters to your own kubectl.

    One process with threads, since a run lives in the memory of one process.
    """
    from sim.cli.serve import CannotServeError, certificate, check, command  # noqa: PLC0415

    try:
        check(host, port, data, database)
        shown = certificate(host, data, tls=tls, cert=cert, key=key)
    except CannotServeError as error:
        raise click.ClickException(str(error)) from error
    os.environ["UNCORDON_DATA"] = data
    if shown is not None and shown.authority is not None:
        os.environ["UNCORDON_AUTHORITY"] = str(shown.authority)
    if database:
        os.environ["UNCORDON_DATABASE"] = database
    if context:
        os.environ["UNCORDON_CONTEXT"] = context
    scheme = "http" if shown is None else "https"
    click.echo(f"uncordon: {scheme}://{host}:{port} (Ctrl-C ends it; runs are kept)")
    sys.stdout.flush()
    # gunicorn replaces this process, so signals and exit codes are its own.
    os.execv(sys.executable, command(host, port, shown))


@main.command()
@click.argument("incident", default="payments-0247")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, MAX_SEED),
    help="Which night: names, times, sizes.",
)
@click.option("--player", metavar="NAME", help="Let a scripted player play while you watch.")
@click.option(
    "--speed",
    default=0.0,
    type=click.FloatRange(0),
    metavar="X",
    help="Watch at X times real time; 0: at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scorecard as JSON at the end.")
@click.option("--resume", metavar="RUN", help="Go on with a stored run of the terminal.")
@click.option(
    "--practice", is_flag=True, help="Pause at decision points; such a run is not compared."
)
@click.option("--branch", metavar="RUN", help="Play a stored run again from --at on.")
@click.option("--at", metavar="HH:MM:SS", help="The moment of that night from which to --branch.")
@click.option(
    "--backend",
    type=click.Choice(["simulated", "kind"]),
    default="simulated",
    show_default=True,
    help="Play in the simulator, or on a real cluster (see `uncordon kind`).",
)
@click.option(
    "--context",
    metavar="NAME",
    help="With --backend kind: this cluster of your kubeconfig, not uncordon's own.",
)
@database_option
def play(
    incident: str,
    seed: int,
    player: str | None,
    speed: float,
    as_json: bool,
    resume: str | None,
    practice: bool,
    branch: str | None,
    at: str | None,
    backend: str,
    context: str | None,
    database: str,
) -> None:
    """Play INCIDENT in this terminal, or watch a scripted player with --player.

    With the name of a family (`uncordon list`) the seed draws one of its nights, and nothing says
    which one before the debrief.

    Type `incident help` for the page, dashboards, channel and closing form. Ctrl-D leaves the run
    where it is; `uncordon play --resume RUN` goes on.
    """
    from sim.cli import play as game  # noqa: PLC0415

    if player is not None and resume is not None:
        raise click.UsageError("--player plays a run of its own; it cannot --resume one")
    if (branch is None) != (at is None):
        raise click.UsageError("--branch RUN and --at HH:MM:SS go together")
    if branch is not None and (player is not None or resume is not None or practice):
        raise click.UsageError("--branch goes on with a stored run, in the way it was played")
    if practice and (player is not None or resume is not None):
        raise click.UsageError("--practice is for a new run of yours")
    if context is not None and backend != "kind":
        raise click.UsageError("--context goes with --backend kind")
    if backend == "kind" and (resume is not None or branch is not None or practice or speed):
        raise click.UsageError(
            "a real cluster cannot wait: no --resume, --branch, --practice or --speed"
        )
    verdict: Verdict | None
    try:
        if backend == "kind":
            from sim.cli import real  # noqa: PLC0415

            verdict = real.play(
                incident, seed, database, context=context or "", player=player, quiet=as_json
            )
        elif player is not None:
            verdict = game.watch(incident, seed, player, speed=speed, quiet=as_json)
        else:
            if branch is not None and at is not None:
                from sim.cli.runs import branch_run  # noqa: PLC0415

                resume = branch_run(branch, at, database)
            verdict = game.interactive(
                incident, seed, database, resume=resume, quiet=as_json, practice=practice
            )
    except game.CannotPlayError as error:
        raise click.ClickException(str(error)) from error
    if verdict is not None:
        _tell(verdict, as_json=as_json)


def _tell(verdict: Verdict, *, as_json: bool) -> None:
    from sim.cli import scorecard  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps(scorecard.scorecard_json(verdict), indent=2))
    else:
        click.echo(scorecard.scorecard_text(verdict))


@main.command()
@click.argument("run")
@click.option("--rubric", metavar="FILE", help="Weights and thresholds (YAML) instead of today's.")
@click.option("--json", "as_json", is_flag=True, help="Print the scorecard as JSON.")
@database_option
def score(run: str, rubric: str | None, as_json: bool, database: str) -> None:
    """Score RUN again, a stored run or an exported file, from its inputs.

    A file is checked first: what was changed in it is told, and nothing is scored then.
    """
    from sim.cli import play as game  # noqa: PLC0415
    from sim.cli.runs import rescore  # noqa: PLC0415

    try:
        verdict = rescore(run, database, rubric)
    except game.CannotPlayError as error:
        raise click.ClickException(str(error)) from error
    _tell(verdict, as_json=as_json)


@main.command("export")
@click.argument("run")
@click.argument("file", required=False)
@database_option
def export_run(run: str, file: str | None, database: str) -> None:
    """Write a closed RUN to one FILE.

    Scenario, inputs, evidence and their digests are in it, so that it can be scored anywhere; who
    holds the run is not.
    """
    from sim.cli import runs  # noqa: PLC0415
    from sim.cli.play import CannotPlayError  # noqa: PLC0415

    try:
        click.echo(runs.write_export(run, file, database))
    except CannotPlayError as error:
        raise click.ClickException(str(error)) from error


@main.command("import")
@click.argument("file")
@database_option
def import_run(file: str, database: str) -> None:
    """Check an exported FILE and take its run in.

    Prints the name that the run has here.
    """
    from sim.cli import runs  # noqa: PLC0415
    from sim.cli.play import CannotPlayError  # noqa: PLC0415

    try:
        click.echo(runs.take_file(file, database).id)
    except CannotPlayError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("file")
def verify(file: str) -> None:
    """Check that an exported FILE is unchanged.

    Digests are compared, and its inputs played again: they must make the evidence in it.
    """
    from sim.cli import runs  # noqa: PLC0415
    from sim.cli.play import CannotPlayError  # noqa: PLC0415

    try:
        checked = runs.read_export(file)
    except CannotPlayError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {runs.verified(checked)}")


@main.command()
@click.argument("incident", default="payments")
@click.option("--seeds", default="0-2", show_default=True, metavar="A-B", help="Seeds to play.")
@click.option("--players", default="", metavar="A,B", help="Players, by comma.  [default: all]")
def prove(incident: str, seeds: str, players: str) -> None:
    """Let scripted players play INCIDENT or a family, and check what comes of it.

    Prints the players' scores and a table of checks; ends with 1 if one of them does not hold.
    """
    from sim.cli import prove as played  # noqa: PLC0415
    from sim.cli.proof import Proof, text_of  # noqa: PLC0415
    from sim.scenario import Catalogue, ScenarioError  # noqa: PLC0415

    first, _, last = seeds.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal() or int(last or first) < int(first):
        raise click.ClickException(f"--seeds {seeds!r}: write A-B, e.g. 0-19")
    wanted = range(int(first), int(last or first) + 1)
    try:
        catalogue = Catalogue()
        weights = played.nights_of(incident, catalogue)
        scenarios = {slug: catalogue[slug] for slug in weights}
        names = [name for name in players.split(",") if name]
        with click.progressbar(
            length=len(weights) * len(wanted), file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            nights = played.play_all(weights, wanted, names, progress=lambda _: bar.update(1))
    except (KeyError, ScenarioError) as error:
        raise click.ClickException(str(error.args[0])) from error
    for slug in weights:
        click.echo(
            f"{slug}\n{played.table(played.by_player([n for n in nights if n.slug == slug]))}\n"
        )
    checks = list(Proof(nights, scenarios, weights).checks())
    click.echo(text_of(checks))
    sys.exit(0 if all(check.holds for check in checks) else 1)


@main.command("kubeconfig")
@click.argument("run")
@click.option(
    "--server",
    default="http://127.0.0.1:8247",
    show_default=True,
    metavar="URL",
    help="Where `uncordon serve` answers.",
)
@click.option(
    "--data",
    default="var",
    show_default=True,
    envvar="UNCORDON_DATA",
    type=click.Path(file_okay=False),
    help="Folder of the server's secret key.",
)
@database_option
def run_kubeconfig(run: str, server: str, data: str, database: str) -> None:
    """Print the kubeconfig that opens RUN to your own kubectl, until it ends.

    \b
    uncordon kubeconfig RUN > run.yaml
    kubectl --kubeconfig run.yaml get pods -A
    """
    from sim.cli import outside  # noqa: PLC0415

    if database == DATABASE:
        database = f"sqlite:///{data}/uncordon.db"
    try:
        click.echo(outside.run_kubeconfig(run, server, data, database), nl=False)
    except outside.NoClusterError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--nodes", default=3, show_default=True, help="How many workers.")
@click.option("--version", default="v1.37", show_default=True, help="What it says it is.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8248,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--kubeconfig", metavar="FILE", help="Write the kubeconfig there, not to the screen.")
def sandbox(nodes: int, version: str, host: str, port: int, kubeconfig: str | None) -> None:
    """Serve a healthy cluster, without an incident, to your own kubectl.

    It lives in memory until Ctrl-C. An image that nobody describes starts and idles, or runs its
    command; one with `missing` in its path, or the tag `does-not-exist`, cannot be pulled.
    """
    from sim.cli import outside  # noqa: PLC0415
    from sim.session.kubeconfig import kubeconfig as made  # noqa: PLC0415

    if not 1 <= nodes <= outside.LARGEST:
        raise click.ClickException(f"--nodes must be from 1 to {outside.LARGEST}")
    try:
        full = outside.full_version(version)
        held = outside.listening(host, port)
    except outside.NoClusterError as error:
        raise click.ClickException(str(error)) from error
    secret = outside.sandbox_secret()
    address = f"http://{host}:{held.getsockname()[1]}"
    text = made(f"{address}/k/{secret}", name="uncordon-sandbox")
    if kubeconfig is None:
        click.echo(text, nl=False)
    else:
        outside.write_private(kubeconfig, text)
        click.echo(f"uncordon sandbox: {address} (Ctrl-C ends it)\nexport KUBECONFIG={kubeconfig}")
    outside.serve_sandbox(held, nodes=nodes, version=full, secret=secret)


@main.command()
def doctor() -> None:
    """Say what this machine has for playing and for the tests."""
    from sim.cli.doctor import report  # noqa: PLC0415

    for line in report():
        click.echo(line)
