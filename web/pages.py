"""Pages that work from the server: the choice of an incident, its briefing, the room, the field guide."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sim.scenario import Scenario, ScenarioError, fill
from sim.session.desk import PICKS
from sim.session.panels import offered
from sim.session.storage import RunRow
from sim.session.wall import wall_ms
from web import real
from web.access import holder, hub, open_run
from web.cards import card_of, cards
from web.outside import kubeconfig_of, name_of
from web.view import state

blueprint = Blueprint("pages", __name__)

MAX_SEED = 2**31
SHOWN_RUNS = 12
SAME_NIGHT_MS = 2 * 3600_000
"""A run whose clock is this near to the wall's was begun on today's; a pause puts it back a little."""
TERMINALS = ("t1", "t2", "t3", "t4")


@blueprint.get("/")
def index() -> str:
    """List what can be played and the visitor's runs."""
    entries = list(hub().catalogue)
    known = {entry.slug: entry.scenario for entry in entries if entry.scenario}
    runs = [run for run in hub().store.runs(holder()) if run.scenario in known][:SHOWN_RUNS]
    titles = {run.id: _title(run, known[run.scenario]) for run in runs}
    totals = {run.id: hub().reviews.total(run) for run in runs if run.closed}
    broken = [entry.slug for entry in entries if entry.scenario is None]
    return render_template(
        "index.html", cards=cards(), broken=broken, runs=runs, titles=titles, totals=totals
    )


def _title(run: RunRow, scenario: Scenario) -> str:
    """Return what a run is called; a drawn night says which one it was when it is over."""
    return scenario.title if run.closed or not run.mystery else scenario.family_title


def _choice(name: str, seed: int) -> tuple[Scenario, str]:
    """Return the scenario to play, and the family of which it was drawn, if it was."""
    try:
        return hub().choose(name, seed)
    except KeyError:
        abort(404, "There is no such incident.")
    except ScenarioError as error:
        abort(
            500, f"It does not load; see: uncordon validate {name}" if _drawn(name) else str(error)
        )


def _drawn(name: str) -> bool:
    return name in hub().catalogue.families()


def _names(scenario: Scenario) -> dict[str, str]:
    """Return the names that are the same on every seed, for texts that are read before a run."""
    names = {}
    for role, spec in scenario.roles.items():
        if spec.application:
            names[role] = spec.application
        elif spec.namespace_of:
            names[role] = scenario.application(spec.namespace_of).namespace
    return names


def _briefing(scenario: Scenario, roles: dict[str, Any]) -> list[tuple[str, str]]:
    given = scenario.briefing
    parts = (
        ("You", given.you),
        ("The service", given.service),
        ("What you have", given.access),
        ("What was promised", given.slo),
        ("To read", given.documents),
    )
    return [(title, fill(text, roles)) for title, text in parts]


@blueprint.get("/incident/<slug>")
def briefing(slug: str) -> str:
    """Show who the trainee is tonight and what they have."""
    return _briefing_page(slug)


def _briefing_page(
    name: str,
    *,
    seed: str = "",
    wrong: str = "",
    no_ground: str = "",
    today: bool = False,
    practice: bool = False,
) -> str:
    scenario, mystery = _choice(name, 0)
    parts = _briefing(scenario, _names(scenario))
    return render_template(
        "briefing.html",
        card=card_of(name),
        parts=parts,
        seed=seed,
        wrong=wrong,
        today=today,
        can_practise=bool(scenario.freeze),
        practice=practice,
        real=real.offered(scenario, mystery),
        no_ground=no_ground,
    )


@blueprint.post("/incident/<slug>")
def take_pager(slug: str) -> Response | tuple[str, int]:
    """Start a run and go to its room."""
    _choice(slug, 0)
    # The button "seed 0" comes after the field, so the last value that says something counts.
    given = [text.strip() for text in request.form.getlist("seed")]
    today = request.form.get("clock") == "today"
    practice = request.form.get("practice") == "yes"
    text = next((text for text in reversed(given) if text), "")
    if not text:
        seed = secrets.randbelow(MAX_SEED)
    elif text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < MAX_SEED:
        seed = int(text)
    else:
        wrong = f"A seed is a whole number below {MAX_SEED}. Leave it empty for a drawn one."
        page = _briefing_page(slug, seed=text[:40], wrong=wrong, today=today, practice=practice)
        return page, 400
    scenario, mystery = _choice(slug, seed)
    if request.form.get("backend") == "kind":
        try:
            return redirect(real.begin(scenario, seed, mystery))
        except real.NoGroundError as error:
            return _briefing_page(slug, seed=text, no_ground=str(error)), 409
    session = hub().start(
        scenario.slug, seed, holder=holder(), now=today, practice=practice, mystery=mystery
    )
    if not current_app.testing:
        # Its debrief is held against these; there is an hour to play them in.
        hub().reviews.prepare(session)
    return redirect(url_for("pages.room", run=session.row.id))


@blueprint.get("/run/<run>/")
def room(run: str) -> str | Response:
    """Show the incident room, or the debrief once the incident is closed."""
    session = open_run(run)
    if session.closed:
        return redirect(url_for("debrief.page", run=run))
    if real.interrupted(session):
        return real.interrupted_page(run, session)
    played = session.run
    scenario = played.scenario
    lists = played.desk.lists()
    return render_template(
        "room.html",
        run=run,
        title=session.title,
        zone=scenario.zone,
        state=state(session),
        epoch=played.epoch,
        briefing=[
            *_briefing(scenario, played.roles),
            *(("The cluster", note) for note in getattr(session, "notes", ())),
        ],
        real=session.row.real,
        people=scenario.people,
        documents=scenario.documents,
        questions=[(name, lists[name]) for name in PICKS],
        ticket=[(name, lists[f"ticket_{name}"]) for name in ("origin", "fix", "owner")],
        metrics=offered(played.telemetry),
        terminals=TERMINALS,
        slo=scenario.rubric.mitigated_below,
        outside=_outside(run, played.epoch.unix_ms + session.now()),
    )


def _outside(run: str, night_ms: int) -> dict[str, Any]:
    """Return what the room hands out for the trainee's own kubectl."""
    today = abs(night_ms - wall_ms()) < SAME_NIGHT_MS
    return {"name": name_of(run), "text": kubeconfig_of(run), "today": today}


@blueprint.get("/guide")
def guide() -> str:
    """Show the field guide: the three heuristics, a triage flow, common footguns."""
    return render_template("guide.html")
