"""Links with which others read a debrief: made, shown and taken back; a link opens nothing else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, url_for
from werkzeug.wrappers import Response

from sim.session.storage import UnknownRunError
from web.access import family_of, hub, kept_back, known_holder, open_run
from web.telling import Telling

blueprint = Blueprint("shared", __name__)


@blueprint.post("/run/<run>/share")
def share(run: str) -> Response:
    """Make a link to the debrief of a closed run."""
    if not open_run(run).closed:
        abort(409, "the incident is still open; close it first")
    hub().store.share(run)
    return redirect(url_for("debrief.page", run=run, _anchor="share"))


@blueprint.post("/run/<run>/unshare")
def unshare(run: str) -> Response:
    """Take the link back."""
    open_run(run)
    hub().store.unshare(run)
    return redirect(url_for("debrief.page", run=run, _anchor="share"))


@blueprint.get("/shared/<token>")
def page(token: str) -> str:
    """Show the debrief to whoever has the link."""
    return _telling(token).page()


@blueprint.get("/shared/<token>/rows")
def get_rows(token: str) -> dict[str, Any]:
    """Return new rows of the ledger."""
    return _telling(token).rows()


@blueprint.get("/shared/<token>/reel")
def get_reel(token: str) -> dict[str, Any]:
    """Return the run for the scrubber."""
    return _telling(token).reel()


@blueprint.get("/shared/<token>/without")
def get_without(token: str) -> tuple[dict[str, Any], int]:
    """Return the curve without one action and what is bound to it."""
    return _telling(token).without()


def _telling(token: str) -> Telling:
    try:
        row = hub().store.shared(token)
    except UnknownRunError:
        abort(404, "There is no such page.")
    if why := kept_back(family_of(row), known_holder()):
        abort(403, why)
    return Telling(row, url_for("shared.page", token=token))
