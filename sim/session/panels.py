"""What the dashboards show, as data for a chart and as the text that counts as seen; one source for both.

Everything comes through the Telemetry door; this file must not reach the cluster, nor keep anything.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from sim.client.doors import Alert, Change, Series, Telemetry
from sim.kernel import Epoch

STEP_MS = 15_000
"""The scrape interval of the simulated Prometheus."""
WINDOW_MS = 60 * 60_000
"""How far back a chart reaches."""
MINUTE_MS = 60_000
POINTS = 10
"""How many values a chart has as text."""
FEWEST = 5
"""How many of them at least, however long the names."""
COLUMNS = 80
"""A chart's row fits this."""
LEAST = 0.005
"""Less than this a second is nothing, at any number of digits that people read."""
WIDTH = 100
"""Longest row of a list; what is longer goes on in the next line."""
SPLITS = ("", "node", "zone", "version", "pod", "route", "client")


@dataclass(frozen=True, slots=True)
class Metric:
    """A chart on the dashboard."""

    id: str
    title: str
    unit: str
    """`%`, `/s`, `ms` or empty for a count."""
    metrics: tuple[str, ...]
    """Names that Telemetry knows; more than one: each a line of the chart."""
    splits: tuple[str, ...]


METRICS = (
    Metric("errors", "Error rate (5xx share)", "%", ("errors",), SPLITS),
    Metric("requests", "Requests", "/s", ("requests",), SPLITS),
    Metric("failures", "Failed requests per minute", "", ("failures",), ("", "route", "client")),
    Metric("orders", "Payments completed per minute", "", ("orders",), ("",)),
    Metric("latency", "Latency p50 and p99", "ms", ("latency_p50", "latency_p99"), ("",)),
    Metric("ready", "Ready pods", "", ("ready",), ("", "node", "zone", "version")),
    Metric("restarts", "Container restarts (10 min)", "", ("restarts",), ("", "node", "pod")),
    Metric("connections", "Failed outgoing connections", "/s", ("connect_errors",), ("node",)),
    Metric("prober", "Prober: share of probes that succeed", "%", ("probe_success",), ("",)),
    Metric("probes", "Prober: probes per minute", "", ("probes", "probes_failed"), ("",)),
)
"""Every chart that a dashboard can have, in the order in which they stand."""

BY_ID = {metric.id: metric for metric in METRICS}
FIXED = ("alerts", "changes")


def offered(telemetry: Telemetry) -> list[Metric]:
    """Return the charts of a dashboard: those of what is measured there."""
    return [metric for metric in METRICS if all(one in telemetry.metrics for one in metric.metrics)]


def chart(telemetry: Telemetry, panel: str, by: str, now: int) -> list[dict[str, Any]]:
    """Return the lines of a chart: `{"name", "points": [[ms, value or None], ...]}`.

    Raises:
        ValueError: if there is no such panel, or it cannot be split like that.
    """
    there = {one.id: one for one in offered(telemetry)}
    metric = there.get(panel)
    if metric is None:
        msg = f"no panel {panel!r}; there are: {', '.join([*there, *FIXED])}"
        raise ValueError(msg)
    if by not in metric.splits:
        if by or len(metric.splits) != 1:
            able = ", ".join(split for split in metric.splits if split) or "nothing"
            msg = f"panel {panel!r} cannot be split by {by!r}; by: {able}"
            raise ValueError(msg)
        by = metric.splits[0]
    end = now - now % STEP_MS
    lines = []
    for name in metric.metrics:
        found = telemetry.query(name, by=by, start=end - WINDOW_MS, end=end, step=STEP_MS)
        lines += [
            {"name": _name(name, series, metric), "points": series.points} for series in found
        ]
    return lines


def _name(metric: str, series: Series, shown: Metric) -> str:
    labels = " ".join(value for _, value in series.labels)
    if len(shown.metrics) > 1:
        return f"{metric.removeprefix(shown.id + '_')} {labels}".strip()
    return labels or "all"


def value_text(unit: str, value: float | None) -> str:
    """Return one value for people: `12.1 %`, `482 /s`, `38 ms`, `4`."""
    if value is None:
        return "-"
    if unit == "%":
        share = value * 100
        return f"{share:.2f} %" if share < 1 else f"{share:.1f} %"
    if unit == "/s":
        # Few requests are rare, not none: 0.23 /s are fourteen in a minute.
        digits = 0 if value >= 10 else 1 if value >= 1 or value < LEAST else 2
        return f"{value:.{digits}f} /s"
    if unit == "ms" and value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} {unit}".rstrip()


