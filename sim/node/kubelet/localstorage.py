"""Limits of ephemeral storage: who has written more than it may, whatever the disk has left.

Source: localStorageEviction of pkg/kubelet/eviction/eviction_manager.go. Only what was written during
the run is counted. This file must not know what becomes of a pod that is over its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.apimachinery.quantity import format_quantity
from sim.apimachinery.wire import Obj
from sim.node.disk import DiskFiles, layer_bytes
from sim.node.resources import parse_bytes

if TYPE_CHECKING:
    from sim.node.kubelet.node import Kubelet
    from sim.node.kubelet.worker import PodWorker


def over_limits(kubelet: Kubelet) -> Iterator[tuple[PodWorker, str]]:
    """Yield each pod that is over a limit of its own, and the kubelet's words for it."""
    for key in sorted(kubelet.pods):
        pod = kubelet.pods[key]
        if not _is_limited(pod):
            continue
        worker = kubelet.worker(key)
        if worker is not None and worker.evictable:
            told = _problem(kubelet, worker)
            if told:
                yield worker, told


def _is_limited(pod: Obj) -> bool:
    spec = pod["spec"]
    return any(_limit(one) for one in spec["containers"]) or any(
        (one.get("emptyDir") or {}).get("sizeLimit") for one in spec.get("volumes") or ()
    )


def _limit(container: Obj) -> int:
    limits = (container.get("resources") or {}).get("limits") or {}
    return parse_bytes(str(limits.get("ephemeral-storage", 0)))


def _problem(kubelet: Kubelet, worker: PodWorker) -> str:
    spec = worker.pod["spec"]
    whole = 0
    for volume in spec.get("volumes") or ():
        held = kubelet.scratch(worker.uid, volume["name"]) if "emptyDir" in volume else None
        if not isinstance(held, DiskFiles):
            continue
        whole += held.taken
        text = str(volume["emptyDir"].get("sizeLimit") or "")
        if text and held.taken > parse_bytes(text):
            return f'Usage of EmptyDir volume "{volume["name"]}" exceeds the limit "{text}". '
    used = {one.name: layer_bytes(one) + one.log.stored_bytes for one in worker.running()}
    whole += sum(used.values())
    limits = {one["name"]: _limit(one) for one in spec["containers"]}
    total = sum(limits.values())
    if total and whole > total:
        shown = format_quantity(total, binary=True)
        return f"Pod ephemeral local storage usage exceeds the total limit of containers {shown}. "
    for name, limit in limits.items():
        if limit and used.get(name, 0) > limit:
            shown = format_quantity(limit, binary=True)
            return f'Container {name} exceeded its local ephemeral storage limit "{shown}". '
    return ""
