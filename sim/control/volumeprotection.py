"""Claims and volumes kept while they are in use, and gone when they are not.

Thanks to this file a deleted claim waits for the last pod that mounts it, and takes its volume with
it where the reclaim policy says so. It must not know where data lie
(pkg/controller/volume/pvcprotection, pvprotection; the provisioner's deletion).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER = "kubernetes.io/pv-protection"


class VolumeProtectionController(Controller):
    """A key is a claim, or (without a namespace) a volume."""

    name: ClassVar[str] = "pvc-protection-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        claims: Informer,
        volumes: Informer,
        pod_informer: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._claims = claims
        self._volumes = volumes
        self._pods = pod_informer
        claims.on_change(self._claim_changed)
        volumes.on_change(self._volume_changed)
        pod_informer.on_change(self._pod_changed)

    def _claim_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.enqueue(Key("", change.new["spec"].get("volumeName", "")))
        elif is_terminating(change.new):
            self.enqueue(change.key)

    def _volume_changed(self, change: Change) -> None:
        if change.type != "DELETED" and is_terminating(change.new):
            self.enqueue(change.key)

    def _pod_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            for name in _claims_of(change.new):
                key = Key(change.key.namespace, name)
                claim = self._claims.get(*key)
                if claim is not None and is_terminating(claim):
                    self.enqueue(key)

    def reconcile(self, key: Key) -> None:
        """Let a claim or a volume go that nobody uses any more."""
        if key.namespace:
            self._release_claim(key)
        else:
            self._release_volume(key)

    def _release_claim(self, key: Key) -> None:
        claim = self._claims.get(*key)
        if claim is None or not is_terminating(claim):
            return
        in_use = any(
            pod["metadata"]["namespace"] == key.namespace and key.name in _claims_of(pod)
            for pod in self._pods.objects.values()
        )
        if not in_use:
            self.api.modify("persistentvolumeclaims", *key, _without(CLAIM_FINALIZER))

    def _release_volume(self, key: Key) -> None:
        volume = self._volumes.get(*key)
        if volume is None:
            return
        reference = volume["spec"].get("claimRef") or {}
        claim = self._claims.get(reference.get("namespace", ""), reference.get("name", ""))
        if claim is not None and reference.get("uid") in (None, claim["metadata"]["uid"]):
            return
        if is_terminating(volume):
            self.api.modify("persistentvolumes", *key, _without(VOLUME_FINALIZER))
        elif not reference.get("uid"):
            return
        elif volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self.api.delete("persistentvolumes", *key)
            self.api.modify("persistentvolumes", *key, _without(VOLUME_FINALIZER))
        else:
            self.api.modify(
                "persistentvolumes",
                *key,
                lambda old: {**old, "status": {**(old.get("status") or {}), "phase": "Released"}},
                status=True,
            )


def _claims_of(pod: Obj) -> list[str]:
    """Return the names of the claims that *pod* mounts."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        claim = volume.get("persistentVolumeClaim")
        if claim:
            found.append(str(claim["claimName"]))
    return found


def _without(finalizer: str) -> Callable[[Obj], Obj]:
    def change(old: Obj) -> Obj:
        kept = [one for one in old["metadata"].get("finalizers") or () if one != finalizer]
        return {**old, "metadata": {**old["metadata"], "finalizers": kept}}

    return change
