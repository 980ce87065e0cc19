"""What has no printer of its own: name and time of creation, as the generic registry shows it."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer


def _cells(obj: Obj, now: int) -> list[Any]:
    del now
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Created At", "date", description="When this object was created."),
    ),
    cells=_cells,
)
