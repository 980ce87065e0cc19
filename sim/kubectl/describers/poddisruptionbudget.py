"""`describe poddisruptionbudget`."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_events, write_head
from sim.kubectl.describers.writer import Page


def describe_pod_disruption_budget(look: Looking, obj: Obj) -> str:
    """Return the page of one PodDisruptionBudget."""
    page = Page()
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    write_head(page, obj)
    if spec.get("minAvailable") is not None:
        page.line(0, "Min available:", spec["minAvailable"])
    elif spec.get("maxUnavailable") is not None:
        page.line(0, "Max unavailable:", spec["maxUnavailable"])
    selector = spec.get("selector")
    page.line(0, "Selector:", "<unset>" if selector is None else format_selector(selector))
    page.write(0, "Status:\n")
    for title, key in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        page.line(2, f"{title}:", status.get(key, 0))
    write_events(page, look, obj)
    return page.render()
