"""Who is asking, and which runs are theirs; a foreign run is as absent as one that never was."""

from __future__ import annotations

import secrets
from contextlib import suppress

from flask import abort, current_app, session

from sim.scenario import ScenarioError
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


def known_holder() -> str:
    """Return the visitor's id, empty for one who has none yet; none is made."""
    return str(session.get("holder", ""))


def kept_back(family: str, visitor: str) -> str:
    """Return why what tells the truth of a night of *family* is not shown to *visitor*; empty: it is.

    By it a drawn night of the same family that is still open could be known.
    """
    if not (family and visitor):
        return ""
    if any(not row.closed and row.mystery == family for row in hub().store.runs(visitor)):
        return "You have an open run drawn from this family of incidents; close it first."
    return ""


def family_of(row: RunRow) -> str:
    """Return the family of a run's night, empty if it has none."""
    with suppress(KeyError, ScenarioError):
        return row.mystery or hub().scenario(row.scenario).family
    return row.mystery


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
