"""StatefulSets in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import CONTAINERS, IMAGES, Printer, age, containers, count


def _cells(statefulset: Obj, now: int) -> list[Any]:
    spec, status = statefulset["spec"], statefulset.get("status") or {}
    return [
        statefulset["metadata"]["name"],
        f"{count(status, 'readyReplicas')}/{count(spec, 'replicas')}",
        age(statefulset, now),
        *containers(spec["template"]),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Ready", description="Number of the pod with ready state"),
        AGE,
        CONTAINERS,
        IMAGES,
    ),
    cells=_cells,
)
