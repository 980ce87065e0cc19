"""Rights at the beginning of a world: an administrator's, or what the scenario grants."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.apiserver.authorization import RBAC
from sim.backends.simulated import SimulatedBackend
from sim.evidence import EvidenceLog
from sim.kernel import Environment
from sim.scenario import Catalogue, Scenario
from sim.scenario.access import AccessRule, Grant

GRANTS = (
    Grant(role="view"),
    Grant(role="edit", namespaces=("payments",)),
    Grant(
        rules=(
            AccessRule(verbs=("get", "list"), resources=("nodes",)),
            AccessRule(verbs=("get",), paths=("/metrics",)),
            AccessRule(
                verbs=("get",), groups=("apps",), resources=("daemonsets",), names=("kube-proxy",)
            ),
        ),
    ),
)


def build(scenario: Scenario) -> SimulatedBackend:
    return SimulatedBackend(scenario, 0, env=Environment(), log=EvidenceLog())


@pytest.fixture(scope="module")
def limited() -> SimulatedBackend:
    scenario = Catalogue()["payments-0247"]
    return build(scenario.model_copy(update={"access": GRANTS, "digest": "limited"}))


def code(backend: SimulatedBackend, method: str, path: str) -> int:
    return backend.api.handle(ApiRequest(method, path)).code


def test_usually_the_trainee_is_an_administrator_and_rbac_is_enforced() -> None:
    api = build(Catalogue()["payments-0247"]).api

    assert api.registry.authorizer.mode == RBAC
    assert api.registry.authorizer.grants(api.users.trainee, "").everything
    assert len(api.list("clusterroles")) > 50


def test_aggregated_roles_already_hold_what_their_controller_would_gather() -> None:
    backend = build(Catalogue()["payments-0247"])
    held = [backend.api.get("clusterroles", "", name) for name in ("admin", "edit", "view")]
    backend.api.create("clusterroles", {"metadata": {"name": "new"}, "rules": []})
    backend.env.advance(1_000)

    again = [backend.api.get("clusterroles", "", name) for name in ("admin", "edit", "view")]
    assert again == held


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("GET", "/api/v1/pods", True),
        ("GET", "/api/v1/namespaces/payments/secrets", True),
        ("GET", "/api/v1/namespaces/kube-system/secrets", False),
        ("DELETE", "/api/v1/namespaces/payments/pods/none", True),
        ("DELETE", "/api/v1/namespaces/kube-system/pods/none", False),
        ("GET", "/api/v1/nodes", True),
        ("PATCH", "/api/v1/nodes/node-worker-1", False),
        ("GET", "/metrics", True),
        ("GET", "/logs", False),
    ],
)
def test_scenario_limits_what_the_trainee_may_do(
    limited: SimulatedBackend, method: str, path: str, may: bool
) -> None:
    assert (code(limited, method, path) != 403) is may
