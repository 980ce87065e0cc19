"""How far a Job is: what is counted already, what has ended since, and the conditions that follow.

Thanks to this file every ended pod is counted once. It must not write: a Job and its pods come in,
a tally goes out (pkg/controller/job/job_controller.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.apimachinery.meta import is_terminating
from sim.apimachinery.wire import Obj
from sim.control import conditions, pods
from sim.control.job_pods import (
    format_indexes,
    has_failed,
    index_of,
    is_indexed,
    is_uncounted,
    parse_indexes,
)
from sim.control.job_policy import judge, met_success_rule
from sim.control.rollout import status_count

SUCCESS, FAILURE = "SuccessCriteriaMet", "FailureTarget"
"""Decided, while pods may still be ending."""
COMPLETE, FAILED = "Complete", "Failed"


@dataclass(slots=True)
class Tally:
    """A Job's pods, sorted by what they mean for it."""

    active: list[Obj]
    terminating: int
    succeeded: int
    """Those counted before and those to count now."""
    failed: int
    newly_succeeded: list[Obj] = field(default_factory=list)
    newly_failed: list[Obj] = field(default_factory=list)
    """Ignored ones too: they delay the next pod like the others."""
    done: list[int] = field(default_factory=list)
    """Completed indexes of an indexed Job."""
    lost: list[int] = field(default_factory=list)
    """Indexes that have failed for good, where each has its own limit."""
    verdict: str = ""
    """Why a rule of the Job fails it."""


def tally_of(job: Obj, owned: Sequence[Obj]) -> Tally:
    """Count the pods that *job* owns on top of what its status says."""
    active = [pod for pod in owned if pods.is_active(pod)]
    leaving = sum(1 for pod in owned if is_terminating(pod) and not pods.is_finished(pod))
    tally = Tally(active, leaving, status_count(job, "succeeded"), status_count(job, "failed"))
    tally.done = parse_indexes((job.get("status") or {}).get("completedIndexes", ""))
    tally.lost = parse_indexes((job.get("status") or {}).get("failedIndexes", ""))
    for pod in owned:
        if not is_uncounted(pod):
            continue
        if pods.phase(pod) == "Succeeded":
            tally.newly_succeeded.append(pod)
        elif has_failed(pod, job):
            tally.newly_failed.append(pod)
            verdict = judge(job, pod)
            if verdict.action != "Ignore":
                tally.failed += 1
            if verdict.action == "FailJob" and not tally.verdict:
                tally.verdict = verdict.message
    if is_indexed(job):
        completions = int(job["spec"].get("completions") or 0)
        new = (index_of(pod) for pod in tally.newly_succeeded)
        tally.done = sorted({*tally.done, *(one for one in new if 0 <= one < completions)})
        tally.succeeded = len(tally.done)
    else:
        tally.succeeded += len(tally.newly_succeeded)
    return tally


def decided(job: Obj) -> Obj | None:
    """Return the condition that says how the Job ends, while or after its pods do."""
    for type_ in (FAILED, COMPLETE, FAILURE, SUCCESS):
        found = conditions.find_condition(job, type_)
        if found is not None and found["status"] == "True":
            return found
    return None


def is_finished(job: Obj) -> bool:
    """True when the Job is Complete or Failed."""
    return conditions.is_true(job, COMPLETE) or conditions.is_true(job, FAILED)


def finished_at(job: Obj) -> str:
    """Return when (RFC 3339) the Job became Complete or Failed; "" before."""
    for type_ in (COMPLETE, FAILED):
        found = conditions.find_condition(job, type_)
        if found is not None and found["status"] == "True":
            return str(found.get("lastTransitionTime") or "")
    return ""


def job_condition(type_: str, reason: str, message: str, now: str, *, status: str = "True") -> Obj:
    """Return a condition of a Job."""
    return {
        "type": type_,
        "status": status,
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def failure_of(job: Obj, tally: Tally, *, overdue: bool, now: str) -> Obj | None:
    """Return the FailureTarget condition if the Job has to fail now."""
    if tally.verdict:
        return job_condition(FAILURE, "PodFailurePolicy", tally.verdict, now)
    limit = int(job["spec"].get("backoffLimit", 6))
    if tally.failed > limit or _restarted_too_often(job, tally, limit):
        text = "Job has reached the specified backoff limit"
        return job_condition(FAILURE, "BackoffLimitExceeded", text, now)
    if tally.lost:
        most = job["spec"].get("maxFailedIndexes")
        if most is not None and len(tally.lost) > int(most):
            text = "Job has exceeded the specified maximal number of failed indexes"
            return job_condition(FAILURE, "MaxFailedIndexesExceeded", text, now)
        if len({*tally.lost, *tally.done}) >= int(job["spec"].get("completions") or 0):
            return job_condition(FAILURE, "FailedIndexes", "Job has failed indexes", now)
    if overdue:
        text = "Job was active longer than specified deadline"
        return job_condition(FAILURE, "DeadlineExceeded", text, now)
    return None


def _restarted_too_often(job: Obj, tally: Tally, limit: int) -> bool:
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts = sum(
        int(one.get("restartCount", 0))
        for pod in tally.active
        for field_ in ("initContainerStatuses", "containerStatuses")
        for one in (pod.get("status") or {}).get(field_) or ()
    )
    return restarts > 0 if limit == 0 else restarts >= limit


def success_of(job: Obj, tally: Tally, active: int, now: str) -> Obj | None:
    """Return the SuccessCriteriaMet condition if the Job is done, *active* pods being left."""
    if is_indexed(job):
        rule = met_success_rule(job, tally.done)
        if rule is not None:
            return job_condition(SUCCESS, "SuccessPolicy", f"Matched rules at index {rule}", now)
    completions = job["spec"].get("completions")
    enough = tally.succeeded > 0 if completions is None else tally.succeeded >= int(completions)
    if not enough or active:
        return None
    text = "Reached expected number of succeeded pods"
    return job_condition(SUCCESS, "CompletionsReached", text, now)


def status_of(job: Obj, tally: Tally, active: Sequence[Obj], terminating: int) -> Obj:
    """Return the Job's status with the counts of now; conditions and times as they were."""
    held = job.get("status") or {}
    counts = {"active": len(active), "succeeded": tally.succeeded, "failed": tally.failed}
    status: Obj = {
        name: held[name] for name in ("startTime", "completionTime", "conditions") if name in held
    }
    status |= {name: count for name, count in counts.items() if count}
    status["ready"] = sum(1 for pod in active if pods.is_ready(pod))
    status["terminating"] = terminating
    status["uncountedTerminatedPods"] = {}
    if is_indexed(job) and tally.done:
        status["completedIndexes"] = format_indexes(tally.done)
    if job["spec"].get("backoffLimitPerIndex") is not None:
        status["failedIndexes"] = format_indexes(tally.lost)
    return status
