from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.traffic.line import Line, LineFlow


def play(states: dict[int, str], *, until: int, arriving: float = 100.0, capacity: float = 200.0):
    """Return [(from, until, state, flow)] with the line stepped at its own changes, too."""
    line, now, state, pieces = Line(0), 0, states[0], []
    while now < until:
        state = states.get(now, state)
        flow = line.change(
            now,
            state,
            arriving=arriving,
            offered=arriving,
            capacity=capacity,
            patience_ms=10_000,
            slow_ms=5_000,
        )
        ahead = [at for at in (*states, flow.next_at, until) if at is not None and at > now]
        pieces.append((now, min(ahead), state, flow))
        now = min(ahead)
    return pieces, line


def total(pieces, field: str) -> float:
    return sum(getattr(flow, field) * (until - at) / 1000 for at, until, _, flow in pieces)


def test_gap_shorter_than_patience_loses_nobody():
    pieces, line = play({0: "waiting", 8_000: "serving"}, until=60_000)
    assert total(pieces, "failing") == 0
    assert total(pieces, "draining") == pytest.approx(800)
    assert line.empty


def test_line_drains_with_the_room_that_new_requests_leave():
    pieces, _ = play({0: "waiting", 8_000: "serving"}, until=60_000)
    drained = [until for _, until, _, flow in pieces if flow.draining]
    assert max(drained) == 16_000


def test_waits_shrink_second_by_second_while_it_drains():
    pieces, _ = play({0: "waiting", 3_000: "serving"}, until=9_000)
    waits = [flow.wait_ms for at, _, _, flow in pieces if at >= 3_000]
    assert waits == pytest.approx([3_000, 2_000, 1_000, 0.0], abs=1)


def test_instant_at_which_waits_cease_to_be_too_long_is_a_change_of_its_own():
    pieces, _ = play({0: "waiting", 7_500: "serving"}, until=20_000)
    slow = [(at, until) for at, until, _, flow in pieces if flow.wait_ms > 5_000]
    assert slow[-1][1] == 10_000


def test_who_has_waited_too_long_fails_at_the_rate_of_coming():
    pieces, _ = play({0: "waiting"}, until=60_000)
    assert [(at, flow.failing) for at, _, _, flow in pieces] == [(0, 0.0), (10_000, 100.0)]


def test_pod_that_waits_for_ever_schedules_nothing_more():
    pieces, _ = play({0: "waiting"}, until=60_000)
    assert pieces[-1][3].next_at is None


def test_pod_that_dies_takes_its_line_along_within_a_second():
    pieces, line = play({0: "waiting", 4_000: "down"}, until=10_000)
    assert [(at, until, flow.failing) for at, until, _, flow in pieces if flow.failing] == [
        (4_000, 5_000, 400.0)
    ]
    assert line.empty


def test_busy_pod_still_gives_its_line_a_tenth():
    pieces, _ = play({0: "waiting", 2_000: "serving"}, until=3_000, capacity=100.0)
    assert pieces[-1][3].draining == pytest.approx(10.0)


def test_quiet_pod_has_no_line():
    line = Line(0)
    flow = line.change(
        5, "serving", arriving=1.0, offered=1.0, capacity=2.0, patience_ms=10, slow_ms=10
    )
    assert (flow, line.empty) == (LineFlow(), True)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 60_000), st.sampled_from(["waiting", "serving", "down"]), max_size=8
    ),
    st.sampled_from([30.0, 100.0, 190.0, 300.0]),
)
def test_everyone_who_joins_a_line_leaves_it_once(states, arriving):
    states = {0: "serving", **states, 61_000: "down"}
    pieces, line = play(states, until=70_000, arriving=arriving)
    joined = sum(
        arriving * (until - at) / 1000 for at, until, state, _ in pieces if state == "waiting"
    )
    left = total(pieces, "failing") + total(pieces, "draining")
    assert left == pytest.approx(joined, abs=0.01)
    assert line.empty
