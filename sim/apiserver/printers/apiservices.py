"""APIServices in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age, by_type


def _cells(obj: Obj, now: int) -> list[Any]:
    service = (obj.get("spec") or {}).get("service")
    shown = f"{service['namespace']}/{service['name']}" if service else "Local"
    state = by_type((obj.get("status") or {}).get("conditions"), "Available") or {}
    available = state.get("status", "Unknown")
    if available != "True" and state.get("reason"):
        available = f"{available} ({state['reason']})"
    return [obj["metadata"]["name"], shown, available, age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Service", description="Who serves the group; Local is this server."),
        Column("Available", description="Whether it answers."),
        AGE,
    ),
    cells=_cells,
)
