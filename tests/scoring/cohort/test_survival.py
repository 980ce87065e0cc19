"""Kaplan and Meier's estimate, against a published example and by its own rules."""

import pytest

from sim.scoring.cohort.survival import kaplan_meier

REMISSION = {
    "given": "6* 6 6 6 7 9* 10* 10 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*",
    "placebo": "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23",
}
"""Weeks in remission, * where the watching ended first: Freireich et al. (1963), a textbook's example."""


def waits(text: str) -> list[tuple[float, bool]]:
    return [(float(word.rstrip("*")), not word.endswith("*")) for word in text.split()]


@pytest.mark.parametrize(
    ("arm", "at", "share"),
    [
        ("given", 6, 0.857),
        ("given", 7, 0.807),
        ("given", 10, 0.753),
        ("given", 13, 0.690),
        ("given", 16, 0.627),
        ("given", 22, 0.538),
        ("given", 23, 0.448),
        ("placebo", 8, 0.381),
        ("placebo", 23, 0.0),
    ],
)
def test_the_textbook_example(arm: str, at: float, share: float) -> None:
    assert kaplan_meier(waits(REMISSION[arm])).at(at) == pytest.approx(share, abs=5e-4)


def test_medians_of_the_textbook_example() -> None:
    assert kaplan_meier(waits(REMISSION["given"])).median == 23
    assert kaplan_meier(waits(REMISSION["placebo"])).median == 8


def test_where_nobody_is_lost_the_restricted_mean_is_the_mean() -> None:
    curve = kaplan_meier([(10.0, True), (20.0, True), (60.0, False)])
    assert curve.mean(60) == pytest.approx((10 + 20 + 60) / 3)
    assert curve.mean(15) == pytest.approx((10 + 15 + 15) / 3)
    assert (curve.happened, curve.n, curve.until) == (2, 3, 60)


def test_what_never_happens_has_no_median() -> None:
    curve = kaplan_meier([(60.0, False)] * 3)
    assert (curve.median, curve.steps, curve.mean(60)) == (None, (), 60)
