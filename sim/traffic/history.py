"""What users of one application went through, kept as exact step functions.

Thanks to this file any past window can be read without anything having been sampled; it must not
know how the rates came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import NamedTuple

from sim.slo import Level, Share, Signal, StepFunction, Timeline, Worst
from sim.traffic.errands import Errand, ErrandFlow
from sim.traffic.fate import PodFlow
from sim.traffic.latency import Answers
from sim.traffic.solve import Solution
from sim.traffic.world import Server

_SILENT = PodFlow(0.0, 0.0, ())
_GOLDEN = 0.6180339887498949


class Labels(NamedTuple):
    """What a pod's series can be split by."""

    node: str
    zone: str
    version: str
    pod: str


class PodHistory:
    """One pod's part."""

    __slots__ = (
        "answers",
        "completed",
        "errands",
        "errors",
        "first_seen",
        "gone_at",
        "labels",
        "ready",
        "restarts",
        "seen_restarts",
    )

    def __init__(self, labels: Labels, first_seen: int | None, restarts: int) -> None:
        """Start silent; *first_seen* (ms) is None for pods that were there before the run."""
        self.labels = labels
        self.first_seen = first_seen
        self.gone_at: int | None = None
        self.completed = StepFunction()
        self.errors = StepFunction()
        self.ready = StepFunction()
        self.restarts = StepFunction()
        """Restarts since the run's start, as a count."""
        self.seen_restarts = restarts
        self.answers: Timeline[tuple[Answers, ...]] = Timeline(())
        self.errands: Timeline[tuple[ErrandFlow, ...]] = Timeline(())
        """The same requests by errand."""

    def existed(self, at: int) -> bool:
        """Return whether the pod was there at *at* (ms)."""
        return (self.first_seen is None or self.first_seen <= at) and (
            self.gone_at is None or at < self.gone_at
        )


class ErrandHistory:
    """One errand's part."""

    __slots__ = ("completed", "errand", "errors", "number")

    def __init__(self, number: int, errand: Errand, flow: ErrandFlow, since: int) -> None:
        """Let *flow* hold from *since* (ms) on and for all time before."""
        self.number = number
        self.errand = errand
        self.completed = StepFunction(flow.completed, since=since)
        self.errors = StepFunction(flow.errors, since=since)

    @property
    def is_order(self) -> bool:
        """Return whether a success is what the business counts; robots buy nothing."""
        return self.errand.call.order and self.errand.client.robot is None

    def label(self, by: str) -> str:
        """Return the errand's `route` or `client`."""
        return self.errand.route if by == "route" else self.errand.client.name

    def failures(self, start: int, end: int) -> int:
        """Return how many requests failed in [start, end), counted whole."""
        return len(self.bad_numbers(start, end))

    def successes(self, start: int, end: int) -> int:
        """Return how many requests were answered well in [start, end), counted whole."""
        return len(self.good_numbers(start, end))

    def bad_numbers(self, start: int, end: int) -> range:
        """Return the numbers of the requests that failed in [start, end)."""
        return range(self._whole(self.errors.total(start)), self._whole(self.errors.total(end)))

    def good_numbers(self, start: int, end: int) -> range:
        """Return the numbers of the requests that were answered well in [start, end)."""
        return range(
            self._whole(self.completed.total(start) - self.errors.total(start)),
            self._whole(self.completed.total(end) - self.errors.total(end)),
        )

    def _whole(self, requests: float) -> int:
        # Where in its first request an errand begins is its own, so that not all count together.
        return floor(requests + (self.number + 1) * _GOLDEN % 1.0)


