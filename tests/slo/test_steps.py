from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.slo import Extremes, StepFunction, Timeline

CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 50)), max_size=12)


def of(changes: list[tuple[int, float]], first: float = 2.0) -> StepFunction:
    function = StepFunction(first)
    for at, value in changes:
        function.set(at, value)
    return function


def test_time_before_the_first_change_is_as_at_the_first():
    rate = of([(1000, 4.0)])
    assert rate.at(-5000) == 2.0
    assert rate.integral(-5000, 0) == 10.0


def test_integral_over_a_change_is_exact():
    assert of([(1000, 4.0), (2000, 0.0)]).integral(500, 5000) == 0.5 * 2 + 1 * 4


def test_change_at_the_very_start_leaves_the_past_alone():
    rate = of([(0, 7.0)])
    assert (rate.at(-1), rate.at(0), rate.integral(-1000, 1000)) == (2.0, 7.0, 9.0)


def test_second_change_at_one_instant_replaces_the_first():
    assert len(of([(1000, 9.0), (1000, 2.0)])) == 1


def test_change_in_the_past_is_refused():
    with pytest.raises(ValueError, match="comes after"):
        of([(1000, 4.0), (999, 1.0)])


def test_extremes_cover_both_ends():
    rate = of([(1000, 9.0), (2000, 1.0)])
    assert rate.extremes(0, 999) == Extremes(2.0, 2.0)
    assert rate.extremes(999, 2000) == Extremes(1.0, 9.0)
    assert rate.extremes(3000, 3000) == Extremes(1.0, 1.0)


def test_mean_of_an_empty_window_is_the_value():
    assert of([(1000, 4.0)]).mean(1000, 1000) == 4.0


@given(CHANGES, st.integers(-500, 11_000), st.integers(-500, 11_000), st.integers(-500, 11_000))
def test_integrals_add_up_and_equal_the_slow_sum(changes, one, two, three):
    rate = of(sorted(changes, key=lambda change: change[0]))
    start, middle, end = sorted((one, two, three))
    slow = sum(rate.at(at) for at in range(start, end)) / 1000
    assert rate.integral(start, end) == pytest.approx(slow, abs=1e-6)
    assert rate.integral(start, middle) + rate.integral(middle, end) == pytest.approx(
        slow, abs=1e-6
    )


def test_pieces_of_a_timeline_cover_the_window_without_gaps():
    timeline = Timeline("a")
    timeline.set(1000, "b")
    timeline.set(1000, "c")
    timeline.set(3000, "d")
    assert list(timeline.pieces(500, 2000)) == [(500, 1000, "a"), (1000, 2000, "c")]
    assert list(timeline.pieces(-5, 0)) == [(-5, 0, "a")]
    assert timeline.at(3000) == "d"


def test_timeline_changed_at_its_start_keeps_the_past():
    timeline = Timeline("a")
    timeline.set(0, "b")
    assert list(timeline.pieces(-5, 5)) == [(-5, 0, "a"), (0, 5, "b")]
