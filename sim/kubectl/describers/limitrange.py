"""`describe limitrange`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_head
from sim.kubectl.describers.namespace import write_limits
from sim.kubectl.describers.writer import Page


def describe_limit_range(look: Looking, obj: Obj) -> str:
    """Return the page of one LimitRange."""
    page = Page()
    write_head(page, obj)
    page.line(
        0, "Type", "Resource", "Min", "Max", "Default Request", "Default Limit",
        "Max Limit/Request Ratio",
    )  # fmt: skip
    page.line(
        0, "----", "--------", "---", "---", "---------------", "-------------",
        "-----------------------",
    )  # fmt: skip
    write_limits(page, "", obj)
    return page.render()