class History:
    """An application's past and present; before the run it was as at the run's start."""

    def __init__(
        self,
        since: int,
        errands: tuple[Errand, ...],
        solution: Solution,
        servers: Mapping[str, Server],
    ) -> None:
        """Let *solution* hold from *since* (ms) on and for all time before."""
        self.errands = tuple(
            ErrandHistory(number, errand, flow, since)
            for number, (errand, flow) in enumerate(zip(errands, solution.errands, strict=True))
        )
        """Every errand, in the order of their numbers."""
        self.flows = Timeline(solution.errands, since=since)
        """All errands together, with what is to blame."""
        self._by_route: dict[str, list[ErrandHistory]] = {}
        for each in self.errands:
            self._by_route.setdefault(each.errand.route, []).append(each)
        self.routes = {
            name: (
                StepFunction(sum(each.completed.last for each in group), since=since),
                StepFunction(sum(each.errors.last for each in group), since=since),
            )
            for name, group in self._by_route.items()
        }
        """Route -> (completed, errors)."""
        self.arrivals = StepFunction(solution.arrivals, since=since)
        self.completed = StepFunction(solution.completed, since=since)
        self.errors = StepFunction(solution.errors, since=since)
        self.failed = StepFunction(solution.failed, since=since)
        """I(t): failed or too slow, weighted."""
        self.unrouted = StepFunction(solution.unrouted, since=since)
        self.pods: dict[str, PodHistory] = {}
        """Every pod that has ever been there, by name."""
        for server in servers.values():
            pod = PodHistory(_labels(server), None, server.restarts)
            flow = solution.pods[server.pod]
            pod.completed = StepFunction(flow.completed, since=since)
            pod.errors = StepFunction(flow.errors, since=since)
            pod.answers = Timeline(flow.answers, since=since)
            pod.errands = Timeline(flow.errands, since=since)
            pod.ready = StepFunction(float(server.ready), since=since)
            self.pods[server.pod] = pod
        self._live = dict(self.pods)

    def record(self, now: int, solution: Solution, servers: Mapping[str, Server]) -> None:
        """Let *solution* hold from *now* (ms) on."""
        self.arrivals.set(now, solution.arrivals)
        self.completed.set(now, solution.completed)
        self.errors.set(now, solution.errors)
        self.failed.set(now, solution.failed)
        self.unrouted.set(now, solution.unrouted)
        self.flows.set(now, solution.errands)
        for each, fares in zip(self.errands, solution.errands, strict=True):
            each.completed.set(now, fares.completed)
            each.errors.set(now, fares.errors)
        for name, (completed, errors) in self.routes.items():
            group = self._by_route[name]
            completed.set(now, sum(each.completed.last for each in group))
            errors.set(now, sum(each.errors.last for each in group))
        present = {server.pod: server for server in servers.values()}
        for name, server in present.items():
            pod = self._live.get(name)
            if pod is None:
                pod = self.pods.get(name) or PodHistory(_labels(server), now, 0)
                self.pods[name] = self._live[name] = pod
            pod.gone_at = None
            pod.ready.set(now, float(server.ready))
            if server.restarts > pod.seen_restarts:
                pod.restarts.set(now, pod.restarts.last + server.restarts - pod.seen_restarts)
            pod.seen_restarts = server.restarts
        for name, pod in list(self._live.items()):
            flow = solution.pods.get(name, _SILENT)
            pod.completed.set(now, flow.completed)
            pod.errors.set(now, flow.errors)
            pod.answers.set(now, flow.answers)
            pod.errands.set(now, flow.errands)
            if name not in present:
                if pod.gone_at is None:
                    pod.gone_at = now
                    pod.ready.set(now, 0.0)
                if not flow.completed:
                    del self._live[name]

    def signals(self) -> dict[str, Signal]:
        """Return what alert rules can watch.

        `errors`: share of 5xx; `errors by route`: that of the worst route; `hurt`: weighted share of
        failed or too slow; `requests`: answers per second.
        """
        return {
            "errors": Share(self.errors, self.completed),
            "errors by route": Worst(
                tuple(Share(errors, completed) for completed, errors in self.routes.values())
            ),
            "hurt": Share(self.failed, self.arrivals),
            "requests": Level(self.completed),
        }


def _labels(server: Server) -> Labels:
    return Labels(server.node, server.zone, server.version, server.pod)