def chart_text(telemetry: Telemetry, panel: str, by: str, now: int, epoch: Epoch) -> str:
    """Return a chart as a small table: the value now and up to nine earlier ones, a minute apart.

    Where names are long the oldest give way, so that a row fits a screen.

    Raises:
        ValueError: as `chart`.
    """
    lines = chart(telemetry, panel, by, now)
    metric = BY_ID[panel]
    split = f" by {by}" if by else ""
    end = now - now % STEP_MS
    marks = [end - back * MINUTE_MS for back in range(POINTS - 1, -1, -1)]
    head = f"{metric.title}{split}, last scrape {clock_text(epoch, end)} UTC"
    seconds = clock_text(epoch, end)[-2:]
    if seconds != "00":
        head += f", columns at :{seconds}"
    if not lines:
        return f"{head}\n(no data)\n"
    rows = [("", [clock_text(epoch, mark)[:5] for mark in marks])]
    for line in lines:
        values = dict(line["points"])
        cells = [value_text(metric.unit, values.get(mark)).replace(" ", "") for mark in marks]
        rows.append((line["name"], cells))
    name = max(len(title) for title, _ in rows)
    cell = max(len(text) for _, cells in rows for text in cells)
    shown = max(FEWEST, (COLUMNS - name) // (cell + 1))
    table = [
        f"{title:{name}}" + "".join(f" {text:>{cell}}" for text in cells[-shown:])
        for title, cells in rows
    ]
    return "\n".join([head, *table]) + "\n"


def clock_text(epoch: Epoch, at: int) -> str:
    """Return the time of day in UTC, e.g. `02:47:00`."""
    return epoch.datetime(at).strftime("%H:%M:%S")


def stamp_text(epoch: Epoch, at: int) -> str:
    """Return day and time in UTC, e.g. `Fri 20 Nov 02:47`."""
    return epoch.datetime(at).strftime("%a %d %b %H:%M")


def _to_the_second(epoch: Epoch, at: int) -> str:
    """Return day and time, e.g. `20 Nov 02:47:00`; alerts come and go within a minute."""
    return epoch.datetime(at).strftime("%d %b %H:%M:%S")


def span_text(ms: int) -> str:
    """Return a span for people, in its largest unit or two: `40s`, `6m`, `2h5m`, `3d4h`."""
    seconds = ms // 1000
    for size, unit, least in ((86_400, "d", "h"), (3_600, "h", "m"), (60, "m", "")):
        if seconds >= size:
            rest = seconds % size // {"h": 3_600, "m": 60, "": size}[least]
            return f"{seconds // size}{unit}" + (f"{rest}{least}" if rest and least else "")
    return f"{seconds}s"


def alerts_text(alerts: list[Alert], epoch: Epoch, now: int) -> str:
    """Return what fires now and the history, newest first; a summary that is long has its own line."""
    head = f"{'STATE':8}  {'SINCE (UTC)':15}  {'LASTED':6}  {'SEVERITY':8}"
    rows = [f"{head}  ALERT"]
    for alert in alerts:
        lasted = span_text((now if alert.ended is None else alert.ended) - alert.since)
        row = (
            f"{alert.state:8}  {_to_the_second(epoch, alert.since):15}  {lasted:6}  "
            f"{alert.severity:8}  {alert.name}"
        )
        if len(row) + len(alert.summary) + 2 <= WIDTH:
            rows.append(f"{row}: {alert.summary}")
        else:
            rows += [row, *fold(alert.summary, len(head) + 2)]
    return "\n".join(rows) + "\n"


def changes_text(changes: list[Change], epoch: Epoch) -> str:
    """Return the change feed, newest first; `incident changes ID` has target and diff."""
    rows = [f"{'WHEN (UTC)':16}  {'ID':8}  {'KIND':8}  WHAT (BY)"]
    for change in changes:
        row = (
            f"{stamp_text(epoch, change.at):16}  {change.id:8}  {change.category:8}  {change.title}"
        )
        by = f"({change.author})"
        if len(row) + len(by) < WIDTH:
            rows.append(f"{row} {by}")
        else:
            rows += [row, *fold(by, 38)]
    return "\n".join(rows) + "\n"


def fold(text: str, indent: int) -> list[str]:
    """Return *text* in lines that fit, each behind *indent* blanks."""
    return textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)


def change_text(change: Change, epoch: Epoch) -> str:
    """Return one entry of the change feed with its diff."""
    head = f"{change.id}  {change.title}\n{stamp_text(epoch, change.at)} UTC, {change.author}"
    parts = [f"{head}\nkind {change.category}, target {change.target}"]
    if change.detail:
        parts.append(change.detail.rstrip())
    if change.source:
        parts.append(f"source page: incident runbook {change.source}")
    return "\n\n".join(parts) + "\n"
