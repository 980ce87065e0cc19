"""How long the next pod of a Job has to wait, and which of its indexes have failed for good.

Thanks to this file a pod that keeps failing is tried again ever later. It must not write: pods that
have ended come in, delays go out (pkg/controller/job/backoff_utils.go, indexed_job_utils.go).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sim.apimachinery.wire import Obj
from sim.control.job_pods import index_of
from sim.control.job_policy import judge
from sim.kernel import Epoch

BACKOFF_MS = 10_000
MAX_BACKOFF_MS = 600_000
"""After a failed pod the next one waits 10 s, doubling to 10 min (DefaultJobPodFailureBackOff)."""


@dataclass(slots=True)
class Backoff:
    """How many pods failed since one succeeded, and when the last one did."""

    failures: int = 0
    last_ms: int = 0

    def note(self, at: int, *, failed: bool) -> None:
        """Count a pod that ended at *at* (ms)."""
        self.failures = self.failures + 1 if failed else 0
        self.last_ms = at if failed else 0

    def remaining_ms(self, now: int) -> int:
        """Return how long the next pod has to wait."""
        if not self.failures:
            return 0
        delay = min(BACKOFF_MS << min(self.failures - 1, 16), MAX_BACKOFF_MS)
        return max(0, self.last_ms + delay - now)


@dataclass(slots=True)
class Record:
    """What is remembered of one Job's failures."""

    whole: Backoff = field(default_factory=Backoff)
    by_index: dict[int, Backoff] = field(default_factory=dict)
    """Where each index has a back-off of its own."""
    counted: Counter[int] = field(default_factory=Counter)
    """Failures by index that count towards backoffLimitPerIndex."""

    def note(self, ended: Iterable[tuple[int, bool]]) -> None:
        """Count pods that ended, as (when, whether failed)."""
        for at, failed in sorted(ended):
            self.whole.note(at, failed=failed)

    def note_indexes(self, job: Obj, failed: Sequence[tuple[int, Obj]]) -> list[int]:
        """Count *failed* pods, as (when, pod), by index; return the indexes that are lost by that."""
        limit = int(job["spec"]["backoffLimitPerIndex"])
        lost: list[int] = []
        for at, pod in failed:
            index = index_of(pod)
            self.by_index.setdefault(index, Backoff()).note(at, failed=True)
            action = judge(job, pod).action
            self.counted[index] += action != "Ignore"
            if action == "FailIndex" or self.counted[index] > limit:
                lost.append(index)
        return lost

    def ready_indexes(self, indexes: Sequence[int], now: int) -> tuple[list[int], int]:
        """Return those of *indexes* that need not wait, and how long the next of the others has to."""
        waits = {one: self.by_index.get(one, Backoff()).remaining_ms(now) for one in indexes}
        ready = [one for one in indexes if not waits[one]]
        return ready, min((wait for wait in waits.values() if wait), default=0)


def is_per_index(job: Obj) -> bool:
    """True when each index of the Job has a limit of its own."""
    return job["spec"].get("backoffLimitPerIndex") is not None


def ended_at(pod: Obj, epoch: Epoch, now: int) -> int:
    """Return when (ms) the pod's last container ended; without one, *now*."""
    times = [
        ended["finishedAt"]
        for one in (pod.get("status") or {}).get("containerStatuses") or ()
        if (ended := (one.get("state") or {}).get("terminated")) and ended.get("finishedAt")
    ]
    return epoch.since(max(times)) if times else now
