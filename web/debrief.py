"""The debrief of a closed run: page and JSON. It is computed when first asked for and remembered."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sim.session.debrief import make_debrief
from sim.session.judge import judge
from sim.session.live import Session
from web.access import hub, open_run

blueprint = Blueprint("debrief", __name__)


@blueprint.get("/run/<run>/debrief")
def page(run: str) -> str | Response:
    """Show the debrief, or go back to the room while the incident is open."""
    session = open_run(run)
    if not session.closed:
        return redirect(url_for("pages.room", run=run))
    return render_template("debrief.html", run=run, debrief=debrief_of(session))


@blueprint.get("/api/run/<run>/debrief")
def get_debrief(run: str) -> dict[str, Any] | tuple[dict[str, str], int]:
    """Return the debrief as JSON; 409 while the incident is open."""
    session = open_run(run)
    if not session.closed:
        return {"error": "the incident is still open; close it first"}, 409
    return debrief_of(session)


def debrief_of(session: Session) -> dict[str, Any]:
    """Return a closed run's debrief."""
    store, row = hub().store, session.row
    key = f"debrief/{row.id}/{row.digest}/{session.run.engine}"
    with session.locked():
        if (text := store.cached(key)) is None:
            run = session.run
            verdict = judge(run.finish(), run.scenario, run.seed, run.inputs, store)
            text = json.dumps(make_debrief(verdict, store))
            store.remember(key, text)
    found: dict[str, Any] = json.loads(text)
    return found
