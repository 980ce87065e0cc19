"""Revisions of a workload: a Deployment's ReplicaSets, a DaemonSet's ControllerRevisions.

It must not know which command asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path
from sim.kubectl.invocation import Invocation

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
HASH_LABEL = "pod-template-hash"


def owned_by(obj: Obj, owner: Obj) -> bool:
    """Return whether *owner* controls *obj*."""
    return any(
        one.get("controller") and one.get("uid") == owner["metadata"].get("uid")
        for one in obj["metadata"].get("ownerReferences") or []
    )


def replica_sets_of(call: Invocation, deployment: Obj) -> list[Obj]:
    """Return the ReplicaSets that a Deployment controls, oldest first."""
    owned = _owned(call, "replicasets", deployment)
    return sorted(
        owned,
        key=lambda one: (
            one["metadata"].get("creationTimestamp") or "",
            one["metadata"]["name"],
        ),
    )


def _owned(call: Invocation, plural: str, owner: Obj) -> list[Obj]:
    selector = str(match_label_selector(owner["spec"].get("selector")))
    path = collection_path(call.known(plural), owner["metadata"]["namespace"])
    found = call.client.items(path, [("labelSelector", selector)])
    return [one for one in found if owned_by(one, owner)]


def split_replica_sets(
    deployment: Obj, replica_sets: Sequence[Obj]
) -> tuple[list[Obj], Obj | None]:
    """Return the old ReplicaSets and the one that has the Deployment's template now."""
    wanted = without_hash(deployment["spec"].get("template") or {})
    for one in replica_sets:
        if without_hash(one["spec"].get("template") or {}) == wanted:
            return [other for other in replica_sets if other is not one], one
    return list(replica_sets), None


def without_hash(template: Obj) -> Obj:
    """Return a pod template without the label that tells ReplicaSets apart."""
    metadata = template.get("metadata") or {}
    labels = {
        key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL
    }
    rest = {
        key: value
        for key, value in metadata.items()
        if key != "labels" and value not in (None, {}, [])
    }
    return {**template, "metadata": {**rest, "labels": labels}}


def revision_of(obj: Obj) -> int:
    """Return the revision of a Deployment or ReplicaSet, 0 if it has none."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if str(text).isdecimal() else 0


def change_cause(obj: Obj) -> str:
    """Return why a revision was made, or nothing."""
    return str((obj["metadata"].get("annotations") or {}).get(CHANGE_CAUSE, ""))


def controller_revisions_of(call: Invocation, owner: Obj) -> list[Obj]:
    """Return the ControllerRevisions of a DaemonSet or StatefulSet, oldest first."""
    return sorted(_owned(call, "controllerrevisions", owner), key=lambda one: int(one["revision"]))


def at_revision(owner: Obj, revision: Obj) -> Obj:
    """Return a DaemonSet or StatefulSet as a ControllerRevision has it."""
    patched: Obj = strategic_merge_patch(owner, revision.get("data") or {}, owner["kind"])
    return patched
