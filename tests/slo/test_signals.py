from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.slo import Share, StepFunction, Worst

RATES = st.lists(st.tuples(st.integers(1, 9_999), st.integers(0, 40)), max_size=6)


def rate(first: float, changes: list[tuple[int, int]] = ()) -> StepFunction:
    function = StepFunction(first)
    for at, value in sorted(dict(changes).items()):
        function.set(at, float(value))
    return function


def test_worst_is_the_largest_share_and_not_the_share_of_all():
    busy = Share(rate(1.0), rate(100.0))
    rare = Share(rate(0.02), rate(0.25))
    assert Worst((busy, rare)).over(0, 60_000) == 0.08


def test_what_nobody_asked_for_is_not_the_worst():
    silent, busy = Share(rate(0.0), rate(0.0)), Share(rate(1.0), rate(100.0))
    assert Worst((silent, busy)).over(0, 60_000) == 0.01
    assert Worst((silent,)).over(0, 60_000) is None
    assert Worst((silent,)).extremes(0, 60_000) is None


@given(st.lists(st.tuples(RATES, RATES), min_size=1, max_size=3), st.data())
def test_every_window_lies_between_the_extremes(parts, data):
    worst = Worst(
        tuple(
            Share(rate(1.0, bad), StepSum(rate(1.0, bad), rate(2.0, good))) for bad, good in parts
        )
    )
    start = data.draw(st.integers(0, 9_000))
    end = data.draw(st.integers(start + 1, 10_000))
    bounds, value = worst.extremes(0, 10_000), worst.over(start, end)
    if value is None:
        return
    assert bounds is not None
    assert bounds.low - 1e-9 <= value <= bounds.high + 1e-9


class StepSum(StepFunction):
    """Two rates together."""

    def __init__(self, left: StepFunction, right: StepFunction) -> None:
        super().__init__(left.at(-1) + right.at(-1))
        for at in sorted({*left.changes(-1, 10_001), *right.changes(-1, 10_001)}):
            self.set(at, left.at(at) + right.at(at))
