"""EndpointSlices in a Table: ports and the first addresses, ready or not."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import UNSET, Printer, age, some

_SHOWN = 3


def _port(port: Obj) -> str:
    if port.get("port") is not None:
        return str(port["port"])
    return port.get("name") or "*"


def _cells(piece: Obj, now: int) -> list[Any]:
    addresses = [
        address
        for endpoint in piece.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    ]
    return [
        piece["metadata"]["name"],
        piece.get("addressType", "IPv4"),
        some([_port(one) for one in piece.get("ports") or ()], _SHOWN, empty=UNSET),
        some(addresses, _SHOWN, empty=UNSET),
        age(piece, now),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("AddressType", description="The type of address carried by this EndpointSlice."),
        Column("Ports", description="The ports exposed by each endpoint in this slice."),
        Column("Endpoints", description="The endpoints in this slice."),
        AGE,
    ),
    cells=_cells,
)
