"""ResourceQuotas in a Table: used of hard, requests and limits apart."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    status = obj.get("status") or {}
    hard = status.get("hard") or (obj.get("spec") or {}).get("hard") or {}
    used = status.get("used") or {}
    shown = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    requests = [text for name, text in shown.items() if not name.startswith("limits")]
    limits = [text for name, text in shown.items() if name.startswith("limits")]
    return [obj["metadata"]["name"], ", ".join(requests), ", ".join(limits), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Request", description="Used and hard, of everything but limits."),
        Column("Limit", description="Used and hard, of limits."),
        AGE,
    ),
    cells=_cells,
)
