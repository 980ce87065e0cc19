from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.traffic import Gateway, Route, Server
from sim.traffic.routing import spread

GATES = [Gateway("g0", "n0"), Gateway("g1", "n1")]


def pod(name: str, state: str = "serving") -> Server:
    return Server(name, "n", "z", "v", state, 211.0)


def to(*ips: str) -> Route:
    return Route("endpoints", ips)


def test_gateways_share_users_and_rules_share_endpoints_evenly():
    offered = spread(480.0, GATES, lambda _: to("a", "b"), {"a": pod("a"), "b": pod("b")})
    assert (offered.direct, offered.unrouted) == ({"a": 240.0, "b": 240.0}, 0.0)


def test_each_gateway_follows_the_rules_of_its_own_node():
    routes = {"n0": to("a"), "n1": Route("none")}
    offered = spread(480.0, GATES, routes.__getitem__, {"a": pod("a")})
    assert (offered.direct, offered.unrouted) == ({"a": 240.0}, 240.0)


@pytest.mark.parametrize("route", [Route("reject"), Route("none"), Route("endpoints")])
def test_gateway_without_a_way_fails_its_users(route):
    assert spread(480.0, GATES, lambda _: route, {}).unrouted == 480.0


def test_without_a_gateway_nobody_gets_in():
    assert spread(480.0, [], lambda _: to("a"), {"a": pod("a")}).unrouted == 480.0


def test_refused_connection_is_tried_once_more_elsewhere():
    servers = {"a": pod("a"), "b": pod("b", "down"), "c": pod("c")}
    offered = spread(300.0, GATES, lambda _: to("a", "b", "c"), servers)
    assert (offered.direct, offered.delayed) == ({"a": 150.0, "c": 150.0}, {})
    assert offered.failed == {"b": 0.0}


def test_vanished_endpoint_costs_a_second_and_no_request():
    offered = spread(300.0, GATES, lambda _: to("a", "gone"), {"a": pod("a")})
    assert (offered.direct, offered.delayed) == ({"a": 150.0}, {"a": 150.0})


def test_retry_that_meets_another_silent_endpoint_fails():
    servers = {"a": pod("a"), "b": pod("b", "down"), "c": pod("c", "down")}
    offered = spread(300.0, GATES, lambda _: to("a", "b", "c"), servers)
    assert (offered.direct, offered.failed) == ({"a": 200.0}, {"b": 50.0, "c": 50.0})


def test_lone_silent_endpoint_fails_everything():
    assert spread(300.0, GATES, lambda _: to("b"), {"b": pod("b", "down")}).failed == {"b": 300.0}


@given(
    st.lists(st.sampled_from(["serving", "waiting", "failing", "down", None]), max_size=7),
    st.floats(0, 1000),
)
def test_every_request_ends_somewhere(states, rps):
    servers = {f"ip{i}": pod(f"p{i}", state) for i, state in enumerate(states) if state}
    ips = tuple(f"ip{i}" for i in range(len(states)))
    offered = spread(rps, GATES, lambda _: Route("endpoints", ips), servers)
    parts = (offered.direct, offered.delayed, offered.failed)
    total = sum(sum(part.values()) for part in parts) + offered.unrouted
    assert total == pytest.approx(rps)
