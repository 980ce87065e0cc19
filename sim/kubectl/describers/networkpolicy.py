"""`describe networkpolicy`."""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_annotations, write_head, write_labels
from sim.kubectl.describers.writer import Page

_INDENT = "    "


def describe_network_policy(look: Looking, obj: Obj) -> str:
    """Return the page of one NetworkPolicy."""
    page = Page()
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    write_head(page, obj)
    created = str(metadata.get("creationTimestamp") or "0001-01-01T00:00:00Z")
    page.line(0, "Created on:", f"{created[:10]} {created[11:19]} +0000 UTC")
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    selector = spec.get("podSelector") or {}
    chosen = format_selector(selector) if any(selector.values()) else (
        "<none> (Allowing the specific traffic to all pods in this namespace)"
    )  # fmt: skip
    page.write(0, "Spec:\n")
    page.write(1, f"PodSelector:     {chosen}\n")
    kinds = spec.get("policyTypes") or []
    for direction in ("ingress", "egress"):
        if direction.capitalize() in kinds:
            page.write(1, f"Allowing {direction} traffic:\n")
            _write_rules(page, direction, spec.get(direction) or [])
        else:
            page.write(1, f"Not affecting {direction} traffic\n")
    page.write(1, f"Policy Types: {', '.join(kinds) or '<none>'}\n")
    return page.render()


def _write_rules(page: Page, direction: str, rules: Sequence[Obj]) -> None:
    word, end = ("From", "source") if direction == "ingress" else ("To", "destination")
    if not rules:
        page.write(
            0, f"{_INDENT}<none> (Selected pods are isolated for {direction} connectivity)\n"
        )
    for number, rule in enumerate(rules, 1):
        ports = rule.get("ports") or []
        if not ports:
            page.write(0, f"{_INDENT}To Port: <any> (traffic allowed to all ports)\n")
        for port in ports:
            shown = port.get("port", "<nil>")
            page.write(0, f"{_INDENT}To Port: {shown}/{port.get('protocol', 'TCP')}\n")
        peers = rule.get(word.lower()) or []
        if not peers:
            page.write(0, f"{_INDENT}{word}: <any> (traffic not restricted by {end})\n")
        for peer in peers:
            page.write(0, f"{_INDENT}{word}:\n")
            _write_peer(page, peer)
        if number < len(rules):
            page.write(0, f"{_INDENT}----------\n")


def _write_peer(page: Page, peer: Obj) -> None:
    named = [key for key in ("namespaceSelector", "podSelector") if peer.get(key) is not None]
    for key in named:
        title = key[0].upper() + key[1:]
        page.write(1, f"{_INDENT}{title}: {format_selector(peer[key])}\n")
    block = peer.get("ipBlock")
    if block is not None and not named:
        page.write(1, f"{_INDENT}IPBlock:\n")
        page.write(2, f"{_INDENT}CIDR: {block.get('cidr', '')}\n")
        page.write(2, f"{_INDENT}Except: {', '.join(block.get('except') or [])}\n")
