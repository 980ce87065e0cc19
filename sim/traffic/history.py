"""What users of one application went through, kept as exact step functions.

Thanks to this file any past window can be read without anything having been sampled; it must not
know how the rates came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.slo import Level, Share, Signal, StepFunction, Timeline
from sim.traffic.latency import Answers
from sim.traffic.solve import PodFlow, Solution
from sim.traffic.world import Server

_SILENT = PodFlow(0.0, 0.0, ())


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

    def existed(self, at: int) -> bool:
        """Return whether the pod was there at *at* (ms)."""
        return (self.first_seen is None or self.first_seen <= at) and (
            self.gone_at is None or at < self.gone_at
        )


class History:
    """An application's past and present; before the run it was as at the run's start."""

    def __init__(self, since: int, solution: Solution, servers: Mapping[str, Server]) -> None:
        """Let *solution* hold from *since* (ms) on and for all time before."""
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
            if name not in present:
                if pod.gone_at is None:
                    pod.gone_at = now
                    pod.ready.set(now, 0.0)
                if not flow.completed:
                    del self._live[name]

    def signals(self) -> dict[str, Signal]:
        """Return what alert rules can watch.

        `errors`: share of 5xx; `hurt`: weighted share of failed or too slow; `requests`: answers
        per second.
        """
        return {
            "errors": Share(self.errors, self.completed),
            "hurt": Share(self.failed, self.arrivals),
            "requests": Level(self.completed),
        }


def _labels(server: Server) -> Labels:
    return Labels(server.node, server.zone, server.version, server.pod)
