"""Who is asking, and which runs are theirs; a foreign run is as absent as one that never was."""

from __future__ import annotations

import secrets

from flask import abort, current_app, session

from sim.session.hub import Hub
from sim.session.live import Session
from sim.session.storage import LeaseLostError, RunRow, UnknownRunError


def hub() -> Hub:
    """Return the process's sessions."""
    found: Hub = current_app.extensions["hub"]
    return found


def holder() -> str:
    """Return the id in the visitor's signed cookie, made at the first visit."""
    if "holder" not in session:
        session["holder"] = secrets.token_urlsafe(16)
        session.permanent = True
    return str(session["holder"])


def find_run(run: str) -> RunRow:
    """Return a run of this visitor as stored, without loading it, or answer 404."""
    try:
        return hub().store.find(run, holder())
    except UnknownRunError:
        abort(404, "There is no such page.")


def open_run(run: str) -> Session:
    """Return a run of this visitor, or answer 404 (503 while another process has it)."""
    try:
        return hub().open(run, holder())
    except UnknownRunError:
        abort(404, "There is no such page.")
    except LeaseLostError:
        abort(503, "This run is open in another server process; try again in half a minute.")
