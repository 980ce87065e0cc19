"""The game in a terminal: a prompt with history and completion, or a scripted player to watch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from sim.cli.keyboard import TERMINAL, Printed, filled, play_at_keys
from sim.cli.main import DATABASE
from sim.evidence import AlertRecord
from sim.players import Shown
from sim.scenario import Catalogue, Scenario, ScenarioError, fill
from sim.session.export import as_played
from sim.session.freeze import asked, find_point
from sim.session.inputs import BadInputError
from sim.session.judge import Verdict, judge
from sim.session.live import Session
from sim.session.play import Step, make_player, play
from sim.session.references import NoCache
from sim.session.run import Run
from sim.session.storage import (
    LeaseLostError,
    RunRow,
    RunStore,
    UnknownRunError,
    UnusableDatabaseError,
    shown_url,
)
from sim.session.told import ToldSession
from sim.session.wall import steady_ms, wall_ms

HOLDER = "local"
PATIENCE_MS = 10 * 60_000
"""A piped command that still runs after this much simulated time gets a Ctrl-C."""


class CannotPlayError(RuntimeError):
    """Why a run cannot be played or scored here, for the person at the terminal."""


def find_scenario(slug: str) -> Scenario:
    """Return an incident; raises CannotPlayError if there is none, or it does not load."""
    try:
        return Catalogue()[slug]
    except KeyError as error:
        raise CannotPlayError(str(error.args[0])) from error
    except ScenarioError as error:
        raise CannotPlayError(str(error)) from error


def choose(name: str, seed: int) -> tuple[Scenario, str]:
    """Return an incident, or the night that *seed* draws of the family called so, and its name then.

    Raises:
        CannotPlayError: if there is neither, or it does not load.
    """
    try:
        return Catalogue().choose(name, seed)
    except KeyError as error:
        raise CannotPlayError(str(error.args[0])) from error
    except ScenarioError as error:
        if name in Catalogue().families():
            # What is wrong with a night would name it.
            raise CannotPlayError(f"{name} does not load; see: uncordon validate {name}") from error
        raise CannotPlayError(str(error)) from error


def nights_of(family: str) -> tuple[Scenario, ...]:
    """Return every night of a family; raises CannotPlayError if one does not load."""
    try:
        return Catalogue().nights(family)
    except (KeyError, ScenarioError) as error:
        msg = f"{family} does not load; see: uncordon validate {family}"
        raise CannotPlayError(msg) from error


def open_store(database: str) -> RunStore:
    """Return the store at *database*; raises CannotPlayError."""
    try:
        return RunStore(database, wall_ms=wall_ms)
    except UnusableDatabaseError as error:
        raise CannotPlayError(str(error)) from error


def stored_run(store: RunStore, run: str, database: str) -> RunRow:
    """Return a stored run; raises CannotPlayError if there is none."""
    try:
        return store.find(run)
    except UnknownRunError:
        msg = f"no run {run!r} in {shown_url(database)}"
        raise CannotPlayError(msg) from None


def watch(incident: str, seed: int, player: str, *, speed: float, quiet: bool) -> Verdict:
    """Let *player* play and print what it types, thinks and sees; return the scored run.

    Raises:
        CannotPlayError: if there is no such incident or player.
    """
    scenario, mystery = choose(incident, seed)
    run = Run(scenario, seed, who=player)
    try:
        moves = make_player(run, player)
    except KeyError as error:
        raise CannotPlayError(str(error.args[0])) from error
    run.start()
    last = run.now
    if not quiet:
        click.echo(
            f"{scenario.family_title if mystery else scenario.title}: seed {seed}, player {player}\n"
        )

    def show(step: Step, shown: Shown | None) -> None:
        nonlocal last
        if speed > 0:
            time.sleep(max(0, run.now - last) / 1000 / speed)
        last = run.now
        if not quiet:
            print_step(run, step, shown)

    play(run, moves, watcher=show)
    return judge(run.finish(), scenario, seed, run.inputs, NoCache())


def print_step(run: Run, step: Step, shown: Shown | None) -> None:
    """Print the line that a player types, after its thought; with *shown* what came of it."""
    if shown is not None:
        click.echo(shown.stdout, nl=False)
        click.echo(shown.stderr, nl=False)
        return
    if step.think:
        click.secho(f"    {step.think.strip()}", dim=True)
    at = run.epoch.datetime(step.at).strftime("%H:%M:%S")
    click.secho(f"{at} $ {step.line}", bold=True)


def interactive(
    incident: str,
    seed: int,
    database: str,
    *,
    resume: str | None,
    quiet: bool,
    practice: bool = False,
) -> Verdict | None:
    """Play at this terminal; return the scored run once it is closed, None if it was left open.

    With *practice* the run pauses at decision points. From a pipe, time passes in the simulation
    only: the same lines always give the same run.

    Raises:
        CannotPlayError: if there is no such incident or run, or another process has it.
    """
    chosen = None if resume is not None else choose(incident, seed)
    if practice and chosen is not None and not chosen[0].freeze:
        msg = f"{incident} has no decision points, so there is no practice mode for it"
        raise CannotPlayError(msg)
    store = open_store(database)
    at_keys = sys.stdin.isatty() and not quiet
    clock = steady_ms if at_keys else _standing_ms
    try:
        session = _session(store, chosen, seed, resume, database, clock, practice=practice)
        if isinstance(session, ToldSession):
            _close_told(session)
            return told_verdict(session, store)
        with session.viewing():
            if at_keys:
                greet(session)
                play_at_keys(session)
            else:
                from_pipe(session, err=quiet)
        session.release()
    except LeaseLostError as error:
        raise CannotPlayError(str(error)) from error
    kept = named(session, database)
    if not session.closed:
        click.echo(f"left open; go on with: uncordon play --resume {kept}", err=True)
        return None
    run = session.run
    at = run.epoch.datetime(run.now).strftime("%H:%M:%S")
    click.echo(f"kept: uncordon score {kept}", err=True)
    click.echo(f"again from a moment: uncordon play --at {at} --branch {kept}", err=True)
    return judge(run.finish(), run.scenario, run.seed, run.inputs, store)


def named(session: Session, database: str) -> str:
    """Return a run as further commands name it."""
    elsewhere = "" if database == DATABASE else f" --database {shown_url(database)}"
    return f"{session.row.id}{elsewhere}"


def _close_told(session: ToldSession) -> None:
    """Close an interrupted run as it stands, since nothing else can be done with it."""
    if not session.closed:
        click.echo(f"note: {session.over}; it is closed as it stands", err=True)
        session.submit("close", {"picks": {}, "citations": {}, "handover": ""})
    session.release()


def told_verdict(session: Session, store: RunStore) -> Verdict:
    """Return the score of a run on a real cluster that is over."""
    run = session.run
    return judge(run.finish(), run.scenario, run.seed, run.inputs, store)


def _standing_ms() -> int:
    return 0


def _session(
    store: RunStore,
    chosen: tuple[Scenario, str] | None,
    seed: int,
    resume: str | None,
    database: str,
    clock: Callable[[], int],
    *,
    practice: bool,
) -> Session:
    if chosen is not None:
        scenario, mystery = chosen
        return Session.create(
            scenario,
            seed,
            store,
            holder=HOLDER,
            who="trainee",
            wall_ms=clock,
            practice=practice,
            mystery=mystery,
        )
    row = stored_run(store, str(resume), database)
    scenario = as_played(store, row, find_scenario)
    if row.real:
        return ToldSession.load(row, scenario, store, wall_ms=clock)
    return Session.load(row, scenario, store, wall_ms=clock)


def from_pipe(session: Session, *, err: bool) -> None:
    """Enter the lines of standard input one after the other, each when the last has ended."""
    screen = Printed(session, err=err)
    for line in sys.stdin:
        if session.closed:
            return
        try:
            session.submit("command", {"terminal": TERMINAL, "line": line.rstrip("\n")})
        except BadInputError as error:
            click.echo(f"uncordon: {error}", err=True)
            continue
        if not session.run_on(TERMINAL, PATIENCE_MS) and not session.closed:
            screen.show()
            why = f"still running after {PATIENCE_MS // 60_000} min"
            if session.stopped:
                why = "this would wait for ever, as the clock has stopped"
            click.echo(f"uncordon: {why}, so Ctrl-C", err=True)
            session.submit("interrupt", {"terminal": TERMINAL})
            session.run_on(TERMINAL, PATIENCE_MS)
        screen.show()


def greet(session: Session) -> None:
    """Print the briefing and the page."""
    scenario, run = session.run.scenario, session.run
    briefing = scenario.briefing
    click.secho(session.title, bold=True)
    for text in (briefing.you, briefing.service, briefing.access, briefing.documents):
        click.echo(f"\n{filled(fill(text, run.roles).strip())}")
    at = run.epoch.datetime(run.paged_at).strftime("%H:%M:%S")
    page = next(one for one in run.log.of(AlertRecord) if one.state == "paged")
    click.secho(f"\n{at} UTC  PAGE  {page.text or page.alert}", fg="red", bold=True)
    click.echo("`incident help` lists what you have beside the terminal.\n")
    for note in getattr(session, "notes", ()):
        click.echo(f"{note}\n")
    if session.row.practice:
        click.echo("Practice mode: time stands still at a few decision points.\n")
    if (point := find_point(scenario, run.point)) is not None:
        click.secho(f"{asked(point, run.roles)}\n", fg="yellow")
