"""The debrief of a closed run: page and JSON. It is computed when first asked for and remembered."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sim import ENGINE_VERSION
from sim.session.debrief import make_debrief
from sim.session.judge import judge
from sim.session.live import Session
from sim.session.storage import RunRow
from web.access import hub, open_run
from web.bars import bars
from web.curve import Curve
from web.timeline import minutes

blueprint = Blueprint("debrief", __name__)


@blueprint.get("/run/<run>/debrief")
def page(run: str) -> str | Response:
    """Show the debrief, or go back to the room while the incident is open."""
    session = open_run(run)
    if not session.closed:
        return redirect(url_for("pages.room", run=run))
    debrief = debrief_of(session)
    return render_template(
        "debrief.html",
        run=run,
        slug=session.row.scenario,
        debrief=debrief,
        bars=bars(debrief["findings"]),
        curve=Curve(debrief),
        minutes=minutes(debrief["timeline"], debrief["expert"]),
    )


@blueprint.get("/api/run/<run>/debrief")
def get_debrief(run: str) -> dict[str, Any] | tuple[dict[str, str], int]:
    """Return the debrief as JSON; 409 while the incident is open."""
    session = open_run(run)
    if not session.closed:
        return {"error": "the incident is still open; close it first"}, 409
    return debrief_of(session)


def debrief_of(session: Session) -> dict[str, Any]:
    """Return a closed run's debrief."""
    store, key = hub().store, _key(session.row, session.run.engine)
    with session.locked():
        if (text := store.cached(key)) is None:
            run = session.run
            verdict = judge(run.finish(), run.scenario, run.seed, run.inputs, store)
            text = json.dumps(make_debrief(verdict, store))
            store.remember(key, text)
    found: dict[str, Any] = json.loads(text)
    return found


def remembered_total(row: RunRow) -> float | None:
    """Return a closed run's points if its debrief has been computed, without computing it."""
    text = hub().store.cached(_key(row, ENGINE_VERSION))
    return None if text is None else float(json.loads(text)["total"])


def _key(row: RunRow, engine: str) -> str:
    return f"debrief/{row.id}/{row.digest}/{engine}"
