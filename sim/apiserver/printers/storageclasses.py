"""StorageClasses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    annotations = obj["metadata"].get("annotations") or {}
    name = obj["metadata"]["name"]
    if annotations.get("storageclass.kubernetes.io/is-default-class") == "true":
        name += " (default)"
    return [
        name,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", "Delete"),
        obj.get("volumeBindingMode", "Immediate"),
        bool(obj.get("allowVolumeExpansion")),
        age(obj, now),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Provisioner", description="Who makes its volumes."),
        Column("ReclaimPolicy", description="What happens when a claim goes."),
        Column("VolumeBindingMode", description="When a claim is bound."),
        Column("AllowVolumeExpansion", "boolean", description="Whether volumes can grow."),
        AGE,
    ),
    cells=_cells,
)
