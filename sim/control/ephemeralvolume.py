"""Claims of generic ephemeral volumes: made with the pod, gone with it.

Thanks to this file a pod can ask for scratch space of a storage class in its own spec. It must not
bind anything (pkg/controller/volume/ephemeral).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating, owner_reference, owners_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

CLAIMS = "persistentvolumeclaims"


class EphemeralVolumeController(Controller):
    """A key is a pod that has such volumes."""

    name: ClassVar[str] = "ephemeral-volume"

    def __init__(
        self, env: Environment, api: ApiServer, stream: Stream, *, pod_informer: Informer
    ) -> None:
        super().__init__(env, api, stream)
        self._pods = pod_informer
        pod_informer.on_change(self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        if change.type == "ADDED" and any(
            "ephemeral" in volume for volume in change.new["spec"].get("volumes") or ()
        ):
            self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Make the claims of the pod *key* that are missing."""
        pod = self._pods.get(*key)
        if pod is None or is_terminating(pod) or pods.is_finished(pod):
            return
        for volume in pod["spec"].get("volumes") or ():
            template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
            if template:
                self._claim(pod, f"{key.name}-{volume['name']}", template)

    def _claim(self, pod: Obj, name: str, template: Obj) -> None:
        namespace = pod["metadata"]["namespace"]
        held = self.api.get(CLAIMS, namespace, name)
        if held is not None:
            if all(owner["uid"] != pod["metadata"]["uid"] for owner in owners_of(held)):
                text = f"PVC {namespace}/{name} was not created for pod {pod['metadata']['name']} (pod is not owner)"
                self.event(pod, "Warning", "FailedBinding", f"ephemeral volume controller: {text}")
            return
        given = template.get("metadata") or {}
        metadata = {
            **{field: given[field] for field in ("labels", "annotations") if given.get(field)},
            "name": name,
            "namespace": namespace,
            "ownerReferences": [owner_reference(pod)],
        }
        self.api.create(CLAIMS, {"metadata": metadata, "spec": template["spec"]})
