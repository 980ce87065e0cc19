"""The debrief of a closed run: page and JSON, and what goes out from there: file, branch, scrubber.

What takes seconds is worked out elsewhere; nothing here waits longer than it is asked to.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from sim.session.branching import StillOpenError
from sim.session.bundle import SUFFIX
from sim.session.export import OtherEngineError
from sim.session.live import Session
from web.access import find_run, holder, hub, open_run
from web.telling import POLL_S, Telling, debrief_of, whole

blueprint = Blueprint("debrief", __name__)

WHOLE_S = 60.0
"""How long a script waits for the whole debrief."""
EXPORT_S = 30.0
"""How long a download waits for its file."""
MAX_MS = 7 * 24 * 3_600_000


@blueprint.get("/run/<run>/debrief")
def page(run: str) -> str | Response:
    """Show the debrief, or go back to the room while the incident is open."""
    row = find_run(run)
    if not row.closed:
        return redirect(url_for("pages.room", run=run))
    token = hub().store.share_of(run)
    share = url_for("shared.page", token=token, _external=True) if token else ""
    calibration = hub().reviews.calibration(holder())
    return Telling(row, url_for("debrief.page", run=run)).page(share=share, calibration=calibration)


@blueprint.get("/run/<run>/debrief/rows")
def get_rows(run: str) -> dict[str, Any]:
    """Return new rows of the ledger as the page shows them."""
    return _telling(run).rows()


@blueprint.get("/run/<run>/debrief/reel")
def get_reel(run: str) -> dict[str, Any]:
    """Return the whole run for the scrubber: `Telling.reel`."""
    return _telling(run).reel()


@blueprint.get("/run/<run>/debrief/without")
def get_without(run: str) -> tuple[dict[str, Any], int]:
    """Return the curve without one action and what is bound to it: `Telling.without`."""
    return _telling(run).without()


@blueprint.get("/api/run/<run>/debrief")
def get_debrief(run: str) -> dict[str, Any]:
    """Return the debrief: `sim.session.debrief` says what is in it; 409 while the incident is open.

    With `wait=0` what can be said at once, `pending` while the ledger is being worked out; 503 while
    not even the runs that it is held against have been played.
    """
    wait = request.args.get("wait", "")
    return debrief_of(_closed(run), whole(wait, 60) if wait else WHOLE_S)


@blueprint.get("/api/run/<run>/debrief/ledger")
def get_ledger(run: str) -> dict[str, Any]:
    """Return `{rows, next, done, failed}`: rows of the ledger from `since` on; waits for one a while."""
    since = whole(request.args.get("since", "0"), 1_000_000)
    return hub().reviews.ledger(_closed(run), since, POLL_S)


@blueprint.get("/api/run/<run>/debrief/at")
def get_moment(run: str) -> dict[str, Any]:
    """Return how the run stood at `ms`: `sim.session.film` says what is in it.

    The first question has the cluster filmed; `filmed` says whether that is done.
    """
    session = _closed(run)
    at = whole(request.args.get("ms", ""), MAX_MS)
    filmed = hub().reviews.film(session)
    return {"filmed": filmed, **hub().reviews.state_at(session, at)}


@blueprint.get("/api/calibration")
def get_calibration() -> dict[str, Any]:
    """Return how well the visitor's bets were weighed, over all closed runs."""
    return hub().reviews.calibration(holder())


@blueprint.get("/run/<run>/export")
def get_export(run: str) -> Response:
    """Hand out the run as a file; 503 while it is being made."""
    row = find_run(run)
    try:
        made = hub().reviews.export(row, EXPORT_S)
    except (StillOpenError, OtherEngineError) as error:
        abort(409, str(error))
    if made is None:
        abort(503, "The file is being made; try again in a moment.")
    if isinstance(made, str):
        abort(500, f"The file could not be made: {made}.")
    name = f"{row.scenario}-{row.seed}{SUFFIX}"
    answer = Response(made, mimetype="application/gzip")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@blueprint.post("/run/<run>/branch")
def branch(run: str) -> Response:
    """Play the run again from `at` (simulated ms) on, as a run of its own; go to its room."""
    return redirect(url_for("pages.room", run=_branch(run, request.form.get("at", ""))))


@blueprint.post("/api/run/<run>/branch")
def post_branch(run: str) -> dict[str, str]:
    """As `branch`, for scripts: `{"at": ms}` -> `{"run", "room"}`."""
    given = request.get_json(silent=True)
    at = given.get("at") if isinstance(given, dict) else None
    made = _branch(run, str(at))
    return {"run": made, "room": url_for("pages.room", run=made)}


def _branch(run: str, at: str) -> str:
    _closed(run)
    try:
        return hub().branch(run, whole(at, MAX_MS), holder=holder()).row.id
    except ValueError as error:
        abort(400, str(error))


def _telling(run: str) -> Telling:
    row = find_run(run)
    if not row.closed:
        abort(409, "the incident is still open; close it first")
    return Telling(row, url_for("debrief.page", run=run))


def _closed(run: str) -> Session:
    session = open_run(run)
    if not session.closed:
        abort(409, "the incident is still open; close it first")
    return session
