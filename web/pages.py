"""Pages that work from the server: the choice of an incident, its briefing, the room, the field guide."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sim.scenario import Scenario, ScenarioError
from sim.session.panels import METRICS
from web.access import holder, hub, open_run

blueprint = Blueprint("pages", __name__)

MAX_SEED = 2**31


@blueprint.get("/")
def index() -> str:
    """List the incidents and the visitor's runs."""
    entries = list(hub().catalogue)
    titles = {entry.slug: entry.scenario.title for entry in entries if entry.scenario}
    runs = [run for run in hub().store.runs(holder()) if run.scenario in titles][:12]
    return render_template("index.html", entries=entries, runs=runs, titles=titles)


def _scenario(slug: str) -> Scenario:
    try:
        return hub().scenario(slug)
    except KeyError:
        abort(404, "There is no such incident.")
    except ScenarioError as error:
        abort(500, str(error))


@blueprint.get("/incident/<slug>")
def briefing(slug: str) -> str:
    """Show who the trainee is tonight and what they have."""
    return render_template("briefing.html", scenario=_scenario(slug))


@blueprint.post("/incident/<slug>")
def take_pager(slug: str) -> Response:
    """Start a run and go to its room."""
    _scenario(slug)
    text = request.form.get("seed", "").strip()
    if not text:
        seed = secrets.randbelow(MAX_SEED)
    elif text.isdecimal() and int(text) < MAX_SEED:
        seed = int(text)
    else:
        abort(400, f"A seed is a whole number below {MAX_SEED}; leave it empty for a drawn one.")
    session = hub().start(slug, seed, holder=holder())
    return redirect(url_for("pages.room", run=session.row.id))


@blueprint.get("/run/<run>/")
def room(run: str) -> str | Response:
    """Show the incident room, or the debrief once the incident is closed."""
    session = open_run(run)
    if session.closed:
        return redirect(url_for("debrief.page", run=run))
    documents = [
        {"id": one.id, "kind": one.kind, "title": one.title}
        for one in session.run.scenario.documents
    ]
    people = [
        {"id": one.id, "name": one.name, "role": one.role, "asleep": one.asleep}
        for one in session.run.scenario.people
    ]
    return render_template(
        "room.html",
        session=session,
        scenario=session.run.scenario,
        documents=documents,
        people=people,
        lists=session.run.desk.lists(),
        metrics=METRICS,
    )


@blueprint.get("/guide")
def guide() -> str:
    """Show the field guide: the three heuristics, a triage flow, common footguns."""
    return render_template("guide.html")
