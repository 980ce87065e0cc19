"""A service that needs a database: start, loss, reconnecting, giving up."""

import pytest

from sim.apps import WebService, WebServiceSettings
from tests.node.world import APP_IMAGE, DB_IP, build, lose_database

ENV = [{"name": "DB_HOST", "value": DB_IP}, {"name": "DB_PORT", "value": "5432"}]


@pytest.fixture
def world():
    world = build(services=5)
    world.env.advance(1_000)
    return world


def said(world, name, **options):
    """Return log lines without their time."""
    return [line.partition(" ")[2] for line in world.logs(name, **options).splitlines()]


def start(world, **env):
    variables = [{"name": name, "value": value} for name, value in env.items()] or ENV
    world.run("web", "node-worker-2", APP_IMAGE, container={"env": variables})


def test_start_dials_once_warms_up_and_listens(world):
    start(world)
    world.env.advance(12_000)
    assert said(world, "web") == [
        "INFO: payment-service v2.14.0 starting",
        f"INFO: connected to database {DB_IP}:5432 (pool size 20)",
        "INFO: listening on :8080",
    ]
    assert world.container("web").behaviour.serving


def test_refused_dial_ends_the_start_with_the_errno(world):
    start(world, DB_HOST="10.244.1.10", DB_PORT="99")
    world.env.advance(6_000)
    assert said(world, "web", previous=True)[-1] == (
        "FATAL: database connection refused: ECONNREFUSED 10.244.1.10:99"
    )
    worker = world.kubelets.worker(world.pod("web"))
    assert worker.slots[0].previous.exit_code == 1


def test_lost_packets_end_the_start_after_its_own_timeout(world):
    start(world, DB_HOST="10.96.1.1")
    world.env.advance(20_000)
    worker = world.kubelets.worker(world.pod("web"))
    ended = worker.slots[0].previous or worker.slots[0].current
    assert ended.finished_at - ended.started_at == pytest.approx(10_950, abs=300)
    assert ended.log.read(world.env.now)[-1].text.endswith(
        "FATAL: database connection timed out: ETIMEDOUT 10.96.1.1:5432"
    )


def test_unknown_host_is_named(world):
    start(world, DB_HOST="nowhere")
    world.env.advance(5_000)
    assert said(world, "web", previous=True)[-1] == (
        "FATAL: database host not found: ENOTFOUND nowhere"
    )


def test_short_loss_makes_requests_wait_and_is_restored(world):
    changes = []
    world.container("payment-1").behaviour._on_change = lambda one: changes.append(
        (world.clock(), one.behaviour.database)
    )
    lose_database(world)
    world.env.advance(world.at("02:44:00"))
    assert [what for _, what in changes] == ["waiting", "connected"]
    assert world.container("payment-1").behaviour.waiting_since is None
    assert world.status("payment-1") == "Running 1/1 0"
    assert said(world, "payment-1")[-2] == "WARN: database connection lost, reconnecting"


def test_long_loss_ends_it_fifteen_seconds_later(world):
    world.env.advance(world.at("02:00:00"))
    container = world.container("payment-2")
    world.api.delete("pods", "payments", "postgres-0", grace_s=0)
    world.env.advance(world.at("02:01:00"))
    lines = container.log.read(world.env.now)
    lost = next(one.at for one in lines if "connection lost" in one.text)
    assert container.finished_at - lost == 15_000
    assert lines[-1].text.endswith(f"FATAL: database connection refused: ECONNREFUSED {DB_IP}:5432")


def test_pool_is_replaced_at_its_age_even_where_rules_broke_meanwhile(world):
    settings = WebServiceSettings("payment-service")
    proxy = world.machines["node-worker-2"].proxy
    proxy.state = proxy.state.flush_kube()
    world.env.advance(settings.max_lifetime_ms + 60_000)
    worker = world.kubelets.worker(world.pod("payment-2"))
    assert worker.slots[0].restarts >= 1, "its pooled connection had to be dialled anew"


def test_deleted_pod_drains_and_exits_zero(world):
    container = world.container("payment-1")
    world.api.delete("pods", "payments", "payment-1")
    world.env.advance(5_000)
    assert (container.state, container.exit_code) == ("exited", 0)
    assert container.log.read(world.env.now)[-1].text.endswith("INFO: SIGTERM received, draining")
    assert world.status("payment-1") == "gone"


def test_memory_is_small_before_it_is_warm(world):
    factory = WebService.factory(WebServiceSettings("x", memory_bytes=400 << 20))
    container = world.container("payment-1")
    fresh = factory(container)
    assert fresh.memory(container, 0) == 90 << 20
    fresh.serving = True
    assert fresh.memory(container, 0) == pytest.approx(400 << 20, rel=0.08)
