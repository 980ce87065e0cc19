"""A prober's figure beside that of users, over one stretch of time; no point depends on it."""

from __future__ import annotations

from typing import Any

from sim.evidence import ProbeRecord
from sim.scoring import Story


def probed(story: Story) -> dict[str, Any] | None:
    """Return what the prober found from when users began to fail until they were fine, or to the end.

    On a false alarm, where nobody ever fails, that is from when its figures began to look bad to the end.
    `{from, to: ms, probes, failed, users: share of requests that users lost meanwhile, words}`; None if
    nobody probed then. A prober counts its own failures, and weighs nobody.
    """
    log, start = story.log, story.run.fault_at
    last = max(record.at for record in log)
    fine = None if story.false_alarm else story.mitigated_at
    ends = (fine, story.close.at if story.close else None, last)
    end = next(at for at in ends if at is not None)
    records = [one for one in log.of(ProbeRecord) if start < one.at <= end]
    probes, failed = sum(one.probes for one in records), sum(one.failed for one in records)
    wanted = story.impact.wanted(start, end)
    if not probes or not wanted:
        return None
    users = story.impact.lost(start, end) / wanted
    since = "figures began to look bad" if story.false_alarm else "users began to fail"
    until = "to the end" if fine is None else "until they were fine"
    words = (
        f"the prober failed {failed} of {probes} probes ({failed / probes:.1%}) while users failed {users:.1%}, "
        f"both from when {since} {until} ({story.clock(start)} to {story.clock(end)})"
    )
    return {
        "from": start,
        "to": end,
        "probes": probes,
        "failed": failed,
        "users": round(users, 6),
        "words": words,
    }
