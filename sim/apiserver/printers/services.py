"""Services in a Table: addresses and ports."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.labels import format_labels
from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, Printer, age


def _external(spec: Obj, status: Obj) -> str:
    given = spec.get("externalIPs") or []
    match spec.get("type", "ClusterIP"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            ingress = (status.get("loadBalancer") or {}).get("ingress") or ()
            got = [one.get("ip") or one.get("hostname") or "" for one in ingress]
            if not got and not given:
                return "<pending>"
            return ",".join([*sorted(dict.fromkeys(got)), *given])
    return ",".join(given) or NONE


def _ports(ports: list[Obj]) -> str:
    if not ports:
        return NONE
    return ",".join(
        f"{one['port']}:{one['nodePort']}/{one.get('protocol', 'TCP')}"
        if one.get("nodePort")
        else f"{one['port']}/{one.get('protocol', 'TCP')}"
        for one in ports
    )


def _cells(service: Obj, now: int) -> list[Any]:
    spec, status = service.get("spec") or {}, service.get("status") or {}
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP") or NONE]
    return [
        service["metadata"]["name"],
        spec.get("type", "ClusterIP"),
        addresses[0],
        _external(spec, status),
        _ports(spec.get("ports") or []),
        age(service, now),
        format_labels(spec.get("selector")),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Type", description="How the Service is exposed."),
        Column("Cluster-IP", description="The Service's virtual address."),
        Column("External-IP", description="Addresses from outside the cluster."),
        Column("Port(s)", description="The ports that the Service exposes."),
        AGE,
        Column("Selector", wide=True, description="Labels of the pods that get the traffic."),
    ),
    cells=_cells,
)
