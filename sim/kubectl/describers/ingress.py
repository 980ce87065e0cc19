"""`describe ingress`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.describers.common import Looking, write_annotations, write_events, write_labels
from sim.kubectl.describers.service import format_endpoints, slices_of
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import plain


def describe_ingress(look: Looking, obj: Obj) -> str:
    """Return the page of one Ingress."""
    page = Page()
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    page.line(0, "Name:", metadata["name"])
    write_labels(page, "Labels", metadata.get("labels"))
    page.line(0, "Namespace:", metadata["namespace"])
    balancer = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    page.line(0, "Address:", ",".join(one.get("ip") or one.get("hostname", "") for one in balancer))
    page.line(0, "Ingress Class:", spec.get("ingressClassName", "<none>"))
    default = spec.get("defaultBackend")
    fallback = _backend(look, metadata["namespace"], default) if default else "<default>"
    page.line(0, "Default backend:", fallback)
    if spec.get("tls"):
        page.write(0, "TLS:\n")
    for one in spec.get("tls") or []:
        hosts = ",".join(one.get("hosts") or [])
        secret = one.get("secretName")
        page.write(1, f"{secret} terminates {hosts}\n" if secret else f"SNI routes {hosts}\n")
    page.write(0, "Rules:\n")
    page.line(1, "Host", "Path", "Backends")
    page.line(1, "----", "----", "--------")
    rules = [rule for rule in spec.get("rules") or [] if rule.get("http")]
    for rule in rules:
        page.line(1, rule.get("host") or "*", "")
        for path in rule["http"].get("paths") or []:
            backend = _backend(look, metadata["namespace"], path.get("backend") or {})
            page.line(2, "", f"{path.get('path', '')} ", backend)
    if not rules:
        page.line(1, "*", "*", fallback)
    write_annotations(page, "Annotations", metadata.get("annotations"))
    write_events(page, look, obj)
    return page.render()


def _backend(look: Looking, namespace: str, backend: Obj) -> str:
    if other := backend.get("resource"):
        group = other.get("apiGroup", "<none>")
        return f"APIGroup: {group}, Kind: {other.get('kind', '')}, Name: {other.get('name', '')}"
    service = backend.get("service")
    if not service:
        return ""
    port = service.get("port") or {}
    shown = f"{service.get('name', '')}:{port.get('name') or port.get('number', 0)}"
    path = object_path(look.call.known("services"), namespace, service.get("name", ""))
    try:
        found = look.client.get(path)
    except ApiStatusError as error:
        return f"{shown} (<error: {plain(error)}>)"
    name = next(
        (
            one.get("name", "")
            for one in (found.get("spec") or {}).get("ports") or []
            if one.get("port") == port.get("number") or one.get("name", "") == port.get("name")
        ),
        "",
    )
    return f"{shown} ({format_endpoints(slices_of(look, found), name)})"
