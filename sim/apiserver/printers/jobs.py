"""Jobs in a Table: how far they are and how long it took."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import (
    CONTAINERS,
    IMAGES,
    SELECTOR,
    Printer,
    age,
    between,
    by_type,
    containers,
    count,
    selector,
)


def _is_true(status: Obj, type_: str) -> bool:
    condition = by_type(status.get("conditions"), type_)
    return condition is not None and condition.get("status") == "True"


def _status(job: Obj) -> str:
    status = job.get("status") or {}
    for type_ in ("Complete", "Failed"):
        if _is_true(status, type_):
            return type_
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    if _is_true(status, "Suspended"):
        return "Suspended"
    return "FailureTarget" if _is_true(status, "FailureTarget") else "Running"


def _completions(spec: Obj, succeeded: int) -> str:
    wanted, parallel = spec.get("completions"), spec.get("parallelism") or 0
    if wanted is not None:
        return f"{succeeded}/{wanted}"
    return f"{succeeded}/1 of {parallel}" if parallel > 1 else f"{succeeded}/1"


def _cells(job: Obj, now: int) -> list[Any]:
    spec, status = job["spec"], job.get("status") or {}
    return [
        job["metadata"]["name"],
        _status(job),
        _completions(spec, count(status, "succeeded")),
        between(status.get("startTime"), status.get("completionTime"), now),
        age(job, now),
        *containers(spec["template"]),
        selector(spec),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Status", description="Status of the job."),
        Column("Completions", description="Finished pods of those wanted."),
        Column("Duration", description="Time required to complete the job."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    cells=_cells,
)
