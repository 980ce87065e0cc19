"""One run as a tab sees it: the state line and new evidence; reading changes nothing."""

from __future__ import annotations

from typing import Any

from sim.evidence import AcknowledgeRecord, AlertRecord
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
        resolved = [one.at for one in log.of(AlertRecord) if one.state == "resolved"]
        stage = "paged"
        if acknowledged is not None:
            stage = "acknowledged"
        if paged is not None and resolved and resolved[-1] > paged.at:
            stage = "alert resolved"
        if session.closed:
            stage = "closed"
        terminals = run.workstation.terminals()
        return {
            "now": now,
            "epoch": run.epoch.unix_ms,
            "speed": session.clock.speed,
            "paused": session.clock.paused,
            "closed": session.closed,
            "paged_at": run.paged_at,
            "horizon": run.horizon,
            "acknowledged_at": acknowledged,
            "stage": stage,
            "page": paged.text or paged.alert if paged else "",
            "error_rate": summary.get("error_rate"),
            "lost": summary.get("lost", 0.0),
            "busy": {name: run.workstation.busy(name) for name in terminals},
            "prompts": {name: run.workstation.prompt(name) for name in terminals},
        }


def news(session: Session, since: int) -> tuple[list[dict[str, Any]], int]:
    """Return visible evidence from number *since* on, and the next number."""
    records, following = session.read(since)
    return visible(records), following
