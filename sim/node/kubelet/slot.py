"""One container of a pod's spec over all its instances: pull, create, start, probe, back off, again.

It acts through its pod (`PodPort`). This file must not know nodes, other containers or API writes.

Events and texts: kubelet kuberuntime_container.go, image_manager.go, prober.go.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

import simpy
from simpy.events import EventPriority

from sim.apimachinery.wire import Obj
from sim.kernel import Environment, Interrupted
from sim.node.container import Container
from sim.node.kubelet.backoff import BackOff, go_seconds
from sim.node.kubelet.environ import ConfigProblem
from sim.node.kubelet.hooks import hook_of, run_hook
from sim.node.kubelet.probes import Prober
from sim.node.kubelet.pulling import Puller, pulling
from sim.node.kubelet.status import Instance, View

LAST = EventPriority(1000)
"""After everything else that happens at an instant."""
Going = Generator[simpy.Event, Any, None]

PLEG_MS = (250, 950)
"""From a container's end to the kubelet's notice: it relists once a second."""
CREATE_MS = (90, 260)
START_MS = (60, 180)
WAKE_MS = (420, 1_150)
"""From the end of a back-off to the next attempt."""
RUNTIME_REFUSAL = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc "
    "create failed: unable to start container process: error during container init"
)
RESYNC_MS = (9_200, 13_500)
"""pod_workers.go: an error is looked at again after 10 s with jitter."""


class PodPort(Puller, Protocol):
    """What a slot needs of its pod."""

    @property
    def restart_policy(self) -> str:
        """`Always`, `OnFailure` or `Never`."""

    def make(self, slot: Slot, attempt: int) -> Container:
        """Create the next instance; raises ConfigProblem."""

    def changed(self) -> None:
        """Write the pod's status."""

    def describe(self) -> str:
        """Return `<pod>_<namespace>(<uid>)`."""

    def say(self, severity: str, place: str, text: str) -> None:
        """Write a line about the pod to the kubelet's own log."""

    def gate(self) -> Going:
        """Wait while the kubelet is down."""


