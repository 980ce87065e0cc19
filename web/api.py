"""The room's JSON over plain HTTP: inputs, news, charts, texts, completion; the stream offers the same."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, request

from sim.session import panels
from sim.session.inputs import BadInputError
from sim.session.live import Session
from sim.session.storage import LeaseLostError
from web.access import open_run
from web.real import interrupted
from web.view import news, state

blueprint = Blueprint("api", __name__, url_prefix="/api/run/<run>")


@blueprint.before_request
def admit() -> None:
    """Refuse what needs a cluster that was let go."""
    if why := interrupted(open_run(str((request.view_args or {})["run"]))):
        abort(409, f"this run was interrupted: {why}")


@blueprint.get("/state")
def get_state(run: str) -> dict[str, Any]:
    """Return the one-glance state."""
    return state(open_run(run))


@blueprint.get("/news")
def get_news(run: str) -> dict[str, Any]:
    """Return visible evidence from `since` on."""
    since = request.args.get("since", "0")
    if not since.isdecimal():
        abort(400, "since must be a whole number")
    records, following = news(open_run(run), int(since))
    return {"records": records, "next": following}


@blueprint.post("/input")
def post_input(run: str) -> dict[str, Any]:
    """Take one input: `{"kind": ..., "payload": {...}}`."""
    session = open_run(run)
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        abort(400, 'an input is a JSON object such as {"kind": "note", "payload": {"text": "..."}}')
    answer, error = submit(session, body.get("kind"), body.get("payload"))
    if error:
        abort(400, error)
    return {"answer": answer}


def submit(session: Session, kind: Any, payload: Any) -> tuple[str, str]:
    """Hand an input to the run; return (the desk's answer, what is wrong with it)."""
    if not isinstance(kind, str) or not isinstance(payload or {}, dict):
        return "", "an input has a kind (text) and a payload (object)"
    try:
        with session.locked():
            session.submit(kind, payload or {})
            return session.answer, ""
    except (BadInputError, LeaseLostError) as error:
        return "", str(error)


@blueprint.get("/chart/<panel>")
def get_chart(run: str, panel: str) -> dict[str, Any]:
    """Return a chart's lines; nothing is recorded (a `look` input records)."""
    answer = chart(open_run(run), panel, request.args.get("by", ""))
    if "error" in answer:
        abort(400, answer["error"])
    return answer


def chart(session: Session, panel: str, by: str) -> dict[str, Any]:
    """Return `{"panel", "by", "unit", "title", "lines"}` or `{"error"}`."""
    with session.locked():
        now = session.now()
        session.run.advance(now)
        try:
            lines = panels.chart(session.run.telemetry, panel, by, now)
        except ValueError as error:
            return {"error": str(error)}
    metric = panels.BY_ID[panel]
    return {"panel": panel, "by": by, "unit": metric.unit, "title": metric.title, "lines": lines}


@blueprint.get("/text/<path:panel>")
def get_text(run: str, panel: str) -> dict[str, Any]:
    """Return what a panel or document says as text; nothing is recorded."""
    answer = text(open_run(run), panel, request.args.get("by", ""))
    if "error" in answer:
        abort(400, answer["error"])
    return answer


def text(session: Session, panel: str, by: str = "") -> dict[str, Any]:
    """Return `{"panel", "by", "text"}` or `{"error"}`."""
    with session.locked():
        session.run.advance(session.now())
        try:
            return {"panel": panel, "by": by, "text": session.run.desk.text(panel, by)}
        except ValueError as error:
            return {"error": str(error)}


@blueprint.get("/changes")
def get_changes(run: str) -> dict[str, Any]:
    """Return the change feed."""
    return changes(open_run(run))


def changes(session: Session) -> dict[str, Any]:
    """Return `{"changes": [...]}`, newest first."""
    with session.locked():
        session.run.advance(session.now())
        feed = session.run.telemetry.changes()
    names = ("id", "at", "category", "title", "author", "target", "detail", "source")
    return {"changes": [{name: getattr(one, name) for name in names} for one in feed]}


@blueprint.get("/alerts")
def get_alerts(run: str) -> dict[str, Any]:
    """Return alerts and their history."""
    return alerts(open_run(run))


def alerts(session: Session) -> dict[str, Any]:
    """Return `{"alerts": [...]}`: firing and pending ones, then history, newest first."""
    with session.locked():
        session.run.advance(session.now())
        found = session.run.telemetry.alerts()
    names = ("name", "state", "since", "ended", "severity", "summary")
    return {"alerts": [{name: getattr(one, name) for name in names} for one in found]}


@blueprint.get("/complete")
def get_complete(run: str) -> dict[str, Any]:
    """Return completions of `line` in terminal `terminal`."""
    return complete(open_run(run), request.args.get("line", ""), request.args.get("terminal", "t1"))


def complete(session: Session, line: str, terminal: str) -> dict[str, Any]:
    """Return `{"candidates": [...]}`."""
    with session.locked():
        session.run.advance(session.now())
        return {"candidates": session.run.workstation.complete(line[:4096], terminal=terminal)}
