"""Secrets in a Table: how many keys, never what they hold."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    data = obj.get("data") or ()
    return [obj["metadata"]["name"], obj.get("type", "Opaque"), len(data), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Type", description="Which kind of secret it is."),
        Column("Data", description="How many keys it holds."),
        AGE,
    ),
    cells=_cells,
)
