"""What a hand on a node's network does to users, and that undoing it ends it."""

from __future__ import annotations

import pytest

from sim.bash import Capture, Pipe

from .night import Night

SLUG = "payments-0247"


@pytest.fixture(scope="module")
def night() -> Night:
    """Return a quiet hour before the incident."""
    night = Night(SLUG, 0)
    night.env.advance(60_000)
    return night


def on(night: Night, node: str, line: str) -> None:
    shell = night.backend.machines[node].shell()
    job = night.env.spawn(shell.run(line, Pipe(night.env, ""), Capture(), Capture()))
    night.env.advance(night.env.now + 2_000)
    assert job.value == 0


def everywhere(night: Night, app: str, line: str) -> None:
    nodes = {
        pod["spec"]["nodeName"]
        for pod in night.backend.api.list("pods")
        if (pod["metadata"].get("labels") or {}).get("app") == app
    }
    for node in sorted(nodes):
        on(night, node, line)


@pytest.mark.parametrize(
    ("app", "cut", "undo"),
    [
        ("gateway", "iptables -t nat -I PREROUTING -i cni0 -p tcp -j RETURN",
         "iptables -t nat -D PREROUTING -i cni0 -p tcp -j RETURN"),
        ("payment-service", "iptables -I FORWARD -o cni0 -p tcp -j DROP",
         "iptables -D FORWARD -o cni0 -p tcp -j DROP"),
        ("gateway", "ip link set cni0 down", "ip link set cni0 up"),
    ],
    ids=["gateways' rules", "servers' rules", "gateways' bridge"],
)  # fmt: skip
def test_users_lose_what_a_hand_cuts(night: Night, app: str, cut: str, undo: str) -> None:
    assert night.failing < 0.01
    everywhere(night, app, cut)
    assert night.failing > 0.99
    everywhere(night, app, undo)
    night.env.advance(night.env.now + 120_000)
    assert night.failing < 0.01
    assert not night.backend.network.meddled


def test_a_node_that_cannot_reach_the_api_server_is_not_ready(night: Night) -> None:
    node = night.pods()[0]["spec"]["nodeName"]

    def ready() -> str:
        found = night.backend.api.get("nodes", "", node)
        assert found is not None
        return next(
            one["status"] for one in found["status"]["conditions"] if one["type"] == "Ready"
        )

    assert ready() == "True"
    on(night, node, "iptables -I OUTPUT -p tcp --dport 6443 -j DROP")
    night.env.advance(night.env.now + 50_000)
    assert ready() == "Unknown"
    on(night, node, "iptables -D OUTPUT -p tcp --dport 6443 -j DROP")
    night.env.advance(night.env.now + 15_000)
    assert ready() == "True"
