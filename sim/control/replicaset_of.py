"""The ReplicaSet that stands for a Deployment's template: finding it, making it, numbering it.

Thanks to this file the same template always finds the same ReplicaSet again, which is what a
rollback is. It must not write to the API server.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.meta import annotations_of, owner_reference
from sim.apimachinery.wire import Obj
from sim.control import rollout
from sim.control.naming import template_hash
from sim.control.pods import HASH_LABEL

NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
"""Annotations of a Deployment that its ReplicaSets do not inherit."""


def find_new(deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
    """Return the oldest of *sets* whose template is the Deployment's, its hash label aside."""
    template = deployment["spec"]["template"]
    for one in rollout.by_creation(sets):
        if _is_same(one["spec"]["template"], template):
            return one
    return None


def _is_same(one: Obj, other: Obj) -> bool:
    if one.get("spec") != other.get("spec"):
        return False
    return _plain_metadata(one) == _plain_metadata(other)


def _plain_metadata(template: Obj) -> Obj:
    metadata: Obj = template.get("metadata") or {}
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    return {
        **{k: v for k, v in metadata.items() if v and k not in ("labels", "creationTimestamp")},
        "labels": labels,
    }


def make_replicaset(
    deployment: Obj, revision: int, *, replicas: int = 0, pinned_hash: str | None = None
) -> Obj:
    """Return the ReplicaSet of *deployment* (with apiVersion, kind and uid) for its template.

    Its hash is *pinned_hash*, or drawn from the template and the collision count.
    """
    metadata, spec = deployment["metadata"], deployment["spec"]
    collisions = (deployment.get("status") or {}).get("collisionCount")
    label = pinned_hash or template_hash(spec["template"], collisions)
    template_metadata = spec["template"].get("metadata") or {}
    labels = {**(template_metadata.get("labels") or {}), HASH_LABEL: label}
    template = {**spec["template"], "metadata": {**template_metadata, "labels": labels}}
    selector: Obj = spec.get("selector") or {}
    wanted = rollout.replicas_of(deployment)
    made: Obj = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{label}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {
                **_inherited(deployment),
                rollout.DESIRED: str(wanted),
                rollout.MAXIMUM: str(wanted + rollout.fence(deployment).surge),
                rollout.REVISION: str(revision),
            },
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {
                **selector,
                "matchLabels": {**(selector.get("matchLabels") or {}), HASH_LABEL: label},
            },
            "template": template,
        },
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    return made


def annotate(deployment: Obj, replicaset: Obj, revision: int) -> Obj:
    """Return the annotations of an existing *replicaset* that is (again) the newest.

    Its revision only ever grows; the one it had goes into the revision history.
    """
    annotations = dict(annotations_of(replicaset))
    annotations |= _inherited(deployment)
    before = rollout.revision_of(replicaset)
    if before < revision:
        if before:
            history = annotations.get(rollout.REVISION_HISTORY, "")
            annotations[rollout.REVISION_HISTORY] = (
                f"{history},{before}" if history else str(before)
            )
        annotations[rollout.REVISION] = str(revision)
    return annotations


def _inherited(deployment: Obj) -> dict[str, str]:
    return {k: v for k, v in annotations_of(deployment).items() if k not in NOT_COPIED}
