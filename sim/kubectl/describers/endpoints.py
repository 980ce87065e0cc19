"""`describe endpoints`."""

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


def describe_endpoints(look: Looking, obj: Obj) -> str:
    """Return the page of one Endpoints object."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    page.write(0, "Subsets:\n")
    for subset in obj.get("subsets") or []:
        for title, key in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
            addresses = ",".join(one["ip"] for one in subset.get(key) or [])
            page.line(1, f"{title}:", addresses or "<none>")
        if subset.get("ports"):
            page.write(1, "Ports:\n")
            page.line(2, "Name", "Port", "Protocol")
            page.line(2, "----", "----", "--------")
        for port in subset.get("ports") or []:
            name = port.get("name") or "<unset>"
            page.line(2, name, port["port"], port.get("protocol", "TCP"))
        page.write(0, "\n")
    write_events(page, look, obj)
    return page.render()
