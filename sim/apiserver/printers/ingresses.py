"""Ingresses in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age, some


def _cells(obj: Obj, now: int) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    ingress = (status.get("loadBalancer") or {}).get("ingress") or ()
    return [
        obj["metadata"]["name"],
        spec.get("ingressClassName") or NONE,
        some(hosts, 3, empty="*"),
        ",".join(one.get("ip") or one.get("hostname") or "" for one in ingress),
        "80, 443" if spec.get("tls") else "80",
        age(obj, now),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Class", description="The class that serves it."),
        Column("Hosts", description="Hosts that it is configured for."),
        Column("Address", description="Where it can be reached."),
        Column("Ports", description="Ports that it serves."),
        AGE,
    ),
    cells=_cells,
)
