"""Within what groups are compared, intervals and effects, and what is not said."""

import re

import pytest
from scipy import stats

from sim.scoring.cohort.differences import difference, level_of, shared_by
from sim.scoring.cohort.measures import LOST, TIMES, TOTAL
from sim.scoring.cohort.words import amount, sentence
from tests.scoring.cohort.made import HOUR, crowd, sample

MITIGATE = next(one for one in TIMES if one.id == "mitigate")
LOW, HIGH = [41.0, 45.0, 38.0, 50.0, 44.0, 47.0], [80.0, 84.0, 79.0, 90.0, 83.0, 88.0]


def held(measure, first, second, names=("junior", "senior")):
    level = level_of(first, second)
    return difference(measure, names, shared_by(first, second, level), level, HOUR), level


def test_runs_on_one_night_are_compared_as_welch_does() -> None:
    found, level = held(TOTAL, crowd("j", LOW), crowd("s", HIGH))
    interval = stats.ttest_ind(LOW, HIGH, equal_var=False).confidence_interval(0.95)
    assert (level, found.paired, found.runs, found.verdict) == ("night", False, (6, 6), "differs")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.effect is not None
    assert found.effect_low < found.effect < found.effect_high < 0


def test_one_run_each_on_many_nights_is_compared_in_pairs() -> None:
    first = [sample(f"j{n}", total, seed=n) for n, total in enumerate(LOW)]
    second = [sample(f"s{n}", total, seed=n) for n, total in enumerate(HIGH)]
    found, level = held(TOTAL, first, second)
    interval = stats.ttest_rel(LOW, HIGH).confidence_interval(0.95)
    assert (level, found.paired, found.strata) == ("night", True, 6)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_other_seeds_of_one_incident_are_compared_within_it() -> None:
    found, level = held(TOTAL, crowd("j", LOW, seed=1), crowd("s", HIGH, seed=2))
    assert (level, found.strata, found.verdict) == ("incident", 1, "differs")


def test_a_hard_incident_that_only_one_group_played_does_not_count() -> None:
    first = crowd("j", LOW, seed=1) + crowd("h", [0.0, 0.0], slug="hard")
    second = crowd("s", HIGH, seed=1)
    mine, theirs = shared_by(first, second, level_of(first, second))
    assert {one.slug for one in mine} == {"night"}
    assert len(theirs) == 6


def test_within_incidents_simpsons_paradox_does_not_show() -> None:
    easy, hard = [90.0, 92.0, 91.0, 93.0, 92.0, 91.0, 90.0, 92.0], [20.0, 22.0]
    first = crowd("a", easy, slug="easy", seed=1) + crowd("b", hard, slug="hard", seed=1)
    second = crowd("c", [one + 5 for one in hard * 4], slug="hard", seed=2)
    second += crowd("d", [one + 5 for one in easy[:2]], slug="easy", seed=2)
    found, level = held(TOTAL, first, second)
    assert (level, found.strata) == ("incident", 2)
    assert found.estimate == pytest.approx(-5, abs=1)
    assert sum(one.total for one in first) / 10 > sum(one.total for one in second) / 10


def test_no_incident_in_common_says_so() -> None:
    found, level = held(TOTAL, crowd("j", LOW, slug="one"), crowd("s", HIGH, slug="two"))
    assert (level, found.verdict) == ("none", "too few")
    assert "no incident in common" in sentence(found, level)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (LOW[:4], HIGH[:4], "too few"),
        (LOW[:1], HIGH[:1], "too few"),
        (LOW, [value + 1 for value in LOW], "unclear"),
    ],
)
def test_not_enough_runs_to_say(first: list[float], second: list[float], verdict: str) -> None:
    found, level = held(TOTAL, crowd("j", first), crowd("s", second))
    assert found.verdict == verdict
    text = sentence(found, level)
    assert "not enough runs to say" in text
    told = re.search(
        r"say\. junior had between [\d.]+ points less and [\d.]+ points more than", text
    )
    assert (told is not None) == (verdict == "unclear"), text


def test_who_never_mitigates_counts_up_to_the_horizon_and_a_false_alarm_not_at_all() -> None:
    first = crowd("j", LOW, [1200.0, 1100.0, None, 1300.0, 1250.0, None])
    second = crowd("s", HIGH, [400.0, 420.0, 380.0, 450.0, 410.0, 390.0])
    second.append(sample("calm", 99, None, false_alarm=True))
    found, level = held(MITIGATE, second, first, ("Seniors", "juniors"))
    assert found.runs == (6, 6)
    assert found.estimate == pytest.approx(2450 / 6 - (4850 + 2 * HOUR) / 6)
    text = sentence(found, level)
    assert text.startswith("Seniors mitigated 26.7 min earlier than juniors (95 % CI ")
    assert "6 against 6 runs" in text
    assert text.endswith("2 of juniors never did).")


def test_the_same_runs_give_the_same_interval_in_any_order() -> None:
    one, _ = held(LOST, crowd("j", LOW), crowd("s", HIGH))
    again, _ = held(LOST, crowd("j", LOW), crowd("s", HIGH))
    assert one == again


def test_runs_that_are_all_alike_have_no_effect_size() -> None:
    found, level = held(TOTAL, crowd("j", [40.0] * 5), crowd("s", [40.0] * 5))
    assert (found.effect, found.verdict) == (None, "unclear")
    assert "do not differ" in sentence(found, level)


@pytest.mark.parametrize(
    ("size", "unit", "text"),
    [
        (-40, "seconds", "40 s"),
        (660, "seconds", "11 min"),
        (3482.4, "requests", "3,482 requests"),
        (-7.04, "points", "7 points"),
        (0.99, "points", "1 point"),
    ],
)
def test_amounts(size: float, unit: str, text: str) -> None:
    assert amount(size, unit) == text
