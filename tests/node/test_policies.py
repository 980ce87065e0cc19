"""NetworkPolicies: what gets through, and what waits in vain."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.node.world import DB_IP, DB_PORT, World, build

DB_POD = "10.244.1.10"


@pytest.fixture(scope="module")
def built() -> World:
    world = build(services=3)
    for name in ("payments", "retail"):
        labels = {"kubernetes.io/metadata.name": name}
        world.api.create("namespaces", {"metadata": {"name": name, "labels": labels}})
    world.env.advance(5_000)
    return world


@pytest.fixture
def world(built: World) -> World:
    for one in built.api.list("networkpolicies"):
        metadata = one["metadata"]
        built.api.delete("networkpolicies", metadata["namespace"], metadata["name"])
    return built


def policy(world: World, *, name: str = "p", namespace: str = "payments", **spec: Any) -> None:
    world.api.create(
        "networkpolicies",
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"podSelector": {}, **spec},
        },
    )


def from_payment(world: World, ip: str = DB_IP, port: int = DB_PORT) -> str:
    return str(world.network.connect(world.container("payment-3"), ip, port).kind)


def from_cart(world: World, ip: str = DB_IP, port: int = DB_PORT) -> str:
    return str(world.network.connect(world.container("cart-3", "retail"), ip, port).kind)


def allow(*peers: Obj, ports: list[Obj] | None = None) -> Obj:
    rule: Obj = {"from": list(peers)} if peers else {}
    return {"ingress": [{**rule, **({"ports": ports} if ports else {})}]}


RETAIL = {"kubernetes.io/metadata.name": "retail"}
PAYMENT = {"podSelector": {"matchLabels": {"app": "payment-service"}}}


@pytest.mark.parametrize(
    ("spec", "payment", "cart"),
    [
        ({}, "timeout", "timeout"),
        ({"ingress": [{}]}, "ok", "ok"),
        (allow(PAYMENT), "ok", "timeout"),
        (allow({"podSelector": {}}), "ok", "timeout"),
        (allow({"namespaceSelector": {"matchLabels": RETAIL}}), "timeout", "ok"),
        (allow({"namespaceSelector": {"matchLabels": RETAIL}, **PAYMENT}), "timeout", "timeout"),
        (allow(PAYMENT, {"namespaceSelector": {"matchLabels": RETAIL}}), "ok", "ok"),
        (allow({"ipBlock": {"cidr": "10.244.3.0/24"}}), "ok", "ok"),
        (
            allow({"ipBlock": {"cidr": "10.244.3.0/24", "except": ["10.244.3.30/32"]}}),
            "ok",
            "timeout",
        ),
        (allow(ports=[{"port": 80}]), "timeout", "timeout"),
        (allow(ports=[{"port": 5000, "endPort": 6000}]), "ok", "ok"),
        (allow(ports=[{"protocol": "UDP", "port": DB_PORT}]), "timeout", "timeout"),
        ({"podSelector": {"matchLabels": {"app": "other"}}}, "ok", "ok"),
        ({"policyTypes": ["Egress"], "egress": [{}]}, "ok", "ok"),
    ],
)
def test_ingress_rules_decide_who_gets_in(world: World, spec: Obj, payment: str, cart: str) -> None:
    policy(world, **spec)
    assert (from_payment(world), from_cart(world)) == (payment, cart)


def test_named_port_means_the_pods_own_name_for_it(world: World) -> None:
    ends = world.api.get("pods", "payments", "postgres-0")
    assert ends is not None
    policy(world, **allow(ports=[{"port": "sql"}]))
    assert from_payment(world) == "timeout"
    named = [{"name": "sql", "containerPort": DB_PORT}]
    first = {**ends["spec"]["containers"][0], "ports": named}
    spec = {**ends["spec"], "containers": [first]}
    world.api.modify("pods", "payments", "postgres-0", lambda old: {**old, "spec": spec})
    assert from_payment(world) == "ok"


def test_policies_add_up(world: World) -> None:
    policy(world)
    policy(world, name="open", **allow(PAYMENT))
    assert (from_payment(world), from_cart(world)) == ("ok", "timeout")


def test_cut_flow_is_dropped_not_refused(world: World) -> None:
    policy(world)
    result = world.network.connect(world.container("payment-3"), DB_POD, 9)
    assert (result.kind, result.ms) == ("timeout", 127_000)


def test_egress_rules_decide_who_gets_out(world: World) -> None:
    to_db = {"to": [{"podSelector": {"matchLabels": {"app": "postgres"}}}]}
    policy(world, policyTypes=["Egress"], egress=[to_db])
    assert from_payment(world) == "ok"
    assert from_payment(world, "10.244.2.20", 8080) == "timeout"
    assert from_cart(world) == "ok", "another namespace is not isolated"


def test_names_are_found_only_where_the_dns_may_be_asked(world: World) -> None:
    container = world.container("payment-3")
    policy(world, policyTypes=["Egress"])
    assert container.resolve("postgres") is None
    dns = {"ports": [{"protocol": "UDP", "port": 53}]}
    policy(world, name="dns", policyTypes=["Egress"], egress=[dns])
    assert container.resolve("postgres") == DB_IP


def test_a_node_reaches_its_own_pods_whatever_is_denied(world: World) -> None:
    policy(world)
    own, other = world.machines["node-worker-1"], world.machines["node-worker-2"]
    assert world.network.connect(own, DB_POD, DB_PORT).kind == "ok"
    assert world.network.connect(other, DB_POD, DB_PORT).kind == "timeout"


def test_a_pod_reaches_itself_whatever_is_denied(world: World) -> None:
    policy(world, policyTypes=["Ingress", "Egress"])
    assert from_payment(world, "10.244.3.20", 8080) == "ok"


def test_deleted_policy_opens_the_way_again(world: World) -> None:
    policy(world)
    assert from_payment(world) == "timeout"
    world.api.delete("networkpolicies", "payments", "p")
    assert from_payment(world) == "ok"
