"""`describe replicaset`."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    controlled_by,
    pod_phases,
    write_annotations,
    write_conditions,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page


def describe_replica_set(look: Looking, obj: Obj) -> str:
    """Return the page of one ReplicaSet."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    selector = format_selector(spec.get("selector"))
    write_head(page, obj)
    page.line(0, "Selector:", selector)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    if owner := controlled_by(obj):
        page.line(0, "Controlled By:", owner)
    current, desired = status.get("replicas", 0), spec.get("replicas", 0)
    page.line(0, "Replicas:", f"{current} current / {desired} desired")
    page.line(0, "Pods Status:", pod_phases(look, obj, selector))
    write_template(page, spec.get("template"))
    write_conditions(page, status.get("conditions"))
    write_events(page, look, obj)
    return page.render()
