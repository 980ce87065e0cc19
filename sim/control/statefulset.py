"""The StatefulSet controller: pods with numbers, made in order and replaced from the last to the first.

Thanks to this file `db-0` is deleted before the next `db-0` exists. It must not know nodes
(pkg/controller/statefulset/stateful_set_control.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import Key, controller_of, is_terminating, key_of, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.claims import claim
from sim.control.controllerrevision import Revisions, hash_of, template_of
from sim.control.rollout import replicas_of, status_count
from sim.control.statefulset_claims import CLAIMS, claims_of, keep_owners
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"
ROLLING = "RollingUpdate"


def ordinal_of(pod: Obj) -> int:
    """Return the number at the end of the pod's name, -1 if there is none."""
    tail = pod["metadata"]["name"].rpartition("-")[2]
    return int(tail) if tail.isdecimal() else -1


def stateful_pod(statefulset: Obj, ordinal: int, revision: str, template: Obj) -> Obj:
    """Return pod number *ordinal* of *statefulset* (with apiVersion, kind, uid) from *template*.

    *revision* is the name of the ControllerRevision that keeps the template.
    """
    name = f"{statefulset['metadata']['name']}-{ordinal}"
    pod = pods.pod_from_template(template, statefulset, name)
    labels = {
        **(pod["metadata"].get("labels") or {}),
        INDEX_LABEL: str(ordinal),
        pods.REVISION_LABEL: revision,
        POD_NAME_LABEL: name,
    }
    spec = {**pod["spec"], "hostname": name}
    service = statefulset["spec"].get("serviceName")
    if service:
        spec["subdomain"] = service
    claims = statefulset["spec"].get("volumeClaimTemplates") or ()
    if claims:
        spec["volumes"] = [
            *(
                {
                    "name": claim["metadata"]["name"],
                    "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}"},
                }
                for claim in claims
            ),
            *(spec.get("volumes") or ()),
        ]
    return {**pod, "metadata": {**pod["metadata"], "labels": labels}, "spec": spec}


