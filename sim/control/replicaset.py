"""The ReplicaSet controller: as many active pods as the spec asks for.

Thanks to this file a deleted pod is replaced at once, whatever deleted it. It must not know
Deployments beyond the owner reference that makes two ReplicaSets relatives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import Key, controller_of, is_terminating, key_of, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import conditions, pods
from sim.control.claims import claim, selector_of
from sim.control.naming import PodNames
from sim.control.pod_ranking import rank_for_deletion
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer
from sim.reconcile.informer import by_namespace

BURST = 500
"""Most pods made or deleted in one go (pkg/controller/replicaset BurstReplicas)."""


class ReplicaSetController(Controller):
    """Creates and deletes the pods of ReplicaSets and reports their status."""

    name: ClassVar[str] = "replicaset-controller"
    resource: ClassVar[str] = "replicasets"
    kind: ClassVar[str] = "ReplicaSet"
    counts_terminating: ClassVar[bool] = True

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        replicasets: Informer,
        replicasets_by_owner: Index,
        pod_informer: Informer,
        pods_by_owner: Index,
        orphans: Index,
        names: PodNames,
    ) -> None:
        super().__init__(env, api, stream)
        self._sets = replicasets
        self._sets_by_owner = replicasets_by_owner
        self._sets_by_namespace = replicasets.index(by_namespace)
        self._pods_by_owner = pods_by_owner
        self._orphans = orphans
        self._names = names
        replicasets.on_change(self._set_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Count the pods that are there already, and queue the sets that are not as specified."""
        for key, replicaset in self._sets.objects.items():
            owned = self._pods_by_owner.get(replicaset["metadata"]["uid"])
            if owned:
                self._names.count_existing(key.namespace, key.name, len(owned))
            wanted = replicaset["spec"].get("replicas", 1)
            if sum(map(pods.is_active, owned)) != wanted or _is_unobserved(replicaset):
                self.enqueue(key)

    def _set_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _pod_changed(self, change: Change) -> None:
        owner = self._owner_of(change.new)
        if owner is not None:
            self.enqueue(owner)
        elif change.type != "DELETED" and controller_of(change.new) is None:
            self._offer(change)

    def _offer(self, change: Change) -> None:
        """Queue who released the pod, and who may adopt it now."""
        former = self._owner_of(change.old) if change.old is not None else None
        if former is not None:
            self.enqueue(former)
        labels = labels_of(change.new)
        if change.old is not None and former is None and labels_of(change.old) == labels:
            return
        for replicaset in self._sets_by_namespace.get(change.key.namespace):
            if selector_of(replicaset).matches(labels):
                self.enqueue(key_of(replicaset))

    def _owner_of(self, pod: Obj) -> Key | None:
        owner = controller_of(pod)
        if owner is None or owner["kind"] != self.kind:
            return None
        return Key(pod["metadata"]["namespace"], owner["name"])

    def reconcile(self, key: Key) -> None:
        """Make or delete pods until as many are active as *key* asks for; write its status."""
        replicaset = self._sets.get(*key)
        if replicaset is None:
            return
        owned = claim(
            self.api,
            "pods",
            replicaset,
            self._pods_by_owner.get(replicaset["metadata"]["uid"]),
            filter(pods.is_active, self._orphans.get(key.namespace)),
        )
        active = [pod for pod in owned if pods.is_active(pod)]
        failure: ApiError | None = None
        if not is_terminating(replicaset):
            try:
                self._manage(replicaset, active)
            except ApiError as error:
                failure = error
        terminating = sum(1 for pod in owned if is_terminating(pod))
        self._write_status(replicaset, active, terminating, failure)
        if failure is not None:
            raise failure

    def _manage(self, replicaset: Obj, active: Sequence[Obj]) -> None:
        surplus = len(active) - int(replicaset["spec"].get("replicas", 1))
        if surplus < 0:
            for _ in range(min(-surplus, BURST, pods.room_for_more(active))):
                self._create(replicaset)
        elif surplus > 0:
            for pod in self._choose(replicaset, active)[: min(surplus, BURST)]:
                key = key_of(pod)
                if self.api.delete("pods", *key) is not None:
                    self.event(replicaset, "Normal", "SuccessfulDelete", f"Deleted pod: {key.name}")

    def _create(self, replicaset: Obj) -> None:
        metadata = replicaset["metadata"]
        template = replicaset["spec"]["template"]
        name = self._names.next(metadata["namespace"], metadata["name"])
        try:
            self.api.create("pods", pods.pod_from_template(template, replicaset, name))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                text = f"Error creating: {error.message}"
                self.event(replicaset, "Warning", "FailedCreate", text)
            raise
        self.event(replicaset, "Normal", "SuccessfulCreate", f"Created pod: {name}")

    def _choose(self, replicaset: Obj, active: Sequence[Obj]) -> list[Obj]:
        crowd = Counter(
            pod["spec"].get("nodeName", "")
            for relative in self._relatives(replicaset)
            for pod in self._pods_by_owner.get(relative["metadata"]["uid"])
            if pods.is_active(pod)
        )
        return rank_for_deletion(active, crowd, self.api.epoch, self.now)

    def _relatives(self, replicaset: Obj) -> list[Obj]:
        owner = controller_of(replicaset)
        return [replicaset] if owner is None else self._sets_by_owner.get(owner["uid"])

    def _write_status(
        self, replicaset: Obj, active: Sequence[Obj], terminating: int, failure: ApiError | None
    ) -> None:
        key = key_of(replicaset)
        spec = replicaset["spec"]
        min_ready = int(spec.get("minReadySeconds", 0))
        epoch, now = self.api.epoch, self.now
        wanted_labels = (spec["template"].get("metadata") or {}).get("labels") or {}
        ready = [pod for pod in active if pods.is_ready(pod)]
        available = sum(1 for pod in ready if pods.is_available(pod, min_ready, epoch, now))
        labelled = sum(1 for pod in active if wanted_labels.items() <= labels_of(pod).items())
        counts = {
            "fullyLabeledReplicas": labelled,
            "readyReplicas": len(ready),
            "availableReplicas": available,
        }
        status: Obj = {"replicas": len(active)}
        status.update((field, count) for field, count in counts.items() if count)
        if self.counts_terminating:
            status["terminatingReplicas"] = terminating
        status["observedGeneration"] = replicaset["metadata"].get("generation", 1)
        surplus = len(active) - int(spec.get("replicas", 1))
        listed = _failure_conditions(replicaset, failure, surplus, self.timestamp())
        if listed:
            status["conditions"] = listed
        held = replicaset.get("status") or {}
        # An object from before terminatingReplicas existed is not rewritten for a zero.
        before = {"terminatingReplicas": 0, **held} if self.counts_terminating else held
        if before != status:
            self.api.modify(self.resource, *key, lambda obj: {**obj, "status": status}, status=True)
        if len(ready) > available:
            self.enqueue_after(key, min_ready * 1000)


def _failure_conditions(
    replicaset: Obj, failure: ApiError | None, surplus: int, now: str
) -> list[Obj]:
    current = (replicaset.get("status") or {}).get("conditions") or []
    kept = conditions.without(current, "ReplicaFailure")
    if failure is None:
        return kept
    old = conditions.find(current, "ReplicaFailure")
    if old is not None:
        return list(current)
    reason = "FailedCreate" if surplus < 0 else "FailedDelete"
    return [
        *kept,
        {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": now,
            "reason": reason,
            "message": failure.message,
        },
    ]


def _is_unobserved(replicaset: Obj) -> bool:
    observed = int((replicaset.get("status") or {}).get("observedGeneration", 0))
    return observed < int(replicaset["metadata"].get("generation", 1))
