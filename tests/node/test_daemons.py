"""The machine's own daemons: who is missed when they are gone, and what systemd does about it."""

from __future__ import annotations

import pytest

from .world import World, build

NODE = "node-worker-2"
TOLD = "containerd.service - containerd container runtime"


def ready(world: World) -> tuple[str, str]:
    """Return status and message of the node's Ready condition."""
    node = world.api.get("nodes", "", NODE) or {}
    for one in node["status"].get("conditions") or ():
        if one["type"] == "Ready":
            return one["status"], one["message"]
    return "", ""


def test_a_node_without_its_runtime_is_not_ready(world: World) -> None:
    daemons = world.machines[NODE].daemons
    world.env.spawn(daemons.stop("containerd", TOLD))
    world.env.advance(world.env.now + 20_000)
    assert ready(world) == ("False", "container runtime is down")
    world.env.spawn(daemons.start("containerd", TOLD))
    world.env.advance(world.env.now + 20_000)
    assert ready(world) == ("True", "kubelet is posting ready status")


@pytest.mark.parametrize(
    ("name", "signal", "back"),
    [("containerd", "KILL", True), ("chrony", "KILL", True), ("chrony", "TERM", False), ("dbus", "KILL", False),
     ("ssh", "HUP", True)],
)  # fmt: skip
def test_units_come_back_as_their_restart_rule_says(
    world: World, name: str, signal: str, back: bool
) -> None:
    daemons = world.machines[NODE].daemons
    daemons.kill(name, signal, f"{name}.service - it")
    world.env.advance(world.env.now + 10_000)
    assert daemons.runs(name) is back


@pytest.fixture
def world() -> World:
    """Return a small cluster."""
    return build(services=4)
