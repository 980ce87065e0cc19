"""Endpoints in a Table: the first ready addresses with their ports."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age, some

_SHOWN = 3


def _listed(endpoints: Obj) -> list[str]:
    listed: list[str] = []
    for subset in endpoints.get("subsets") or ():
        addresses = [one.get("ip", "") for one in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        if not ports:
            listed += addresses
        for port in ports:
            listed += [_joined(address, port.get("port", 0)) for address in addresses]
    return listed


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _cells(endpoints: Obj, now: int) -> list[Any]:
    shown = some(_listed(endpoints), _SHOWN, empty=NONE)
    return [endpoints["metadata"]["name"], shown, age(endpoints, now)]


PRINTER = Printer(
    columns=(NAME, Column("Endpoints", description="The union of all subsets."), AGE), cells=_cells
)
