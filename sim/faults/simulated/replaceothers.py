"""The ordinary work of a descheduler at night: pods of other teams move, and nobody notices.

Only pods that are not alone are taken, so that no Service loses its last endpoint.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.apimachinery.meta import is_terminating, labels_of
from sim.apimachinery.wire import Obj
from sim.backends.simulated import SimulatedBackend
from sim.faults.simulated.replacepod import take_away
from sim.scenario.timeline import ReplaceOthers


def replace_others(fault: ReplaceOthers, backend: SimulatedBackend) -> None:
    """Take the fault's number of pods away, one after the other."""
    backend.env.spawn(_taking(fault, backend))


def _taking(fault: ReplaceOthers, backend: SimulatedBackend) -> Generator[simpy.Event, Any, None]:
    draw = backend.plan.stream.at("fault", fault.id)
    for turn, pod in enumerate(_victims(backend)[: fault.count]):
        if turn:
            yield backend.env.timeout(draw.integer(*fault.apart, turn))
        current = backend.api.get("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        if current is not None and not is_terminating(current):
            take_away(fault, backend, current)


def _victims(backend: SimulatedBackend) -> list[Obj]:
    """Return a pod of each team that may be taken from, in drawn order."""
    plan, api = backend.plan, backend.api
    ours = {one.namespace for one in plan.scenario.applications}
    background = plan.scenario.cluster.background.namespaces
    found = []
    for namespace in plan.stream.at("teams").shuffled(sorted(set(background) - ours)):
        for deployment in api.list("deployments", namespace):
            if deployment["spec"].get("replicas", 1) < 2:
                continue
            wanted = deployment["spec"]["selector"]["matchLabels"]
            pods = [
                pod
                for pod in api.list("pods", namespace)
                if wanted.items() <= labels_of(pod).items() and not pod["spec"].get("nodeSelector")
            ]
            if len(pods) >= 2:
                found.append(pods[0])
                break
    return found
