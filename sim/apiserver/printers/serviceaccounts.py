"""ServiceAccounts in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Secrets", description="Secrets that its pods may use."),
        AGE,
    ),
    cells=_cells,
)
