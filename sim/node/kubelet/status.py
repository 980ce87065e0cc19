"""A pod's status as a kubelet writes it: container statuses, conditions, phase.

Pure functions over what containers are; this file must not know when anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sim.apimachinery.wire import Obj
from sim.kernel import Epoch, Stream
from sim.node.images import canonical, split_image

CONDITIONS = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)
"""In the order in which a kubelet writes them."""

CREATING = "ContainerCreating"


class Instance(NamedTuple):
    """What a status tells of one container instance."""

    id: str
    started_at: int
    finished_at: int | None
    exit_code: int
    reason: str
    message: str = ""


class View(NamedTuple):
    """What a status tells of one container of the spec."""

    spec: Obj
    ready: bool
    started: bool
    restarts: int
    current: Instance | None
    previous: Instance | None
    waiting: str
    """Reason of waiting; empty when it is not."""
    waiting_message: str = ""


@lru_cache(maxsize=4096)
def image_id(image: str) -> str:
    """Return the digest under which containerd knows *image*."""
    name, _ = split_image(image)
    return f"{canonical(name)}@sha256:{Stream('image', image).hex(64)}"


@lru_cache(maxsize=4096)
def image_name(image: str) -> str:
    """Return *image* as containerd reports it: full name and tag."""
    name, tag = split_image(image)
    return f"{canonical(name)}:{tag}"


def container_status(view: View, epoch: Epoch) -> Obj:
    """Return one entry of `status.containerStatuses`."""
    image = view.spec["image"]
    current, previous = view.current, view.previous
    last: Instance | None = previous
    if view.waiting:
        state: Obj = {"waiting": {"reason": view.waiting}}
        if view.waiting_message:
            state["waiting"]["message"] = view.waiting_message
        last = current if current is not None and current.finished_at is not None else previous
    elif current is None:
        state = {"waiting": {"reason": CREATING}}
    elif current.finished_at is None:
        state = {"running": {"startedAt": epoch.rfc3339(current.started_at)}}
    else:
        state = _terminated(current, epoch)
    status: Obj = {
        "name": view.spec["name"],
        "state": state,
        "lastState": _terminated(last, epoch) if last is not None else {},
        "ready": view.ready,
        "restartCount": view.restarts,
        "image": image_name(image) if current is not None else image,
        "imageID": image_id(image) if current is not None else "",
        "started": view.started,
    }
    if current is not None:
        status["containerID"] = f"containerd://{current.id}"
    resources = view.spec.get("resources")
    if current is not None and resources:
        if "requests" in resources:
            status["allocatedResources"] = resources["requests"]
        status["resources"] = resources
    mounts = view.spec.get("volumeMounts")
    if mounts:
        status["volumeMounts"] = [
            {**mount, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else mount
            for mount in mounts
        ]
    return status


def _terminated(instance: Instance, epoch: Epoch) -> Obj:
    ended = instance.finished_at
    if ended is None:
        return {}
    body: Obj = {
        "exitCode": instance.exit_code,
        "reason": instance.reason,
        "startedAt": epoch.rfc3339(instance.started_at),
        "finishedAt": epoch.rfc3339(ended),
        "containerID": f"containerd://{instance.id}",
    }
    if instance.message:
        body["message"] = instance.message
    return {"terminated": body}


def is_sidecar(view: View) -> bool:
    """True for an init container that goes on beside the others."""
    return bool(view.spec.get("restartPolicy") == "Always")


def phase_of(views: Sequence[View], inits: Sequence[View], restart_policy: str) -> str:
    """Return the pod's phase (kubelet_pods.go getPhase)."""
    begun = any(view.current is not None for view in views)
    for view in inits:
        if is_sidecar(view) and (begun or view.started):
            continue
        ended = view.current is not None and view.current.finished_at is not None
        if ended and view.current is not None and view.current.exit_code == 0:
            continue
        failed = ended and not view.waiting
        return "Failed" if failed and restart_policy == "Never" else "Pending"
    running = waiting = succeeded = failed_count = 0
    for view in views:
        if view.current is None:
            waiting += 1
        elif view.current.finished_at is None:
            running += 1
        elif view.current.exit_code == 0:
            succeeded += 1
        else:
            failed_count += 1
    if waiting:
        return "Pending"
    # A sidecar that is still ending keeps the pod from being over.
    running += sum(_is_running(view) for view in inits if is_sidecar(view))
    if running or restart_policy == "Always":
        return "Running"
    if failed_count == 0:
        return "Succeeded"
    return "Failed" if restart_policy == "Never" else "Running"


def _is_running(view: View) -> bool:
    return view.current is not None and view.current.finished_at is None


class Condition(NamedTuple):
    """One condition before it is written."""

    status: bool
    reason: str = ""
    message: str = ""


def conditions_of(
    views: Iterable[View], inits: Sequence[View], phase: str, *, sandbox: bool
) -> dict[str, Condition]:
    """Return what the kubelet finds for each condition it owns."""
    views = list(views)
    sidecars = [view for view in inits if is_sidecar(view)]
    unready = [view.spec["name"] for view in (*sidecars, *views) if not view.ready]
    pending = [
        view.spec["name"]
        for view in inits
        if (not view.started if is_sidecar(view) else not _is_done(view))
    ]
    found = {"PodReadyToStartContainers": Condition(sandbox)}
    if phase == "Succeeded":
        done = Condition(False, "PodCompleted")
        found |= {
            "Initialized": Condition(True, "PodCompleted"),
            "Ready": done,
            "ContainersReady": done,
        }
    elif phase == "Failed":
        failed = Condition(False, "PodFailed")
        found |= {"Initialized": Condition(True), "Ready": failed, "ContainersReady": failed}
    else:
        not_ready = Condition(
            False, "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
        )
        ready = not_ready if unready else Condition(True)
        initialized = Condition(True)
        if pending:
            initialized = Condition(
                False,
                "ContainersNotInitialized",
                f"containers with incomplete status: [{' '.join(pending)}]",
            )
        found |= {"Initialized": initialized, "Ready": ready, "ContainersReady": ready}
    found["PodScheduled"] = Condition(True)
    return found


def _is_done(view: View) -> bool:
    current = view.current
    return current is not None and current.finished_at is not None and not current.exit_code


def write_conditions(old: Sequence[Obj], found: dict[str, Condition], stamp: str) -> list[Obj]:
    """Return conditions to store; lastTransitionTime moves only where the status flips."""
    before = {one["type"]: one for one in old}
    result: list[Obj] = []
    for type_ in CONDITIONS:
        new = found[type_]
        status = "True" if new.status else "False"
        known = before.pop(type_, None)
        since = known["lastTransitionTime"] if known and known["status"] == status else stamp
        body: Obj = {
            "type": type_,
            "status": status,
            "lastProbeTime": None,
            "lastTransitionTime": since,
        }
        if known is not None and "observedGeneration" in known:
            body["observedGeneration"] = known["observedGeneration"]
        if new.reason:
            body["reason"] = new.reason
        if new.message:
            body["message"] = new.message
        result.append(body)
    result.extend(before.values())
    return result


def with_disruption(conditions: Sequence[Obj], message: str, stamp: str) -> list[Obj]:
    """Return *conditions* of a pod that the kubelet ended, with the one that says so first."""
    told = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": stamp,
        "reason": "TerminationByKubelet",
        "message": message,
    }
    if any(one["type"] == "DisruptionTarget" for one in conditions):
        return list(conditions)
    return [told, *conditions]
