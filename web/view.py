"""One run as a tab sees it: the state line and new evidence; reading changes nothing."""

from __future__ import annotations

from typing import Any

from sim.evidence import AcknowledgeRecord, AlertRecord, FreezeRecord
from sim.session.freeze import as_json, find_point
from sim.session.live import Session
from web.visible import visible


def state(session: Session) -> dict[str, Any]:
    """Return the one-glance state: clock, stage, error rate, requests lost, prompts."""
    with session.locked():
        run = session.run
        now = session.now()
        run.advance(now)
        log = run.log
        summary = run.telemetry.summary()
        acknowledged = next((one.at for one in log.of(AcknowledgeRecord)), None)
        paged = next((one for one in log.of(AlertRecord) if one.state == "paged"), None)
        terminals = run.workstation.terminals()
        return {
            "now": now,
            "epoch": run.epoch.unix_ms,
            "speed": session.clock.speed,
            "paused": session.clock.paused,
            "closed": session.closed,
            "stopped": session.stopped,
            "paged_at": run.paged_at,
            "horizon": run.horizon,
            "acknowledged_at": acknowledged,
            "stage": "closed" if session.closed else _stage(summary, acknowledged is not None),
            "page": paged.alert if paged else "",
            "firing_since": summary.get("firing_since"),
            "threshold": summary.get("threshold"),
            "error_rate": summary.get("error_rate"),
            "lost": summary.get("lost", 0.0),
            "practice": session.row.practice,
            "backend": session.row.backend,
            "over": getattr(session, "over", ""),
            "freeze": _freeze(session),
            "busy": {name: run.workstation.busy(name) for name in terminals},
            "prompts": {name: run.workstation.prompt(name) for name in terminals},
            "modes": {name: run.workstation.mode(name) for name in terminals},
            "places": {name: run.workstation.place(name) for name in terminals},
            "jobs": {name: run.workstation.jobs(name) for name in terminals},
        }


def _freeze(session: Session) -> dict[str, Any] | None:
    """Return the decision point at which time stands still, or the one answered since it did."""
    run = session.run
    last = next(reversed(list(run.log.of(FreezeRecord))), None) if session.row.practice else None
    ranking = None
    point = find_point(run.scenario, run.point)
    if point is None and last is not None and session.clock.paused and run.paused:
        point, ranking = find_point(run.scenario, last.point), last.ranking
    return None if point is None else as_json(point, run.roles, ranking)


def _stage(summary: dict[str, Any], acknowledged: bool) -> str:
    """Return `paged`, `acknowledged`, `mitigated` (users fine for a while) or `resolved` (for long)."""
    stage = summary.get("state")
    if stage in ("mitigated", "resolved"):
        return str(stage)
    return "acknowledged" if acknowledged else "paged"


def glance(session: Session, since: int) -> tuple[list[dict[str, Any]], int, dict[str, Any]]:
    """Return news and state of one instant, so that a prompt never comes before its output."""
    with session.locked():
        now = state(session)
        log = session.run.log
        records = [log[number] for number in range(since, len(log))]
        return visible(records), len(log), now


def news(session: Session, since: int) -> tuple[list[dict[str, Any]], int]:
    """Return visible evidence from number *since* on, and the next number."""
    records, following = session.read(since)
    return visible(records), following
