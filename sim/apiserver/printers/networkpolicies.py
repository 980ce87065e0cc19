"""NetworkPolicies in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.labels import format_selector
from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    spec = obj.get("spec") or {}
    return [obj["metadata"]["name"], format_selector(spec.get("podSelector") or {}), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Pod-Selector", description="The pods that it applies to."),
        AGE,
    ),
    cells=_cells,
)
