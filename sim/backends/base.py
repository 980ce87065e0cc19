"""What a run needs of a cluster, simulated or real.

A backend is made at now = `env.now`, healthy, with users on it; the doors that it hands out are the
operator's. This file must not know any backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sim.backends.plan import Plan
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.evidence import EvidenceLog
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario

Actor = Callable[[], tuple[int, int]]
"""Who is acting now: (input, command), -1 for nobody."""


def nobody() -> tuple[int, int]:
    """Return that the world acts by itself."""
    return -1, -1


class BackendLostError(RuntimeError):
    """The cluster cannot be worked with any more; the message is one sentence for people."""

    telling = False
    """Whether the message says what the night has in store."""


class Backend(Protocol):
    """One scenario's cluster on one seed, with users on it."""

    name: str
    """`simulated` or `kind`."""
    env: Environment
    log: EvidenceLog
    epoch: Epoch
    """May be another than the one asked for: a real cluster lives now."""
    actor: Actor
    """Set by whoever lets somebody work on the cluster."""
    server: str
    """Where its API is, for the kubeconfig; empty: where the scenario's company has it."""

    @property
    def plan(self) -> Plan:
        """The seed's reading of the scenario."""

    @property
    def roles(self) -> dict[str, Any]:
        """Role -> name, number or list of names of this run."""

    @property
    def transport(self) -> Transport:
        """The Kubernetes API, as the trainee has it."""

    @property
    def world(self) -> Transport:
        """The same as the world has it: what is asked here is nobody's deed."""

    @property
    def nodes(self) -> NodeAccess:
        """What `ssh` reaches."""

    @property
    def telemetry(self) -> Telemetry:
        """Metrics, alerts and changes."""

    def close(self) -> None:
        """Let go of everything held open, and take back what was done to a real cluster; once."""


class BackendFactory(Protocol):
    """Makes a run's cluster; called once, while the run is being made."""

    def __call__(
        self, scenario: Scenario, seed: int, *, env: Environment, log: EvidenceLog, epoch: Epoch
    ) -> Backend:
        """Return the cluster of *scenario* on *seed*."""
