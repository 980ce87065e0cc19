"""DaemonSets in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.labels import format_labels
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


def _cells(daemonset: Obj, now: int) -> list[Any]:
    spec, status = daemonset["spec"], daemonset.get("status") or {}
    return [
        daemonset["metadata"]["name"],
        count(status, "desiredNumberScheduled"),
        count(status, "currentNumberScheduled"),
        count(status, "numberReady"),
        count(status, "updatedNumberScheduled"),
        count(status, "numberAvailable"),
        format_labels((spec["template"].get("spec") or {}).get("nodeSelector")),
        age(daemonset, now),
        *containers(spec["template"]),
        selector(spec),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Desired", "integer", description="Nodes that should run the daemon pod."),
        Column("Current", "integer", description="Nodes that run it and should."),
        Column("Ready", "integer", description="Nodes where it is ready."),
        Column("Up-to-date", "integer", description="Nodes that run the updated daemon pod."),
        Column("Available", "integer", description="Nodes where it is available."),
        Column("Node Selector", description="Labels of the nodes that it runs on."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    cells=_cells,
)