class Slot:
    """One container of the spec."""

    def __init__(
        self, pod: PodPort, spec: Obj, *, init: bool = False, ephemeral: bool = False
    ) -> None:
        """Nothing runs yet; *init* and *ephemeral* containers have restart rules of their own."""
        self.pod = pod
        self.spec = spec
        self.name: str = spec["name"]
        self.init = init
        self.ephemeral = ephemeral
        self.sidecar = init and spec.get("restartPolicy") == "Always"
        self.current: Container | None = None
        self.previous: Container | None = None
        self.restarts = 0
        self.ready = False
        self.started = False
        self.waiting = "ContainerCreating"
        self.waiting_message = ""
        self.tried = pod.env.event()
        """Fires when the first start has been tried."""
        self.done = pod.env.event()
        """Fires when it ended and will not be started again."""
        self._backoff = BackOff()
        self._probers: list[Prober] = []
        self._process: simpy.Process | None = None
        self._stopped = False

    # -- what others see -------------------------------------------------------------------------

    def view(self) -> View:
        """Return what a status tells of this container."""
        running = self.current is not None and self.current.state == "running"
        return View(
            self.spec,
            ready=self.ready,
            started=self.started,
            restarts=self.restarts,
            current=_instance(self.current),
            previous=_instance(self.previous),
            waiting="" if running else self.waiting,
            waiting_message=self.waiting_message,
        )

    @property
    def running(self) -> Container | None:
        """The instance that runs now, if one does."""
        current = self.current
        return current if current is not None and current.state == "running" else None

    def instances(self) -> list[Container]:
        """Return the instances that are there, the newest first."""
        return [one for one in (self.current, self.previous) if one is not None]

    # -- life ------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Pull, create and start it, and keep it as the restart policy says."""
        self._process = self.pod.env.spawn(self._keeping())

    def adopt(self, current: Container, *, restarts: int, ready: bool, started: bool) -> None:
        """Take over an instance found running; nothing is scheduled until something changes."""
        self.current = current
        self.restarts = restarts
        self.ready, self.started = ready, started
        self.waiting = ""
        self.tried.succeed()
        self._watch(settled=True)
        current.exited.callbacks.append(self._adopted_ended)

    def adopt_ended(self, current: Container, *, restarts: int, waiting: str, message: str) -> None:
        """Take over an instance found ended."""
        self.current = current
        self.restarts = restarts
        self.waiting, self.waiting_message = waiting, message
        self._backoff.steps(restarts + 1)
        self.tried.succeed()
        self.done.succeed()

    def stop(self) -> None:
        """Start nothing any more; a running instance is left to the caller and stays observed.

        Readiness is probed to the end: an endpoint that still serves may get the last requests.
        """
        self._stopped = True
        for prober in self._probers:
            if prober.kind != "Readiness":
                prober.stop()
        if self._process is not None and self._process.is_alive:
            self._process.interrupt("stop")

    def replace_image(self, spec: Obj) -> None:
        """Run by another spec from now on: the running instance ends and starts anew."""
        self.spec = spec
        running = self.running
        if running is None:
            return
        message = f"Container {self.name} definition changed, will be restarted"
        self.pod.event("Normal", "Killing", message, self.name)
        running.terminate()

    def _adopted_ended(self, _: simpy.Event) -> None:
        if not self._stopped:
            self._process = self.pod.env.spawn(self._going_on())

    def _going_on(self) -> Going:
        try:
            if (yield from self._after_exit()):
                yield from self._running_on()
        except Interrupted:
            return

    def _keeping(self) -> Going:
        try:
            yield from self._running_on()
        except Interrupted:
            return

    def _running_on(self) -> Going:
        while True:
            yield from pulling(self.pod, self.spec, self._wait)
            container = yield from self._creating()
            self._launch(container)
            if getattr(container.behaviour, "brief", False):
                # What ends at once is never seen running: the kubelet looks once a second.
                yield _end_of_instant(self.pod.env)
            if not self.tried.triggered:
                self.tried.succeed()
            if container.state == "running":
                self.pod.changed()
            yield container.exited
            if not (yield from self._after_exit()):
                return

    def _creating(self) -> Generator[simpy.Event, Any, Container]:
        pod = self.pod
        first = self.current is None
        attempt = 0 if first else self.restarts + 1
        for retry in range(1_000_000):
            draw = pod.draw("create", self.name, attempt, retry)
            yield pod.env.timeout(draw.integer(*CREATE_MS))
            try:
                container = pod.make(self, attempt)
            except ConfigProblem as problem:
                pod.event("Warning", "Failed", f"Error: {problem}", self.name)
                self._wait("CreateContainerConfigError", str(problem))
                yield pod.env.timeout(draw.integer(*RESYNC_MS, 1))
                continue
            pod.event("Normal", "Created", f"Created container: {self.name}", self.name)
            yield pod.env.timeout(draw.integer(*START_MS, 2))
            return container
        raise AssertionError  # pragma: no cover - the loop has no end

    def _launch(self, container: Container) -> None:
        if self.current is not None:
            self.previous = self.current
            self.restarts += 1
        self.current = container
        self.waiting = self.waiting_message = ""
        if problem := _start_problem(container):
            container.fail_to_start(problem)
            self.pod.event("Warning", "Failed", f"Error: {problem}", self.name)
            return
        container.start()
        self.pod.event("Normal", "Started", f"Started container {self.name}", self.name)
        if hook := hook_of(self.spec, "postStart"):
            self.pod.env.spawn(self._post_start(container, hook))
        self.started = "startupProbe" not in self.spec
        self.ready = self.started and "readinessProbe" not in self.spec
        self._watch(settled=False)

    def _post_start(self, container: Container, hook: Obj) -> Going:
        """Run the postStart hook; a container whose hook fails is killed."""
        done = yield from run_hook(container, hook)
        if not done and container.state == "running":
            self.pod.event("Warning", "FailedPostStartHook", "PostStartHook failed", self.name)
            self.pod.event("Normal", "Killing", "FailedPostStartHook", self.name)
            container.kill()

    def _after_exit(self) -> Generator[simpy.Event, Any, bool]:
        """Note the end, wait as the back-off says; return False if it is not started again."""
        pod, ended = self.pod, self.current
        assert ended is not None
        self._stop_probing()
        draw = pod.draw("exit", self.name, ended.attempt)
        yield pod.env.timeout(draw.integer(*PLEG_MS))
        yield from pod.gate()
        self.ready = self.started = False
        if self.init and not self.sidecar:
            again = ended.exit_code != 0 and pod.restart_policy != "Never"
        else:
            policy = "Always" if self.sidecar else pod.restart_policy
            policy = "Never" if self.ephemeral else policy
            again = policy == "Always" or (policy == "OnFailure" and ended.exit_code != 0)
        pod.changed()
        if not again:
            self.done.succeed()
            return False
        finished = ended.finished_at or 0
        delay = self._backoff.after(ended.ran_ms)
        if delay:
            yield from self._backing_off(finished, delay, ended.attempt)
        yield from pod.gate()
        return True

    def _backing_off(self, finished: int, delay: int, attempt: int) -> Going:
        """Wait out the back-off; every resync of the pod within it says so again."""
        pod = self.pod
        pod_name = pod.describe()
        message = f"Back-off restarting failed container {self.name} in pod {pod_name}"
        waits = (
            f"back-off {go_seconds(delay)} restarting failed container={self.name} pod={pod_name}"
        )
        skipped = (
            f'"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for '
            f'\\"{self.name}\\" with CrashLoopBackOff: \\"{waits}\\""'
        )
        until = finished + delay + pod.draw("wake", self.name, attempt).integer(*WAKE_MS)
        pod.event("Warning", "BackOff", message, self.name)
        pod.say("E", "pod_workers.go:1324", skipped)
        resync = pod.env.now
        for count in range(1_000_000):
            resync += pod.draw("resync", self.name, attempt, count).integer(*RESYNC_MS)
            if count == 0:
                resync = min(resync, finished + delay - 200)
            if resync >= until:
                break
            yield pod.env.at(resync)
            if count == 0:
                self._wait("CrashLoopBackOff", waits)
            pod.event("Warning", "BackOff", message, self.name)
            pod.say("E", "pod_workers.go:1324", skipped)
        yield pod.env.at(until)

    def _wait(self, reason: str, message: str) -> None:
        self.waiting, self.waiting_message = reason, message
        if not self.tried.triggered:
            self.tried.succeed()
        self.pod.changed()

    # -- probes ----------------------------------------------------------------------------------

    def _watch(self, *, settled: bool) -> None:
        container = self.current
        assert container is not None
        startup = self.spec.get("startupProbe")
        if startup and not self.started:
            self._probers = [Prober(container, "Startup", startup, self, settled=None)]
        else:
            self._watch_running(container, settled=settled)
        container.on_health = self._poke
        if not settled:
            self._poke()

    def _watch_running(self, container: Container, *, settled: bool) -> None:
        self._probers = []
        readiness, liveness = self.spec.get("readinessProbe"), self.spec.get("livenessProbe")
        if readiness:
            known = self.ready if settled else False
            self._probers.append(Prober(container, "Readiness", readiness, self, settled=known))
        if liveness:
            self._probers.append(Prober(container, "Liveness", liveness, self, settled=True))

    def _poke(self) -> None:
        for prober in self._probers:
            prober.poke()

    def _stop_probing(self) -> None:
        for prober in self._probers:
            prober.stop()
        self._probers = []

    def probe_failed(self, kind: str, message: str) -> None:
        """Record the failed attempt."""
        self.pod.event("Warning", "Unhealthy", f"{kind} probe failed: {message}", self.name)
        found = message.replace('"', '\\"')
        text = f'"Probe failed" probeType="{kind}" containerName="{self.name}" output="{found}"'
        self.pod.say("I", "prober.go:120", text)

    def probe_settled(self, kind: str, ok: bool) -> None:
        """Become ready or unready, be restarted, or begin to be probed."""
        container = self.current
        if kind == "Readiness":
            self.ready = ok
            self.pod.changed()
        elif kind == "Startup" and ok and container is not None:
            self.started = True
            self.ready = "readinessProbe" not in self.spec
            self._stop_probing()
            self._watch_running(container, settled=False)
            self._poke()
            self.pod.changed()
        elif not ok and container is not None:
            self._stop_probing()
            message = f"Container {self.name} failed {kind.lower()} probe, will be restarted"
            self.pod.event("Normal", "Killing", message, self.name)
            self.pod.env.spawn(_ending(container, self.spec, kind))


def _end_of_instant(env: Environment) -> simpy.Event:
    """Return an event that fires after everything else that happens now."""
    event = env.event()
    event._ok, event._value = True, None
    env.schedule(event, priority=LAST)
    return event


def _start_problem(container: Container) -> str:
    """Return the runtime's words for a command that it cannot start; empty if it can."""
    ask = getattr(container.behaviour, "start_error", None)
    why = ask(container) if ask is not None else ""
    return f"{RUNTIME_REFUSAL}: {why}: unknown" if why else ""


def _ending(container: Container, spec: Obj, kind: str) -> Going:
    probe = spec.get("livenessProbe" if kind == "Liveness" else "startupProbe") or {}
    grace = int(probe.get("terminationGracePeriodSeconds", 30)) * 1000
    container.terminate()
    yield container.exited | container.env.timeout(grace)
    container.kill()


def _instance(container: Container | None) -> Instance | None:
    if container is None or container.started_at is None:
        return None
    return Instance(
        container.id,
        container.started_at,
        container.finished_at,
        container.exit_code or 0,
        container.reason,
        container.termination_message,
    )
