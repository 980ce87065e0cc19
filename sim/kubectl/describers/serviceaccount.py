"""`describe serviceaccount`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.writer import Page


def describe_service_account(look: Looking, obj: Obj) -> str:
    """Return the page of one ServiceAccount."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    title = "Image pull secrets:"
    for index, one in enumerate(obj.get("imagePullSecrets") or [{"name": "<none>"}]):
        page.line(0, title if index == 0 else " " * len(title), one["name"])
    write_events(page, look, obj)
    return page.render()
