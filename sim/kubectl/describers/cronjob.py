"""`describe cronjob`."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    true_or_false,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_time,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page


def describe_cron_job(look: Looking, obj: Obj) -> str:
    """Return the page of one CronJob."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    write_head(page, obj)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Schedule:", spec.get("schedule", ""))
    page.line(0, "Concurrency Policy:", spec.get("concurrencyPolicy", ""))
    suspend = spec.get("suspend")
    page.line(0, "Suspend:", "<unset>" if suspend is None else true_or_false(suspend))
    page.line(0, "Time Zone:", spec.get("timeZone") or "<unset>")
    for title, key in (
        ("Successful Job History Limit", "successfulJobsHistoryLimit"),
        ("Failed Job History Limit", "failedJobsHistoryLimit"),
    ):
        page.line(0, f"{title}:", "<unset>" if spec.get(key) is None else spec[key])
    deadline = spec.get("startingDeadlineSeconds")
    page.line(0, "Starting Deadline Seconds:", "<unset>" if deadline is None else f"{deadline}s")
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    selector = job.get("selector")
    page.line(0, "Selector:", format_selector(selector) if selector else "<unset>")
    for title, key in (("Parallelism", "parallelism"), ("Completions", "completions")):
        page.line(0, f"{title}:", "<unset>" if job.get(key) is None else job[key])
    if job.get("activeDeadlineSeconds") is not None:
        page.line(0, "Active Deadline Seconds:", f"{job['activeDeadlineSeconds']}s")
    write_template(page, job.get("template"))
    last = status.get("lastScheduleTime")
    page.line(0, "Last Schedule Time:", write_time(last) if last else "<unset>")
    active = ", ".join(one.get("name", "") for one in status.get("active") or [])
    page.line(0, "Active Jobs:", active or "<none>")
    write_events(page, look, obj)
    return page.render()
