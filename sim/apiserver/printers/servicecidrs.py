"""ServiceCIDRs in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    ranges = (obj.get("spec") or {}).get("cidrs") or ()
    return [obj["metadata"]["name"], ",".join(ranges) or NONE, age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("CIDRs", description="Ranges that Services draw from."),
        AGE,
    ),
    cells=_cells,
)
