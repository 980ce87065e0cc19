"""`describe job`."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    controlled_by,
    go_bool,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_time,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page


def describe_job(look: Looking, obj: Obj) -> str:
    """Return the page of one Job."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    write_head(page, obj)
    page.line(0, "Selector:", format_selector(spec.get("selector")))
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    if owner := controlled_by(obj):
        page.line(0, "Controlled By:", owner)
    if spec.get("parallelism") is not None:
        page.line(0, "Parallelism:", spec["parallelism"])
    completions = spec.get("completions")
    page.line(0, "Completions:", "<unset>" if completions is None else completions)
    if spec.get("completionMode"):
        page.line(0, "Completion Mode:", spec["completionMode"])
    if spec.get("suspend") is not None:
        page.line(0, "Suspend:", go_bool(spec["suspend"]))
    for title, key in (
        ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ):
        if spec.get(key) is not None:
            page.line(0, f"{title}:", spec[key])
    start, end = status.get("startTime"), status.get("completionTime")
    if start:
        page.line(0, "Start Time:", write_time(start))
    if end:
        page.line(0, "Completed At:", write_time(end))
    if start and end:
        page.line(0, "Duration:", look.elapsed(start, end))
    if spec.get("activeDeadlineSeconds") is not None:
        page.line(0, "Active Deadline Seconds:", f"{spec['activeDeadlineSeconds']}s")
    ready = "" if status.get("ready") is None else f" ({status['ready']} Ready)"
    page.line(
        0,
        "Pods Statuses:",
        f"{status.get('active', 0)} Active{ready} / {status.get('succeeded', 0)} Succeeded / "
        f"{status.get('failed', 0)} Failed",
    )
    if spec.get("completionMode") == "Indexed":
        page.line(0, "Completed Indexes:", status.get("completedIndexes") or "<none>")
    write_template(page, spec.get("template"))
    write_events(page, look, obj)
    return page.render()
