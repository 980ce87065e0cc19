"""Namespaces in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    status = obj.get("status") or {}
    return [obj["metadata"]["name"], status.get("phase", "Active"), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Status", description="The status of the namespace"),
        AGE,
    ),
    cells=_cells,
)
