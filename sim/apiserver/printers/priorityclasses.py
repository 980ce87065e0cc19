"""PriorityClasses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    return [
        obj["metadata"]["name"],
        obj.get("value", 0),
        bool(obj.get("globalDefault")),
        age(obj, now),
        obj.get("preemptionPolicy") or "",
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Value", "integer", description="The higher, the more important."),
        Column("Global-Default", "boolean", description="Whether pods without a class get it."),
        AGE,
        Column("PreemptionPolicy", description="Whether its pods may preempt others."),
    ),
    cells=_cells,
)
