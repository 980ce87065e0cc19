"""Somebody takes a pod of an application away, as a descheduler does; its owner makes another."""

from __future__ import annotations

from sim.apimachinery.meta import is_terminating, key_of, labels_of
from sim.backends.simulated import SimulatedBackend
from sim.scenario.timeline import ReplacePod


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
    pod = pods[0]
    node = str(pod["spec"].get("nodeName", ""))
    message = fault.message.replace("{node}", node)
    backend.api.event(pod, "Normal", fault.reason, message, component=fault.by)
    backend.api.delete("pods", *key_of(pod), grace_s=fault.grace // 1000)
