"""CronJobs in a Table."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import AGE, NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import (
    CONTAINERS,
    IMAGES,
    NONE,
    SELECTOR,
    Printer,
    age,
    containers,
    selector,
    since,
)


def _cells(cronjob: Obj, now: int) -> list[Any]:
    spec, status = cronjob["spec"], cronjob.get("status") or {}
    job = spec["jobTemplate"].get("spec") or {}
    last = status.get("lastScheduleTime")
    return [
        cronjob["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone") or NONE,
        str(bool(spec.get("suspend"))),
        len(status.get("active") or ()),
        since(last, now) if last else NONE,
        age(cronjob, now),
        *containers(job.get("template") or {}),
        selector(job),
    ]


PRINTER = Printer(
    columns=(
        NAME,
        Column("Schedule", description="The schedule in Cron format."),
        Column("Timezone", description="The time zone name for the given schedule."),
        Column("Suspend", "boolean", description="Suspends subsequent executions."),
        Column("Active", "integer", description="Currently running jobs."),
        Column("Last Schedule", description="When the job was last scheduled."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    cells=_cells,
)
