"""PersistentVolumeClaims in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import UNSET, Printer, age

_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def access_modes(modes: list[str]) -> str:
    """Return access modes in kubectl's abbreviations, in their fixed order."""
    return ",".join(short for mode, short in _SHORT.items() if mode in modes)


def _cells(obj: Obj, now: int) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    bound = bool(spec.get("volumeName"))
    ending = "deletionTimestamp" in obj["metadata"]
    return [
        obj["metadata"]["name"],
        "Terminating" if ending else status.get("phase", ""),
        spec.get("volumeName") or "",
        (status.get("capacity") or {}).get("storage", "") if bound else "",
        access_modes(status.get("accessModes") or []) if bound else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Status", description="Its phase."),
        Column("Volume", description="The volume that it is bound to."),
        Column("Capacity", description="The volume's size."),
        Column("Access Modes", description="How the volume can be mounted."),
        Column("StorageClass", description="The class that it asks for."),
        Column("VolumeAttributesClass", description="Its attributes class."),
        AGE,
        Column("VolumeMode", wide=True, description="Filesystem or Block."),
    ),
    cells=_cells,
)
