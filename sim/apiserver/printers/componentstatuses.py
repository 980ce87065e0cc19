"""ComponentStatuses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, by_type


def _cells(obj: Obj, now: int) -> list[Any]:
    del now
    healthy = by_type(obj.get("conditions"), "Healthy") or {}
    shown = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.get("status", ""), "Unknown")
    return [
        obj["metadata"]["name"],
        shown,
        healthy.get("message", ""),
        healthy.get("error", ""),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Status", description="Whether it is healthy."),
        Column("Message", description="What it says."),
        Column("Error", description="What is wrong."),
    ),
    cells=_cells,
)
