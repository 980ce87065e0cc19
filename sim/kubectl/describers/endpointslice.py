"""`describe endpointslice`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    go_bool,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.writer import Page


def describe_endpoint_slice(look: Looking, obj: Obj) -> str:
    """Return the page of one EndpointSlice."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    page.line(0, "AddressType:", obj.get("addressType", ""))
    ports = obj.get("ports") or []
    page.write(0, "Ports:\n" if ports else "Ports: <unset>\n")
    if ports:
        page.line(1, "Name", "Port", "Protocol")
        page.line(1, "----", "----", "--------")
    for port in ports:
        number = port["port"] if port.get("port") is not None else "<unset>"
        page.line(1, port.get("name") or "<unset>", number, port.get("protocol", "TCP"))
    endpoints = obj.get("endpoints") or []
    page.write(0, "Endpoints:\n" if endpoints else "Endpoints: <none>\n")
    for one in endpoints:
        page.line(1, "- Addresses:", ", ".join(one.get("addresses") or []) or "<none>")
        page.write(2, "Conditions:\n")
        ready = (one.get("conditions") or {}).get("ready")
        page.line(3, "Ready:", "<unset>" if ready is None else go_bool(ready))
        page.line(2, "Hostname:", one.get("hostname", "<unset>"))
        if target := one.get("targetRef"):
            page.line(2, "TargetRef:", f"{target.get('kind', '')}/{target.get('name', '')}")
        page.line(2, "NodeName:", one.get("nodeName", "<unset>"))
        page.line(2, "Zone:", one.get("zone", "<unset>"))
    write_events(page, look, obj)
    return page.render()
