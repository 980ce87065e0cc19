"""One node's kubelet: its pods, addresses, images, heartbeats and the events about the node.

This file must not know what containers do, nor other nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import simpy

from sim.apimachinery.wire import Obj
from sim.bash import FileSystem
from sim.kernel import Environment
from sim.node.behaviour import BehaviourRegistry
from sim.node.container import Container
from sim.node.images import ImageCatalog
from sim.node.klog import klog
from sim.node.kubelet.environ import ConfigProblem, environment
from sim.node.kubelet.pressure import REJECTED, DiskPressure
from sim.node.kubelet.slot import Slot
from sim.node.kubelet.worker import PodWorker
from sim.node.volumes import make_volume

if TYPE_CHECKING:
    from sim.apiserver import ApiServer
    from sim.bash import Program
    from sim.node.machine import Machine

Key = tuple[str, str]
"""(namespace, name) of a pod."""

LEASE_MS = 10_000
"""nodeLeaseDurationSeconds 40 s is renewed four times in it."""
STATUS_MS = 300_000
"""nodeStatusReportFrequency: conditions are stamped every 5 min when nothing changes."""
CORDON_SEEN_MS = (600, 9_800)
"""The kubelet notices spec.unschedulable at its next status update, within 10 s."""

HEALTHY = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("KubeletReady", "kubelet is posting ready status"),
}
"""Reason and message of each condition of a healthy node."""


class Kubelet:
    """The kubelet of one machine."""

    def __init__(
        self,
        machine: Machine,
        api: ApiServer,
        *,
        registry: BehaviourRegistry,
        images: ImageCatalog,
        programs: Callable[[str], Mapping[str, Program]],
        files: Callable[[Container], FileSystem] | None = None,
    ) -> None:
        """Attach to *machine*; knows no pod yet."""
        self.machine = machine
        self.api = api
        self.env: Environment = machine.env
        self.stream = machine.stream.at("kubelet")
        self.registry = registry
        self.images = images
        self.programs = programs
        self._files = files
        self.pods: dict[Key, Obj] = {}
        """The newest known version of every pod on the node."""
        self.workers: dict[Key, PodWorker] = {}
        """Only of pods that were started, changed or looked at during the run."""
        self.stopped = False
        self.stopped_at = 0
        self.deaf = False
        """True while its packets to the API server are lost."""
        self.started_again: int | None = None
        """When it was started by hand during the run; None if never."""
        self.on_heartbeat: Callable[[str, int | None], None] | None = None
        """Called with (node, last renewal) when heartbeats stop, (node, None) when they resume."""
        self._again: simpy.Event = self.env.event()
        self._present: set[str] = set()
        self.claims: dict[tuple[str, str, str], FileSystem] = {}
        """Claims' files by (namespace, "claim", name); shared by all kubelets of a cluster."""
        self._volumes: dict[tuple[str, str, str], FileSystem] = {}
        self._last_ip = 0
        self._phase = self.stream.at("lease").integer(0, LEASE_MS - 1)
        machine.kubelet = self
        self.pressure = DiskPressure(self)

    # -- pods --------------------------------------------------------------------------------------

    def worker(self, key: Key) -> PodWorker | None:
        """Return the worker of a pod, made from the pod's status if it slept until now."""
        worker = self.workers.get(key)
        if worker is None and key in self.pods:
            worker = self.workers[key] = PodWorker(self, self.pods[key])
            worker.adopt()
        return worker

    def adopt(self, pod: Obj) -> None:
        """Take note of a pod that runs since before the beginning; it sleeps until touched."""
        metadata = pod["metadata"]
        self.pods[metadata["namespace"], metadata["name"]] = pod
        for one in pod["spec"]["containers"]:
            self._present.add(one["image"])

    def wake(self, key: Key) -> None:
        """Make sure that a sleeping pod's containers live."""
        self.worker(key)

    def pod_added(self, pod: Obj) -> None:
        """Start a pod that was bound to this node."""
        metadata = pod["metadata"]
        key = (metadata["namespace"], metadata["name"])
        self.pods[key] = pod
        if self.stopped or self.deaf:
            return
        worker = self.workers[key] = PodWorker(self, pod)
        if self.pressure.refuses(pod):
            worker.fail("Evicted", REJECTED)
            return
        worker.begin()
        if "deletionTimestamp" in metadata:
            worker.terminate(int(metadata.get("deletionGracePeriodSeconds", 30)))

    def pod_changed(self, pod: Obj, old: Obj | None) -> None:
        """Take note of a newer version; a deletionTimestamp ends the pod."""
        metadata = pod["metadata"]
        key = (metadata["namespace"], metadata["name"])
        if "deletionTimestamp" in metadata:
            grace = metadata.get("deletionGracePeriodSeconds")
            before = old["metadata"].get("deletionGracePeriodSeconds") if old else None
            worker = self.worker(key)
            self.pods[key] = pod
            if worker is not None:
                worker.update(pod)
                if grace != before and not self.stopped and not self.deaf:
                    worker.terminate(int(grace if grace is not None else 30))
            return
        self.pods[key] = pod
        worker = self.workers.get(key)
        if worker is None and old is not None and old["spec"] is not pod["spec"]:
            self.pods[key] = old
            worker = self.worker(key)
            self.pods[key] = pod
        if worker is not None:
            worker.update(pod)

    def pod_removed(self, pod: Obj) -> None:
        """Forget a pod that left the API; what still runs of it is killed."""
        metadata = pod["metadata"]
        key = (metadata["namespace"], metadata["name"])
        worker = self.workers.pop(key, None)
        self.pods.pop(key, None)
        for volume in [key for key in self._volumes if key[0] == metadata["uid"]]:
            del self._volumes[volume]
        if worker is not None and worker.uid == metadata["uid"]:
            worker.vanish()

    def containers(self) -> dict[str, Container]:
        """Return every container on the node, waking what sleeps."""
        found: dict[str, Container] = {}
        for key in sorted(self.pods):
            worker = self.worker(key)
            if worker is None:
                continue
            for slot in worker.all_slots():
                for container in (slot.current, slot.previous):
                    if container is not None:
                        found[container.id] = container
        return found

    def listener(self, key: Key, port: int) -> Container | None:
        """Return the container of a pod that accepts connections on *port*."""
        worker = self.worker(key)
        if worker is None:
            return None
        for container in worker.running():
            if container.behaviour.listening(port):
                return container
        return None

    def running(self, key: Key) -> list[Container]:
        """Return the running containers of a pod, waking it if it slept."""
        worker = self.worker(key)
        return worker.running() if worker is not None else []

    def environ_of(self, worker: PodWorker, slot: Slot) -> dict[str, str]:
        """Return the variables of an adopted container; what is missing today is left out."""
        try:
            return environment(
                self.api,
                worker.pod,
                slot.spec,
                pod_ip=worker.ip,
                host_ip=self.machine.facts.internal_ip,
            )
        except ConfigProblem:
            return {}

    def files_of(self, container: Container) -> FileSystem:
        """Return the files of a container; they live as long as the container."""
        if container.files is None:
            container.files = self._files(container) if self._files else FileSystem()
        return container.files

    def volume(self, container: Container, name: str) -> tuple[FileSystem, str] | None:
        """Return (files, place in them) of a volume of *container*'s pod; None if it has none."""
        pod = self.pods.get((container.namespace, container.pod_name)) or {}
        volumes = (pod.get("spec") or {}).get("volumes") or ()
        volume = next((one for one in volumes if one["name"] == name), None)
        if volume is None:
            return None
        if "hostPath" in volume and self.machine.files is not None:
            return self.machine.files, volume["hostPath"].get("path", "/")
        claim = volume.get("persistentVolumeClaim")
        if claim is not None:
            key = (container.namespace, "claim", claim.get("claimName", ""))
            return self.claims.setdefault(key, make_volume(container, volume)), ""
        key = (container.pod_uid, "volume", name)
        if key not in self._volumes:
            self._volumes[key] = make_volume(container, volume)
        return self._volumes[key], ""

    # -- images and addresses ----------------------------------------------------------------------

    def image_present(self, image: str) -> bool:
        """Return True if the node has *image*: pulled, or used by a pod since the beginning."""
        return image in self._present

    def image_pulled(self, image: str) -> None:
        """Note that the node has *image* now."""
        self._present.add(image)
        self.machine.disk.changed()

    def images_present(self) -> list[str]:
        """Return the images that the node has, by name."""
        return sorted(self._present)

    def image_bytes(self) -> int:
        """Return what all images of the node weigh, compressed."""
        return sum(self.images.spec(image).size_bytes for image in self._present)

    def unused_images(self) -> list[str]:
        """Return the images that no pod of the node asks for."""
        used = {
            one["image"]
            for pod in self.pods.values()
            for kind in ("containers", "initContainers", "ephemeralContainers")
            for one in pod["spec"].get(kind) or ()
        }
        return sorted(self._present - used)

    def remove_image(self, image: str) -> None:
        """Forget *image*: whoever starts next from it pulls it again."""
        self._present.discard(image)
        self.machine.disk.changed()

    def has_sandbox(self, namespace: str, name: str) -> bool:
        """Return whether the sandbox of a pod is up."""
        worker = self.worker((namespace, name))
        return worker is not None and worker.sandbox and worker.failure is None

    def forget(self, container: Container) -> None:
        """Let go of a container that somebody removed from the runtime."""
        worker = self.workers.get((container.namespace, container.pod_name))
        for slot in worker.all_slots() if worker is not None else ():
            if slot.previous is container:
                slot.previous = None

    def sandbox_changed(self, namespace: str, name: str) -> None:
        """Say that a sandbox was stopped by somebody else; its containers start anew."""
        pod = self.pods.get((namespace, name))
        if pod is not None and not self.stopped:
            message = "Pod sandbox changed, it will be killed and re-created."
            self.pod_event(pod, "Normal", "SandboxChanged", message, "")

    def scratches(self, pod_uid: str = "") -> list[FileSystem]:
        """Return the local volumes of a pod, or of all."""
        return [files for key, files in self._volumes.items() if not pod_uid or key[0] == pod_uid]

    def allocate_ip(self, worker: PodWorker) -> str:
        """Return the next free address of the node's range, as the host-local plugin does."""
        prefix, _, _ = self.machine.facts.pod_cidr.partition("/")
        base = prefix.rsplit(".", 1)[0]
        used = {one.ip for one in self.workers.values() if one is not worker}
        used |= {(pod.get("status") or {}).get("podIP", "") for pod in self.pods.values()}
        if not self._last_ip:
            own = [ip for ip in used if ip.startswith(f"{base}.")]
            self._last_ip = max((int(ip.rsplit(".", 1)[1]) for ip in own), default=1)
        for _ in range(254):
            self._last_ip = self._last_ip + 1 if self._last_ip < 254 else 2
            if f"{base}.{self._last_ip}" not in used:
                break
        return f"{base}.{self._last_ip}"

    # -- events ------------------------------------------------------------------------------------

    def pod_event(self, pod: Obj, type_: str, reason: str, message: str, field: str) -> None:
        """Record an EventObject about one of its pods."""
        self.api.event(
            pod,
            type_,
            reason,
            message,
            component="kubelet",
            host=self.machine.name,
            field_path=field,
        )

    def node_event(self, type_: str, reason: str, message: str) -> None:
        """Record an EventObject about the node."""
        node = self.api.get("nodes", "", self.machine.name)
        if node is not None:
            self.api.event(
                node, type_, reason, message, component="kubelet", host=self.machine.name
            )

    def scratch(self, pod_uid: str, name: str) -> FileSystem | None:
        """Return a pod's volume that lives and dies with it, once somebody has used it."""
        return self._volumes.get((pod_uid, "volume", name))

    def set_condition(self, type_: str, reason: str, message: str, *, active: bool) -> None:
        """Write one of the node's conditions."""
        stamp = self.machine.epoch.rfc3339(self.env.now)
        fields = {
            "status": "True" if active else "False",
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": stamp,
        }

        def write(node: Obj) -> Obj:
            status = node.get("status") or {}
            listed = list(status.get("conditions") or ())
            if all(one["type"] != type_ for one in listed):
                listed.append({"type": type_})
            changed = [{**one, **fields} if one["type"] == type_ else one for one in listed]
            return {**node, "status": {**status, "conditions": changed}}

        self.api.modify("nodes", "", self.machine.name, write, status=True)

    def cordon_changed(self, unschedulable: bool) -> None:
        """Write the node event about a cordon or uncordon at the next status update."""
        self.env.spawn(self._noticing(unschedulable))

    def _noticing(self, unschedulable: bool) -> Generator[simpy.Event, Any, None]:
        draw = self.stream.at("cordon", self.env.now)
        yield self.env.timeout(draw.integer(*CORDON_SEEN_MS))
        yield from self.gate()
        reason = "NodeNotSchedulable" if unschedulable else "NodeSchedulable"
        message = f"Node {self.machine.name} status is now: {reason}"
        self.node_event("Normal", reason, message)
        text = f'"Recording event message for node" node="{self.machine.name}" event="{reason}"'
        self.say("I", "kubelet_node_status.go:736", text)

    def say(self, severity: str, place: str, text: str) -> None:
        """Write a line of the kubelet's own log to the journal."""
        now, pid = self.env.now, self.pid
        line = klog(self.machine.epoch, now, severity, place, text, pid=pid)
        priority = 3 if severity == "E" else 6
        self.machine.journal.write(now, "kubelet.service", line, pid=pid, priority=priority)

    # -- the process -------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """The kubelet's process id; 0 while it is stopped."""
        if self.stopped:
            return 0
        if self.started_again is not None:
            known = self.machine.daemons.state("kubelet").pid
            return known or self.machine.pid_at(self.started_again) + 3
        return self.stream.at("pid").integer(900, 1_600)

    def gate(self) -> Generator[simpy.Event, Any, None]:
        """Wait until the kubelet runs."""
        while self.stopped or self.deaf or not self.machine.daemons.runs("containerd"):
            yield self._again

    def cut_off(self, cut: bool) -> None:
        """Take note that the API server is out of reach, or in reach again."""
        if cut == self.deaf:
            return
        if cut:
            self.deaf = True
            if not self.stopped:
                self._fall_silent()
        else:
            self.deaf = False
            if not self.stopped:
                self._catch_up()

    def runtime_back(self) -> None:
        """Go on with what waited for the container runtime."""
        again, self._again = self._again, self.env.event()
        again.succeed()

    def stop(self) -> None:
        """Stop the kubelet (`systemctl stop kubelet`): containers go on, nobody looks after them."""
        if self.stopped:
            return
        self.stopped = True
        if not self.deaf:
            self._fall_silent()

    def _fall_silent(self) -> None:
        self.stopped_at = self.env.now
        self.api.modify("leases", "kube-node-lease", self.machine.name, self.refreshed_lease)
        self.api.modify("nodes", "", self.machine.name, self.refreshed_node, status=True)
        if self.on_heartbeat is not None:
            self.on_heartbeat(self.machine.name, self.renewed_at(self.env.now))

    def start(self) -> None:
        """Start it again: it catches up with what it missed."""
        if not self.stopped:
            return
        self.stopped = False
        self.started_again = self.env.now
        self.pressure.configure(self.machine.written("/var/lib/kubelet/config.yaml"))
        if not self.deaf:
            self.node_event("Normal", "Starting", "Starting kubelet.")
            self._catch_up()

    def _catch_up(self) -> None:
        again, self._again = self._again, self.env.event()
        again.succeed()
        for key in sorted(self.pods):
            pod = self.pods[key]
            worker = self.workers.get(key)
            if worker is None and not (pod.get("status") or {}).get("containerStatuses"):
                self.pod_added(pod)
            elif worker is not None:
                worker.changed()
            if "deletionTimestamp" in pod["metadata"]:
                found = self.worker(key)
                if found is not None:
                    grace = pod["metadata"].get("deletionGracePeriodSeconds", 30)
                    found.terminate(int(grace))
        self.api.modify("leases", "kube-node-lease", self.machine.name, self.refreshed_lease)
        if self.on_heartbeat is not None:
            self.on_heartbeat(self.machine.name, None)
        self.api.modify("nodes", "", self.machine.name, self._reported, status=True)

    def _reported(self, node: Obj) -> Obj:
        """Return *node* with the conditions that a fresh, healthy kubelet reports."""
        stamp = self.machine.epoch.rfc3339(self.env.now)
        status = node.get("status") or {}
        conditions = [
            {
                **one,
                "status": "True" if one["type"] == "Ready" else "False",
                "reason": HEALTHY[one["type"]][0],
                "message": HEALTHY[one["type"]][1],
                "lastHeartbeatTime": stamp,
                "lastTransitionTime": stamp,
            }
            if one["status"] == "Unknown" and one["type"] in HEALTHY
            else one
            for one in status.get("conditions") or ()
        ]
        return {**node, "status": {**status, "conditions": conditions}}

    def renewed_at(self, now: int) -> int:
        """Return when the node's Lease was renewed last (ms)."""
        at = self.stopped_at if self.stopped or self.deaf else now
        return at - (at - self._phase) % LEASE_MS

    def refreshed_lease(self, lease: Obj) -> Obj:
        """Return *lease* with the renewTime it has now."""
        micro = self.machine.epoch.rfc3339_micro(self.renewed_at(self.env.now))
        return {**lease, "spec": {**lease.get("spec", {}), "renewTime": micro}}

    def refreshed_node(self, node: Obj) -> Obj:
        """Return *node* with the heartbeat times its conditions have now."""
        at = self.stopped_at if self.stopped or self.deaf else self.env.now
        beat = at - (at - self._phase) % STATUS_MS
        stamp = self.machine.epoch.rfc3339(beat)
        status = node.get("status") or {}
        conditions = [
            {**one, "lastHeartbeatTime": max(stamp, one.get("lastHeartbeatTime") or "")}
            if one["status"] != "Unknown"
            else one
            for one in status.get("conditions") or ()
        ]
        return {**node, "status": {**status, "conditions": conditions}}
