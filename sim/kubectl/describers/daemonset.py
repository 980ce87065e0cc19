"""`describe daemonset`."""

from __future__ import annotations

from sim.apimachinery.labels import format_labels, format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    pod_phases,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page


def describe_daemon_set(look: Looking, obj: Obj) -> str:
    """Return the page of one DaemonSet."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    selector = format_selector(spec.get("selector"))
    write_head(page, obj)
    page.line(0, "Selector:", selector)
    node_selector = ((spec.get("template") or {}).get("spec") or {}).get("nodeSelector")
    page.line(0, "Node-Selector:", format_labels(node_selector))
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    for title, key in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        page.write(0, f"{title}: {status.get(key, 0)}\n")
    page.line(0, "Pods Status:", pod_phases(look, obj, selector))
    write_template(page, spec.get("template"))
    write_events(page, look, obj)
    return page.render()
