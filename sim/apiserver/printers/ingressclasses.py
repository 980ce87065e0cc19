"""IngressClasses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    spec = obj.get("spec") or {}
    held = spec.get("parameters")
    shown = NONE
    if held:
        group = f".{held['apiGroup']}" if held.get("apiGroup") else ""
        shown = f"{held.get('kind', '')}{group}/{held.get('name', '')}"
    return [obj["metadata"]["name"], spec.get("controller", ""), shown, age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Controller", description="Who serves the class."),
        Column("Parameters", description="Its parameters, if any."),
        AGE,
    ),
    cells=_cells,
)