class StatefulSetController(Controller):
    """Makes, replaces and removes the pods of StatefulSets, one at a time unless told Parallel."""

    name: ClassVar[str] = "statefulset-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        statefulsets: Informer,
        pod_informer: Informer,
        pods_by_owner: Index,
        free_pods: Index,
        revisions_by_owner: Index,
        free_revisions: Index,
    ) -> None:
        super().__init__(env, api, stream)
        self._sets = statefulsets
        self._pods_by_owner = pods_by_owner
        self._free_pods = free_pods
        self._revisions = Revisions(api, revisions_by_owner, free_revisions, pods_by_owner)
        statefulsets.on_change(self._set_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Queue the sets that are not as specified."""
        for key, statefulset in self._sets.objects.items():
            self._revisions.adopt(statefulset)
            owned = self._pods_by_owner.get(statefulset["metadata"]["uid"])
            generation = statefulset["metadata"].get("generation", 1)
            unobserved = status_count(statefulset, "observedGeneration") < generation
            if unobserved or len(owned) != replicas_of(statefulset):
                self.enqueue(key)

    def _set_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.new)
        if owner is not None and owner["kind"] == "StatefulSet":
            self.enqueue(Key(change.key.namespace, owner["name"]))

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Make or delete the next pod of the StatefulSet *key* and write its status."""
        statefulset = self._sets.get(*key)
        if statefulset is None or is_terminating(statefulset):
            return
        update = self._revisions.current(statefulset)
        current = self._current_revision(statefulset, update)
        owned = sorted(self._claimed(statefulset), key=ordinal_of)
        self._step(statefulset, owned, current, update)
        owned = self._pods_by_owner.get(statefulset["metadata"]["uid"])
        self._write_status(statefulset, owned, current, update)
        live = [hash_of(current), hash_of(update)]
        self._revisions.clean_up(statefulset, live)

    def _claimed(self, statefulset: Obj) -> list[Obj]:
        """Return the set's pods, with those that an earlier set of its name has left behind."""
        owned = self._pods_by_owner.get(statefulset["metadata"]["uid"])
        key = key_of(statefulset)
        free = [
            pod
            for pod in self._free_pods.get(key.namespace)
            if pod["metadata"]["name"].rpartition("-")[0] == key.name and ordinal_of(pod) >= 0
        ]
        return claim(self.api, "pods", statefulset, owned, free) if free else owned

    def _current_revision(self, statefulset: Obj, update: Obj) -> Obj:
        """Return the revision that the set has not left yet; the newest one at the beginning."""
        name = (statefulset.get("status") or {}).get("currentRevision")
        for one in self._revisions.of(statefulset):
            if one["metadata"]["name"] == name:
                return one
        return update

    def _step(self, statefulset: Obj, owned: Sequence[Obj], current: Obj, update: Obj) -> None:
        spec = statefulset["spec"]
        start = int((spec.get("ordinals") or {}).get("start", 0))
        wanted = range(start, start + replicas_of(statefulset))
        by_ordinal = {ordinal_of(pod): pod for pod in owned}
        if spec.get("volumeClaimTemplates"):
            for number, owner in by_ordinal.items():
                keep_owners(self.api, statefulset, owner, scaled_down=number not in wanted)
        in_order = spec.get("podManagementPolicy", "OrderedReady") != "Parallel"
        room = pods.room_for_more(owned)
        for ordinal in wanted:
            pod = by_ordinal.get(ordinal)
            if pod is None:
                if not room:
                    break
                room -= 1
                self._create(
                    statefulset, ordinal, self._revision_for(statefulset, ordinal, current, update)
                )
            elif pods.is_finished(pod) and not is_terminating(pod):
                self._replace_finished(statefulset, pod)
            elif self._is_up(statefulset, pod) or not in_order:
                continue
            if in_order:
                return
        surplus = [pod for pod in reversed(owned) if ordinal_of(pod) not in wanted]
        for pod in surplus:
            if not is_terminating(pod):
                self._delete(statefulset, pod)
            if in_order:
                return
        self._roll(statefulset, by_ordinal, wanted, update)

    def _revision_for(self, statefulset: Obj, ordinal: int, current: Obj, update: Obj) -> Obj:
        """Return what a missing pod is made from: old ones of a roll that has not reached it stay."""
        strategy = statefulset["spec"].get("updateStrategy") or {}
        if strategy.get("type", ROLLING) != ROLLING:
            return update
        status = statefulset.get("status") or {}
        start = int((statefulset["spec"].get("ordinals") or {}).get("start", 0))
        partition = (strategy.get("rollingUpdate") or {}).get("partition")
        if partition is None:
            is_old = ordinal < start + int(status.get("currentReplicas", 0))
        else:
            is_old = ordinal < start + int(partition)
        return current if is_old else update

    def _roll(
        self, statefulset: Obj, by_ordinal: dict[int, Obj], wanted: range, update: Obj
    ) -> None:
        """Delete the last pod that is outdated, unless a later one is not up yet."""
        strategy = statefulset["spec"].get("updateStrategy") or {}
        if strategy.get("type", ROLLING) != ROLLING:
            return
        partition = int((strategy.get("rollingUpdate") or {}).get("partition", 0))
        for ordinal in reversed(wanted):
            if ordinal < wanted.start + partition:
                return
            pod = by_ordinal.get(ordinal)
            if pod is None:
                return
            if _revision_name(pod) != update["metadata"]["name"] and not is_terminating(pod):
                self._delete(statefulset, pod)
                return
            if not self._is_up(statefulset, pod):
                return

    def _is_up(self, statefulset: Obj, pod: Obj) -> bool:
        seconds = int(statefulset["spec"].get("minReadySeconds", 0))
        ready = pods.is_available(pod, seconds, self.api.epoch, self.now)
        return pods.phase(pod) == "Running" and ready and not is_terminating(pod)

    def _create(self, statefulset: Obj, ordinal: int, revision: Obj) -> None:
        template = template_of(revision)
        pod = stateful_pod(statefulset, ordinal, revision["metadata"]["name"], template)
        self._claim_volumes(statefulset, pod["metadata"]["name"])
        set_name = statefulset["metadata"]["name"]
        try:
            self.api.create("pods", pod)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                what = f"create Pod {pod['metadata']['name']} in StatefulSet {set_name} failed"
                text = f"{what} error: {error.message}"
                self.event(statefulset, "Warning", "FailedCreate", text)
            raise
        text = f"create Pod {pod['metadata']['name']} in StatefulSet {set_name} successful"
        self.event(statefulset, "Normal", "SuccessfulCreate", text)

    def _claim_volumes(self, statefulset: Obj, pod_name: str) -> None:
        namespace = statefulset["metadata"]["namespace"]
        for made in claims_of(statefulset, pod_name):
            name = made["metadata"]["name"]
            if self.api.get(CLAIMS, namespace, name) is None:
                self.api.create(CLAIMS, made)
                set_name = statefulset["metadata"]["name"]
                text = f"create Claim {name} Pod {pod_name} in StatefulSet {set_name} success"
                self.event(statefulset, "Normal", "SuccessfulCreate", text)

    def _replace_finished(self, statefulset: Obj, pod: Obj) -> None:
        failed = pods.phase(pod) == "Failed"
        word, type_ = ("failed", "Warning") if failed else ("terminated", "Normal")
        key = key_of(statefulset)
        text = f"StatefulSet {key} is recreating {word} Pod {pod['metadata']['name']}"
        self.event(statefulset, type_, f"Recreating{word.capitalize()}Pod", text)
        self._delete(statefulset, pod)

    def _delete(self, statefulset: Obj, pod: Obj) -> None:
        key = key_of(pod)
        if self.api.delete("pods", *key) is not None:
            set_name = statefulset["metadata"]["name"]
            text = f"delete Pod {key.name} in StatefulSet {set_name} successful"
            self.event(statefulset, "Normal", "SuccessfulDelete", text)

    # -- status ----------------------------------------------------------------------------------

    def _write_status(
        self, statefulset: Obj, owned: Sequence[Obj], current: Obj, update: Obj
    ) -> None:
        staying = [pod for pod in owned if not is_terminating(pod)]
        current_name, update_name = current["metadata"]["name"], update["metadata"]["name"]
        seconds = int(statefulset["spec"].get("minReadySeconds", 0))
        ready = [pod for pod in owned if pods.is_ready(pod) and not pods.is_finished(pod)]
        counts = {
            "readyReplicas": len(ready),
            "currentReplicas": sum(_revision_name(pod) == current_name for pod in staying),
            "updatedReplicas": sum(_revision_name(pod) == update_name for pod in staying),
        }
        available = sum(pods.is_available(pod, seconds, self.api.epoch, self.now) for pod in ready)
        wanted = replicas_of(statefulset)
        rolls = (statefulset["spec"].get("updateStrategy") or {}).get("type", ROLLING) == ROLLING
        if rolls and counts["updatedReplicas"] == wanted == len(ready) == len(owned):
            # The roll is over: what was the update is what is current.
            current_name = update_name
            counts["currentReplicas"] = counts["updatedReplicas"]
        status: Obj = {
            "observedGeneration": statefulset["metadata"].get("generation", 1),
            "replicas": len(owned),
            **{field: count for field, count in counts.items() if count},
            "currentRevision": current_name,
            "updateRevision": update_name,
            "collisionCount": status_count(statefulset, "collisionCount"),
            "availableReplicas": available,
        }
        key = key_of(statefulset)
        if (statefulset.get("status") or {}) != status:
            self.api.modify(
                "statefulsets", *key, lambda old: {**old, "status": status}, status=True
            )
        if seconds and len(ready) > available:
            self.enqueue_after(key, seconds * 1000)


def _revision_name(pod: Obj) -> str:
    return str(labels_of(pod).get(pods.REVISION_LABEL, ""))
