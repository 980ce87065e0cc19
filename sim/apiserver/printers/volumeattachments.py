"""VolumeAttachments in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        spec.get("attacher", ""),
        (spec.get("source") or {}).get("persistentVolumeName") or "",
        spec.get("nodeName", ""),
        bool(status.get("attached")),
        age(obj, now),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Attacher", description="Which driver attaches."),
        Column("PV", description="Which volume."),
        Column("Node", description="To which node."),
        Column("Attached", "boolean", description="Whether it is attached."),
        AGE,
    ),
    cells=_cells,
)
