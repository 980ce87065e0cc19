"""The database's life as its log tells it."""

import pytest

from tests.node.world import DB_IMAGE, build


@pytest.fixture
def world():
    return build(services=5)


def said(world, name):
    return [line.partition("LOG:  ")[2] for line in world.logs(name).splitlines()]


def test_start_recovers_before_it_accepts(world):
    world.run("db", "node-worker-1", DB_IMAGE)
    world.env.advance(1_600)
    container = world.container("db")
    assert not container.behaviour.listening(5432)
    world.env.advance(6_000)
    assert container.behaviour.listening(5432)
    assert said(world, "db")[0].startswith("starting PostgreSQL 16.4")
    assert said(world, "db")[-1] == "database system is ready to accept connections"


def test_signal_ends_sessions_at_once_and_the_process_after_its_checkpoint(world):
    world.env.advance(10_000)
    container = world.container("postgres-0")
    assert world.container("payment-1").behaviour.database == "connected"
    container.terminate()
    world.env.advance(10_020)
    assert world.container("payment-1").behaviour.database == "waiting"
    assert container.state == "running"
    world.env.advance(18_000)
    assert container.exit_code == 0
    text = "\n".join(one.text for one in container.log.read(world.env.now))
    assert text.count("FATAL:  terminating connection due to administrator command") == 3
    assert text.endswith("database system is shut down")


def test_checkpoints_are_drawn_every_five_minutes_the_same_at_each_reading(world):
    world.env.advance(3_600_000)
    first = world.logs("postgres-0", since=0)
    assert first.count("checkpoint starting: time") == 12
    assert world.logs("postgres-0", since=0) == first


def test_a_server_tells_how_the_one_before_left_its_data(world):
    world.env.advance(10_000)
    world.container("postgres-0").terminate()
    world.env.advance(20_000)
    (told,) = (line for line in said(world, "postgres-0") if "was shut down at" in line)
    assert told.endswith("01:40:16.500 UTC")
    world.container("postgres-0").kill()
    world.env.advance(60_000)
    assert any("not properly shut down" in line for line in said(world, "postgres-0"))
