"""The game on a real cluster, in a terminal: set-up, the evening, play, and the cluster put back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from sim.cli.keyboard import play_at_keys
from sim.cli.play import (
    HOLDER,
    CannotPlayError,
    choose,
    from_pipe,
    greet,
    named,
    nights_of,
    open_store,
    print_step,
    told_verdict,
)
from sim.players import Shown
from sim.scenario import Scenario
from sim.session.ground import Ground, NoGroundError
from sim.session.inputs import BadInputError
from sim.session.judge import Verdict
from sim.session.kindground import find_ground, refuse
from sim.session.play import Step, player_names
from sim.session.play import make_player as player_of
from sim.session.play import play as let_play
from sim.session.real import RealHands, RealSession
from sim.session.storage import LeaseLostError, RunStore
from sim.session.wall import sleep, steady_ms


def play(
    incident: str, seed: int, database: str, *, context: str, player: str | None, quiet: bool
) -> Verdict | None:
    """Play at this terminal, or let *player* play; return the scored run, None if it was left.

    Raises:
        CannotPlayError: if there is no such incident, cluster or player, or the cluster was lost meanwhile.
    """
    scenario, mystery = choose(incident, seed)
    if player is not None and player not in player_names(scenario):
        msg = f"no player {player!r}; there are: {', '.join(player_names(scenario))}"
        raise CannotPlayError(msg)
    store = open_store(database)
    who = player or "trainee"
    session = begun(scenario, seed, store, who=who, context=context, mystery=mystery)
    try:
        if player is not None:
            watch(session, player, quiet=quiet)
        elif sys.stdin.isatty() and not quiet:
            greet(session)
            play_at_keys(session)
        else:
            from_pipe(session, err=quiet)
    except LeaseLostError as error:
        raise CannotPlayError(str(error)) from error
    finally:
        ended = bool(session.over)
        leave(session)
    if not session.closed:
        said = interrupted(session, database)
        if ended:
            # Nobody left it: whoever waits for the night to be played must see that it was not.
            raise CannotPlayError(said)
        click.echo(said, err=True)
        return None
    return told_verdict(session, store)


def interrupted(session: RealSession, database: str) -> str:
    """Say why a run that is not closed has ended, and what can be done with it."""
    why, kept = session.over or "it was left", named(session, database)
    return f"interrupted: {why}; `uncordon play --resume {kept}` closes it as it stands"


def begun(
    scenario: Scenario, seed: int, store: RunStore, *, who: str, context: str, mystery: str = ""
) -> RealSession:
    """Return a run whose page has come, having told every step on standard error.

    *mystery* is the family of which the night was drawn.

    Raises:
        CannotPlayError: if there is no cluster, or it cannot be played on.
    """
    nights = nights_of(mystery) if mystery else ()
    try:
        refuse(*(nights or (scenario,)))
        ground: Ground = find_ground(context, f"a run of {mystery or scenario.slug}", nights)
        return RealSession.begin(
            scenario,
            seed,
            store,
            ground,
            holder=HOLDER,
            who=who,
            wall_ms=steady_ms,
            sleep=sleep,
            progress=Told().tell,
            mystery=mystery,
        )
    except NoGroundError as error:
        raise CannotPlayError(str(error)) from error


class Told:
    """Tells steps on standard error, each with the time since the first."""

    def __init__(self) -> None:
        """Begin to count."""
        self._began = time.monotonic()

    def tell(self, line: str) -> None:
        """Tell one."""
        passed = time.monotonic() - self._began
        click.echo(f"{int(passed // 60):3}:{int(passed % 60):02}  {line}", err=True)


def watch(
    session: RealSession,
    player: str,
    *,
    quiet: bool,
    until: int | None = None,
    closing: Callable[[], object] = lambda: None,
    tell: Callable[[Step], object] = lambda _step: None,
) -> None:
    """Let *player* play in real time, up to *until*, and print what it types and sees.

    *tell* is called at each line, *closing* before the incident is closed, while the cluster is there.
    If the cluster is lost meanwhile, the run is left open.
    """
    run = session.run

    def show(step: Step, shown: Shown | None) -> None:
        if shown is None:
            tell(step)
            if step.line.startswith("incident close"):
                closing()
        if not quiet:
            print_step(run, step, shown)

    try:
        let_play(
            run, player_of(run, player), watcher=show, hands=RealHands(session, sleep), until=until
        )
    except BadInputError:
        # Its cluster was lost while it typed: whoever called sees that it is not closed.
        if session.watched:
            raise
    if session.watched:
        closing()
        session.submit("close", {"picks": {}, "citations": {}, "handover": ""})


def leave(session: RealSession) -> None:
    """Put the cluster back and let the run go."""
    click.echo("putting the cluster back as it was", err=True)
    session.wait_left()
    if not session.lost:
        session.release()
