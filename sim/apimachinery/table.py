"""Tables as an API server sends them to `kubectl get`.

The server decides columns and cells, the client only lays them out. This file must not know kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.apimachinery.wire import Obj


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a Table."""

    name: str
    """`Cluster-IP`; kubectl prints it in capitals."""
    type: str = "string"
    """`string`, `integer`, `boolean` ..."""
    wide: bool = False
    """True for what only `-o wide` shows (priority 1)."""
    format: str = ""
    """`name` for the column with the object's name."""
    description: str = ""

    def definition(self) -> Obj:
        """Return the column as columnDefinitions lists it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": 1 if self.wide else 0,
        }


NAME = Column("Name", format="name", description="Name must be unique within a namespace.")
AGE = Column("Age", description="CreationTimestamp is when this object was created.")


def definitions(columns: Sequence[Column]) -> list[Obj]:
    """Return columnDefinitions."""
    return [column.definition() for column in columns]


def partial_metadata(obj: Obj) -> Obj:
    """Return the metadata-only form of *obj*, which Table rows carry by default."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def row(cells: list[Any], obj: Obj | None, conditions: list[Obj] | None = None) -> Obj:
    """Return one row of a Table."""
    made: Obj = {"cells": cells}
    if conditions:
        made["conditions"] = conditions
    made["object"] = obj
    return made


def table(metadata: Obj, columns: list[Obj], rows: list[Obj]) -> Obj:
    """Return a Table object."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }
