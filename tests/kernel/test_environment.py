"""The kernel's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel import Environment


def ticking(env: Environment, seen: list[tuple[int, str]], name: str, every: int):
    while True:
        yield env.timeout(every)
        seen.append((env.now, name))


@given(st.lists(st.integers(1, 400), max_size=20))
def test_how_time_is_cut_leaves_no_trace(cuts):
    def play(stops: list[int]) -> list[tuple[int, str]]:
        env, seen = Environment(), []
        env.spawn(ticking(env, seen, "a", 7))
        env.spawn(ticking(env, seen, "b", 21))
        for stop in [*sorted(stops), 1000]:
            env.advance(stop)
        return seen

    assert play(cuts) == play([])


def test_events_at_the_limit_wait_for_the_next_advance():
    env, seen = Environment(), []
    env.spawn(ticking(env, seen, "a", 10))
    env.advance(10)
    assert seen == []
    env.settle()
    assert seen == [(10, "a")]


def test_a_process_that_lets_no_time_pass_is_stopped():
    def spinning(env: Environment):
        while True:
            yield env.timeout(0)

    env = Environment()
    env.spawn(spinning(env))
    with pytest.raises(RuntimeError, match="never lets time pass"):
        env.settle(limit=100)
