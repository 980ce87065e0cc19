"""Writes down how a real cluster stands whenever that has changed, since no replay can tell it later.

It looks through the API like anybody; what the cluster is made of is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import Any

import simpy

from sim.evidence import ClusterRecord, EvidenceLog
from sim.kernel import Environment
from sim.scenario import Scenario
from sim.session.film import Frame, Listing, frame_of

EVERY_MS = 2_000
SYSTEM = "kube-system"
"""What serves the nodes lives here; people delete its pods, too."""


class Camera:
    """Looks at one run's cluster again and again."""

    def __init__(
        self, env: Environment, scenario: Scenario, log: EvidenceLog, listing: Listing
    ) -> None:
        """Begin at once; *listing* returns the objects at a path of the API."""
        self._log = log
        self._look: Callable[[], Frame] = lambda: frame_of(
            env.now, listing, [*_namespaces(scenario), SYSTEM]
        )
        self._nodes: list[Any] = []
        self._pods: dict[str, Any] = {}
        self._env = env
        env.spawn(self._filming())

    def _filming(self) -> Generator[simpy.Event, Any, None]:
        while True:
            # While the API server does not answer, how the cluster stands is not known.
            with suppress(OSError):
                self.take()
            yield self._env.timeout(EVERY_MS)

    def take(self) -> None:
        """Look once, and write down what differs from the last time."""
        frame = self._look()
        now = {f"{pod['namespace']}/{pod['name']}": pod for pod in frame["pods"]}
        pods = {
            **{key: None for key in self._pods if key not in now},
            **{key: pod for key, pod in now.items() if self._pods.get(key) != pod},
        }
        nodes = frame["nodes"] if frame["nodes"] != self._nodes else []
        if pods or nodes:
            self._log.append(ClusterRecord(at=frame["at"], nodes=nodes, pods=pods))
        self._nodes, self._pods = frame["nodes"], now


def _namespaces(scenario: Scenario) -> list[str]:
    return list(dict.fromkeys(one.namespace for one in scenario.applications))


def frames(log: EvidenceLog, scenario: Scenario) -> list[Frame]:
    """Return what a camera wrote as frames, like those of a film: the scenario's own pods only."""
    shown = set(_namespaces(scenario))
    return [
        {**frame, "pods": [pod for pod in frame["pods"] if pod["namespace"] in shown]}
        for frame in stands(one for one in log.of(ClusterRecord) if one.pods or one.nodes)
    ]


def stands(records: Iterable[ClusterRecord]) -> list[Frame]:
    """Return how the cluster stood after each of *records*, whole."""
    nodes: list[Any] = []
    pods: dict[str, Any] = {}
    found: list[Frame] = []
    for record in records:
        nodes = record.nodes or nodes
        pods = {**pods, **record.pods}
        pods = {key: pods[key] for key in sorted(pods) if pods[key] is not None}
        found.append({"at": record.at, "nodes": nodes, "pods": list(pods.values())})
    return found
