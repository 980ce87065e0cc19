"""Mutating and validating webhook configurations in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("webhooks") or ()), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Webhooks", "integer", description="How many webhooks it lists."),
        AGE,
    ),
    cells=_cells,
)
