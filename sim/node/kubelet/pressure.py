"""The kubelet's eviction manager for the disk: pressure, what is reclaimed, who has to go.

Nothing runs here while the disk has room; it is looked at when something on it changes. Sources:
pkg/kubelet/eviction/{eviction_manager,helpers}.go and images/image_gc_manager.go. This file must
not know who filled the disk.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from sim.apimachinery.quantity import format_quantity
from sim.apimachinery.wire import Obj
from sim.node.kubelet.localstorage import over_limits
from sim.node.kubelet.status import image_id
from sim.node.resources import CRITICAL, storage_request

if TYPE_CHECKING:
    from sim.node.kubelet.node import Kubelet
    from sim.node.kubelet.worker import PodWorker

Going = Generator[simpy.Event, Any, None]

MONITOR_MS = 10_000
"""How often the eviction manager looks (evictionMonitoringPeriod)."""
TRANSITION_MS = 300_000
"""evictionPressureTransitionPeriod: how long a pressure outlives its cause."""
CLEANED_MS = (900, 2_400)
"""From an eviction to the next look, once the pod's files are gone."""
STATUS_MS = (200, 2_900)
"""From the eviction manager's finding to the node's status."""
EVICTED = "Evicted"
RESOURCE = "ephemeral-storage"
LEAST_CRITICAL = 2_000_000_000
"""SystemCriticalPriority: such pods are never evicted."""
REJECTED = "Pod was rejected: The node had condition: [DiskPressure]. "


class Threshold(NamedTuple):
    """One signal of the eviction manager."""

    signal: str
    percent: int


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold("imagefs.available", 15),
    Threshold("nodefs.available", 10),
)
"""evictionHard, KubeletConfiguration v1beta1."""


