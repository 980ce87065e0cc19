"""Somebody takes a pod of an application away, as a descheduler does; its owner makes another."""

from __future__ import annotations

from sim.apimachinery.meta import is_terminating
from sim.faults.real.events import record
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import ReplacePod


def replace_pod(fault: ReplacePod, backend: RealBackend, hand: Hand) -> Steps:
    """Record the reason on the application's first pod and delete it with the fault's grace."""
    application = backend.plan.scenario.application(fault.application)
    pods = f"/api/v1/namespaces/{application.namespace}/pods"
    found = hand.listed(pods, f"app={application.name}")
    here = [pod for pod in found if not is_terminating(pod)]
    if not here:
        raise hand.failed(f"{application.name} has no pod")
    pod = min(here, key=lambda one: str(one["metadata"]["name"]))
    message = fault.message.replace("{node}", str(pod["spec"].get("nodeName", "")))
    known = {**pod, "kind": "Pod", "apiVersion": "v1"}
    record(hand, known, fault.reason, message, fault.by, backend.env.now, backend.epoch)
    options = {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": fault.grace // 1000,
    }
    hand.ask("DELETE", f"{pods}/{pod['metadata']['name']}", options)
    yield from ()
