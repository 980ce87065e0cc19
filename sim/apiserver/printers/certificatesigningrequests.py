"""CertificateSigningRequests in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.duration import human_duration
from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    seconds = spec.get("expirationSeconds")
    states = [one["type"] for one in status.get("conditions") or ()]
    if status.get("certificate"):
        states.append("Issued")
    return [
        obj["metadata"]["name"],
        age(obj, now),
        spec.get("signerName") or NONE,
        spec.get("username", ""),
        NONE if seconds is None else human_duration(seconds * 1000),
        ",".join(states) or "Pending",
    ]


PRINTER = Printer(
    columns=(
        NAME,
        AGE,
        Column("SignerName", description="Who is asked to sign."),
        Column("Requestor", description="Who asks."),
        Column("RequestedDuration", description="For how long."),
        Column("Condition", description="Pending, approved, denied, issued."),
    ),
    cells=_cells,
)
