"""What the dashboards show, as data for a chart and as the text that counts as seen; one source for both.

Everything comes through the Telemetry door; this file must not reach the cluster, nor keep anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.client.doors import Alert, Change, Series, Telemetry
from sim.kernel import Epoch

STEP_MS = 15_000
"""The scrape interval of the simulated Prometheus."""
WINDOW_MS = 60 * 60_000
"""How far back a chart reaches."""
SPLITS = ("", "node", "zone", "version", "pod")


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
    Metric("latency", "Latency p50 and p99", "ms", ("latency_p50", "latency_p99"), ("",)),
    Metric("ready", "Ready pods", "", ("ready",), ("", "node", "zone", "version")),
    Metric("restarts", "Container restarts (10 min)", "", ("restarts",), ("", "node", "pod")),
    Metric("connections", "Failed outgoing connections", "/s", ("connect_errors",), ("node",)),
)
"""The dashboard's charts, in the order in which they stand."""

BY_ID = {metric.id: metric for metric in METRICS}
FIXED = ("alerts", "changes")


def chart(telemetry: Telemetry, panel: str, by: str, now: int) -> list[dict[str, Any]]:
    """Return the lines of a chart: `{"name", "points": [[ms, value or None], ...]}`.

    Raises:
        ValueError: if there is no such panel, or it cannot be split like that.
    """
    metric = BY_ID.get(panel)
    if metric is None:
        msg = f"no panel {panel!r}; there are: {', '.join([*BY_ID, *FIXED])}"
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
        return f"{value:.0f} /s" if value >= 10 else f"{value:.1f} /s"
    return f"{value:.0f} {unit}".rstrip()


def chart_text(telemetry: Telemetry, panel: str, by: str, now: int, epoch: Epoch) -> str:
    """Return a chart as a small table: the latest value and ten earlier ones per line.

    Raises:
        ValueError: as `chart`.
    """
    lines = chart(telemetry, panel, by, now)
    metric = BY_ID[panel]
    split = f" by {by}" if by else ""
    end = now - now % STEP_MS
    marks = [end - back for back in range(10 * 60_000, -1, -60_000)]
    head = f"{metric.title}{split}, last scrape {clock_text(epoch, end)} UTC"
    if not lines:
        return f"{head}\n(no data)\n"
    width = max(4, *(len(line["name"]) for line in lines))
    rows = [
        f"{'':{width}}  " + "  ".join(f"{clock_text(epoch, mark)[:5]:>8}" for mark in marks[-7:])
    ]
    for line in lines:
        values = dict(line["points"])
        cells = [f"{value_text(metric.unit, values.get(mark)):>8}" for mark in marks[-7:]]
        rows.append(f"{line['name']:{width}}  " + "  ".join(cells))
    return "\n".join([head, *rows]) + "\n"


def clock_text(epoch: Epoch, at: int) -> str:
    """Return the time of day in UTC, e.g. `02:47:00`."""
    return epoch.datetime(at).strftime("%H:%M:%S")


def stamp_text(epoch: Epoch, at: int) -> str:
    """Return day and time in UTC, e.g. `Fri 20 Nov 02:47`."""
    return epoch.datetime(at).strftime("%a %d %b %H:%M")


def alerts_text(alerts: list[Alert], epoch: Epoch) -> str:
    """Return alerts and their history, newest first."""
    rows = [f"{'STATE':9} {'SINCE':17} {'ENDED':17} {'SEVERITY':9} ALERT"]
    for alert in alerts:
        ended = stamp_text(epoch, alert.ended) if alert.ended is not None else "-"
        since = stamp_text(epoch, alert.since)
        rows.append(
            f"{alert.state:9} {since:17} {ended:17} {alert.severity:9} {alert.name}: {alert.summary}"
        )
    return "\n".join(rows) + "\n"


def changes_text(changes: list[Change], epoch: Epoch) -> str:
    """Return the change feed, newest first."""
    rows = [f"{'WHEN (UTC)':17} {'ID':9} {'KIND':9} {'TARGET':34} WHAT (BY)"]
    for change in changes:
        when = stamp_text(epoch, change.at)
        what = f"{change.title} ({change.author})"
        rows.append(f"{when:17} {change.id:9} {change.category:9} {change.target:34} {what}")
    return "\n".join(rows) + "\n"


def change_text(change: Change, epoch: Epoch) -> str:
    """Return one entry of the change feed with its diff."""
    head = f"{change.id}  {change.title}\n{stamp_text(epoch, change.at)} UTC, {change.author}"
    parts = [f"{head}\nkind {change.category}, target {change.target}"]
    if change.detail:
        parts.append(change.detail.rstrip())
    if change.source:
        parts.append(f"source page: incident runbook {change.source}")
    return "\n\n".join(parts) + "\n"
