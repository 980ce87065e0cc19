"""ReplicaSets (and ReplicationControllers) in a Table."""

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

_COLUMNS = (
    NAME,
    Column("Desired", "integer", description="Replicas is the number of desired replicas."),
    Column("Current", "integer", description="The most recently observed number of replicas."),
    Column("Ready", "integer", description="The number of ready replicas."),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
)


def _counts(obj: Obj, now: int) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        count(spec, "replicas"),
        count(status, "replicas"),
        count(status, "readyReplicas"),
        age(obj, now),
        *containers(spec.get("template") or {}),
    ]


def _cells(replicaset: Obj, now: int) -> list[Any]:
    return [*_counts(replicaset, now), selector(replicaset["spec"])]


def _controller_cells(controller: Obj, now: int) -> list[Any]:
    return [*_counts(controller, now), format_labels(controller["spec"].get("selector"))]


PRINTER = Printer(columns=_COLUMNS, cells=_cells)
REPLICATION_CONTROLLER = Printer(columns=_COLUMNS, cells=_controller_cells)
