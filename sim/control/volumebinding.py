"""What a pod's volume claims mean for where it can run, and how they get their volumes there.

Thanks to this file a pod waits for its data, and data that wait for a pod follow it. It must not
choose nodes (pkg/scheduler/framework/plugins/volumebinding).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.apimachinery.meta import (
    Key,
    annotations_of,
    is_terminating,
    key_of,
    with_metadata,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.persistentvolume import CLAIMS, VOLUMES, reserving
from sim.control.volumematch import SELECTED_NODE, best_match, class_of, is_bound, phase, reaches
from sim.reconcile import Change, Informer

NO_PROVISIONER = "kubernetes.io/no-provisioner"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
NOTHING_THERE = "node(s) didn't find available persistent volumes to bind"


def claim_names(pod: Obj) -> list[str]:
    """Return the names of the claims that *pod* mounts, its own generic volumes included."""
    found: list[str] = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            found.append(f"{pod['metadata']['name']}-{volume['name']}")
    return found


def _made_for(pod: Obj) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [f"{pod['metadata']['name']}-{one['name']}" for one in volumes if "ephemeral" in one]


class VolumeBinding:
    """Answers the scheduler; calls *retry* with the key of a pod whose claims have moved on."""

    def __init__(
        self,
        api: ApiServer,
        *,
        claims: Informer,
        volumes: Informer,
        classes: Informer,
        waiting: Callable[[], Sequence[Obj]],
        retry: Callable[[Key], None],
    ) -> None:
        self._api = api
        self._claims = claims
        self._volumes = volumes
        self._classes = classes
        self._waiting = waiting
        self._retry = retry
        claims.on_change(self._claim_changed)
        volumes.on_change(self._volume_changed)

    def _claim_changed(self, change: Change) -> None:
        """Try the pods again that wait for this claim."""
        for pod in self._waiting():
            key = key_of(pod)
            if key.namespace == change.key.namespace and change.key.name in claim_names(pod):
                self._retry(key)

    def _volume_changed(self, change: Change) -> None:
        """Try the pods again that wait for a volume, when there is one more."""
        if change.type != "DELETED" and phase(change.new) == "Available":
            for pod in self._waiting():
                if claim_names(pod):
                    self._retry(key_of(pod))

    def problem(self, pod: Obj, names: Sequence[str]) -> str:
        """Return why *pod* fits nowhere for one of its claims *names*; "" if nothing is wrong."""
        namespace = pod["metadata"]["namespace"]
        for name in names:
            claim = self._claims.get(namespace, name)
            if claim is None and name in _made_for(pod):
                return (
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim "
                    f'"{name}"'
                )
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if (claim.get("status") or {}).get("phase") == "Lost":
                volume = claim["spec"].get("volumeName", "")
                return (
                    f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume '
                    f'"{volume}"'
                )
            if is_terminating(claim):
                return f'persistentvolumeclaim "{name}" is being deleted'
            if not is_bound(claim) and not self._is_delayed(claim):
                return UNBOUND
        return ""

    def reason_against(self, pod: Obj, names: Sequence[str], node: Obj) -> str:
        """Return why the claims *names* rule *node* out; "" if they do not."""
        namespace = pod["metadata"]["namespace"]
        for name in names:
            claim = self._claims.get(namespace, name)
            if claim is None:
                continue
            if is_bound(claim):
                volume = self._volumes.get("", claim["spec"]["volumeName"])
                if volume is not None and not reaches(volume, node):
                    return CONFLICT
            elif not self._can_have(claim, node):
                return NOTHING_THERE
        return ""

    def settle(self, pod: Obj, names: Sequence[str], node: Obj) -> bool:
        """Ask for the volumes of *pod* on *node*; True when all its claims are bound already."""
        namespace = pod["metadata"]["namespace"]
        settled = True
        for name in names:
            claim = self._claims.get(namespace, name)
            if claim is None or is_bound(claim):
                continue
            settled = False
            where = node["metadata"]["name"]
            if annotations_of(claim).get(SELECTED_NODE) == where:
                continue
            volume = best_match(claim, self._volumes.objects.values(), node=node)
            if volume is not None:
                self._api.modify(VOLUMES, *key_of(volume), reserving(claim))
            self._api.modify(CLAIMS, *key_of(claim), _sent_to(where))
        return settled

    def _is_delayed(self, claim: Obj) -> bool:
        found = self._classes.get("", class_of(claim))
        return found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _can_have(self, claim: Obj, node: Obj) -> bool:
        """True when a volume for *claim* is there or can be made on *node*."""
        chosen = annotations_of(claim).get(SELECTED_NODE)
        if chosen is not None:
            return bool(chosen == node["metadata"]["name"])
        if best_match(claim, self._volumes.objects.values(), node=node) is not None:
            return True
        found = self._classes.get("", class_of(claim)) or {}
        return bool(found.get("provisioner", NO_PROVISIONER) != NO_PROVISIONER)


def _sent_to(node: str) -> Callable[[Obj], Obj]:
    def send(old: Obj) -> Obj:
        return with_metadata(old, annotations={**annotations_of(old), SELECTED_NODE: node})

    return send
