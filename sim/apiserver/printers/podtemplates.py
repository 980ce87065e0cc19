"""PodTemplates in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.labels import format_labels
from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import CONTAINERS, IMAGES, Printer, containers


def _cells(obj: Obj, now: int) -> list[Any]:
    del now
    template = obj.get("template") or {}
    labels = format_labels((template.get("metadata") or {}).get("labels"))
    return [obj["metadata"]["name"], *containers(template), labels]


PRINTER = Printer(
    columns=(
        NAME,
        CONTAINERS,
        IMAGES,
        Column("Pod Labels", wide=True, description="Labels of the pods made from it."),
    ),
    cells=_cells,
)
