from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.traffic.latency
from sim.traffic import Answers, LatencyLaw, percentile
from sim.traffic.latency import share_over, utilised

ANSWERS = st.builds(
    Answers,
    st.floats(0.1, 500),
    st.floats(5, 100),
    st.floats(100, 3000),
    st.sampled_from([0.0, 1000.0, 7500.0]),
)


def test_examples_in_docstrings_are_true():
    assert doctest.testmod(sim.traffic.latency).failed == 0


def test_latency_is_flat_while_there_is_room_and_steep_at_the_end():
    law = LatencyLaw()
    p50 = [utilised(law, u)[0] for u in (0.0, 0.57, 0.9, 1.0, 3.0)]
    assert p50 == pytest.approx([40.0, 49.8, 302.4, 691.6, 691.6], abs=0.1)


def test_percentiles_of_one_pod_are_its_own():
    pod = [Answers(10.0, 40.0, 150.0)]
    assert percentile(pod, 0.5) == pytest.approx(40.0)
    assert percentile(pod, 0.99) == pytest.approx(150.0)


def test_tail_of_a_mixture_is_that_of_its_slow_part():
    pods = [Answers(95.0, 40.0, 150.0), Answers(5.0, 40.0, 150.0, 8000.0)]
    assert percentile(pods, 0.5) < 50
    assert percentile(pods, 0.99) > 8000


def test_requests_that_end_at_one_instant_have_that_latency():
    assert percentile([Answers(1.0, 0.0, 0.0, 10_000.0)], 0.5) == pytest.approx(10_000, abs=2)


def test_no_answers_have_no_latency():
    assert percentile([], 0.5) is None
    assert percentile([Answers(0.0, 40.0, 150.0)], 0.5) is None


@given(st.lists(ANSWERS, min_size=1, max_size=5), st.floats(0.01, 0.99))
def test_percentile_leaves_exactly_its_share_below(answers, share):
    limit = percentile(answers, share)
    over = sum(each.rps * share_over(each, limit) for each in answers)
    assert over / sum(each.rps for each in answers) == pytest.approx(1 - share, abs=1e-6)


@given(ANSWERS, st.floats(0, 20_000), st.floats(0, 20_000))
def test_fewer_answers_take_longer_than_a_longer_limit(answers, one, two):
    assert share_over(answers, max(one, two)) <= share_over(answers, min(one, two)) + 1e-12
