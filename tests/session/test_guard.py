"""A world goes on when something in it breaks; a world that cannot go on says so."""

import logging

import pytest

from sim.kernel import Environment
from sim.kernel.environment import EndlessError
from sim.session import guard as module
from sim.session.guard import STRICT, Guard


@pytest.fixture(autouse=True)
def _as_people_play(monkeypatch):
    monkeypatch.delenv(STRICT, raising=False)


@pytest.fixture
def env():
    return Environment()


@pytest.fixture
def guard(env):
    return Guard(env)


def breaking(env, at):
    yield env.timeout(at)
    raise KeyError("lost")


def ticking(env, seen):
    while True:
        yield env.timeout(10)
        seen.append(env.now)


def test_what_breaks_is_logged_and_the_rest_goes_on(env, guard, caplog):
    seen = []
    env.spawn(ticking(env, seen))
    env.spawn(breaking(env, 15))
    guard.advance(41)
    assert seen == [10, 20, 30, 40]
    assert env.now == 41
    assert guard.problems == 1
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert "15 ms" in record.getMessage()


def test_it_comes_to_the_same_state_however_time_is_cut(caplog):
    caplog.set_level(logging.CRITICAL)
    worlds = []
    for cuts in ([100], [7, 15, 16, 100]):
        env = Environment()
        guard, seen = Guard(env), []
        env.spawn(ticking(env, seen))
        env.spawn(breaking(env, 15))
        for cut in cuts:
            guard.advance(cut)
        worlds.append((seen, guard.problems, env.now))
    assert worlds[0] == worlds[1]


def test_a_step_and_an_instant_are_guarded_too(env, guard, caplog):
    env.spawn(breaking(env, 0))
    guard.settle()
    env.spawn(breaking(env, 0))
    for _ in range(3):
        guard.step()
    assert guard.problems == 2
    assert len(caplog.records) == 2


def test_a_world_that_only_breaks_ends_with_a_clear_message(env, guard, caplog, monkeypatch):
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(module, "MAX_PROBLEMS", 3)
    for _ in range(5):
        env.spawn(breaking(env, 1))
    with pytest.raises(RuntimeError, match="cannot go on"):
        guard.advance(10)


def test_an_instant_without_end_is_not_tried_again(env, guard, monkeypatch):
    def settle():
        raise EndlessError("for ever")

    monkeypatch.setattr(env, "settle", settle)
    with pytest.raises(EndlessError):
        guard.settle()
    assert guard.problems == 0


def test_where_the_model_is_judged_nothing_that_breaks_is_left_behind(env, monkeypatch):
    monkeypatch.setenv(STRICT, "1")
    env.spawn(breaking(env, 15))
    with pytest.raises(KeyError):
        Guard(env).advance(41)
