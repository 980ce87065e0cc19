"""RoleBindings and ClusterRoleBindings in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, age


def _cells(obj: Obj, now: int) -> list[Any]:
    role, subjects = obj.get("roleRef") or {}, obj.get("subjects") or ()
    accounts = [
        f"{one.get('namespace', '')}/{one.get('name', '')}"
        for one in subjects
        if one.get("kind") == "ServiceAccount"
    ]
    return [
        obj["metadata"]["name"],
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age(obj, now),
        ", ".join(one.get("name", "") for one in subjects if one.get("kind") == "User"),
        ", ".join(one.get("name", "") for one in subjects if one.get("kind") == "Group"),
        ", ".join(accounts),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Role", description="What is granted."),
        AGE,
        Column("Users", wide=True, description="To which users."),
        Column("Groups", wide=True, description="To which groups."),
        Column("ServiceAccounts", wide=True, description="To which service accounts."),
    ),
    cells=_cells,
)
