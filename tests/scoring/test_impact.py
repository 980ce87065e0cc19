"""Users' loss as an exact integral of a step function."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.evidence import EvidenceLog, ImpactRecord
from sim.scoring import Impact


def curve(*steps: tuple[int, float], arrivals: float = 100.0) -> Impact:
    log = EvidenceLog(
        ImpactRecord(at=at, application="a", arrivals=arrivals, failed=failed, errors=failed)
        for at, failed in steps
    )
    return Impact.of(log)


def test_the_integral_is_rate_times_time_between_change_points():
    impact = curve((0, 0.0), (10_000, 12.0), (40_000, 3.0), (50_000, 0.0))
    assert impact.lost(0, 60_000) == 12 * 30 + 3 * 10
    assert impact.lost(15_000, 45_000) == 12 * 25 + 3 * 5


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.floats(0, 50)), max_size=12), st.integers(0, 60_000)
)
def test_a_cut_anywhere_adds_up_to_the_whole(steps, cut):
    at, points = 0, [(0, 0.0)]
    for gap, failed in steps:
        at += gap
        points.append((at, failed))
    impact = curve(*points)
    whole = impact.lost(0, 60_000)
    assert impact.lost(0, cut) + impact.lost(cut, 60_000) == pytest.approx(whole)


def test_mitigated_is_the_beginning_of_the_stretch_that_lasts():
    impact = curve((0, 12.0), (60_000, 0.5), (90_000, 12.0), (200_000, 0.4))
    assert impact.fine_from(0, 400_000, below=0.05, hold_ms=120_000) == 200_000


def test_a_stretch_that_is_too_short_is_no_mitigation():
    impact = curve((0, 12.0), (60_000, 0.5), (90_000, 12.0))
    assert impact.fine_from(0, 400_000, below=0.05, hold_ms=120_000) is None


def test_two_applications_add_up():
    log = EvidenceLog(
        [
            ImpactRecord(at=0, application="a", arrivals=10, failed=1, errors=1),
            ImpactRecord(at=0, application="b", arrivals=20, failed=2, errors=2),
            ImpactRecord(at=1000, application="a", arrivals=10, failed=0, errors=0),
        ]
    )
    assert Impact.of(log).lost(0, 2000) == 3 + 2
