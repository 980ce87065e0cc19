"""Revisions of a template: what DaemonSets and StatefulSets roll to, and back to.

Thanks to this file the label controller-revision-hash on a pod tells which template it was made
from. It must not know how a rollout proceeds (pkg/controller/history).
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import annotations_of, key_of, labels_of, owner_reference
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.claims import claim
from sim.control.naming import template_hash
from sim.control.pods import REVISION_LABEL
from sim.reconcile import Index

HASH_LABELS = {"DaemonSet": REVISION_LABEL, "StatefulSet": "controller.kubernetes.io/hash"}
"""Under which label a revision keeps its hash, by the owner's kind."""
DEFAULT_HISTORY_LIMIT = 10
"""revisionHistoryLimit of DaemonSets and StatefulSets."""


def make_revision(owner: Obj, revision: int, hash_: str, template: Obj | None = None) -> Obj:
    """Return the ControllerRevision number *revision* of *owner* for *template* (its own if None)."""
    metadata = owner["metadata"]
    kept = {**(template or owner["spec"]["template"]), "$patch": "replace"}
    selector = (owner["spec"].get("selector") or {}).get("matchLabels") or {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{metadata['name']}-{hash_}",
            "namespace": metadata["namespace"],
            "labels": {**selector, HASH_LABELS[owner["kind"]]: hash_},
            "annotations": dict(annotations_of(owner)),
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {"spec": {"template": kept}},
        "revision": revision,
    }


def hash_of(revision: Obj) -> str:
    """Return the hash of the template that *revision* keeps."""
    labels = labels_of(revision)
    return next((labels[label] for label in HASH_LABELS.values() if label in labels), "")


def template_of(revision: Obj) -> Obj:
    """Return the pod template that *revision* keeps."""
    kept: Obj = revision["data"]["spec"]["template"]
    return {field: value for field, value in kept.items() if field != "$patch"}


class Revisions:
    """The ControllerRevisions of every owner of one kind."""

    def __init__(self, api: ApiServer, by_owner: Index, free: Index, pods_by_owner: Index) -> None:
        self._api = api
        self._by_owner = by_owner
        self._free = free
        self._pods_by_owner = pods_by_owner
        self._unrecorded: dict[str, tuple[Obj, str]] = {}

    def adopt(self, owner: Obj) -> None:
        """Remember template and hash of an *owner* whose world began without its revisions.

        They are written down when the owner is first reconciled, so that its pods stay up to date.
        """
        uid = owner["metadata"]["uid"]
        if self._by_owner.count(uid):
            return
        hashes = [labels_of(pod).get(REVISION_LABEL, "") for pod in self._pods_by_owner.get(uid)]
        # Pods of a StatefulSet carry the revision's whole name.
        prefix = f"{owner['metadata']['name']}-"
        known = [one.removeprefix(prefix) for one in hashes if one]
        if known:
            usual = max(dict.fromkeys(known), key=known.count)
            self._unrecorded[uid] = (owner["spec"]["template"], usual)

    def of(self, owner: Obj) -> list[Obj]:
        """Return the revisions of *owner*, oldest first."""
        listed = self._by_owner.get(owner["metadata"]["uid"])
        return sorted(listed, key=lambda one: int(one["revision"]))

    def current(self, owner: Obj) -> Obj:
        """Return the revision of the owner's template; it is made, or made the newest, if need be.

        Raises:
            ApiError: if the name of a new revision is taken.
        """
        uid = owner["metadata"]["uid"]
        free = self._free.get(owner["metadata"]["namespace"])
        if free:
            claim(self._api, "controllerrevisions", owner, (), free)
        adopted = self._unrecorded.pop(uid, None)
        if adopted is not None:
            template, hash_ = adopted
            self._api.create("controllerrevisions", make_revision(owner, 1, hash_, template))
        history = self.of(owner)
        newest = int(history[-1]["revision"]) if history else 0
        template = owner["spec"]["template"]
        for one in reversed(history):
            if template_of(one) == template:
                if int(one["revision"]) == newest:
                    return one
                return self._renumber(one, newest + 1)
        collisions = (owner.get("status") or {}).get("collisionCount")
        made = make_revision(owner, newest + 1, template_hash(template, collisions))
        return self._create(owner, made)

    def clean_up(self, owner: Obj, live: Sequence[str]) -> None:
        """Delete the oldest revisions beyond the history limit whose hash is not in *live*."""
        limit = int(owner["spec"].get("revisionHistoryLimit", DEFAULT_HISTORY_LIMIT))
        spare = [one for one in self.of(owner) if hash_of(one) not in live]
        for one in spare[: max(0, len(spare) - limit)]:
            self._api.delete("controllerrevisions", *key_of(one))

    def _renumber(self, one: Obj, revision: int) -> Obj:
        written = self._api.modify(
            "controllerrevisions", *key_of(one), lambda old: {**old, "revision": revision}
        )
        return written or one

    def _create(self, owner: Obj, made: Obj) -> Obj:
        try:
            return self._api.create("controllerrevisions", made)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                key = key_of(owner)
                self._count_collision(owner["kind"].lower() + "s", key.namespace, key.name)
            raise

    def _count_collision(self, resource: str, namespace: str, name: str) -> None:
        def count(old: Obj) -> Obj:
            status = old.get("status") or {}
            return {
                **old,
                "status": {**status, "collisionCount": status.get("collisionCount", 0) + 1},
            }

        self._api.modify(resource, namespace, name, count, status=True)
