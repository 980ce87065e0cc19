"""What each chart of the dashboards shows, read from the history of traffic.

Thanks to this file a metric is one entry of a table; it must not know alerts, evidence or who looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.backends.probes import Probes
from sim.client.doors import Series
from sim.slo import Monitoring
from sim.traffic import (
    Answers,
    ErrandHistory,
    History,
    NodeConnections,
    PodHistory,
    percentile,
)

RESTART_WINDOW_MS = 300_000
"""Restarts are counted over 5 min, so that a crash loop stands out and an old one fades."""
NOTHING = 1e-6
"""Fewer requests than this in a window are none: differences of long integrals leave such noise."""
UNROUTED = "none"
"""The split value of errors that no pod has seen."""

PodReader = Callable[[Sequence[PodHistory], int, int], float | None]
"""Reads (pods, window's start, window's end) in ms."""


def _requests(pods: Sequence[PodHistory], start: int, end: int) -> float | None:
    done = sum(pod.completed.integral(start, end) for pod in pods)
    if done <= NOTHING and not any(pod.existed(end) for pod in pods):
        return None
    return max(0.0, done) * 1000 / (end - start)


def _errors(pods: Sequence[PodHistory], start: int, end: int) -> float | None:
    done = sum(pod.completed.integral(start, end) for pod in pods)
    if done <= NOTHING:
        return None
    return max(0.0, sum(pod.errors.integral(start, end) for pod in pods)) / done


def _latency(share: float) -> PodReader:
    def read(pods: Sequence[PodHistory], start: int, end: int) -> float | None:
        return percentile(
            (
                Answers(each.rps * (until - since), each.p50_ms, each.p99_ms, each.shift_ms)
                for pod in pods
                for since, until, answers in pod.answers.pieces(start, end)
                for each in answers
            ),
            share,
        )

    return read


def _known(pods: Sequence[PodHistory], at: int) -> list[PodHistory]:
    return [pod for pod in pods if pod.first_seen is None or pod.first_seen <= at]


def _ready(pods: Sequence[PodHistory], _: int, end: int) -> float | None:
    # A node whose last pod has gone shows 0: that is news, a missing line is not.
    known = _known(pods, end)
    return sum(pod.ready.at(end) for pod in known) if known else None


def _restarts(pods: Sequence[PodHistory], _: int, end: int) -> float | None:
    known, start = _known(pods, end), end - RESTART_WINDOW_MS
    return sum(pod.restarts.at(end) - pod.restarts.at(start) for pod in known) if known else None


POD_METRICS: Mapping[str, PodReader] = {
    "errors": _errors,
    "requests": _requests,
    "latency_p50": _latency(0.5),
    "latency_p99": _latency(0.99),
    "ready": _ready,
    "restarts": _restarts,
}
"""Metrics of the application, by name."""
STATE_METRICS = ("ready", "restarts")
"""Metrics of a pod's state; a pod that is gone has none."""
POD_SPLITS = ("", "node", "zone", "version", "pod")
ERRAND_SPLITS = ("route", "client")
"""What requests, errors and failures can be split by beside the pods that answered."""
COUNT_METRICS = ("failures", "orders")
"""Counts over a minute of whole requests: what a share hides when there are few."""
COUNT_WINDOW_MS = 60_000
NODE_METRICS = ("connect_errors",)
"""Metrics of every node's neighbours, by name."""
NODE_SPLITS = ("", "node", "zone")
SPLITS: Mapping[str, tuple[str, ...]] = {
    "errors": POD_SPLITS + ERRAND_SPLITS,
    "requests": POD_SPLITS + ERRAND_SPLITS,
    "latency_p50": POD_SPLITS,
    "latency_p99": POD_SPLITS,
    "ready": POD_SPLITS,
    "restarts": POD_SPLITS,
    "failures": ("", *ERRAND_SPLITS),
    "orders": ("",),
    "connect_errors": NODE_SPLITS,
}
"""Every metric of users, pods and neighbours, and what it can be split by."""


def _probed(probes: Probes, start: int, end: int) -> float:
    return float(round(probes.made.integral(start, end)))


def _probes_failed(probes: Probes, start: int, end: int) -> float:
    return float(round(probes.failed.integral(start, end)))


def _probe_success(probes: Probes, start: int, end: int) -> float | None:
    made = _probed(probes, start, end)
    return 1.0 - _probes_failed(probes, start, end) / made if made else None


PROBE_METRICS: Mapping[str, Callable[[Probes, int, int], float | None]] = {
    "probes": _probed,
    "probes_failed": _probes_failed,
    "probe_success": _probe_success,
}
"""Metrics of a prober, where there is one; nothing splits them."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The instants at which a chart has points."""

    start: int
    end: int
    step: int
    """All in ms; points at start, start + step ... <= end."""

    def __post_init__(self) -> None:
        """Refuse a grid that never ends; raises ValueError."""
        if self.step <= 0:
            msg = f"the step between points must be positive, not {self.step} ms"
            raise ValueError(msg)

    def series(
        self,
        labels: tuple[tuple[str, str], ...],
        read: Callable[[int], float | None],
        monitoring: Monitoring,
    ) -> Series:
        """Return the points: each shows what the last scrape before it saw; gaps are left out."""
        points: list[tuple[int, float]] = []
        scraped, value = None, None
        for at in range(self.start, self.end + 1, self.step):
            seen = monitoring.scraped(at)
            if seen != scraped:
                scraped, value = seen, read(seen)
            if value is not None:
                points.append((at, round(value, 6)))
        return Series(labels=labels, points=tuple(points))


