"""What a Deployment says of itself: counts, Available, Progressing, the progress deadline.

Thanks to this file `kubectl rollout status` and `describe` tell how a rollout goes. It must not
write: objects and a clock come in, a status goes out (pkg/controller/deployment/progress.go).
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.wire import Obj
from sim.control.conditions import (
    find,
    find_condition,
    set_workload_condition,
    without,
    workload_condition,
)
from sim.control.rollout import fence, replicas_of, status_count, total_available, total_replicas
from sim.kernel import Epoch

NO_DEADLINE = 2**31 - 1
"""progressDeadlineSeconds of a Deployment that may take for ever."""


def count_status(deployment: Obj, sets: Sequence[Obj], new: Obj | None, now: str) -> Obj:
    """Return the status by *sets* (with *new* among them) and the Available condition."""
    available = total_available(sets)
    counts = {
        "replicas": sum(status_count(one, "replicas") for one in sets),
        "updatedReplicas": status_count(new, "replicas") if new is not None else 0,
        "readyReplicas": sum(status_count(one, "readyReplicas") for one in sets),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total_replicas(sets) - available),
    }
    status: Obj = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status.update((field, count) for field, count in counts.items() if count)
    terminating = sum(status_count(one, "terminatingReplicas") for one in sets)
    status["terminatingReplicas"] = terminating
    current = deployment.get("status") or {}
    if "collisionCount" in current:
        status["collisionCount"] = current["collisionCount"]
    if available >= replicas_of(deployment) - fence(deployment).unavailable:
        condition = workload_condition(
            "Available",
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
            now,
        )
    else:
        condition = workload_condition(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
            now,
        )
    status["conditions"] = set_workload_condition(current.get("conditions") or [], condition)
    return status


def progress_status(
    deployment: Obj, sets: Sequence[Obj], new: Obj | None, *, epoch: Epoch, now: int
) -> Obj:
    """Return `count_status` with the Progressing and ReplicaFailure conditions of a rollout."""
    status = count_status(deployment, sets, new, epoch.rfc3339(now))
    listed: list[Obj] = status["conditions"]
    current = find_condition(deployment, "Progressing")
    settled = (
        status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and current is not None
        and current.get("reason") == "NewReplicaSetAvailable"
    )
    if deployment["spec"].get("progressDeadlineSeconds") is None:
        listed = without(listed, "Progressing")
    if has_deadline(deployment) and not settled:
        listed = _progressing(deployment, status, listed, _what(deployment, new), epoch, now)
    listed = _replica_failure(listed, sets, new)
    return {**status, "conditions": listed}


def _what(deployment: Obj, new: Obj | None) -> str:
    if new is not None:
        return f'ReplicaSet "{new["metadata"]["name"]}"'
    return f'Deployment "{deployment["metadata"]["name"]}"'


def _progressing(
    deployment: Obj, status: Obj, listed: list[Obj], what: str, epoch: Epoch, now: int
) -> list[Obj]:
    stamp = epoch.rfc3339(now)
    if is_complete(deployment, status):
        text = f"{what} has successfully progressed."
        condition = workload_condition("Progressing", "True", "NewReplicaSetAvailable", text, stamp)
        return set_workload_condition(listed, condition)
    if _has_progressed(deployment, status):
        text = f"{what} is progressing."
        condition = workload_condition("Progressing", "True", "ReplicaSetUpdated", text, stamp)
        current = find(listed, "Progressing")
        if current is not None and current["status"] == "True":
            condition["lastTransitionTime"] = current["lastTransitionTime"]
        # The same reason is written again: its update time is what the deadline counts from.
        return [*without(listed, "Progressing"), condition]
    if has_timed_out(deployment, listed, epoch, now):
        text = f"{what} has timed out progressing."
        condition = workload_condition(
            "Progressing", "False", "ProgressDeadlineExceeded", text, stamp
        )
        return set_workload_condition(listed, condition)
    return listed


def _replica_failure(listed: list[Obj], sets: Sequence[Obj], new: Obj | None) -> list[Obj]:
    found = find_condition(new, "ReplicaFailure") if new is not None else None
    if found is None:
        failures = (find_condition(one, "ReplicaFailure") for one in sets if one is not new)
        found = next((failure for failure in failures if failure is not None), None)
    if found is None:
        return without(listed, "ReplicaFailure")
    condition = workload_condition(
        "ReplicaFailure",
        found["status"],
        found["reason"],
        found["message"],
        found["lastTransitionTime"],
    )
    return set_workload_condition(listed, condition)


def has_deadline(deployment: Obj) -> bool:
    """True when the spec limits how long a rollout may stand still."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return seconds is not None and seconds != NO_DEADLINE


def is_complete(deployment: Obj, status: Obj) -> bool:
    """True when *status* shows every wanted replica updated, available, and no other left."""
    wanted = replicas_of(deployment)
    return bool(
        status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
    )


def _has_progressed(deployment: Obj, status: Obj) -> bool:
    def old_replicas(of: Obj) -> int:
        return int(of.get("replicas", 0)) - int(of.get("updatedReplicas", 0))

    before = deployment.get("status") or {}
    grown = any(
        status.get(field, 0) > before.get(field, 0)
        for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    return grown or old_replicas(status) < old_replicas(before)


def has_timed_out(deployment: Obj, listed: Sequence[Obj], epoch: Epoch, now: int) -> bool:
    """True when nothing has progressed for longer than the deadline."""
    condition = find(listed, "Progressing")
    if condition is None or condition.get("reason") == "NewReplicaSetAvailable":
        return False
    if condition.get("reason") == "ProgressDeadlineExceeded":
        return True
    deadline_ms = int(deployment["spec"]["progressDeadlineSeconds"]) * 1000
    return epoch.since(condition["lastUpdateTime"]) + deadline_ms < now


def next_look_ms(deployment: Obj, status: Obj, epoch: Epoch, now: int) -> int | None:
    """Return in how many ms the deadline has to be looked at again, or None for never."""
    condition = find(status.get("conditions") or (), "Progressing")
    if not has_deadline(deployment) or condition is None or is_complete(deployment, status):
        return None
    if condition.get("reason") in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
        return None
    deadline_ms = int(deployment["spec"]["progressDeadlineSeconds"]) * 1000
    left = epoch.since(condition["lastUpdateTime"]) + deadline_ms - now
    # A second later, because times are written in whole seconds (requeueStuckDeployment).
    return max(0, left) + 1000


def pause_condition(deployment: Obj, now: str) -> Obj | None:
    """Return the Progressing condition of a Deployment just paused or resumed, else None."""
    if not has_deadline(deployment):
        return None
    current = find_condition(deployment, "Progressing")
    reason = current.get("reason") if current is not None else None
    if reason == "ProgressDeadlineExceeded":
        return None
    is_paused = bool(deployment["spec"].get("paused"))
    if is_paused and reason != "DeploymentPaused":
        return workload_condition(
            "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now
        )
    if not is_paused and reason == "DeploymentPaused":
        return workload_condition(
            "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", now
        )
    return None
