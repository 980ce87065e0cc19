"""Somebody takes a pod of an application away, as a descheduler does; its owner makes another."""

from __future__ import annotations

from sim.apimachinery.meta import is_terminating, key_of, labels_of
from sim.apimachinery.wire import Obj
from sim.backends.simulated import SimulatedBackend
from sim.node.klog import klog
from sim.scenario.timeline import ReplaceOthers, ReplacePod


def replace_pod(fault: ReplacePod, backend: SimulatedBackend) -> None:
    """Record the reason on the application's first pod and delete it with the fault's grace."""
    application = backend.plan.scenario.application(fault.application)
    pods = [
        pod
        for pod in backend.api.list("pods", application.namespace)
        if labels_of(pod).get("app") == application.name and not is_terminating(pod)
    ]
    if not pods:
        return
    take_away(fault, backend, pods[0])


def take_away(fault: ReplacePod | ReplaceOthers, backend: SimulatedBackend, pod: Obj) -> None:
    """Delete *pod*; the event and the log of whoever did it say so."""
    node = str(pod["spec"].get("nodeName", ""))
    message = fault.message.replace("{node}", node)
    backend.api.event(pod, "Normal", fault.reason, message, component=fault.by)
    namespace, name = key_of(pod)
    text = (
        f'"Evicted pod" pod="{namespace}/{name}" reason="" strategy="{fault.reason}" '
        f'node="{node}" profile="default"'
    )
    line = klog(backend.epoch, backend.env.now, "I", "evictions.go:551", text)
    for one in backend.api.list("pods", labels={"k8s-app": fault.by}):
        worker = backend.kubelets.worker(one)
        for container in worker.running() if worker is not None else ():
            container.write(line, "stderr")
    backend.api.delete("pods", namespace, name, grace_s=fault.grace // 1000)
