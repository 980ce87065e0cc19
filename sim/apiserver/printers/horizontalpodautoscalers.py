"""HorizontalPodAutoscalers in a Table: current and wanted value of each metric."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import UNKNOWN, UNSET, Printer, age, count, some

_SHOWN = 2


_OUTSIDE = ("External", "Object")
"""Metrics whose average is marked as one; of pods and resources only averages are asked."""


def _pair(current: Obj, target: Obj, mark: str) -> str:
    if target.get("averageUtilization") is not None:
        value = current.get("averageUtilization")
        now = UNKNOWN if value is None else f"{value}%"
        return f"{now}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        return f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']}{mark}"
    return f"{current.get('value', UNKNOWN)}/{target.get('value', '<auto>')}"


def _metric(spec: Obj, current: Obj) -> str:
    """Return one metric; resources are named, as they may be several."""
    field = {
        "Resource": "resource",
        "ContainerResource": "containerResource",
        "Pods": "pods",
        "Object": "object",
        "External": "external",
    }.get(spec.get("type", ""), "resource")
    wanted = spec.get(field) or {}
    held = (current.get(field) or {}).get("current") or {}
    mark = " (avg)" if spec.get("type") in _OUTSIDE else ""
    shown = _pair(held, wanted.get("target") or {}, mark)
    if spec.get("type") in ("Resource", "ContainerResource"):
        return f"{wanted.get('name', '')}: {shown}"
    return shown


def _targets(spec: Obj, status: Obj) -> str:
    metrics = spec.get("metrics") or []
    current = status.get("currentMetrics") or []
    shown = [
        _metric(one, current[index] if index < len(current) else {})
        for index, one in enumerate(metrics)
    ]
    return some(shown, _SHOWN, empty="<none>", separator=", ")


def _cells(autoscaler: Obj, now: int) -> list[Any]:
    spec, status = autoscaler["spec"], autoscaler.get("status") or {}
    reference = spec["scaleTargetRef"]
    least = spec.get("minReplicas")
    return [
        autoscaler["metadata"]["name"],
        f"{reference['kind']}/{reference['name']}",
        _targets(spec, status),
        UNSET if least is None else str(least),
        count(spec, "maxReplicas"),
        count(status, "currentReplicas"),
        age(autoscaler, now),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Reference", description="The object that is scaled."),
        Column("Targets", description="Current and wanted value of each metric."),
        Column("MinPods", description="The lower limit of replicas."),
        Column("MaxPods", description="The upper limit of replicas."),
        Column("Replicas", description="The current number of replicas."),
        AGE,
    ),
    cells=_cells,
)
