"""The storage drivers' side: volumes made for claims that ask for one, and enlarged.

Thanks to this file a claim of the cluster's own class has its volume after a moment. It stands for
the external provisioner and resizer that run beside each driver; it must not know who binds.
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key, annotations_of, is_terminating, key_of, reference_to
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.conditions import find, without
from sim.control.persistentvolume import CLAIMS, PROVISIONER, VOLUMES
from sim.control.volumematch import SELECTED_NODE, class_of, is_bound, size_asked, size_of
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

MAKING_MS = (600, 2_500)
"""From the driver's first look at a claim to its volume."""
LOCAL = "rancher.io/local-path"
"""The one driver here whose volumes are directories of a node."""
PROTECTION = "kubernetes.io/pv-protection"
RESIZING = "Resizing"


class Provisioner(Controller):
    """Makes and enlarges volumes; its name in events is the driver's. A key is a claim."""

    name: ClassVar[str] = "external-provisioner"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        claims: Informer,
        volumes: Informer,
        classes: Informer,
        drivers: Informer,
        nodes: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._claims = claims
        self._volumes = volumes
        self._classes = classes
        self._drivers = drivers
        self._nodes = nodes
        self._installed = sorted({one["provisioner"] for one in classes.objects.values()})
        """What the cluster's classes named at the beginning runs in it."""
        self._begun: dict[str, int] = {}
        """By uid of the claim: when its volume, or its growth, is done (kernel ms)."""
        claims.on_change(self._claim_changed)

    def adopt(self) -> None:
        """Queue the claims that wait for a driver."""
        for key, claim in self._claims.objects.items():
            if PROVISIONER in annotations_of(claim) and not is_bound(claim):
                self.enqueue(key)

    def _claim_changed(self, change: Change) -> None:
        claim = change.new
        if change.type == "DELETED":
            self._begun.pop(claim["metadata"]["uid"], None)
        elif PROVISIONER in annotations_of(claim):
            self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Make the volume of the claim *key*, or let it grow to what is asked."""
        claim = self._claims.get(*key)
        if claim is None or is_terminating(claim):
            return
        driver = annotations_of(claim).get(PROVISIONER, "")
        if not self._runs(driver):
            return
        if not is_bound(claim):
            self._provision(claim, driver)
        else:
            self._grow(claim, driver)

    def _runs(self, driver: str) -> bool:
        return driver in self._installed or self._drivers.get("", driver) is not None

    def _is_due(self, claim: Obj, what: str) -> bool:
        """True when the work that was begun for *claim* is done; the first call begins it."""
        uid, now = claim["metadata"]["uid"], self.now
        due = self._begun.get(uid)
        if due is None:
            delay = self.stream.at(what, uid, size_asked(claim)).integer(*MAKING_MS)
            due = self._begun[uid] = now + delay
        if due > now:
            self.enqueue_after(key_of(claim), due - now)
            return False
        del self._begun[uid]
        return True

    # -- making ----------------------------------------------------------------------------------

    def _provision(self, claim: Obj, driver: str) -> None:
        name = f"pvc-{claim['metadata']['uid']}"
        found_class = self._classes.get("", class_of(claim))
        if found_class is None or self._volumes.get("", name) is not None:
            return
        about, key = claim, key_of(claim)
        if claim["metadata"]["uid"] not in self._begun:
            text = f'External provisioner is provisioning volume for claim "{key}"'
            self._tell(about, driver, "Provisioning", text)
        if not self._is_due(claim, "make"):
            return
        self.api.create(VOLUMES, self._volume(claim, found_class, name, driver))
        text = f"Successfully provisioned volume {name}"
        self._tell(about, driver, "ProvisioningSucceeded", text)

    def _volume(self, claim: Obj, found_class: Obj, name: str, driver: str) -> Obj:
        spec: Obj = {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"].get("accessModes") or [],
            "claimRef": reference_to(claim),
            "persistentVolumeReclaimPolicy": found_class.get("reclaimPolicy", "Delete"),
            "storageClassName": found_class["metadata"]["name"],
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
        }
        if found_class.get("mountOptions"):
            spec["mountOptions"] = found_class["mountOptions"]
        node = annotations_of(claim).get(SELECTED_NODE)
        if driver == LOCAL:
            key = key_of(claim)
            where = f"/opt/local-path-provisioner/{name}_{key.namespace}_{key.name}"
            spec["hostPath"] = {"path": where, "type": "DirectoryOrCreate"}
        else:
            spec["csi"] = {"driver": driver, "volumeHandle": name}
        if node and driver == LOCAL:
            found = self._nodes.get("", node)
            host = ((found or {}).get("metadata") or {}).get("labels") or {}
            value = host.get("kubernetes.io/hostname", node)
            term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [value]}
            required = {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
            spec["nodeAffinity"] = {"required": required}
        metadata = {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": driver},
            "finalizers": [PROTECTION],
        }
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": metadata,
            "spec": spec,
            "status": {"phase": "Pending"},
        }

    # -- growing ---------------------------------------------------------------------------------

    def _grow(self, claim: Obj, driver: str) -> None:
        name = claim["spec"]["volumeName"]
        volume = self._volumes.get("", name)
        if volume is None or size_asked(claim) <= size_of(volume):
            return
        key = key_of(claim)
        if claim["metadata"]["uid"] not in self._begun:
            text = f"External resizer is resizing volume {name}"
            self._tell(claim, f"external-resizer {driver}", RESIZING, text)
            self._note_resizing(key)
        if not self._is_due(claim, "grow"):
            return
        capacity = {"storage": claim["spec"]["resources"]["requests"]["storage"]}
        self.api.modify(
            VOLUMES, "", name, lambda old: {**old, "spec": {**old["spec"], "capacity": capacity}}
        )

        def done(old: Obj) -> Obj:
            held = old.get("status") or {}
            left = without(held.get("conditions") or (), RESIZING)
            status = {field: value for field, value in held.items() if field != "conditions"}
            status["capacity"] = capacity
            if left:
                status["conditions"] = left
            return {**old, "status": status}

        self.api.modify(CLAIMS, *key, done, status=True)
        text = "Resize volume succeeded"
        self._tell(claim, f"external-resizer {driver}", "VolumeResizeSuccessful", text)

    def _note_resizing(self, key: Key) -> None:
        now = self.timestamp()

        def note(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = held.get("conditions") or []
            if find(listed, RESIZING) is not None:
                return old
            new = {"type": RESIZING, "status": "True", "lastTransitionTime": now}
            return {**old, "status": {**held, "conditions": [*listed, new]}}

        self.api.modify(CLAIMS, *key, note, status=True)

    def _tell(self, claim: Obj, driver: str, reason: str, message: str) -> None:
        self.api.event(claim, "Normal", reason, message, component=driver)
