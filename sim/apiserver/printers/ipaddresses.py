"""IPAddresses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer


def _cells(obj: Obj, now: int) -> list[Any]:
    del now
    parent = (obj.get("spec") or {}).get("parentRef")
    if not parent:
        return [obj["metadata"]["name"], NONE]
    group = f".{parent['group']}" if parent.get("group") else ""
    where = f"{parent['namespace']}/" if parent.get("namespace") else ""
    return [
        obj["metadata"]["name"],
        f"{parent.get('resource', '')}{group}/{where}{parent.get('name', '')}",
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("ParentRef", description="Who holds the address."),
    ),
    cells=_cells,
)
