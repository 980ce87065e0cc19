"""Pods in a Table: STATUS, READY and RESTARTS as printers.go computes them from container states."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.duration import human_duration
from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age, by_type
from sim.kernel.walltime import parse_rfc3339_ms


def _reason_of(state: Obj) -> str:
    """Return why a container is not running: its reason, signal or exit code; "" if it runs."""
    waiting, terminated = state.get("waiting"), state.get("terminated")
    if waiting and waiting.get("reason"):
        return str(waiting["reason"])
    if not terminated:
        return ""
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _is_sidecar(container: Obj) -> bool:
    return bool(container.get("restartPolicy") == "Always")


class _Tally:
    """Restarts and readiness, summed over containers."""

    __slots__ = ("last", "ready", "restarts")

    def __init__(self) -> None:
        self.ready = 0
        self.restarts = 0
        self.last = ""

    def add(self, status: Obj) -> None:
        self.restarts += status.get("restartCount", 0)
        last = status.get("lastState")
        ended = last and last.get("terminated")
        if ended and ended.get("finishedAt", "") > self.last:
            self.last = ended["finishedAt"]

    def restarts_cell(self, now: int) -> str:
        if self.restarts == 0 or not self.last:
            return str(self.restarts)
        return f"{self.restarts} ({human_duration(now - parse_rfc3339_ms(self.last))} ago)"


def _initializing(pod: Obj, tally: _Tally) -> tuple[str, _Tally]:
    """Return (`Init:...` or "" when done, the tally of restartable init containers)."""
    spec, status = pod["spec"], pod.get("status") or {}
    inits = {one["name"]: one for one in spec.get("initContainers") or ()}
    sidecars = _Tally()
    for index, one in enumerate(status.get("initContainerStatuses") or ()):
        tally.add(one)
        sidecar = _is_sidecar(inits.get(one["name"], {}))
        if sidecar:
            sidecars.add(one)
        state = one.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if terminated and terminated.get("exitCode", 0) == 0:
            continue
        if sidecar and one.get("started"):
            tally.ready += bool(one.get("ready"))
            continue
        if terminated:
            return f"Init:{_reason_of(state)}", sidecars
        if waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}", sidecars
        return f"Init:{index}/{len(inits)}", sidecars
    return "", sidecars


def pod_status(pod: Obj, now: int) -> tuple[int, int, str, str]:
    """Return (ready, total, STATUS, RESTARTS) of a pod at *now* (Unix ms)."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    inits = spec.get("initContainers")
    total = len(spec["containers"])
    conditions = status.get("conditions")
    reason = status.get("reason") or status.get("phase", "")
    for condition in conditions or ():
        if condition.get("reason") == "SchedulingGated" and condition["type"] == "PodScheduled":
            reason = "SchedulingGated"
    tally = _Tally()
    waiting_for = ""
    if inits:
        total += sum(map(_is_sidecar, inits))
        waiting_for, sidecars = _initializing(pod, tally)
        if not waiting_for or _is_true(conditions, "Initialized"):
            sidecars.ready, tally, waiting_for = tally.ready, sidecars, ""
    reason = waiting_for or _main_reason(status, reason, tally)
    if "deletionTimestamp" in metadata:
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return tally.ready, total, reason, tally.restarts_cell(now)


def _main_reason(status: Obj, reason: str, tally: _Tally) -> str:
    """Return the reason after the main containers, which are added to *tally*, have had their say."""
    any_running = False
    for one in reversed(status.get("containerStatuses") or ()):
        tally.add(one)
        state = one.get("state") or {}
        if "running" in state:
            if one.get("ready"):
                any_running = True
                tally.ready += 1
            continue
        reason = _reason_of(state) or reason
    if reason == "Completed" and any_running:
        return "Running" if _is_true(status.get("conditions"), "Ready") else "NotReady"
    return reason


def _is_true(conditions: list[Obj] | None, type_: str) -> bool:
    condition = by_type(conditions, type_)
    return condition is not None and condition.get("status") == "True"


def _gates(spec: Obj, status: Obj) -> str:
    gates = spec.get("readinessGates")
    if not gates:
        return NONE
    passed = sum(_is_true(status.get("conditions"), gate["conditionType"]) for gate in gates)
    return f"{passed}/{len(gates)}"


def _cells(pod: Obj, now: int) -> list[Any]:
    ready, total, reason, restarts = pod_status(pod, now)
    spec, status = pod["spec"], pod.get("status") or {}
    return [
        pod["metadata"]["name"],
        f"{ready}/{total}",
        reason,
        restarts,
        age(pod, now),
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    ]


def _conditions(pod: Obj) -> list[Obj] | None:
    phase = (pod.get("status") or {}).get("phase")
    if phase not in ("Succeeded", "Failed"):
        return None
    message = {
        "Succeeded": "The pod has completed successfully.",
        "Failed": "The pod failed.",
    }[phase]
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Ready", description="The aggregate readiness state of this pod."),
        Column("Status", description="The aggregate status of the containers in this pod."),
        Column("Restarts", description="How often containers in this pod have been restarted."),
        AGE,
        Column("IP", wide=True, description="IP address allocated to the pod."),
        Column("Node", wide=True, description="The node that the pod is bound to."),
        Column("Nominated Node", wide=True, description="Set while the pod preempts others."),
        Column("Readiness Gates", wide=True, description="Further conditions of readiness."),
    ),
    cells=_cells,
    conditions=_conditions,
)
