"""`describe service`, with the endpoints behind its ports."""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.labels import format_labels
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import CommandError

_SHOWN_ENDPOINTS = 3


def describe_service(look: Looking, obj: Obj) -> str:
    """Return the page of one Service."""
    page = Page()
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    slices = slices_of(look, obj)
    write_head(page, obj)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Selector:", format_labels(spec.get("selector")))
    page.line(0, "Type:", spec.get("type", ""))
    if spec.get("ipFamilyPolicy"):
        page.line(0, "IP Family Policy:", spec["ipFamilyPolicy"])
    page.line(0, "IP Families:", ",".join(spec.get("ipFamilies") or []) or "<none>")
    page.line(0, "IP:", spec.get("clusterIP", ""))
    page.line(0, "IPs:", ",".join(spec.get("clusterIPs") or []) or "<none>")
    if spec.get("externalIPs"):
        page.line(0, "External IPs:", ",".join(spec["externalIPs"]))
    for title, key in (
        ("Desired LoadBalancer IP", "loadBalancerIP"),
        ("External Name", "externalName"),
    ):
        if spec.get(key):
            page.line(0, f"{title}:", spec[key])
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if ingress:
        page.line(0, "LoadBalancer Ingress:", ", ".join(map(_ingress, ingress)))
    for port in spec.get("ports") or []:
        _write_port(page, port, slices)
    page.line(0, "Session Affinity:", spec.get("sessionAffinity", ""))
    for title, key in (
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("HealthCheck NodePort", "healthCheckNodePort"),
    ):
        if spec.get(key):
            page.line(0, f"{title}:", spec[key])
    if spec.get("loadBalancerSourceRanges"):
        page.line(0, "LoadBalancer Source Ranges:", ",".join(spec["loadBalancerSourceRanges"]))
    if spec.get("trafficDistribution"):
        page.line(0, "Traffic Distribution:", spec["trafficDistribution"])
    write_events(page, look, obj)
    return page.render()


def _ingress(one: Obj) -> str:
    if not one.get("ip"):
        return str(one.get("hostname", ""))
    return f"{one['ip']} ({one['ipMode']})" if one.get("ipMode") else str(one["ip"])


def _write_port(page: Page, port: Obj, slices: Sequence[Obj]) -> None:
    name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
    page.line(0, "Port:", name, f"{port['port']}/{protocol}")
    page.line(0, "TargetPort:", f"{port.get('targetPort', 0)}/{protocol}")
    if port.get("appProtocol"):
        page.line(0, "AppProtocol:", port["appProtocol"])
    if port.get("nodePort"):
        page.line(0, "NodePort:", name, f"{port['nodePort']}/{protocol}")
    page.line(0, "Endpoints:", format_endpoints(slices, port.get("name", "")))


def slices_of(look: Looking, service: Obj) -> list[Obj]:
    """Return the EndpointSlices of a Service; none if they may not be read."""
    metadata = service["metadata"]
    selector = f"kubernetes.io/service-name={metadata['name']}"
    try:
        return look.items("endpointslices", metadata["namespace"], ("labelSelector", selector))
    except (ApiStatusError, CommandError):
        return []


def format_endpoints(slices: Sequence[Obj], port_name: str) -> str:
    """Return the ready addresses behind a port: three of them and how many more."""
    if not slices:
        return "<none>"
    found: list[str] = []
    more, count = False, 0
    for one in slices:
        ports = one.get("ports") or []
        numbers: list[str | None] = [
            str(port.get("port", 0)) for port in ports if (port.get("name") or "") == port_name
        ]
        for number in numbers if ports else [None]:
            for endpoint in one.get("endpoints") or []:
                more = more or len(found) == _SHOWN_ENDPOINTS
                if (endpoint.get("conditions") or {}).get("ready") is False:
                    continue
                if not more:
                    address = endpoint["addresses"][0]
                    host = f"[{address}]" if ":" in address else address
                    found.append(f"{host}:{number}" if number else address)
                count += 1
    text = ",".join(found)
    return f"{text} + {count - _SHOWN_ENDPOINTS} more..." if more else text
