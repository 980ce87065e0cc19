"""Deployments in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import (
    CONTAINERS,
    IMAGES,
    SELECTOR,
    Printer,
    age,
    containers,
    count,
    selector,
)


def _cells(deployment: Obj, now: int) -> list[Any]:
    spec, status = deployment["spec"], deployment.get("status") or {}
    return [
        deployment["metadata"]["name"],
        f"{count(status, 'readyReplicas')}/{count(spec, 'replicas')}",
        count(status, "updatedReplicas"),
        count(status, "availableReplicas"),
        age(deployment, now),
        *containers(spec["template"]),
        selector(spec),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Ready", description="Number of the pod with ready state"),
        Column("Up-to-date", description="Pods that have the desired template spec."),
        Column("Available", description="Pods ready for at least minReadySeconds."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    cells=_cells,
)
