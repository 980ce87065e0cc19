"""What controllers ask of pods, and how they make one from a template.

Thanks to this file "active", "ready" and "available" mean the same in every controller. It must not
know who owns a pod, nor where it runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.apimachinery.meta import is_terminating, owner_reference
from sim.apimachinery.wire import Obj
from sim.control.conditions import find_condition
from sim.kernel import Epoch

HASH_LABEL = "pod-template-hash"
REVISION_LABEL = "controller-revision-hash"
MOST_WAITING = 1000
"""Pods of one owner that wait for a node; the owner makes no more until some have one.

What bounds a set of 10^9 replicas in a real cluster is the rate at which its controllers may write,
20 a second; here it is what its nodes hold, so that simulated time goes on.
"""


def phase(pod: Obj) -> str:
    """Return status.phase; a pod that nobody has touched is Pending."""
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_finished(pod: Obj) -> bool:
    """True when the pod has Succeeded or Failed."""
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """True when the pod counts as a replica: neither finished nor being deleted."""
    return not is_finished(pod) and not is_terminating(pod)


def is_ready(pod: Obj) -> bool:
    """True when the pod's Ready condition is True."""
    condition = find_condition(pod, "Ready")
    return condition is not None and condition["status"] == "True"


def ready_since(pod: Obj) -> str | None:
    """Return since when (RFC 3339) the pod has been ready, or None."""
    condition = find_condition(pod, "Ready")
    if condition is None or condition["status"] != "True":
        return None
    since: str = condition.get("lastTransitionTime", "")
    return since


def is_available(pod: Obj, min_ready_s: int, epoch: Epoch, now: int) -> bool:
    """True when the pod has been ready for *min_ready_s* seconds at *now* (ms)."""
    since = ready_since(pod)
    if since is None:
        return False
    return min_ready_s == 0 or (bool(since) and epoch.since(since) + min_ready_s * 1000 <= now)


def room_for_more(active: Iterable[Obj]) -> int:
    """Return how many pods may be made beside the *active* ones of the same owner."""
    return max(0, MOST_WAITING - sum(1 for pod in active if not pod["spec"].get("nodeName")))


def restarts(pod: Obj) -> int:
    """Return the largest restart count among the pod's containers."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return max((int(status.get("restartCount", 0)) for status in statuses), default=0)


def created(pod: Obj) -> str:
    """Return when the object was created (RFC 3339; sorts as time)."""
    return str(pod["metadata"].get("creationTimestamp", ""))


def pod_from_template(template: Obj, owner: Obj, name: str) -> Obj:
    """Return the pod that *owner* (with apiVersion and kind) makes from *template*."""
    from_template = template.get("metadata") or {}
    metadata: Obj = {
        "name": name,
        "generateName": f"{owner['metadata']['name']}-",
        "namespace": owner["metadata"]["namespace"],
    }
    for field in ("labels", "annotations", "finalizers"):
        if from_template.get(field):
            metadata[field] = from_template[field]
    metadata["ownerReferences"] = [owner_reference(owner)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
