"""One pod on a node, from the moment the kubelet sees it until it is gone from the API.

| stage       | by                                          | next                    |
|-------------|---------------------------------------------|-------------------------|
| pending     | bound to the node                           | volumes, sandbox, inits |
| running     | first container started, or adopted         | -                       |
| terminating | deletionTimestamp                           | deleted from the API    |
| vanished    | force deletion: the object is gone already  | -                       |

This file must not know other pods, nor what containers do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import simpy

from sim.apimachinery.wire import Obj
from sim.kernel import Environment, Interrupted, Stream
from sim.node.container import Container
from sim.node.images import ImageCatalog
from sim.node.kernelog import say_link_down, say_link_up
from sim.node.kubelet import status as statuses
from sim.node.kubelet.ending import ending_all, killing, stopping
from sim.node.kubelet.environ import environment, started_with
from sim.node.kubelet.mounting import missing_volume
from sim.node.kubelet.slot import Slot

if TYPE_CHECKING:
    from sim.node.kubelet.node import Kubelet

Going = Generator[simpy.Event, Any, None]

SEEN_MS = (8, 45)
"""From a write in the API to the kubelet's work on it."""
SANDBOX_MS = (420, 1_150)
"""Sandbox and CNI; community SLO: pod start-up p99 under 5 s without pulls."""
HOST_SANDBOX_MS = (120, 320)
GONE_MS = (240, 1_050)
"""From the last container's end to the pod's removal from the API."""
VANISHED_GRACE_MS = 2_000
"""What containers of a force-deleted pod get before SIGKILL."""
SIDECAR_LOOK_MS = 1_000
"""How often it is looked whether a sidecar has passed its startup probe."""
OVERDUE = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
OVERDUE_EVENT = (
    "DeadlineExceeded",
    "Pod was active on the node longer than specified deadline",
)
"""kubelet active_deadline.go; the two texts do differ."""
EVICTION_GRACE_MS = 1_000
"""What containers of an evicted pod get: immediateEvictionGracePeriodSeconds is 1."""
MOUNT_RETRY_MS = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 122_000)


