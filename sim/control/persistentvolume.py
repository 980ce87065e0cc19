"""The persistent volume controller: claims find volumes, or ask for one to be made.

Thanks to this file a claim is Bound, or says in an event what it waits for. It must not know who
makes volumes (pkg/controller/volume/persistentvolume/pv_controller.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sim.apimachinery.meta import (
    Key,
    annotations_of,
    is_terminating,
    key_of,
    reference_to,
    with_metadata,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.volumematch import (
    BIND_COMPLETED,
    BOUND_BY,
    SELECTED_NODE,
    best_match,
    class_of,
    is_bound,
    is_claimed_by,
    mismatch,
    phase,
)
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

CLAIMS, VOLUMES = "persistentvolumeclaims", "persistentvolumes"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
OLD_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
RESYNC_MS = 15_000
"""A claim that waits is looked at again so often, and says so again (resyncPeriod)."""


class PersistentVolumeController(Controller):
    """A key is a claim, or (without a namespace) a volume."""

    name: ClassVar[str] = "persistentvolume-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        claims: Informer,
        volumes: Informer,
        classes: Informer,
        pod_informer: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._claims = claims
        self._volumes = volumes
        self._classes = classes
        self._pods = pod_informer
        claims.on_change(self._claim_changed)
        volumes.on_change(self._volume_changed)
        classes.on_change(self._class_changed)

    def adopt(self) -> None:
        """Queue the claims and volumes that have not found each other."""
        for key, claim in self._claims.objects.items():
            if not is_bound(claim):
                self.enqueue(key)
        for key, volume in self._volumes.objects.items():
            if phase(volume) == "Pending":
                self.enqueue(key)

    def _claim_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _volume_changed(self, change: Change) -> None:
        volume = change.new
        reference = volume["spec"].get("claimRef") or {}
        if reference:
            self.enqueue(Key(reference.get("namespace", ""), reference.get("name", "")))
        if change.type != "DELETED":
            self.enqueue(change.key)
            if phase(volume) == "Available":
                self._wake_claims()

    def _class_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self._wake_claims()

    def _wake_claims(self) -> None:
        for key, claim in self._claims.objects.items():
            if not is_bound(claim):
                self.enqueue(key)

    def reconcile(self, key: Key) -> None:
        """Bring a claim or a volume one step on."""
        if key.namespace:
            claim = self._claims.get(*key)
            if claim is not None and is_bound(claim):
                self._check_bound(claim)
            elif claim is not None and not is_terminating(claim):
                self._find(claim)
        else:
            volume = self._volumes.get(*key)
            if volume is not None:
                self._look_at(volume)

    # -- volumes ---------------------------------------------------------------------------------

    def _look_at(self, volume: Obj) -> None:
        """Offer a new volume, or give the one that a claim has found to it."""
        if is_terminating(volume):
            return
        reference = volume["spec"].get("claimRef")
        if not reference:
            self._set_phase(volume, "Available")
            return
        claim = self._claims.get(reference.get("namespace", ""), reference.get("name", ""))
        if claim is None and not reference.get("uid"):
            # Reserved by hand for a claim that is still to come.
            self._set_phase(volume, "Available")
        elif claim is not None and claim["spec"].get("volumeName") == volume["metadata"]["name"]:
            self._set_phase(volume, "Bound")

    def _set_phase(self, volume: Obj, wanted: str) -> None:
        if phase(volume) == wanted:
            return
        now = self.timestamp()
        self.api.modify(
            VOLUMES,
            *key_of(volume),
            lambda old: {
                **old,
                "status": {
                    **(old.get("status") or {}),
                    "phase": wanted,
                    "lastPhaseTransitionTime": now,
                },
            },
            status=True,
        )

    # -- claims ----------------------------------------------------------------------------------

    def _check_bound(self, claim: Obj) -> None:
        """Say so when the volume of a bound claim has gone."""
        volume = self._volumes.get("", claim["spec"]["volumeName"])
        if volume is not None and is_claimed_by(volume, claim):
            if phase(claim) != "Bound":
                self._report_bound(claim, volume)
            return
        if phase(claim) == "Lost" or is_terminating(claim):
            return
        self._set_claim_phase(claim, "Lost")
        text = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
        if volume is not None:
            text = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
            self.event(claim, "Warning", "ClaimMisbound", text)
            return
        self.event(claim, "Warning", "ClaimLost", text)

    def _find(self, claim: Obj) -> None:
        named = claim["spec"].get("volumeName")
        if named:
            self._take_named(claim, named)
            return
        if "storageClassName" not in claim["spec"] and not class_of(claim):
            claim = self._with_default_class(claim)
        found_class = self._classes.get("", class_of(claim))
        delayed = found_class is not None and _is_delayed(found_class, claim)
        volume = best_match(claim, self._volumes.objects.values(), delayed=delayed)
        if volume is not None:
            self._bind(claim, volume)
            return
        self._set_claim_phase(claim, "Pending")
        self.enqueue_after(key_of(claim), RESYNC_MS)
        if delayed:
            self._say_delayed(claim)
        elif class_of(claim):
            self._ask_for_volume(claim, found_class)
        else:
            text = "no persistent volumes available for this claim and no storage class is set"
            self.event(claim, "Normal", "FailedBinding", text)

    def _take_named(self, claim: Obj, name: str) -> None:
        """Bind the volume that the claim asks for by name, if it is there and free."""
        volume = self._volumes.get("", name)
        if volume is None or is_terminating(volume):
            self._set_claim_phase(claim, "Pending")
            return
        if not volume["spec"].get("claimRef") or is_claimed_by(volume, claim):
            why = mismatch(volume, claim)
            if not why:
                self._bind(claim, volume)
                return
            text = f'Cannot bind to requested volume "{name}": {why}'
            self.event(claim, "Warning", "VolumeMismatch", text)
        else:
            text = f'volume "{name}" already bound to a different claim.'
            self.event(claim, "Warning", "FailedBinding", text)
        self._set_claim_phase(claim, "Pending")
        self.enqueue_after(key_of(claim), RESYNC_MS)

    def _with_default_class(self, claim: Obj) -> Obj:
        """Give the default class to a claim that was made before there was one."""
        marked = [
            (one["metadata"].get("creationTimestamp", ""), key.name)
            for key, one in self._classes.objects.items()
            if annotations_of(one).get(DEFAULT_CLASS) == "true"
        ]
        if not marked:
            return claim
        newest = max(made for made, _ in marked)
        name = min(name for made, name in marked if made == newest)
        given = self.api.modify(
            CLAIMS,
            *key_of(claim),
            lambda old: {**old, "spec": {**old["spec"], "storageClassName": name}},
        )
        return given or claim

    def _say_delayed(self, claim: Obj) -> None:
        key = key_of(claim)
        users = [
            pod["metadata"]["name"]
            for pod in self._pods.objects.values()
            if pod["metadata"]["namespace"] == key.namespace
            and any(
                (one.get("persistentVolumeClaim") or {}).get("claimName") == key.name
                for one in pod["spec"].get("volumes") or ()
            )
        ]
        if users:
            text = f"waiting for pod {users[0]} to be scheduled"
            self.event(claim, "Normal", "WaitForPodScheduled", text)
        else:
            text = "waiting for first consumer to be created before binding"
            self.event(claim, "Normal", "WaitForFirstConsumer", text)

    def _ask_for_volume(self, claim: Obj, found_class: Obj | None) -> None:
        """Leave the claim to the provisioner of its class."""
        if found_class is None:
            text = f'storageclass.storage.k8s.io "{class_of(claim)}" not found'
            self.event(claim, "Warning", "ProvisioningFailed", text)
            return
        driver = found_class["provisioner"]
        if driver.startswith("kubernetes.io/"):
            text = f"no volume plugin matched name: {driver}"
            self.event(claim, "Warning", "ProvisioningFailed", text)
            return
        if annotations_of(claim).get(PROVISIONER) != driver:
            marks = {**annotations_of(claim), OLD_PROVISIONER: driver, PROVISIONER: driver}
            self.api.modify(
                CLAIMS, *key_of(claim), lambda old: with_metadata(old, annotations=marks)
            )
        text = (
            "Waiting for a volume to be created either by the external provisioner "
            f"'{driver}' or manually by the system administrator. If volume creation is delayed, "
            "please verify that the provisioner is running and correctly registered."
        )
        self.event(claim, "Normal", "ExternalProvisioning", text)

    # -- binding ---------------------------------------------------------------------------------

    def _bind(self, claim: Obj, volume: Obj) -> None:
        """Let both know of each other: first the volume, then the claim, as the real one does."""
        if (volume["spec"].get("claimRef") or {}).get("uid") != claim["metadata"]["uid"]:
            volume = self.api.modify(VOLUMES, *key_of(volume), reserving(claim)) or volume
        self._set_phase(volume, "Bound")
        name = volume["metadata"]["name"]
        chosen = not claim["spec"].get("volumeName")

        def bind(old: Obj) -> Obj:
            marks = {**annotations_of(old), BIND_COMPLETED: "yes"}
            if chosen:
                marks[BOUND_BY] = "yes"
            bound = {**old, "spec": {**old["spec"], "volumeName": name}}
            return with_metadata(bound, annotations=marks)

        bound = self.api.modify(CLAIMS, *key_of(claim), bind)
        if bound is not None:
            self._report_bound(bound, volume)

    def _report_bound(self, claim: Obj, volume: Obj) -> None:
        spec = volume["spec"]
        status = {
            **(claim.get("status") or {}),
            "phase": "Bound",
            "accessModes": spec.get("accessModes") or [],
            "capacity": {"storage": (spec.get("capacity") or {}).get("storage", "0")},
        }
        self.api.modify(CLAIMS, *key_of(claim), lambda old: {**old, "status": status}, status=True)

    def _set_claim_phase(self, claim: Obj, wanted: str) -> None:
        if (claim.get("status") or {}).get("phase") == wanted:
            return
        self.api.modify(
            CLAIMS,
            *key_of(claim),
            lambda old: {**old, "status": {**(old.get("status") or {}), "phase": wanted}},
            status=True,
        )


def _is_delayed(found_class: Obj, claim: Obj) -> bool:
    """True while nobody has chosen the node that decides which volume will do."""
    waits = found_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return waits and SELECTED_NODE not in annotations_of(claim)


def reserving(claim: Obj) -> Callable[[Obj], Obj]:
    """Return the change that reserves a volume for *claim*."""
    reference = reference_to(claim)

    def reserve(old: Obj) -> Obj:
        given = old["spec"].get("claimRef") or {}
        marks = annotations_of(old)
        if not given:
            marks = {**marks, BOUND_BY: "yes"}
        reserved = {**old, "spec": {**old["spec"], "claimRef": {**given, **reference}}}
        return with_metadata(reserved, annotations=dict(marks) or None)

    return reserve
