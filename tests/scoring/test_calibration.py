"""Calibration tells how sure people were and how often they were right, and scores nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.evidence import BetRecord, OutcomeRecord
from sim.scoring.calibration import Bet, Bin, Calibration, Forecast, bets, of_bets, of_screen
from tests.scoring.evening import Evening, believing, ms


def betting(sure: int, right: bool | None, *, decided: bool = True) -> Evening:
    evening = Evening()
    bet = BetRecord(
        at=ms(3),
        input=70,
        text="errors < 1% in 2m",
        metric="errors",
        below=0.01,
        within_ms=120_000,
        sure=sure,
    )
    evening.records.append(bet)
    if decided:
        evening.records.append(OutcomeRecord(at=ms(5), input=70, value=0.002, right=right))
    return evening


def test_bet_is_told_with_its_outcome():
    (bet,) = bets(betting(80, right=True).log())
    assert (bet.text, bet.sure, bet.due, bet.value, bet.right) == (
        "errors < 1% in 2m",
        0.8,
        ms(5),
        0.002,
        True,
    )


def test_bet_without_an_outcome_is_told_and_does_not_count():
    found = bets(betting(80, right=None, decided=False).log())
    assert [one.right for one in found] == [None]
    assert of_bets(found) == []


def test_bet_in_which_nothing_was_risked_does_not_count():
    risky, safe = Bet(0, "t", 0.8, 9, 0.1, right=True), Bet(0, "t", 0.9, 9, 0.1, True, counts=False)
    assert of_bets([risky, safe]) == [Forecast(0.8, right=True)]


def test_bets_move_no_point():
    plain, better = Evening(), betting(99, right=False)
    assert plain.score()[0].total == better.score()[0].total


def test_bins_hold_what_was_said_and_what_came():
    said = [Forecast(0.9, right) for right in (True, True, True, False)]
    told = Calibration.of([*said, Forecast(0.1, right=False)])
    assert told.bins == (Bin(0.0, 0.2, 1, 0.1, 0.0), Bin(0.8, 1.0, 4, pytest.approx(0.9), 0.75))


def test_nothing_said_is_not_perfect():
    assert Calibration.of([]) == Calibration(0, None, ())


@given(st.lists(st.builds(Forecast, st.floats(0, 1), st.booleans())))
def test_every_forecast_is_in_one_bin_and_brier_is_a_share(forecasts):
    told = Calibration.of(forecasts)
    assert sum(one.count for one in told.bins) == told.count == len(forecasts)
    assert told.brier is None or 0 <= told.brier <= 1


def test_screen_at_the_first_change_is_a_forecast_of_every_hypothesis():
    evening = Evening()
    evening.look(1, "crashing-pods-share-node")
    evening.mitigate(4)
    told = of_screen(evening.story(believing()))
    assert sum(one.sure for one in told) == pytest.approx(1)
    assert [one.right for one in told].count(True) == 1


def test_scenario_without_hypotheses_forecasts_nothing():
    assert of_screen(Evening().story()) == []
