"""`describe priorityclass`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, go_bool, plain_labels, write_events
from sim.kubectl.describers.writer import Page


def describe_priority_class(look: Looking, obj: Obj) -> str:
    """Return the page of one PriorityClass."""
    page = Page()
    page.line(0, "Name:", obj["metadata"]["name"])
    page.line(0, "Value:", str(obj.get("value", 0)))
    page.line(0, "GlobalDefault:", go_bool(obj.get("globalDefault")))
    page.line(0, "PreemptionPolicy:", obj.get("preemptionPolicy") or "PreemptLowerPriority")
    page.line(0, "Description:", obj.get("description", ""))
    page.line(0, "Annotations:", plain_labels(obj["metadata"].get("annotations")))
    write_events(page, look, obj)
    return page.render()
