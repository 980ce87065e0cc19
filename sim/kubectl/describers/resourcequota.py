"""`describe resourcequota`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_head
from sim.kubectl.describers.namespace import write_amounts
from sim.kubectl.describers.writer import Page


def describe_resource_quota(look: Looking, obj: Obj) -> str:
    """Return the page of one ResourceQuota."""
    page = Page()
    write_head(page, obj)
    scopes = sorted((obj.get("spec") or {}).get("scopes") or [])
    if scopes:
        page.line(0, "Scopes:", ", ".join(scopes))
    page.line(0, "Resource", "Used", "Hard")
    page.line(0, "--------", "----", "----")
    write_amounts(page, 0, obj.get("status") or {})
    return page.render()