class DiskPressure:
    """The disk's half of one kubelet's eviction manager."""

    def __init__(self, kubelet: Kubelet) -> None:
        """Listen to the disk of the kubelet's machine."""
        self._kubelet = kubelet
        self._disk = kubelet.machine.disk
        self.active = False
        """Whether the node reports DiskPressure."""
        self._met_at = 0
        self._manager: simpy.Process | None = None
        self.defaults = THRESHOLDS
        self.thresholds = self.defaults
        self._disk.listener = self.look

    def look(self) -> None:
        """Begin to manage if a threshold is met; called whenever the disk changes."""
        alive = self._manager is not None and self._manager.is_alive
        if not alive and (self._met() is not None or self._over()):
            self._manager = self._kubelet.env.spawn(self._managing())

    def configure(self, text: str | None) -> None:
        """Take the thresholds of a settings file, as a kubelet that starts does; None: the image's."""
        found = dict(self.defaults)
        for signal in found if text is not None else ():
            given = re.search(
                rf"^\s+{re.escape(signal)}:\s*[\"']?(\d{{1,2}})%", text or "", re.MULTILINE
            )
            if given is not None:
                found[signal] = int(given[1])
        self.thresholds = tuple(Threshold(*one) for one in found.items())
        self.look()

    def refuses(self, pod: Obj) -> bool:
        """Return whether a pod that comes now is turned away."""
        return self.active and not _is_critical(pod)

    def _met(self) -> Threshold | None:
        available, total = self._disk.available, self._disk.total
        for one in self.thresholds:
            if available * 100 < total * one.percent:
                return one
        return None

    def _over(self) -> list[tuple[PodWorker, str]]:
        return list(over_limits(self._kubelet))

    def _managing(self) -> Going:
        kubelet = self._kubelet
        env = kubelet.env
        phase = kubelet.stream.at("eviction-phase").integer(0, MONITOR_MS - 1)
        while True:
            yield env.timeout((phase - env.now) % MONITOR_MS or MONITOR_MS)
            yield from kubelet.gate()
            for worker, message in self._over():
                worker.fail(EVICTED, message)
            while (met := self._met()) is not None:
                self._met_at = env.now
                evicted = self._reclaim(met)
                if not self.active:
                    yield env.timeout(kubelet.stream.at("pressure", env.now).integer(*STATUS_MS))
                    self._report(active=True)
                if evicted is None:
                    break
                yield evicted.gone()
                names = f'pods=["{evicted.namespace}/{evicted.name}"]'
                kubelet.say("I", "eviction_manager.go:459",
                            f'"Eviction manager: pods successfully cleaned up" {names}')  # fmt: skip
                drawn = kubelet.stream.at("evicted", env.now).integer(*CLEANED_MS)
                yield env.timeout(drawn)
                yield from kubelet.gate()
            if self._met() is None:
                if not self.active:
                    return
                if env.now - self._met_at >= TRANSITION_MS:
                    self._report(active=False)
                    return

    def _reclaim(self, met: Threshold) -> PodWorker | None:
        """Free what nobody uses; if that is not enough evict one pod and return it."""
        kubelet = self._kubelet
        say = kubelet.say
        say("W", "eviction_manager.go:376",
            f'"Eviction manager: attempting to reclaim" resourceName="{RESOURCE}"')  # fmt: skip
        kubelet.node_event("Warning", "EvictionThresholdMet", f"Attempting to reclaim {RESOURCE}")
        say("I", "container_gc.go:86", '"Attempting to delete unused containers"')
        say("I", "image_gc_manager.go:447", '"Attempting to delete unused images"')
        for image in kubelet.unused_images():
            size = kubelet.images.spec(image).size_bytes
            say("I", "image_gc_manager.go:514",
                f'"Removing image to free bytes" imageID="{image_id(image).partition("@")[2]}"'
                f' size={size} runtimeHandler=""')  # fmt: skip
            kubelet.remove_image(image)
        if self._met() is None:
            say("I", "eviction_manager.go:388",
                '"Eviction manager: able to reduce resource pressure without evicting pods."'
                f' resourceName="{RESOURCE}"')  # fmt: skip
            return None
        say("I", "eviction_manager.go:392",
            f'"Eviction manager: must evict pod(s) to reclaim" resourceName="{RESOURCE}"')  # fmt: skip
        ranked = self._ranked()
        if not ranked:
            say("I", "eviction_manager.go:395", '"Eviction manager: no pods to evict"')
            return None
        names = ",".join(f'"{one.namespace}/{one.name}"' for one in ranked)
        say("I", "eviction_manager.go:407",
            f'"Eviction manager: pods ranked for eviction" pods=[{names}]')  # fmt: skip
        for worker in ranked:
            if _is_critical(worker.pod):
                name = f"{worker.namespace}/{worker.name}"
                say("E", "eviction_manager.go:610",
                    f'"Eviction manager: cannot evict a critical pod" pod="{name}"')  # fmt: skip
                continue
            worker.fail(EVICTED, self._message(met, worker))
            say("I", "eviction_manager.go:441",
                '"Eviction manager: pods evicted, waiting for pod to be cleaned up"'
                f' pods=["{worker.namespace}/{worker.name}"]')  # fmt: skip
            return worker
        say("I", "eviction_manager.go:433",
            '"Eviction manager: unable to evict any pods from the node"')  # fmt: skip
        return None

    def _ranked(self) -> list[PodWorker]:
        """Return the pods to evict, first one first: over their request, unimportant, big."""
        found = []
        for key in sorted(self._kubelet.pods):
            worker = self._kubelet.worker(key)
            if worker is None or not worker.evictable:
                continue
            used = self._used(worker)
            asked = sum(storage_request(one) for one in worker.pod["spec"]["containers"])
            priority = int(worker.pod["spec"].get("priority") or 0)
            found.append((used <= asked, priority, -used, worker.name, worker))
        return [one[-1] for one in sorted(found, key=lambda one: one[:-1])]

    def _used(self, worker: PodWorker) -> int:
        return self._disk.of_pod(worker.uid, worker.running())

    def _message(self, met: Threshold, worker: PodWorker) -> str:
        quantity = format_quantity(
            self._disk.total * met.percent // 100 // 1024 * 1024, binary=True
        )
        available = format_quantity(self._disk.available // 1024 * 1024, binary=True)
        told = (
            f"The node was low on resource: {RESOURCE}. "
            f"Threshold quantity: {quantity}, available: {available}. "
        )
        share, log = self._disk.footprint(worker.uid)
        running = worker.running()
        for container in running:
            used = (
                self._disk.of_pod(worker.uid, [container])
                if len(running) == 1
                else ((share + log) // len(running) + container.log.stored_bytes)
            )
            asked = storage_request(container.spec)
            if used > asked:
                amount = format_quantity(used // 1024 * 1024, binary=True)
                request = format_quantity(asked, binary=True)
                told += (
                    f"Container {container.name} was using {amount}, request is {request},"
                    f" has larger consumption of {RESOURCE}. "
                )
        return told

    def _report(self, *, active: bool) -> None:
        """Say it in the node's status and as an event."""
        self.active = active
        kubelet = self._kubelet
        reason = "KubeletHasDiskPressure" if active else "KubeletHasNoDiskPressure"
        message = "kubelet has disk pressure" if active else "kubelet has no disk pressure"
        kubelet.set_condition("DiskPressure", reason, message, active=active)
        event = "NodeHasDiskPressure" if active else "NodeHasNoDiskPressure"
        kubelet.node_event("Normal", event, f"Node {kubelet.machine.name} status is now: {event}")
        text = f'"Recording event message for node" node="{kubelet.machine.name}" event="{event}"'
        kubelet.say("I", "kubelet_node_status.go:736", text)


def _is_critical(pod: Obj) -> bool:
    spec = pod["spec"]
    if spec.get("priorityClassName") in CRITICAL:
        return True
    if int(spec.get("priority") or 0) >= LEAST_CRITICAL:
        return True
    return "kubernetes.io/config.source" in (pod["metadata"].get("annotations") or {})
