"""Bets are read or refused with a sentence, settled when due, and change nothing."""

import pytest

from sim.evidence import BetRecord, ImpactRecord, OutcomeRecord
from sim.session.bets import read_bet, told
from sim.session.inputs import Input, parse_input
from sim.session.run import Run, replay, try_apply

MINUTE = 60_000


@pytest.mark.parametrize(
    ("text", "metric", "below", "above", "within_ms", "sure"),
    [
        ("errors < 1% in 2m", "errors", 0.01, None, 2 * MINUTE, 80),
        ("expect errors under 1 in 90s", "errors", 0.01, None, 90_000, 80),
        ("latency < 0.5s in 2 min, 70% sure", "latency_p99", 500.0, None, 2 * MINUTE, 70),
        ("latency_p50 > 40ms within 5", "latency_p50", None, 40.0, 5 * MINUTE, 80),
        ("READY > 3 in 1h", "ready", None, 3.0, 60 * MINUTE, 80),
        ("expect 12 % -> under 1 % in 2 min", "errors", 0.01, None, 2 * MINUTE, 80),
        ("ready 2 -> above 3 in 5m, 60% sure", "ready", None, 3.0, 5 * MINUTE, 60),
        ("errors <= 0,5 % in 3m --sure 95", "errors", 0.005, None, 3 * MINUTE, 95),
    ],
)
def test_a_bet_is_read(text, metric, below, above, within_ms, sure):
    bet = read_bet(text, sure=80)
    assert (bet.metric, bet.below, bet.above, bet.within_ms, bet.sure) == (
        metric,
        below,
        above,
        within_ms,
        sure,
    )


def test_a_split_is_read_from_text_or_option():
    assert read_bet("errors by zone < 1% in 2m", sure=5).by == "zone"
    assert read_bet("errors < 1% in 2m", "zone", 5).by == "zone"
    assert read_bet("connections > 1/s in 2m", sure=5).by == "node"


@pytest.mark.parametrize(
    ("text", "by", "sure", "said"),
    [
        ("it will be fine", "", 80, "cannot read the bet"),
        ("mood < 1% in 2m", "", 80, "no figure 'mood' to bet on; there are: errors"),
        ("errors < 1% in 2m", "", None, "how sure are you"),
        ("errors < 1% in 2m, 200 sure", "", None, "from 0 to 100"),
        ("errors < 1ms in 2m", "", 80, "is a share, in %"),
        ("errors < 200% in 2m", "", 80, "a share is at most 100 %"),
        ("errors < 1% in 2h", "", 80, "the next hour"),
        ("errors < 1% in 0m", "", 80, "the next hour"),
        ("latency < 1s in 2m", "node", 80, "cannot be split by 'node'"),
    ],
)
def test_what_cannot_be_read_is_told(text, by, sure, said):
    with pytest.raises(ValueError, match=said):
        read_bet(text, by, sure)


def test_a_bet_is_settled_when_due_and_changes_nothing(scenario):
    run = Run(scenario, 0)
    run.start()
    at = run.now + MINUTE
    bets = [
        parse_input(at, "bet", {"text": "errors < 1% in 2m", "sure": 80}),
        parse_input(at, "bet", {"text": "errors > 50% in 2m", "by": "node", "sure": 60}),
        parse_input(at, "bet", {"text": "errors > 5% in 2m", "sure": 60}),
        parse_input(at, "think", {"text": "a node"}),
    ]
    said = [try_apply(run, bet) for bet in bets]
    log = run.finish()
    assert said[0].startswith("bet taken: errors < 1.0 % in 2m, 80 % sure; read at ")
    outcomes = {one.input: one for one in log.of(OutcomeRecord)}
    assert [outcomes[number].right for number in range(3)] == [False, False, True]
    assert {one.at for one in outcomes.values()} == {at + 2 * MINUTE}
    assert outcomes[2].value > 0.05
    assert told(list(log.of(BetRecord))[1]) == "errors by node > 50.0 % in 2m, 60 % sure"
    untouched = replay(scenario, 0, [])
    assert list(log.of(ImpactRecord)) == list(untouched.of(ImpactRecord))


def test_a_bet_that_cannot_be_read_is_refused_by_the_run(scenario):
    run = Run(scenario, 0)
    run.start()
    given = Input(run.now, "bet", {"text": "hm", "by": "", "sure": 3})
    with pytest.raises(ValueError, match="cannot read the bet"):
        run.apply(given)


@pytest.mark.parametrize(
    ("text", "sure", "counts"),
    [
        ("errors < 1% in 2m", 80, True),
        ("errors > 5% in 5m", 80, True),
        ("errors < 100% in 2m", 99, False),
        ("errors < 99% in 3m", 60, False),
        ("errors < 99% in 4m", 10, True),
        ("errors > 99% in 2m", 1, False),
        ("errors > 99% in 3m", 90, True),
        ("ready > 0 in 2m", 95, False),
        ("errors by node < 100% in 2m", 95, False),
    ],
)
def test_bet_that_only_says_what_was_all_the_hour_does_not_count(night, text, sure, counts):
    answer = night.apply(parse_input(night.now + 1000, "bet", {"text": text, "sure": sure}))
    assert list(night.log.of(BetRecord))[-1].counts is counts
    assert ("calibration leaves it out" in answer) is not counts


def test_the_same_bet_twice_is_one(night):
    for text in ("errors < 2% in 2m", "errors < 2% in 9m"):
        assert night.apply(parse_input(night.now, "bet", {"text": text, "sure": 80}))
    twice = parse_input(night.now, "bet", {"text": "errors under 2 in 130s", "sure": 80})
    with pytest.raises(ValueError, match="that bet is open already; it is read at 02:49:"):
        night.apply(twice)


@pytest.fixture(scope="module")
def night(scenario):
    run = Run(scenario, 0)
    run.start()
    return run
