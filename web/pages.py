"""Pages that work from the server: the choice of an incident, its briefing, the room, the field guide."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sim.scenario import Scenario, ScenarioError, fill
from sim.session.desk import PICKS
from sim.session.panels import METRICS
from sim.session.wall import wall_ms
from web.access import holder, hub, open_run
from web.debrief import remembered_total
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
    """List the incidents and the visitor's runs."""
    entries = list(hub().catalogue)
    titles = {entry.slug: entry.scenario.title for entry in entries if entry.scenario}
    runs = [run for run in hub().store.runs(holder()) if run.scenario in titles][:SHOWN_RUNS]
    totals = {run.id: remembered_total(run) for run in runs if run.closed}
    return render_template("index.html", entries=entries, runs=runs, titles=titles, totals=totals)


def _scenario(slug: str) -> Scenario:
    try:
        return hub().scenario(slug)
    except KeyError:
        abort(404, "There is no such incident.")
    except ScenarioError as error:
        abort(500, str(error))


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
    scenario = _scenario(slug)
    parts = _briefing(scenario, _names(scenario))
    return render_template(
        "briefing.html", scenario=scenario, parts=parts, seed="", wrong="", today=False
    )


@blueprint.post("/incident/<slug>")
def take_pager(slug: str) -> Response | tuple[str, int]:
    """Start a run and go to its room."""
    scenario = _scenario(slug)
    # The button "seed 0" comes after the field, so the last value that says something counts.
    given = [text.strip() for text in request.form.getlist("seed")]
    today = request.form.get("clock") == "today"
    text = next((text for text in reversed(given) if text), "")
    if not text:
        seed = secrets.randbelow(MAX_SEED)
    elif text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < MAX_SEED:
        seed = int(text)
    else:
        wrong = f"A seed is a whole number below {MAX_SEED}. Leave it empty for a drawn one."
        parts = _briefing(scenario, _names(scenario))
        page = render_template(
            "briefing.html",
            scenario=scenario,
            parts=parts,
            seed=text[:40],
            wrong=wrong,
            today=today,
        )
        return page, 400
    session = hub().start(slug, seed, holder=holder(), now=today)
    return redirect(url_for("pages.room", run=session.row.id))


@blueprint.get("/run/<run>/")
def room(run: str) -> str | Response:
    """Show the incident room, or the debrief once the incident is closed."""
    session = open_run(run)
    if session.closed:
        return redirect(url_for("debrief.page", run=run))
    played = session.run
    scenario = played.scenario
    lists = played.desk.lists()
    return render_template(
        "room.html",
        run=run,
        scenario=scenario,
        state=state(session),
        epoch=played.epoch,
        briefing=_briefing(scenario, played.roles),
        people=scenario.people,
        documents=scenario.documents,
        questions=[(name, lists[name]) for name in PICKS],
        ticket=[(name, lists[f"ticket_{name}"]) for name in ("origin", "fix", "owner")],
        metrics=METRICS,
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
