"""CSINodes in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    drivers = (obj.get("spec") or {}).get("drivers") or ()
    return [obj["metadata"]["name"], len(drivers), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Drivers", "integer", description="How many drivers the node has."),
        AGE,
    ),
    cells=_cells,
)
