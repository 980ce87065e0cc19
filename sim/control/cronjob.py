"""The CronJob controller: a Job whenever the schedule comes round, and old Jobs cleaned up.

Thanks to this file a nightly job runs once, or not while the last one still does. It must not know
how Jobs run (pkg/controller/cronjob/cronjob_controllerv2.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import (
    Key,
    controller_of,
    is_terminating,
    key_of,
    owner_reference,
    reference_to,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.conditions import is_true
from sim.control.cronschedule import BadScheduleError, Schedule, parse_schedule
from sim.control.job_status import COMPLETE, is_finished
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer
from sim.reconcile.informer import by_owner

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
NEXT_DELTA_MS = 100
"""How long after the scheduled instant the controller looks (nextScheduleDelta)."""
TOO_MANY = 100
"""More missed start times than this are a sign of a wrong clock."""


class CronJobController(Controller):
    """Makes Jobs from CronJobs and remembers what became of them."""

    name: ClassVar[str] = "cronjob-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        cronjobs: Informer,
        jobs: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._cronjobs = cronjobs
        self._jobs = jobs
        self._jobs_by_owner: Index = jobs.index(by_owner)
        cronjobs.on_change(self._cronjob_changed)
        jobs.on_change(self._job_changed)

    def adopt(self) -> None:
        """Wait for the next instant of every CronJob; one that lacks nothing is not written."""
        for key in self._cronjobs.objects:
            self.enqueue(key)

    def _cronjob_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _job_changed(self, change: Change) -> None:
        owner = controller_of(change.new)
        if owner is not None and owner["kind"] == "CronJob":
            self.enqueue(Key(change.key.namespace, owner["name"]))

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Note which Jobs have ended, delete old ones, start one that is due."""
        cronjob = self._cronjobs.get(*key)
        if cronjob is None or is_terminating(cronjob):
            return
        jobs = self._jobs_by_owner.get(cronjob["metadata"]["uid"])
        status = dict(cronjob.get("status") or {})
        self._follow(cronjob, jobs, status)
        self._clean_up(cronjob, jobs)
        try:
            self._start_due(cronjob, status)
        finally:
            if not status.get("active"):
                status.pop("active", None)
            if status != (cronjob.get("status") or {}):
                self.api.modify(
                    "cronjobs", *key, lambda old: {**old, "status": status}, status=True
                )

    def _follow(self, cronjob: Obj, jobs: Sequence[Obj], status: Obj) -> None:
        """Take out of `active` what has ended or gone."""
        active = list(status.get("active") or ())
        known = {one["uid"] for one in active}
        for job in jobs:
            name, uid = job["metadata"]["name"], job["metadata"]["uid"]
            if uid not in known and not is_finished(job):
                text = f"Saw a job that the controller did not create or forgot: {name}"
                self.event(cronjob, "Warning", "UnexpectedJob", text)
            elif uid in known and is_finished(job):
                active = [one for one in active if one["uid"] != uid]
                ended = COMPLETE if is_true(job, COMPLETE) else "Failed"
                text = f"Saw completed job: {name}, condition: {ended}"
                self.event(cronjob, "Normal", "SawCompletedJob", text)
            if is_true(job, COMPLETE):
                ended_at = job["status"].get("completionTime", "")
                if ended_at > status.get("lastSuccessfulTime", ""):
                    status["lastSuccessfulTime"] = ended_at
        present = {job["metadata"]["uid"] for job in jobs}
        for one in active:
            if one["uid"] not in present:
                text = f"Active job went missing: {one['name']}"
                self.event(cronjob, "Normal", "MissingJob", text)
        status["active"] = [one for one in active if one["uid"] in present]

    def _clean_up(self, cronjob: Obj, jobs: Sequence[Obj]) -> None:
        """Delete the oldest finished Jobs beyond the limits of history."""
        spec = cronjob["spec"]
        finished = sorted(
            filter(is_finished, jobs),
            key=lambda job: (
                (job.get("status") or {}).get("startTime", ""),
                job["metadata"]["name"],
            ),
        )
        for succeeded, limit in (
            (True, spec.get("successfulJobsHistoryLimit", 3)),
            (False, spec.get("failedJobsHistoryLimit", 1)),
        ):
            some = [job for job in finished if is_true(job, COMPLETE) == succeeded]
            for job in some[: max(0, len(some) - int(limit))]:
                if not is_terminating(job):
                    self._delete(cronjob, key_of(job))

    def _delete(self, cronjob: Obj, job: Key) -> None:
        if self.api.delete("jobs", *job) is not None:
            self.event(cronjob, "Normal", "SuccessfulDelete", f"Deleted job {job.name}")

    def _start_due(self, cronjob: Obj, status: Obj) -> None:
        spec = cronjob["spec"]
        if spec.get("suspend"):
            return
        try:
            schedule = parse_schedule(spec["schedule"], spec.get("timeZone") or "")
        except BadScheduleError as error:
            text = f"unparseable schedule: {_quoted(spec['schedule'])} : {error}"
            if str(error).startswith("unknown time zone"):
                text = f"invalid timeZone: {_quoted(spec.get('timeZone') or '')}: {error}"
                self.event(cronjob, "Warning", "UnknownTimeZone", text)
            else:
                self.event(cronjob, "Warning", "UnparseableSchedule", text)
            return
        unix_now = self.api.epoch.at(self.now)
        due, missed = self._last_due(cronjob, status, schedule, unix_now)
        self.enqueue_after(key_of(cronjob), schedule.after(unix_now) - unix_now + NEXT_DELTA_MS)
        if missed > TOO_MANY:
            text = (
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or "
                "check clock skew"
            )
            self.event(cronjob, "Warning", "TooManyMissedTimes", text)
        if due is not None:
            self._start(cronjob, status, due, unix_now)

    def _last_due(
        self, cronjob: Obj, status: Obj, schedule: Schedule, unix_now: int
    ) -> tuple[int | None, int]:
        """Return the latest instant not served yet (Unix ms) and how many were missed."""
        epoch = self.api.epoch
        since = status.get("lastScheduleTime") or cronjob["metadata"]["creationTimestamp"]
        earliest = epoch.at(epoch.since(since))
        deadline = cronjob["spec"].get("startingDeadlineSeconds")
        if deadline is not None:
            earliest = max(earliest, unix_now - int(deadline) * 1000)
        count, due = 0, None
        at = schedule.after(earliest)
        while at <= unix_now:
            count, due = count + 1, at
            if count > TOO_MANY:
                due = self._skip_to_last(schedule, at, unix_now)
                break
            at = schedule.after(at)
        return due, count

    @staticmethod
    def _skip_to_last(schedule: Schedule, at: int, unix_now: int) -> int:
        """Return the last instant up to now after very many, looking back ever further."""
        back = 60_000
        while unix_now - back > at:
            found = schedule.after(unix_now - back)
            if found <= unix_now:
                at = found
                while (following := schedule.after(at)) <= unix_now:
                    at = following
                return at
            back *= 8
        return at

    def _start(self, cronjob: Obj, status: Obj, due: int, unix_now: int) -> None:
        spec = cronjob["spec"]
        deadline = spec.get("startingDeadlineSeconds")
        stamp = self.api.epoch.rfc3339(due - self.api.epoch.unix_ms)
        if deadline is not None and due + int(deadline) * 1000 < unix_now:
            text = f"Missed scheduled time to start a job: {stamp}"
            self.event(cronjob, "Warning", "MissSchedule", text)
            return
        policy = spec.get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and status["active"]:
            text = (
                "Not starting job because prior execution is running and concurrency policy is "
                "Forbid"
            )
            self.event(cronjob, "Normal", "JobAlreadyActive", text)
            return
        namespace = cronjob["metadata"]["namespace"]
        if policy == "Replace":
            for one in status["active"]:
                self._delete(cronjob, Key(namespace, one["name"]))
            status["active"] = []
        job = self._job(cronjob, due)
        name = job["metadata"]["name"]
        if self._jobs.get(namespace, name) is not None:
            status["lastScheduleTime"] = stamp
            return
        try:
            made = self.api.create("jobs", job)
        except ApiError as error:
            text = f"Error creating job: {error.message}"
            self.event(cronjob, "Warning", "FailedCreate", text)
            raise
        self.event(cronjob, "Normal", "SuccessfulCreate", f"Created job {name}")
        status["active"] = [*status["active"], reference_to(made)]
        status["lastScheduleTime"] = stamp

    def _job(self, cronjob: Obj, due: int) -> Obj:
        """Return the Job for the instant *due* (Unix ms); its name makes it unique."""
        template = cronjob["spec"]["jobTemplate"]
        given = template.get("metadata") or {}
        schedule = parse_schedule(
            cronjob["spec"]["schedule"], cronjob["spec"].get("timeZone") or ""
        )
        metadata: Obj = {
            "name": f"{cronjob['metadata']['name']}-{due // 60_000}",
            "namespace": cronjob["metadata"]["namespace"],
            "annotations": {
                **(given.get("annotations") or {}),
                SCHEDULED_AT: schedule.local(due),
            },
            "ownerReferences": [owner_reference(cronjob)],
        }
        if given.get("labels"):
            metadata["labels"] = given["labels"]
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": template["spec"],
        }


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
