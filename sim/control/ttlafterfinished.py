"""Finished Jobs, deleted when their ttlSecondsAfterFinished has passed.

Thanks to this file a Job that should clean up after itself does. It must not know how Jobs run
(pkg/controller/ttlafterfinished).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.job_status import finished_at
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer


class TtlAfterFinishedController(Controller):
    """A key is a Job."""

    name: ClassVar[str] = "ttl-after-finished-controller"

    def __init__(self, env: Environment, api: ApiServer, stream: Stream, *, jobs: Informer) -> None:
        super().__init__(env, api, stream)
        self._jobs = jobs
        jobs.on_change(self._job_changed)

    def adopt(self) -> None:
        """Queue the Jobs that have a time to live and are over."""
        for key, job in self._jobs.objects.items():
            if _expires(job):
                self.enqueue(key)

    def _job_changed(self, change: Change) -> None:
        if change.type != "DELETED" and _expires(change.new):
            self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Delete the Job *key* with its pods if its time has come; come back then if it has not."""
        job = self._jobs.get(*key)
        if job is None or not _expires(job):
            return
        rest = int(job["spec"]["ttlSecondsAfterFinished"]) * 1000 - self.age_ms(finished_at(job))
        if rest > 0:
            self.enqueue_after(key, rest)
        else:
            self.api.delete("jobs", *key, propagation="Foreground")


def _expires(job: Obj) -> bool:
    lives = job["spec"].get("ttlSecondsAfterFinished") is not None
    return lives and bool(finished_at(job)) and not is_terminating(job)
