"""Nodes in a Table: Ready or not, cordoned or not, roles from labels."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import NONE, UNKNOWN, Printer, age, by_type

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


def _roles(labels: Obj) -> str:
    roles = {key[len(_ROLE_PREFIX) :]: None for key in labels if key.startswith(_ROLE_PREFIX)}
    if labels.get(_ROLE_LABEL):
        roles[labels[_ROLE_LABEL]] = None
    return ",".join(sorted(role for role in roles if role)) or NONE


def _status(node: Obj) -> str:
    ready = by_type((node.get("status") or {}).get("conditions"), "Ready")
    if ready is None:
        shown = "Unknown"
    else:
        shown = "Ready" if ready.get("status") == "True" else "NotReady"
    cordoned = (node.get("spec") or {}).get("unschedulable")
    return f"{shown},SchedulingDisabled" if cordoned else shown


def _address(status: Obj, type_: str) -> str:
    for one in status.get("addresses") or ():
        if one["type"] == type_:
            return str(one["address"])
    return NONE


def _cells(node: Obj, now: int) -> list[Any]:
    status = node.get("status") or {}
    info = status.get("nodeInfo") or {}
    return [
        node["metadata"]["name"],
        _status(node),
        _roles(node["metadata"].get("labels") or {}),
        age(node, now),
        info.get("kubeletVersion", ""),
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Status", description="The status of the node"),
        Column("Roles", description="The roles of the node"),
        AGE,
        Column("Version", description="Kubelet Version reported by the node."),
        Column("Internal-IP", wide=True),
        Column("External-IP", wide=True),
        Column("OS-Image", wide=True),
        Column("Kernel-Version", wide=True),
        Column("Container-Runtime", wide=True),
    ),
    cells=_cells,
)
