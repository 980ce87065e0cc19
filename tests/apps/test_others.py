"""Idle containers, gateways, neighbours and command runners."""

import pytest

from sim.apps import Gateway, GatewaySettings, Idle, IdleSettings, Neighbour, NeighbourSettings
from sim.node.behaviour import BehaviourRegistry
from tests.node.world import DB_PORT, build, lose_database

NODE = "node-worker-3"


@pytest.fixture
def world():
    return build(services=5)


def replaced(world, image, factory):
    """Let *image* behave as *factory* says from now on."""
    kubelet = world.kubelets.by_node[NODE]
    entries = {prefix: kubelet.registry[prefix] for prefix in kubelet.registry}
    kubelet.registry = BehaviourRegistry({**entries, image: factory})


def test_idle_listens_on_declared_ports_and_stays_below_its_limit(world):
    world.env.advance(1)
    container = world.container("cart-1", "retail")
    container.spec = {**container.spec, "ports": [{"containerPort": 8080}]}
    container.limit = 32 << 20
    idle = Idle(container, IdleSettings(memory_bytes=64 << 20))
    assert (idle.listening(8080), idle.listening(80)) == (True, False)
    assert idle.memory(container, 0) < 32 << 20


def test_gateway_passes_its_probe_after_start_up_and_drains(world):
    replaced(world, "busybox", Gateway.factory(GatewaySettings(startup_ms=4_000)))
    probe = {"tcpSocket": {"port": 8443}, "periodSeconds": 1}
    world.run("edge", NODE, "busybox", container={"readinessProbe": probe})
    world.env.advance(4_000)
    assert world.status("edge") == "Running 0/1 0"
    container = world.container("edge")
    world.env.advance(container.started_at + 5_100)
    assert world.status("edge") == "Running 1/1 0"
    world.api.delete("pods", "payments", "edge")
    world.env.advance(world.env.now + 2_600)
    assert container.state == "exited"


def test_neighbours_log_tells_refused_then_timed_out_connections():
    world = build()
    settings = NeighbourSettings("postgres.payments", DB_PORT, rate=0.8)
    replaced(world, "busybox", Neighbour.factory(settings))
    world.run("ledger", NODE, "busybox")
    lose_database(world)
    world.env.advance(world.at("02:52:00"))
    log = world.logs("ledger")
    assert "connect: connection refused" in log
    refused = [line[11:19] for line in log.splitlines() if "refused" in line]
    late = [line[11:19] for line in log.splitlines() if "i/o timeout" in line]
    assert "02:42:53" <= min(refused) <= "02:43:00"
    assert max(refused) <= "02:49:10" < min(late)
    assert world.logs("ledger") == log


@pytest.mark.parametrize(
    ("command", "code", "log"),
    [
        (["sh", "-c", "echo hi; exit 3"], 3, "hi\n"),
        (["true"], 0, ""),
        (["nosuch"], 127, 'exec: "nosuch": executable file not found in $PATH\n'),
    ],
)
def test_command_runner_ends_with_its_command(world, command, code, log):
    world.run("job", NODE, "busybox", restartPolicy="Never", container={"command": command})
    world.env.advance(15_000)
    assert world.container("job").exit_code == code
    assert world.logs("job") == log


def test_shell_without_input_ends_at_once(world):
    world.run("sh", NODE, "nicolaka/netshoot", restartPolicy="Never")
    world.env.advance(15_000)
    assert world.pod("sh")["status"]["phase"] == "Succeeded"
