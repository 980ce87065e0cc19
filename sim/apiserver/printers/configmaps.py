"""ConfigMaps in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    keys = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], keys, age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Data", description="How many keys it holds."),
        AGE,
    ),
    cells=_cells,
)