class PodWorker:
    """What the kubelet does for one pod."""

    def __init__(self, kubelet: Kubelet, pod: Obj) -> None:
        """Take note of *pod*; `begin` or `adopt` follows."""
        self.kubelet = kubelet
        self.env: Environment = kubelet.env
        self.images: ImageCatalog = kubelet.images
        self.pod = pod
        metadata, spec = pod["metadata"], pod["spec"]
        self.namespace: str = metadata["namespace"]
        self.name: str = metadata["name"]
        self.uid: str = metadata["uid"]
        self.ip = ""
        self.sandbox = False
        self.terminating = False
        self.inits = [Slot(self, one, init=True) for one in spec.get("initContainers") or ()]
        self.slots = [Slot(self, one) for one in spec["containers"]]
        for slot in (*self.inits, *self.slots) if self.inits else ():
            slot.waiting = "PodInitializing"
        self.ephemerals: list[Slot] = []
        """Containers added to debug the pod."""
        self._starter: simpy.Process | None = None
        self._gone = False
        self.failure: tuple[str, str] | None = None
        """Why the kubelet itself has failed the pod: reason and message."""
        self._deadline = 0
        self._hurry = kubelet.env.event()

    # -- what slots ask ----------------------------------------------------------------------------

    @property
    def restart_policy(self) -> str:
        """The pod's restart policy."""
        return str(self.pod["spec"].get("restartPolicy", "Always"))

    def draw(self, *purpose: object) -> Stream:
        """Return the random stream for *purpose* of this pod."""
        return self.kubelet.stream.at("pod", self.uid, *purpose)

    def event(self, type_: str, reason: str, message: str, container: str = "") -> None:
        """Record an EventObject about the pod or one of its containers."""
        field = ""
        if container:
            where = "containers"
            if any(slot.name == container for slot in self.inits):
                where = "initContainers"
            elif any(slot.name == container for slot in self.ephemerals):
                where = "ephemeralContainers"
            field = f"spec.{where}{{{container}}}"
        self.kubelet.pod_event(self.pod, type_, reason, message, field)

    def image_present(self, image: str) -> bool:
        """Return True if the node has *image*."""
        return self.kubelet.image_present(image)

    def image_pulled(self, image: str) -> None:
        """Note that the node has *image* now."""
        self.kubelet.image_pulled(image)

    def say(self, severity: str, place: str, text: str) -> None:
        """Write a line about the pod to the kubelet's own log."""
        about = f'{text} pod="{self.namespace}/{self.name}" podUID="{self.uid}"'
        self.kubelet.say(severity, place, about)

    def describe(self) -> str:
        """Return `<pod>_<namespace>(<uid>)`."""
        return f"{self.name}_{self.namespace}({self.uid})"

    def gate(self) -> Going:
        """Wait while the kubelet is down."""
        yield from self.kubelet.gate()

    def make(self, slot: Slot, attempt: int) -> Container:
        """Create the next instance of *slot*; raises ConfigProblem."""
        machine = self.kubelet.machine
        environ = environment(
            self.kubelet.api,
            self.pod,
            slot.spec,
            pod_ip=self.ip,
            host_ip=machine.facts.internal_ip,
        )
        return self._container(slot, attempt, self._new_id(slot, attempt), environ)

    def changed(self) -> None:
        """Write the pod's status, unless the kubelet is down or the pod is gone."""
        if self._gone or self.kubelet.stopped or self.kubelet.deaf:
            return
        written = self.kubelet.api.modify(
            "pods", self.namespace, self.name, self._with_status, status=True
        )
        if written is not None and written["metadata"]["uid"] == self.uid:
            self.pod = written

    # -- stages ------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a pod that was just bound to the node."""
        deadline = self.pod["spec"].get("activeDeadlineSeconds")
        if deadline is not None:
            self.env.spawn(self._expiring(int(deadline)))
        self._starter = self.env.spawn(self._starting())

    def adopt(self) -> None:
        """Take over a pod whose status says what runs; schedules nothing by itself."""
        status = self.pod.get("status") or {}
        self.ip = status.get("podIP", "")
        self.sandbox = True
        known = {one["name"]: one for one in status.get("containerStatuses") or ()}
        known |= {one["name"]: one for one in status.get("initContainerStatuses") or ()}
        for slot in self.all_slots():
            if slot.name in known:
                self._adopt_slot(slot, known[slot.name])

    def update(self, pod: Obj) -> None:
        """Take note of a newer version: image changes restart a container."""
        old, self.pod = self.pod, pod
        if old["spec"] is pod["spec"]:
            return
        specs = {one["name"]: one for one in pod["spec"]["containers"]}
        for slot in self.slots:
            spec = specs.get(slot.name)
            if spec is not None and spec["image"] != slot.spec["image"]:
                slot.replace_image(spec)
        known = {slot.name for slot in self.ephemerals}
        for one in pod["spec"].get("ephemeralContainers") or ():
            if one["name"] not in known and not self.terminating:
                slot = Slot(self, one, ephemeral=True)
                self.ephemerals.append(slot)
                slot.begin()

    def terminate(self, grace_s: int) -> None:
        """End the pod gracefully; called again, it may only shorten the grace."""
        deadline = self.env.now + max(grace_s, 1) * 1000
        if self.terminating:
            if deadline < self._deadline:
                self._deadline = deadline
                hurry, self._hurry = self._hurry, self.env.event()
                hurry.succeed()
            return
        self.terminating = True
        self._deadline = deadline
        self.env.spawn(self._terminating())

    def vanish(self) -> None:
        """End the containers of a pod whose object is gone already."""
        self._gone = True
        if self.terminating and not self.running():
            return
        self._stop_starting()
        for container in self.running():
            self.env.spawn(killing(container, VANISHED_GRACE_MS))

    # -- reading -----------------------------------------------------------------------------------

    def all_slots(self) -> Iterable[Slot]:
        """Return init, main and ephemeral containers."""
        return (*self.inits, *self.slots, *self.ephemerals)

    def slot(self, container: str) -> Slot | None:
        """Return the container called *container*."""
        return next((slot for slot in self.all_slots() if slot.name == container), None)

    def running(self) -> list[Container]:
        """Return the instances that run now."""
        return [slot.running for slot in self.all_slots() if slot.running is not None]

    # -- inside ------------------------------------------------------------------------------------

    def _starting(self) -> Going:
        try:
            yield self.env.timeout(self.draw("seen").integer(*SEEN_MS))
            yield from self.kubelet.gate()
            self.kubelet.say(
                "I",
                "kubelet.go:2540",
                f'"SyncLoop ADD" source="api" pods=["{self.namespace}/{self.name}"]',
            )
            self.changed()
            yield from self._mounting()
            host = bool(self.pod["spec"].get("hostNetwork"))
            span = HOST_SANDBOX_MS if host else SANDBOX_MS
            yield self.env.timeout(self.draw("sandbox").integer(*span))
            machine = self.kubelet.machine
            self.ip = machine.facts.internal_ip if host else self.kubelet.allocate_ip(self)
            self.sandbox = True
            if not host:
                say_link_up(machine, self.uid)
            for slot in self.inits:
                slot.begin()
                yield slot.tried if slot.sidecar else slot.done
                while slot.sidecar and not slot.started:
                    yield self.env.timeout(SIDECAR_LOOK_MS)
                if not slot.sidecar and slot.current is not None and slot.current.exit_code:
                    return
            for slot in self.slots:
                slot.begin()
                yield slot.tried
            sidecars = [slot for slot in self.inits if slot.sidecar]
            if sidecars and self.restart_policy != "Always":
                yield self.env.all_of([slot.done for slot in self.slots])
                yield from self._ending_sidecars(sidecars)
        except Interrupted:
            return

    def _mounting(self) -> Going:
        for delay in (*MOUNT_RETRY_MS, *(MOUNT_RETRY_MS[-1:] * 1_000)):
            problem = missing_volume(self.kubelet.api, self.pod)
            if problem is None:
                return
            self.event("Warning", "FailedMount", problem)
            yield self.env.timeout(delay)

    def _terminating(self) -> Going:
        env = self.env
        yield env.timeout(self.draw("seen-delete").integer(*SEEN_MS))
        yield from self.kubelet.gate()
        text = f'"SyncLoop DELETE" source="api" pods=["{self.namespace}/{self.name}"]'
        self.kubelet.say("I", "kubelet.go:2556", text)
        self._stop_starting()
        ending = []
        for slot in (*self.slots, *self.ephemerals):
            if slot.running is not None:
                ending.append(slot.running)
                self._begin_end(slot, slot.running)
        mains = list(ending)
        ending += [slot.running for slot in self.inits if slot.running is not None]
        for slot in self.inits:
            if slot.running is not None and not slot.sidecar:
                slot.running.terminate()
        if any(slot.sidecar for slot in self.inits):
            env.spawn(self._sidecars_after(mains))
        left = env.all_of([container.exited for container in ending])
        while ending and not left.processed and env.now < self._deadline:
            yield left | env.at(self._deadline) | self._hurry
        for container in ending:
            container.kill()
        if ending:
            yield left
        yield env.timeout(self.draw("gone").integer(*GONE_MS))
        yield from self.kubelet.gate()
        for slot in self.all_slots():
            slot.ready = slot.started = False
        if self.sandbox and not self.pod["spec"].get("hostNetwork"):
            say_link_down(self.kubelet.machine, self.uid)
        self.sandbox = False
        self.changed()
        self._gone = True
        found = self.kubelet.api.get("pods", self.namespace, self.name)
        if found is not None and found["metadata"]["uid"] == self.uid:
            self.kubelet.api.delete("pods", self.namespace, self.name, grace_s=0)

    def _stop(self, running: Container, slot: Slot) -> None:
        """Begin to end an instance of *slot* gracefully."""

        def tell() -> None:
            self.event("Warning", "FailedPreStopHook", "PreStopHook failed", slot.name)

        self.env.spawn(stopping(running, slot.spec, tell))

    def _sidecars_after(self, mains: Sequence[Container]) -> Going:
        """End the sidecars when the containers they serve have ended, the last one first."""
        if mains:
            yield self.env.all_of([container.exited for container in mains])
        yield from self._ending_sidecars([slot for slot in self.inits if slot.sidecar])

    def _ending_sidecars(self, sidecars: Sequence[Slot]) -> Going:
        for slot in reversed(sidecars):
            running = slot.running
            slot.stop()
            if running is None:
                continue
            self.event("Normal", "Killing", f"Stopping container {slot.name}", slot.name)
            grace = int(self.pod["spec"].get("terminationGracePeriodSeconds", 30))
            self._stop(running, slot)
            yield running.exited | self.env.timeout(max(grace, 1) * 1000)
            running.kill()
            if not running.exited.processed:
                yield running.exited
            slot.ready = slot.started = False
            self.changed()

    def _expiring(self, seconds: int) -> Going:
        """Fail the pod when it has been on the node for *seconds* (activeDeadlineSeconds)."""
        yield self.env.timeout(seconds * 1000)
        yield from self.kubelet.gate()
        over = (self.pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        if self._gone or self.terminating or over:
            return
        self.event("Normal", *OVERDUE_EVENT)
        self.failure = OVERDUE
        grace = int(self.pod["spec"].get("terminationGracePeriodSeconds", 30))
        yield from self._failing(max(grace, 1) * 1000)

    def fail(self, reason: str, message: str) -> None:
        """End the pod at once, for good, as the kubelet's own decision."""
        told = message if self.sandbox else message.removeprefix("Pod was rejected: ")
        self.event("Warning", reason, told)
        self.failure = (reason, message)
        self.env.spawn(self._failing(EVICTION_GRACE_MS))

    def gone(self) -> simpy.Event:
        """Return an event that fires when nothing of the pod runs any more."""
        return self.env.all_of([container.exited for container in self.running()])

    @property
    def evictable(self) -> bool:
        """Whether it is there and may still be ended by the kubelet."""
        over = (self.pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        return not (self._gone or self.terminating or over or self.failure)

    def instances(self) -> list[Container]:
        """Return every container that is there, running or not."""
        return [one for slot in self.all_slots() for one in slot.instances()]

    def _failing(self, grace: int) -> Going:
        self._stop_starting()
        yield from ending_all(self.env, [*self.all_slots()], self._begin_end, grace)
        self.changed()

    def _begin_end(self, slot: Slot, running: Container) -> None:
        self.event("Normal", "Killing", f"Stopping container {slot.name}", slot.name)
        self._stop(running, slot)

    def _stop_starting(self) -> None:
        if self._starter is not None and self._starter.is_alive:
            self._starter.interrupt("stop")
        for slot in self.all_slots():
            slot.stop()

    def _new_id(self, slot: Slot, attempt: int) -> str:
        return self.kubelet.stream.at("container-id", self.uid, slot.name, attempt).hex(64)

    def _container(
        self,
        slot: Slot,
        attempt: int,
        container_id: str,
        environ: dict[str, str] | Callable[[], dict[str, str]],
    ) -> Container:
        image = slot.spec["image"]
        return Container(
            self.kubelet.machine,
            self.pod,
            slot.spec,
            container_id=container_id,
            attempt=attempt,
            ip=self.ip,
            image=self.images.spec(image),
            factory=self.kubelet.registry[image],
            environ=environ,
        )

    def _adopt_slot(self, slot: Slot, known: Obj) -> None:
        epoch = self.kubelet.machine.epoch
        restarts = int(known.get("restartCount", 0))
        last = (known.get("lastState") or {}).get("terminated")
        state = known.get("state") or {}
        if last and "running" in state:
            slot.previous = self._ended(slot, restarts - 1, last)
        slot.restarts = restarts
        if "running" in state:
            container_id = known["containerID"].removeprefix("containerd://")
            environ = started_with(slot.spec, partial(self.kubelet.environ_of, self, slot))
            container = self._container(slot, restarts, container_id, environ)
            container.adopt(epoch.since(state["running"]["startedAt"]))
            slot.adopt(
                container,
                restarts=restarts,
                ready=bool(known.get("ready")),
                started=bool(known.get("started", True)),
            )
            return
        ended = state.get("terminated") or last
        if ended:
            waiting = state.get("waiting") or {}
            slot.adopt_ended(
                self._ended(slot, restarts, ended),
                restarts=restarts,
                waiting=waiting.get("reason", ""),
                message=waiting.get("message", ""),
            )

    def _ended(self, slot: Slot, attempt: int, state: Obj) -> Container:
        epoch = self.kubelet.machine.epoch
        container_id = str(state.get("containerID", "")).removeprefix("containerd://")
        container = self._container(slot, attempt, container_id or self._new_id(slot, attempt), {})
        container.mark_exited(
            epoch.since(state["startedAt"]),
            epoch.since(state["finishedAt"]),
            int(state.get("exitCode", 0)),
            str(state.get("reason", "")),
        )
        return container

    def _with_status(self, pod: Obj) -> Obj:
        if pod["metadata"]["uid"] != self.uid:
            return pod
        machine = self.kubelet.machine
        old = pod.get("status") or {}
        views = [slot.view() for slot in self.slots]
        inits = [slot.view() for slot in self.inits]
        phase = statuses.phase_of(views, inits, self.restart_policy)
        if self.failure is not None:
            phase = "Failed"
        found = statuses.conditions_of(views, inits, phase, sandbox=self.sandbox)
        stamp = machine.epoch.rfc3339(self.env.now)
        host = machine.facts.internal_ip
        new: Obj = {
            **old,
            "phase": phase,
            "conditions": statuses.write_conditions(old.get("conditions") or (), found, stamp),
            "hostIP": host,
            "hostIPs": [{"ip": host}],
            "startTime": old.get("startTime") or stamp,
            "containerStatuses": [statuses.container_status(one, machine.epoch) for one in views],
        }
        if self.failure is not None:
            new["reason"], new["message"] = self.failure
            if not self.sandbox:
                new.pop("containerStatuses")
                new["conditions"] = old.get("conditions") or []
            elif self.failure[0] == "Evicted":
                new["conditions"] = statuses.with_disruption(
                    new["conditions"], self.failure[1], stamp
                )
        if inits:
            new["initContainerStatuses"] = [
                statuses.container_status(one, machine.epoch) for one in inits
            ]
        if self.ephemerals:
            new["ephemeralContainerStatuses"] = [
                statuses.container_status(slot.view(), machine.epoch) for slot in self.ephemerals
            ]
        if self.ip:
            new["podIP"] = self.ip
            new["podIPs"] = [{"ip": self.ip}]
        return {**pod, "status": new}
