"""Scales in a Table: what `kubectl get --subresource=scale` asks for."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age, count


def _cells(obj: Obj, now: int) -> list[Any]:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    return [metadata["name"], count(spec, "replicas"), count(status, "replicas"), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Desired", "integer", description="Number of desired pods."),
        Column("Available", "integer", description="Total number of available pods."),
        AGE,
    ),
    cells=_cells,
)
