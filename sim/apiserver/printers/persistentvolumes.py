"""PersistentVolumes in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import UNSET, Printer, age
from sim.apiserver.printers.persistentvolumeclaims import access_modes


def _cells(obj: Obj, now: int) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    claim = spec.get("claimRef")
    ending = "deletionTimestamp" in obj["metadata"]
    return [
        obj["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", ""),
        access_modes(spec.get("accessModes") or []),
        spec.get("persistentVolumeReclaimPolicy", "Retain"),
        "Terminating" if ending else status.get("phase", ""),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason") or "",
        age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Capacity", description="Its size."),
        Column("Access Modes", description="How it can be mounted."),
        Column("Reclaim Policy", description="What happens when its claim goes."),
        Column("Status", description="Its phase."),
        Column("Claim", description="The claim that it is bound to."),
        Column("StorageClass", description="The class that it belongs to."),
        Column("VolumeAttributesClass", description="Its attributes class."),
        Column("Reason", description="Why it is in its phase."),
        AGE,
        Column("VolumeMode", wide=True, description="Filesystem or Block."),
    ),
    cells=_cells,
)
