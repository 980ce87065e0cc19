"""NetworkPolicies, as users of a simulated cluster feel them."""

from __future__ import annotations

from typing import Any

import pytest

from sim.backends.simulated import SimulatedBackend
from sim.evidence import EvidenceLog
from sim.kernel import Environment
from sim.scenario import Catalogue

SECOND = 1000
NAME = "payment-service"


@pytest.fixture(scope="module")
def backend() -> SimulatedBackend:
    made = SimulatedBackend(Catalogue()["payments-0247"], 0, env=Environment(), log=EvidenceLog())
    made.traffic.start()
    made.env.advance(10 * SECOND)
    return made


def deny(backend: SimulatedBackend, **spec: Any) -> None:
    backend.api.create(
        "networkpolicies",
        {
            "metadata": {"name": "deny", "namespace": "payments"},
            "spec": {"podSelector": {"matchLabels": {"app": NAME}}, **spec},
        },
    )


def lost(backend: SimulatedBackend) -> float:
    """Let 20 s pass and return the share of requests that were lost in the last 10."""
    now = backend.env.now
    backend.env.advance(now + 20 * SECOND)
    history = backend.traffic.history(NAME)
    start, end = now + 10 * SECOND, now + 20 * SECOND
    return history.failed.integral(start, end) / history.arrivals.integral(start, end)


def test_denied_service_is_lost_to_users_until_the_policy_goes(backend: SimulatedBackend) -> None:
    assert lost(backend) < 0.01
    deny(backend)
    assert lost(backend) > 0.99
    backend.api.delete("networkpolicies", "payments", "deny")
    assert lost(backend) < 0.01


def test_policy_that_lets_the_gateway_in_costs_nothing(backend: SimulatedBackend) -> None:
    [gateway, *_] = backend.way.gateways()
    pod = next(one for one in backend.api.list("pods") if one["metadata"]["name"] == gateway.name)
    space = {"kubernetes.io/metadata.name": pod["metadata"]["namespace"]}
    peer = {"namespaceSelector": {"matchLabels": space}}
    deny(backend, ingress=[{"from": [peer]}])
    assert lost(backend) < 0.01
    backend.api.delete("networkpolicies", "payments", "deny")
