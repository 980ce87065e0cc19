"""Leases in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    holder = (obj.get("spec") or {}).get("holderIdentity") or ""
    return [obj["metadata"]["name"], holder, age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Holder", description="The identity of the holder of the lease."),
        AGE,
    ),
    cells=_cells,
)
