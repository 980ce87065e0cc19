"""`describe namespace`, with its quotas and limit ranges."""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.describers.common import Looking, write_annotations, write_labels, write_time
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import CommandError


def describe_namespace(look: Looking, obj: Obj) -> str:
    """Return the page of one Namespace."""
    page = Page()
    metadata, status = obj["metadata"], obj.get("status") or {}
    page.line(0, "Name:", metadata["name"])
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Status:", status.get("phase", ""))
    if status.get("conditions"):
        page.write(0, "Conditions:\n")
        page.line(1, "Type", "Status", "LastTransitionTime", "Reason", "Message")
        page.line(1, "----", "------", "------------------", "------", "-------")
    for one in status.get("conditions") or []:
        changed = write_time(one.get("lastTransitionTime"))
        page.line(
            1, one["type"], one["status"], changed, one.get("reason", ""), one.get("message", "")
        )
    quotas = _listed(look, "resourcequotas", metadata["name"])
    if quotas is not None:
        page.write(0, "\n")
        _write_quotas(page, quotas)
    ranges = _listed(look, "limitranges", metadata["name"])
    if ranges is not None:
        page.write(0, "\n")
        _write_limit_ranges(page, ranges)
    return page.render()


def _listed(look: Looking, plural: str, namespace: str) -> list[Obj] | None:
    try:
        return look.items(plural, namespace)
    except (ApiStatusError, CommandError):
        return None


def _write_quotas(page: Page, quotas: Sequence[Obj]) -> None:
    if not quotas:
        page.write(0, "No resource quota.\n")
        return
    page.write(0, "Resource Quotas\n")
    for quota in sorted(quotas, key=lambda one: str(one["metadata"]["name"])):
        page.line(1, "Name:", quota["metadata"]["name"])
        page.line(1, "Resource", "Used", "Hard")
        page.line(1, "--------", "---", "---")
        write_amounts(page, 1, quota.get("status") or {})


def write_amounts(page: Page, level: int, status: Obj) -> None:
    """Write used and hard amounts of a quota."""
    used, hard = status.get("used") or {}, status.get("hard") or {}
    for name in sorted(hard):
        page.line(level, name, canonical(used.get(name, "0")), canonical(hard[name]))


def _write_limit_ranges(page: Page, ranges: Sequence[Obj]) -> None:
    if not ranges:
        page.write(0, "No LimitRange resource.\n")
        return
    page.write(
        0,
        "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\t"
        "Max Limit/Request Ratio\n"
        " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n",
    )
    for one in ranges:
        write_limits(page, " ", one)


def write_limits(page: Page, lead: str, obj: Obj) -> None:
    """Write the rows of a LimitRange, *lead* before each."""
    for item in (obj.get("spec") or {}).get("limits") or []:
        columns = [
            item.get(key) or {}
            for key in ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
        ]
        for name in sorted({name for column in columns for name in column}):
            cells = [canonical(column[name]) if name in column else "-" for column in columns]
            page.line(0, f"{lead}{item.get('type', '')}", name, *cells)
