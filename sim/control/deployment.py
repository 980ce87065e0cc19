"""The Deployment controller: one ReplicaSet a template, rolled from the old to the new.

Thanks to this file a changed template replaces pods step by step and an old one comes back by being
asked for again. It must not know pods, except whether old ones are left before a Recreate goes on.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.apimachinery.errors import ApiError
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import (
    Key,
    annotations_of,
    controller_of,
    is_terminating,
    key_of,
    labels_of,
    with_metadata,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import deployment_status as progress
from sim.control import pods, rollout
from sim.control.claims import claim, orphans
from sim.control.conditions import find_condition, set_workload_condition, workload_condition
from sim.control.replicaset_of import annotate, find_new, make_replicaset
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer
from sim.reconcile.informer import by_namespace


class _Sets:
    """The ReplicaSets of one Deployment: the one with its template, and the others."""

    def __init__(self, new: Obj | None, old: list[Obj]) -> None:
        self.new = new
        self.old = old

    @property
    def all(self) -> list[Obj]:
        return self.old if self.new is None else [*self.old, self.new]

    @property
    def active(self) -> list[Obj]:
        return [one for one in self.all if rollout.replicas_of(one) > 0]


class DeploymentController(Controller):
    """Creates, scales and cleans up the ReplicaSets of Deployments and reports their status."""

    name = "deployment-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        deployments: Informer,
        replicasets: Informer,
        replicasets_by_owner: Index,
        pod_informer: Informer,
        pods_by_owner: Index,
        pinned_hashes: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(env, api, stream)
        self._deployments = deployments
        self._in_namespace = deployments.index(by_namespace)
        self._sets = replicasets
        self._by_owner = replicasets_by_owner
        self._orphans = replicasets.index(orphans)
        self._pods_by_owner = pods_by_owner
        self._pinned = pinned_hashes or {}
        deployments.on_change(self._deployment_changed)
        replicasets.on_change(self._set_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Queue the Deployments whose spec nobody has looked at, or whose pods do not add up."""
        for key, deployment in self._deployments.objects.items():
            generation = deployment["metadata"].get("generation", 1)
            unobserved = rollout.status_count(deployment, "observedGeneration") < generation
            owned = self._by_owner.get(deployment["metadata"]["uid"])
            if unobserved or rollout.total_replicas(owned) != rollout.replicas_of(deployment):
                self.enqueue(key)

    def _deployment_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _set_changed(self, change: Change) -> None:
        owner = controller_of(change.new)
        if owner is not None and owner["kind"] == "Deployment":
            self.enqueue(Key(change.key.namespace, owner["name"]))
        elif owner is None and change.type != "DELETED":
            for deployment in self._in_namespace.get(change.key.namespace):
                selector = match_label_selector(deployment["spec"].get("selector"))
                if selector.matches(labels_of(change.new)):
                    self.enqueue(key_of(deployment))

    def _pod_changed(self, change: Change) -> None:
        """Let a Recreate go on when the last old pod has gone; nothing else waits for pods."""
        owner = controller_of(change.new) if change.type == "DELETED" else None
        if owner is None or owner["kind"] != "ReplicaSet":
            return
        replicaset = self._sets.get(change.key.namespace, owner["name"])
        above = controller_of(replicaset) if replicaset is not None else None
        if above is None or above["kind"] != "Deployment":
            return
        deployment = self._deployments.get(change.key.namespace, above["name"])
        if deployment is not None and not rollout.is_rolling(deployment):
            self.enqueue(key_of(deployment))

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Take the next step of the rollout, scaling or pause of the Deployment *key*."""
        deployment = self._deployments.get(*key)
        if deployment is None:
            return
        owned = claim(
            self.api,
            "replicasets",
            deployment,
            self._by_owner.get(deployment["metadata"]["uid"]),
            self._orphans.get(key.namespace),
        )
        sets = _split(deployment, owned)
        if is_terminating(deployment):
            self._write_status(deployment, sets)
            return
        pause = progress.pause_condition(deployment, self.timestamp())
        if pause is not None:
            deployment = self._set_condition(deployment, pause)
        if deployment["spec"].get("paused") or self._is_scaled(deployment, sets):
            sets = self._sync_new(deployment, sets, create=False)
            self._scale(deployment, sets)
            if deployment["spec"].get("paused"):
                self._clean_up(deployment, sets)
            self._write_status(self._current(deployment), self._reread(sets))
        elif rollout.is_rolling(deployment):
            self._roll(deployment, sets)
        else:
            self._recreate(deployment, sets)

    @staticmethod
    def _is_scaled(deployment: Obj, sets: _Sets) -> bool:
        wanted = str(rollout.replicas_of(deployment))
        marks = (annotations_of(one).get(rollout.DESIRED) for one in sets.active)
        return any(mark is not None and mark != wanted for mark in marks)

    def _roll(self, deployment: Obj, sets: _Sets) -> None:
        sets = self._sync_new(deployment, sets, create=True)
        new = sets.new
        if new is None:
            return
        has = rollout.replicas_of(new)
        wanted = rollout.replicas_of(deployment)
        target = wanted
        if has < wanted:
            target = rollout.new_set_replicas(deployment, sets.all, has)
        if target != has:
            self._resize(deployment, new, target)
        else:
            steps = rollout.scale_down_old(deployment, sets.old, new)
            for one, size in steps:
                self._resize(deployment, one, size)
            if not steps:
                self._clean_up_if_complete(deployment, sets)
        self._write_progress(self._current(deployment), self._reread(sets))

    def _recreate(self, deployment: Obj, sets: _Sets) -> None:
        sets = self._sync_new(deployment, sets, create=False)
        active_old = [one for one in sets.old if rollout.replicas_of(one)]
        for one in active_old:
            self._resize(deployment, one, 0)
        if not active_old and not self._has_old_pods(sets):
            sets = self._sync_new(deployment, sets, create=True)
            wanted = rollout.replicas_of(deployment)
            if sets.new is not None and rollout.replicas_of(sets.new) != wanted:
                self._resize(deployment, sets.new, wanted)
            self._clean_up_if_complete(deployment, sets)
        self._write_progress(self._current(deployment), self._reread(sets))

    def _has_old_pods(self, sets: _Sets) -> bool:
        return any(
            rollout.status_count(one, "replicas")
            or any(
                not pods.is_finished(pod) for pod in self._pods_by_owner.get(one["metadata"]["uid"])
            )
            for one in sets.old
        )

    # -- the new ReplicaSet ----------------------------------------------------------------------

    def _sync_new(self, deployment: Obj, sets: _Sets, *, create: bool) -> _Sets:
        """Number the ReplicaSet of the current template, and make it if *create* and missing."""
        revision = max((rollout.revision_of(one) for one in sets.old), default=0) + 1
        new = sets.new
        condition: Obj | None = None
        has_none = find_condition(deployment, "Progressing") is None
        if new is not None:
            new = self._annotate(deployment, new, revision)
            if has_none:
                text = f'Found new replica set "{new["metadata"]["name"]}"'
                condition = self._progressing("FoundNewReplicaSet", text)
        elif create:
            new = self._create(deployment, sets, revision)
            text = f'Created new replica set "{new["metadata"]["name"]}"'
            condition = self._progressing("NewReplicaSetCreated", text)
        if new is not None:
            mark = annotations_of(new).get(rollout.REVISION, str(revision))
            self._mark(deployment, mark, condition if progress.has_deadline(deployment) else None)
        return _Sets(new, sets.old)

    def _progressing(self, reason: str, text: str) -> Obj:
        return workload_condition("Progressing", "True", reason, text, self.timestamp())

    def _annotate(self, deployment: Obj, new: Obj, revision: int) -> Obj:
        changed = annotate(deployment, new, revision)
        if changed == annotations_of(new):
            return new
        written = self.api.modify(
            "replicasets", *key_of(new), lambda old: with_metadata(old, annotations=changed)
        )
        return written or new

    def _create(self, deployment: Obj, sets: _Sets, revision: int) -> Obj:
        metadata = deployment["metadata"]
        pin = f"{metadata['namespace']}/{metadata['name']}:{revision}"
        made = make_replicaset(deployment, revision, pinned_hash=self._pinned.get(pin))
        size = rollout.new_set_replicas(deployment, sets.old, 0)
        made["spec"]["replicas"] = size
        try:
            created = self.api.create("replicasets", made)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                # Another's ReplicaSet has the name: count the collision and hash anew next time.
                count = rollout.status_count(deployment, "collisionCount") + 1
                self._patch_status(deployment, collisionCount=count)
            else:
                text = f'Failed to create new replica set "{made["metadata"]["name"]}": {error}'
                self.event(deployment, "Warning", "ReplicaSetCreateError", text)
            raise
        if size:
            text = f"Scaled up replica set {created['metadata']['name']} from 0 to {size}"
            self.event(deployment, "Normal", "ScalingReplicaSet", text)
        return created

    def _mark(self, deployment: Obj, revision: str, condition: Obj | None) -> None:
        """Write the revision annotation and a condition in one go, as UpdateStatus does there."""

        def mark(old: Obj) -> Obj:
            if annotations_of(old).get(rollout.REVISION) != revision:
                annotations = {**annotations_of(old), rollout.REVISION: revision}
                old = with_metadata(old, annotations=annotations)
            if condition is not None:
                status = old.get("status") or {}
                listed = set_workload_condition(status.get("conditions") or [], condition)
                old = {**old, "status": {**status, "conditions": listed}}
            return old

        self.api.modify("deployments", *key_of(deployment), mark)

    # -- scaling ---------------------------------------------------------------------------------

    def _scale(self, deployment: Obj, sets: _Sets) -> None:
        """Follow a changed spec.replicas outside a step of the rollout."""
        only = _only_or_latest(sets)
        wanted = rollout.replicas_of(deployment)
        if only is not None:
            self._resize(deployment, only, wanted)
        elif sets.new is not None and _is_saturated(deployment, sets.new):
            for one in sets.old:
                if rollout.replicas_of(one):
                    self._resize(deployment, one, 0)
        elif rollout.is_rolling(deployment):
            for one, size in rollout.proportional(deployment, sets.active):
                self._resize(deployment, one, size)

    def _resize(self, deployment: Obj, replicaset: Obj, size: int) -> None:
        has = rollout.replicas_of(replicaset)
        wanted = rollout.replicas_of(deployment)
        marks = {
            rollout.DESIRED: str(wanted),
            rollout.MAXIMUM: str(wanted + rollout.fence(deployment).surge),
        }

        def resize(old: Obj) -> Obj:
            annotations = {**annotations_of(old), **marks}
            return {
                **with_metadata(old, annotations=annotations),
                "spec": {**old["spec"], "replicas": size},
            }

        if self.api.modify("replicasets", *key_of(replicaset), resize) is None or size == has:
            return
        direction = "up" if size > has else "down"
        name = replicaset["metadata"]["name"]
        text = f"Scaled {direction} replica set {name} from {has} to {size}"
        self.event(deployment, "Normal", "ScalingReplicaSet", text)

    def _clean_up_if_complete(self, deployment: Obj, sets: _Sets) -> None:
        if progress.is_complete(deployment, deployment.get("status") or {}):
            self._clean_up(deployment, sets)

    def _clean_up(self, deployment: Obj, sets: _Sets) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit")
        if limit is None:
            return
        kept = [one for one in sets.old if not is_terminating(one)]
        kept.sort(key=rollout.revision_of)
        for one in kept[: max(0, len(kept) - int(limit))]:
            busy = rollout.replicas_of(one) or rollout.status_count(one, "replicas")
            observed = rollout.status_count(one, "observedGeneration")
            if not busy and observed >= one["metadata"].get("generation", 1):
                self.api.delete("replicasets", *key_of(one))

    # -- status ----------------------------------------------------------------------------------

    def _write_status(self, deployment: Obj, sets: _Sets) -> None:
        status = progress.count_status(deployment, sets.all, sets.new, self.timestamp())
        self._replace_status(deployment, status)

    def _write_progress(self, deployment: Obj, sets: _Sets) -> None:
        status = progress.progress_status(
            deployment, sets.all, sets.new, epoch=self.api.epoch, now=self.now
        )
        if not self._replace_status(deployment, status):
            wait = progress.next_look_ms(deployment, status, self.api.epoch, self.now)
            if wait is not None:
                self.enqueue_after(key_of(deployment), wait)

    def _replace_status(self, deployment: Obj, status: Obj) -> bool:
        if {"terminatingReplicas": 0, **(deployment.get("status") or {})} == status:
            return False
        self.api.modify(
            "deployments", *key_of(deployment), lambda old: {**old, "status": status}, status=True
        )
        return True

    def _patch_status(self, deployment: Obj, **fields: int) -> None:
        self.api.modify(
            "deployments",
            *key_of(deployment),
            lambda old: {**old, "status": {**(old.get("status") or {}), **fields}},
            status=True,
        )

    def _set_condition(self, deployment: Obj, condition: Obj) -> Obj:
        def change(old: Obj) -> Obj:
            status = old.get("status") or {}
            listed = set_workload_condition(status.get("conditions") or [], condition)
            return {**old, "status": {**status, "conditions": listed}}

        key = key_of(deployment)
        return self.api.modify("deployments", *key, change, status=True) or deployment

    def _current(self, deployment: Obj) -> Obj:
        return self._deployments.get(*key_of(deployment)) or deployment

    def _reread(self, sets: _Sets) -> _Sets:
        def current(one: Obj) -> Obj:
            return self._sets.get(*key_of(one)) or one

        new = current(sets.new) if sets.new is not None else None
        return _Sets(new, [current(one) for one in sets.old if self._sets.get(*key_of(one))])


def _split(deployment: Obj, owned: list[Obj]) -> _Sets:
    new = find_new(deployment, owned)
    return _Sets(new, [one for one in owned if one is not new])


def _only_or_latest(sets: _Sets) -> Obj | None:
    active = sets.active
    if len(active) == 1:
        return active[0]
    if active:
        return None
    if sets.new is not None:
        return sets.new
    return max(rollout.by_creation(sets.old), key=_created, default=None)


def _created(replicaset: Obj) -> str:
    return str(replicaset["metadata"]["creationTimestamp"])


def _is_saturated(deployment: Obj, new: Obj) -> bool:
    wanted = rollout.replicas_of(deployment)
    desired = annotations_of(new).get(rollout.DESIRED)
    return (
        desired == str(wanted)
        and rollout.replicas_of(new) == wanted
        and rollout.status_count(new, "availableReplicas") == wanted
    )