def errand_series(
    metric: str, by: str, grid: Grid, history: History, monitoring: Monitoring
) -> list[Series]:
    """Return *metric* by route or client, or a count as a whole."""
    window = COUNT_WINDOW_MS if metric in COUNT_METRICS else monitoring.rate_window_ms
    groups: dict[str, list[ErrandHistory]] = {} if by else {"": []}
    for each in history.errands:
        if metric == "orders" and not each.is_order:
            continue
        groups.setdefault(each.label(by) if by else "", []).append(each)
    reader = _ERRAND_READERS[metric]

    def read(group: Sequence[ErrandHistory]) -> Callable[[int], float | None]:
        return lambda at: reader(group, at - window, at)

    return [
        grid.series(((by, name),) if by else (), read(group), monitoring)
        for name, group in groups.items()
    ]


def pod_series(
    metric: str, by: str, grid: Grid, history: History, monitoring: Monitoring
) -> list[Series]:
    """Return an application's *metric*, split by a label of its pods."""
    reader, window = POD_METRICS[metric], monitoring.rate_window_ms
    if not by:
        return [grid.series((), _whole(metric, history, window), monitoring)]
    groups: dict[str, list[PodHistory]] = {}
    for pod in history.pods.values():
        groups.setdefault(getattr(pod.labels, by), []).append(pod)

    def read(pods: Sequence[PodHistory]) -> Callable[[int], float | None]:
        if by == "pod" and metric in STATE_METRICS:
            (pod,) = pods
            return lambda at: reader(pods, at - window, at) if pod.existed(at) else None
        return lambda at: reader(pods, at - window, at)

    every = [
        grid.series(((by, value),), read(groups[value]), monitoring) for value in sorted(groups)
    ]
    result = [series for series in every if series.points]
    if metric == "requests":
        lost = grid.series(((by, UNROUTED),), _unrouted(history, window), monitoring)
        if lost.points:
            result.append(lost)
    return result


def _errand_requests(group: Sequence[ErrandHistory], start: int, end: int) -> float:
    return max(0.0, sum(each.completed.mean(start, end) for each in group))


def _errand_errors(group: Sequence[ErrandHistory], start: int, end: int) -> float | None:
    done = sum(each.completed.integral(start, end) for each in group)
    if done <= NOTHING:
        return None
    return min(1.0, max(0.0, sum(each.errors.integral(start, end) for each in group)) / done)


def _failures(group: Sequence[ErrandHistory], start: int, end: int) -> float:
    return float(sum(each.failures(start, end) for each in group))


def _successes(group: Sequence[ErrandHistory], start: int, end: int) -> float:
    return float(sum(each.successes(start, end) for each in group))


_ERRAND_READERS: Mapping[str, Callable[[Sequence[ErrandHistory], int, int], float | None]] = {
    "requests": _errand_requests,
    "errors": _errand_errors,
    "failures": _failures,
    "orders": _successes,
}


def _whole(metric: str, history: History, window: int) -> Callable[[int], float | None]:
    """Return the reader of the application as a whole, errors without a pod included."""

    def read(at: int) -> float | None:
        start = at - window
        if metric == "requests":
            return history.completed.mean(start, at)
        if metric == "errors":
            return history.signals()["errors"].over(start, at)
        return POD_METRICS[metric](tuple(history.pods.values()), start, at)

    return read


def _unrouted(history: History, window: int) -> Callable[[int], float | None]:
    def read(at: int) -> float | None:
        rate = history.unrouted.mean(at - window, at)
        return rate if rate > NOTHING else None

    return read


def probe_series(metric: str, grid: Grid, probes: Probes, monitoring: Monitoring) -> list[Series]:
    """Return what a prober found over the last minute."""
    reader, window = PROBE_METRICS[metric], monitoring.rate_window_ms
    return [grid.series((), lambda at: reader(probes, at - window, at), monitoring)]


def node_series(
    by: str, grid: Grid, nodes: Mapping[str, NodeConnections], monitoring: Monitoring
) -> list[Series]:
    """Return the neighbours' failing connections per s, in sum or split by node or zone."""
    window = monitoring.rate_window_ms
    groups: dict[str, list[NodeConnections]] = {} if by else {"": []}
    for name in sorted(nodes):
        groups.setdefault(getattr(nodes[name], by) if by else "", []).append(nodes[name])

    def read(group: Sequence[NodeConnections]) -> Callable[[int], float]:
        return lambda at: max(0.0, sum(each.failing.mean(at - window, at) for each in group))

    return [
        grid.series(((by, value),) if by else (), read(groups[value]), monitoring)
        for value in sorted(groups)
    ]
