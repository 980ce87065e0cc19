"""ControllerRevisions in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.meta import controller_of
from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    owner = controller_of(obj)
    controller = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        kind = owner["kind"].lower()
        controller = f"{kind}.{group}/{owner['name']}" if group else f"{kind}/{owner['name']}"
    return [obj["metadata"]["name"], controller, obj.get("revision", 0), age(obj, now)]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Controller", description="Controller of the object"),
        Column("Revision", description="The revision of the state that it holds."),
        AGE,
    ),
    cells=_cells,
)
