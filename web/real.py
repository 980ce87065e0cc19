"""Runs on a real cluster: while one is being set up, and when one was interrupted.

What such a run is, is the session's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sim.scenario import Scenario
from sim.session.ground import NoGroundError
from sim.session.inputs import BadInputError
from sim.session.kindground import find_ground, offer
from sim.session.live import Session
from sim.session.wall import steady_ms
from web.access import holder, hub, open_run

blueprint = Blueprint("real", __name__)
FRESH_MS = 10_000
"""How long what was said of a cluster is said again without asking it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether an incident can be played on a real cluster now, in a sentence."""

    up: bool
    sentence: str


def context() -> str:
    """Return the context of the cluster that this server plays on; empty: our own."""
    return str(current_app.config.get("CONTEXT") or "")


def offered(scenario: Scenario, mystery: str = "") -> Offer:
    """Return what a briefing says of real clusters; of a draw of the family *mystery* it is true whichever is drawn."""
    name = mystery or scenario.slug
    kept: dict[str, tuple[int, Offer]] = current_app.extensions.setdefault("real_offers", {})
    at, found = kept.get(name, (0, None))
    now = steady_ms()
    if found is None or now - at > FRESH_MS or current_app.testing:
        # Docker and the cluster are asked, which takes a while.
        found = Offer(*offer(_nights(mystery) or (scenario,), context()))
        kept[name] = (now, found)
    return found


def begin(scenario: Scenario, seed: int, mystery: str = "") -> str:
    """Let a run begin on the real cluster; return the address at which it is waited for.

    *mystery* is the family of which the night was drawn.

    Raises:
        NoGroundError: if there is none to play on.
    """
    ground = find_ground(context(), f"a run of {mystery or scenario.slug}", _nights(mystery))
    made = hub().begin(scenario.slug, seed, ground, holder=holder(), mystery=mystery)
    return url_for("real.waiting", token=made.token)


def _nights(mystery: str) -> tuple[Scenario, ...]:
    return hub().nights(mystery) if mystery else ()


@blueprint.get("/beginning/<token>")
def waiting(token: str) -> str | Response:
    """Show what has been done so far; go to the room once the page has come."""
    found = hub().beginnings.find(token, holder())
    if found is None:
        abort(404, "There is no such page.")
    if found.run:
        return redirect(url_for("pages.room", run=found.run))
    return render_template("beginning.html", beginning=found)


@blueprint.post("/beginning/<token>/give-up")
def give_up(token: str) -> Response:
    """Give up a run that has not begun."""
    found = hub().beginnings.find(token, holder())
    if found is None:
        abort(404, "There is no such page.")
    found.cancelled = True
    return redirect(url_for("real.waiting", token=token))


def interrupted(session: Session) -> str:
    """Return why a run can only be closed; empty: it goes on, or is closed."""
    return "" if session.closed else str(getattr(session, "over", ""))


def interrupted_page(run: str, session: Session) -> str:
    """Return what is shown in place of the room."""
    why = interrupted(session)
    return render_template("interrupted.html", run=run, title=session.title, why=why)


@blueprint.post("/run/<run>/close-as-it-stands")
def close(run: str) -> Response:
    """Close an interrupted run without a diagnosis."""
    session = open_run(run)
    if not interrupted(session):
        abort(409, "The run goes on; close it in its room.")
    try:
        session.submit("close", {"picks": {}, "citations": {}, "handover": ""})
    except BadInputError as error:
        abort(400, str(error))
    return redirect(url_for("debrief.page", run=run))


__all__ = ["NoGroundError", "begin", "blueprint", "interrupted", "interrupted_page", "offered"]
