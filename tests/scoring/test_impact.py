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


def split_log() -> EvidenceLog:
    def record(at: int, failed: float, shop: float, pay: float) -> ImpactRecord:
        by, by_call = (
            {"shop": shop, "partners": failed - shop},
            {"pay": pay, "status": failed - pay},
        )
        return ImpactRecord(
            at=at,
            application="a",
            arrivals=100,
            failed=failed,
            errors=failed,
            by=by,
            by_call=by_call,
        )

    return EvidenceLog([record(0, 0, 0, 0), record(1000, 10, 8, 1), record(3000, 2, 0, 2)])


@pytest.mark.parametrize("by", ["class", "route"])
def test_parts_of_the_loss_add_up(by):
    impact = Impact.of(split_log())
    parts = [impact.lost(0, 5000, by, name) for name in impact.names(by)]
    assert sum(parts) == pytest.approx(impact.lost(0, 5000)) == 24
    curves = [impact.curve(1000, 5000, 1000, by, name) for name in impact.names(by)]
    whole = [share for _, share in impact.curve(1000, 5000, 1000)]
    columns = zip(*[[value for _, value in one] for one in curves], strict=True)
    assert [sum(values) for values in columns] == pytest.approx(whole)


def test_loss_of_one_client_class_and_of_one_route():
    impact = Impact.of(split_log())
    assert impact.names("class") == ["partners", "shop"]
    assert impact.lost(0, 5000, "class", "shop") == 16
    assert impact.lost(0, 5000, "route", "pay") == 6
    assert impact.lost(0, 5000, "route", "nowhere") == 0


@pytest.mark.parametrize(
    ("steps", "fine"),
    [
        # It came back for good, for three minutes, and for half a minute only.
        (((60, 0.5), (200, 12.0)), None),
        (((60, 0.5), (200, 12.0), (380, 0.4)), 380),
        (((60, 0.5), (200, 12.0), (230, 0.4)), 60),
        # Two minutes of pain with a breath between them.
        (((60, 0.5), (200, 12.0), (260, 0.4), (290, 12.0), (350, 0.4)), 350),
        (((60, 0.5), (200, 12.0), (590, 0.4)), None),
    ],
    ids=str,
)
def test_a_mitigation_that_does_not_last_is_none(steps, fine):
    impact = curve((0, 12.0), *((at * 1000, failed) for at, failed in steps))
    found = impact.fine_from(0, 600_000, below=0.05, hold_ms=120_000)
    assert found == (None if fine is None else fine * 1000)
