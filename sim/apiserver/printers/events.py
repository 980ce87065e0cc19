"""EventObjects in a Table, whichever recorder wrote them."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, since


def _source(event: Obj) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent") or ""
    host = source.get("host") or event.get("reportingInstance") or ""
    return f"{component}, {host}" if host else str(component)


def _cells(event: Obj, now: int) -> list[Any]:
    series = event.get("series")
    first = event.get("firstTimestamp") or event.get("eventTime")
    last = event.get("lastTimestamp") or first
    times = event.get("count") or 1
    if series:
        last, times = series.get("lastObservedTime", last), series.get("count", times)
    about = event.get("involvedObject") or {}
    return [
        since(last, now),
        event.get("type", ""),
        event.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        _source(event),
        str(event.get("message", "")).strip(),
        since(first, now),
        times,
        event["metadata"]["name"],
    ]


PRINTER = Printer(
    columns=(
        Column("Last Seen", description="When the event was last recorded."),
        Column("Type", description="Normal or Warning."),
        Column("Reason", description="Why, in one machine-readable word."),
        Column("Object", description="The object that this event is about."),
        Column("Subobject", wide=True, description="The part of the object, e.g. a container."),
        Column("Source", wide=True, description="The component reporting this event."),
        Column("Message", description="What happened, in words."),
        Column("First Seen", wide=True, description="When the event was first recorded."),
        Column("Count", wide=True, description="How often this event has occurred."),
        Column("Name", wide=True, format="name", description=NAME.description),
    ),
    cells=_cells,
)
