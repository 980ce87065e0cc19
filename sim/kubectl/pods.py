"""Finding a pod behind `pod/x`, `deploy/y` or a Service, and a container in it.

It must not know what is done with them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path, with_kinds
from sim.kubectl.builder import Lookup, select
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.gosort import go_sort
from sim.kubectl.invocation import Invocation

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_PHASES = {"Running": 0, "Unknown": 1, "Pending": 2}
_CONTROLLERS = (
    "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController",
)  # fmt: skip


def find_object(call: Invocation, words: Sequence[str], default: str = "pods") -> Obj:
    """Return the object that `NAME`, `TYPE/NAME` or `TYPE NAME` names.

    Raises:
        ApiStatusError: if there is none.
    """
    args = list(words)
    if len(args) == 1 and "/" not in args[0]:
        args = [default, args[0]]
    found = select(call, args, Lookup()).require()
    return found[0].object


def selector_of(obj: Obj) -> str | None:
    """Return the label selector of the pods behind a workload or Service; None if it has none."""
    spec = obj.get("spec") or {}
    kind = obj.get("kind")
    if kind == "ReplicationController":
        return ",".join(f"{key}={value}" for key, value in sorted(spec["selector"].items()))
    if kind in _CONTROLLERS:
        return str(match_label_selector(spec.get("selector")))
    if kind == "Service":
        if not spec.get("selector"):
            raise CommandError(
                f"invalid service '{obj['metadata']['name']}': "
                "Service is defined without a selector"
            )
        return ",".join(f"{key}={value}" for key, value in sorted(spec["selector"].items()))
    return None


def pods_behind(
    call: Invocation, obj: Obj, selector: str, timeout_ms: int
) -> Generator[simpy.Event, Any, list[Obj]]:
    """Return the pods of a workload, best first, waiting for one if there is none yet.

    Raises:
        CommandError: if none appears in time.
    """
    path = collection_path(call.known("pods"), obj["metadata"]["namespace"])
    page = call.client.get(path, [("labelSelector", selector)])
    pods = with_kinds(page)
    if pods:
        go_sort(pods, _goes_first)
        return pods
    version = str(page.get("metadata", {}).get("resourceVersion", "0"))
    stream = call.client.watch(path, [("labelSelector", selector), ("resourceVersion", version)])
    deadline = call.proc.env.timeout(timeout_ms)
    try:
        while not deadline.processed:
            for event in stream.poll():
                if event.type in ("ADDED", "MODIFIED"):
                    return [event.object]
            yield stream.wait() | deadline
    finally:
        stream.close()
    raise CommandError("timed out waiting for the condition")


def _goes_first(one: Obj, other: Obj) -> bool:
    """Return whether logs of *one* are wanted rather than those of *other*."""
    nodes = [bool((pod.get("spec") or {}).get("nodeName")) for pod in (one, other)]
    if nodes[0] != nodes[1]:
        return nodes[0]
    phases = [_PHASES.get((pod.get("status") or {}).get("phase", ""), 0) for pod in (one, other)]
    if phases[0] != phases[1]:
        return phases[0] < phases[1]
    ready = [_ready_since(pod) for pod in (one, other)]
    if bool(ready[0]) != bool(ready[1]):
        return bool(ready[0])
    if ready[0] != ready[1]:
        return ready[0] < ready[1]
    restarts = [_restarts(pod) for pod in (one, other)]
    if restarts[0] != restarts[1]:
        return restarts[0] > restarts[1]
    created = [pod["metadata"].get("creationTimestamp") or "~" for pod in (one, other)]
    return bool(created[0] < created[1])


def _ready_since(pod: Obj) -> str:
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["type"] == "Ready" and condition["status"] == "True":
            return condition.get("lastTransitionTime") or "~"
    return ""


def _restarts(pod: Obj) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return max((status.get("restartCount", 0) for status in statuses), default=0)


def is_ready(pod: Obj) -> bool:
    """Return whether the pod's condition Ready is True."""
    return bool(_ready_since(pod))


def pod_for(call: Invocation, obj: Obj, timeout_ms: int) -> Generator[simpy.Event, Any, Obj]:
    """Return the pod to run something in: *obj* itself, or the best one behind it.

    Raises:
        CommandError: if *obj* has no pods.
    """
    if obj.get("kind") == "Pod":
        return obj
    selector = selector_of(obj)
    if selector is None:
        raise CommandError(
            f"cannot attach to *v1.{obj.get('kind')}: selector for *v1."
            f"{obj.get('kind')} not implemented"
        )
    found = yield from pods_behind(call, obj, selector, timeout_ms)
    return found[0]


def all_containers(pod: Obj) -> list[Obj]:
    """Return a pod's containers: its own, then init, then ephemeral ones."""
    spec = pod.get("spec") or {}
    return [
        *(spec.get("containers") or []),
        *(spec.get("initContainers") or []),
        *(spec.get("ephemeralContainers") or []),
    ]


def container_names(pod: Obj) -> str:
    """Return the names of a pod's containers as messages list them."""
    spec = pod.get("spec") or {}
    names = [one["name"] for one in spec.get("containers") or []]
    names += [f"{one['name']} (ephem)" for one in spec.get("ephemeralContainers") or []]
    names += [f"{one['name']} (init)" for one in spec.get("initContainers") or []]
    return ", ".join(names)


def require_container(pod: Obj, name: str) -> Obj:
    """Return the container called *name*.

    Raises:
        CommandError: if the pod has none of that name.
    """
    for container in all_containers(pod):
        if container["name"] == name:
            return container
    raise CommandError(
        f"container {name} is not valid for pod {pod['metadata']['name']} "
        f"out of: {container_names(pod)}"
    )


def default_container(call: Invocation, pod: Obj, name: str = "", *, quiet: bool = False) -> Obj:
    """Return the container called *name*, the annotated one, or the first, which is announced."""
    name = name or (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    if name:
        return require_container(pod, name)
    containers = all_containers(pod)
    if len(containers) > 1 and not quiet:
        call.err(
            f"Defaulted container {quote(containers[0]['name'])} out of: {container_names(pod)}\n"
        )
    return containers[0]
