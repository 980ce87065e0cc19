"""The Job controller: pods until enough of them have succeeded, or too many have failed.

Thanks to this file a migration runs to its end and a broken one stops at its back-off limit. It must
not know who wrote the Job (pkg/controller/job/job_controller.go).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import Key, controller_of, is_terminating, key_of, with_metadata
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import conditions, pods
from sim.control.job_backoff import Record, ended_at, is_per_index
from sim.control.job_pods import (
    FAILURE_COUNT,
    FINALIZER,
    is_indexed,
    is_uncounted,
    job_pod,
    missing_indexes,
    replaces_only_failed,
)
from sim.control.job_status import (
    COMPLETE,
    FAILED,
    SUCCESS,
    Tally,
    decided,
    failure_of,
    is_finished,
    job_condition,
    status_of,
    success_of,
    tally_of,
)
from sim.control.naming import PodNames
from sim.control.pod_ranking import rank_for_deletion
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

BATCH_MS = 1000
"""Changes of pods are gathered this long (syncJobBatchPeriod)."""
MAX_CREATED = 500
"""Most pods made in one go (MaxPodCreateDeletePerSync)."""
MANAGED_BY = "kubernetes.io/job-controller"
ORPHAN = "orphan/"
"""Keys of this kind of namespace are pods whose Job has gone."""


class JobController(Controller):
    """Makes the pods of Jobs, counts how they end and says when a Job is over."""

    name: ClassVar[str] = "job-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        jobs: Informer,
        pod_informer: Informer,
        pods_by_owner: Index,
        names: PodNames,
    ) -> None:
        super().__init__(env, api, stream)
        self._jobs = jobs
        self._pods = pod_informer
        self._pods_by_owner = pods_by_owner
        self._names = names
        self._records: dict[str, Record] = {}
        jobs.on_change(self._job_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Queue the Jobs that are not over."""
        for key, job in self._jobs.objects.items():
            owned = self._pods_by_owner.count(job["metadata"]["uid"])
            self._names.count_existing(key.namespace, key.name, owned)
            if not is_finished(job):
                self.enqueue(key)

    def _job_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)
            return
        uid = change.new["metadata"]["uid"]
        self._records.pop(uid, None)
        for key in self._pods_by_owner.keys(uid):
            self._let_go(key)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.new)
        if owner is None or owner["kind"] != "Job":
            return
        key = Key(change.key.namespace, owner["name"])
        job = self._jobs.get(*key)
        if job is not None and job["metadata"]["uid"] == owner["uid"]:
            self.enqueue_after(key, BATCH_MS)
        elif change.type != "DELETED" and is_uncounted(change.new):
            self._let_go(change.key)

    def _let_go(self, pod: Key) -> None:
        self.enqueue(Key(ORPHAN + pod.namespace, pod.name))

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Count what has ended, make or delete pods, write the status of the Job *key*."""
        if key.namespace.startswith(ORPHAN):
            self._take_finalizer(Key(key.namespace.removeprefix(ORPHAN), key.name))
            return
        job = self._jobs.get(*key)
        if job is None or job["spec"].get("managedBy", MANAGED_BY) != MANAGED_BY:
            return
        owned = self._pods_by_owner.get(job["metadata"]["uid"])
        if is_finished(job):
            for pod in filter(is_uncounted, owned):
                self._take_finalizer(key_of(pod))
            return
        tally = tally_of(job, owned)
        record = self._count_failures(job, tally)
        outcome = decided(job) or failure_of(
            job, tally, overdue=self._is_overdue(job), now=self.timestamp()
        )
        trouble: ApiError | None = None
        try:
            active = self._act(job, tally, outcome, record)
        except ApiError as error:
            trouble = error
            active = [
                pod
                for pod in self._pods_by_owner.get(job["metadata"]["uid"])
                if pods.is_active(pod)
            ]
        if outcome is None:
            outcome = success_of(job, tally, len(active), self.timestamp())
            if outcome is not None:
                # A success policy may be met while other indexes are still worked on.
                active = self._delete_pods(job, active, len(active))
        self._finish(job, tally, active, outcome)
        if trouble is not None:
            raise trouble

    def _count_failures(self, job: Obj, tally: Tally) -> Record:
        record = self._records.setdefault(job["metadata"]["uid"], Record())
        epoch, now = self.api.epoch, self.now
        failed = [(ended_at(pod, epoch, now), pod) for pod in tally.newly_failed]
        if is_per_index(job):
            tally.lost = sorted({*tally.lost, *record.note_indexes(job, failed)})
        else:
            succeeded = [(ended_at(pod, epoch, now), False) for pod in tally.newly_succeeded]
            record.note([*succeeded, *((at, True) for at, _ in failed)])
        return record

    def _is_overdue(self, job: Obj) -> bool:
        limit = job["spec"].get("activeDeadlineSeconds")
        started = (job.get("status") or {}).get("startTime")
        if limit is None or not started or job["spec"].get("suspend"):
            return False
        rest = int(limit) * 1000 - self.age_ms(started)
        if rest > 0:
            self.enqueue_after(key_of(job), rest)
        return rest <= 0

    def _act(self, job: Obj, tally: Tally, outcome: Obj | None, record: Record) -> list[Obj]:
        """Make or delete pods; return those that are active then."""
        active = tally.active
        spec = job["spec"]
        if outcome is not None or spec.get("suspend"):
            return self._delete_pods(job, active, len(active))
        if is_terminating(job):
            return active
        wanted = int(spec.get("parallelism", 1))
        completions = spec.get("completions")
        if completions is not None:
            wanted = min(wanted, max(0, int(completions) - tally.succeeded - len(tally.lost)))
        elif tally.succeeded:
            wanted = min(wanted, len(active))
        if len(active) > wanted:
            return self._delete_pods(job, active, len(active) - wanted)
        leaving = tally.terminating if replaces_only_failed(job) else 0
        lacking = min(wanted - len(active) - leaving, MAX_CREATED, pods.room_for_more(active))
        if lacking <= 0:
            return active
        rest = record.whole.remaining_ms(self.now)
        numbers: Sequence[int | None] = [None] * lacking
        if is_per_index(job):
            # Only those that have failed before may have to wait.
            some = lacking + len(record.by_index)
            missing = missing_indexes(job, active, [*tally.done, *tally.lost], some)
            ready, rest = record.ready_indexes(missing, self.now)
            numbers = ready[:lacking]
        elif is_indexed(job):
            numbers = missing_indexes(job, active, tally.done, lacking)
        if rest:
            self.enqueue_after(key_of(job), rest)
            if not is_per_index(job):
                return active
        return [*active, *self._create_pods(job, record, numbers)]

    def _create_pods(self, job: Obj, record: Record, numbers: Sequence[int | None]) -> list[Obj]:
        namespace, name = key_of(job)
        made: list[Obj] = []
        for number in numbers:
            owner = name if number is None else f"{name}-{number}"
            pod = job_pod(job, self._names.next(namespace, owner), number)
            if is_per_index(job) and number is not None:
                marks = {FAILURE_COUNT: str(record.counted[number])}
                held = pod["metadata"].get("annotations") or {}
                pod = with_metadata(pod, annotations={**held, **marks})
            try:
                made.append(self.api.create("pods", pod))
            except ApiError as error:
                self.event(job, "Warning", "FailedCreate", f"Error creating: {error.message}")
                raise
            text = f"Created pod: {pod['metadata']['name']}"
            self.event(job, "Normal", "SuccessfulCreate", text)
        return made

    def _delete_pods(self, job: Obj, active: Sequence[Obj], count: int) -> list[Obj]:
        """Delete *count* of the *active* pods, the least useful first; return the others."""
        if not count:
            return list(active)
        crowd = Counter(pod["spec"].get("nodeName", "") for pod in active)
        ranked = rank_for_deletion(active, crowd, self.api.epoch, self.now)
        for pod in ranked[:count]:
            key = key_of(pod)
            if self.api.delete("pods", *key) is not None:
                self.event(job, "Normal", "SuccessfulDelete", f"Deleted pod: {key.name}")
        return ranked[count:]

    # -- the status ------------------------------------------------------------------------------

    def _finish(self, job: Obj, tally: Tally, active: Sequence[Obj], outcome: Obj | None) -> None:
        """Write counts and conditions, then let the counted pods go."""
        key, now = key_of(job), self.timestamp()
        owned = self._pods_by_owner.get(job["metadata"]["uid"])
        terminating = sum(1 for pod in owned if is_terminating(pod) and not pods.is_finished(pod))
        late = self._just_deleted(owned, tally)
        failing = outcome is not None and outcome["type"] != SUCCESS
        if failing or (outcome is None and not replaces_only_failed(job)):
            tally.failed += len(late)
        status = status_of(job, tally, active, terminating)
        listed: list[Obj] = list(status.pop("conditions", ()))
        self._note_suspension(job, status, listed)
        if outcome is not None and conditions.find(listed, outcome["type"]) is None:
            listed.append(outcome)
        over = outcome is not None and not active and not terminating
        if over and outcome is not None:
            type_ = COMPLETE if outcome["type"] == SUCCESS else FAILED
            listed.append(job_condition(type_, outcome["reason"], outcome["message"], now))
            if type_ == COMPLETE:
                status["completionTime"] = now
        if listed:
            status["conditions"] = listed
        if status != (job.get("status") or {}):
            self.api.modify("jobs", *key, lambda old: {**old, "status": status}, status=True)
        counted = late if outcome is not None or not replaces_only_failed(job) else []
        for pod in (*tally.newly_succeeded, *tally.newly_failed, *counted):
            self._take_finalizer(key_of(pod))
        if over and outcome is not None:
            self._records.pop(job["metadata"]["uid"], None)
            if outcome["type"] == SUCCESS:
                self.event(job, "Normal", "Completed", "Job completed")
            else:
                self.event(job, "Warning", outcome["reason"], outcome["message"])

    @staticmethod
    def _just_deleted(owned: Sequence[Obj], tally: Tally) -> list[Obj]:
        """Return the pods that this very round has told to end: nobody waits for their result."""
        known = {pod["metadata"]["uid"] for pod in tally.newly_failed}
        return [
            pod
            for pod in owned
            if is_terminating(pod)
            and not pods.is_finished(pod)
            and is_uncounted(pod)
            and pod["metadata"]["uid"] not in known
        ]

    def _note_suspension(self, job: Obj, status: Obj, listed: list[Obj]) -> None:
        """Set the Suspended condition and the start time."""
        now = self.timestamp()
        held = conditions.find(listed, "Suspended")
        suspended = bool(job["spec"].get("suspend"))
        if suspended and (held is None or held["status"] != "True"):
            new = job_condition("Suspended", "JobSuspended", "Job suspended", now)
            _put(listed, new)
            status.pop("startTime", None)
            self.event(job, "Normal", "Suspended", "Job suspended")
        elif not suspended and held is not None and held["status"] == "True":
            new = job_condition("Suspended", "JobResumed", "Job resumed", now, status="False")
            _put(listed, new)
            status["startTime"] = now
            self.event(job, "Normal", "Resumed", "Job resumed")
        if not suspended and "startTime" not in status:
            status["startTime"] = now
            limit = job["spec"].get("activeDeadlineSeconds")
            if limit is not None:
                self.enqueue_after(key_of(job), int(limit) * 1000)

    def _take_finalizer(self, key: Key) -> None:
        def take(old: Obj) -> Obj:
            held = old["metadata"].get("finalizers") or ()
            if FINALIZER not in held:
                return old
            return with_metadata(old, finalizers=[one for one in held if one != FINALIZER] or None)

        self.api.modify("pods", *key, take)


def _put(listed: list[Obj], new: Obj) -> None:
    """Replace the condition of the type of *new*, or add it."""
    for place, one in enumerate(listed):
        if one["type"] == new["type"]:
            listed[place] = new
            return
    listed.append(new)
