from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kernel import Environment
from sim.slo import AlertRule, Condition, Evaluator, Level, Monitoring, Share, StepFunction

MINUTE = 60_000
RULE = AlertRule(
    name="5xx",
    conditions=(Condition(threshold=0.05),),
    for_ms=3 * MINUTE,
    summary="Users fail.",
)
ON_THE_DOT = Monitoring(scrape_phase_ms=0)


class Watch:
    """An evaluator over 100 requests per second, of which `errors` fail."""

    def __init__(self, *rules: AlertRule, monitoring: Monitoring = ON_THE_DOT) -> None:
        self.env = Environment()
        self.errors = StepFunction(0.1)
        self.said: list[tuple[int, str]] = []
        signals = {"errors": Share(self.errors, StepFunction(100.0)), "level": Level(self.errors)}
        self.evaluator = Evaluator(
            self.env,
            monitoring,
            rules or (RULE,),
            signals,
            lambda at, _rule, state, _value: self.said.append((at, state)),
        )

    def set(self, at: int, errors: float) -> None:
        def change(_: object) -> None:
            self.errors.set(at, errors)
            self.evaluator.wake()

        self.env.at(at).callbacks.append(change)


def test_failing_half_minute_is_pending_then_fires_then_pages():
    watch = Watch()
    watch.set(10 * MINUTE, 12.0)
    watch.env.advance(30 * MINUTE)
    assert watch.said == [
        (10 * MINUTE + 30_000, "pending"),
        (13 * MINUTE + 30_000, "firing"),
        (14 * MINUTE, "paged"),
    ]


def test_short_blip_is_pending_and_never_fires():
    watch = Watch()
    watch.set(10 * MINUTE, 50.0)
    watch.set(11 * MINUTE, 0.1)
    watch.env.advance(30 * MINUTE)
    assert watch.said == [(10 * MINUTE + 30_000, "pending")]
    assert watch.evaluator.episodes() == []


def test_recovery_resolves_when_the_window_has_emptied():
    watch = Watch()
    watch.set(10 * MINUTE, 12.0)
    watch.set(20 * MINUTE, 0.1)
    watch.env.advance(30 * MINUTE)
    assert watch.said[-1] == (21 * MINUTE, "resolved")
    (episode,) = watch.evaluator.episodes()
    assert (episode.state, episode.ended, episode.paged_at) == (
        "resolved",
        21 * MINUTE,
        14 * MINUTE,
    )


def test_second_episode_pages_again_and_comes_first():
    watch = Watch()
    for start in (10, 30):
        watch.set(start * MINUTE, 12.0)
        watch.set((start + 8) * MINUTE, 0.1)
    watch.env.advance(60 * MINUTE)
    assert [state for _, state in watch.said].count("paged") == 2
    assert [each.pending_since for each in watch.evaluator.episodes()] == [1_830_000, 630_000]


def test_silence_keeps_the_page_back_until_it_runs_out():
    watch = Watch()
    watch.evaluator.silence("5xx", 20 * MINUTE)
    watch.set(10 * MINUTE, 12.0)
    watch.env.advance(40 * MINUTE)
    assert watch.said[-1] == (20 * MINUTE, "paged")


def test_silence_over_the_whole_episode_wakes_nobody():
    watch = Watch()
    watch.evaluator.silence("5xx", 60 * MINUTE)
    watch.set(10 * MINUTE, 12.0)
    watch.set(20 * MINUTE, 0.1)
    watch.env.advance(70 * MINUTE)
    assert [state for _, state in watch.said] == ["pending", "firing", "resolved"]
    assert not watch.evaluator.is_silenced("5xx")


def test_silencing_an_unknown_alert_lists_those_that_exist():
    with pytest.raises(KeyError, match="no alert 'x'; alerts: '5xx'"):
        Watch().evaluator.silence("x", MINUTE)


def test_rule_about_an_unknown_signal_is_refused():
    rule = AlertRule(name="r", conditions=(Condition(signal="sighs", threshold=1.0),))
    with pytest.raises(KeyError, match="no signal 'sighs'; signals: errors, level"):
        Watch(rule)


def test_ticket_severity_never_pages():
    watch = Watch(AlertRule(name="t", conditions=RULE.conditions, severity="ticket"))
    watch.set(10 * MINUTE, 12.0)
    watch.env.advance(30 * MINUTE)
    assert [state for _, state in watch.said] == ["pending", "firing"]


def test_both_windows_must_hold():
    conditions = (Condition(threshold=0.05), Condition(window_ms=10 * MINUTE, threshold=0.05))
    watch = Watch(AlertRule(name="two", conditions=conditions))
    watch.set(10 * MINUTE, 12.0)
    watch.env.advance(30 * MINUTE)
    assert watch.said[0] == (14 * MINUTE + 30_000, "pending")


def test_rule_about_too_little_fires_on_a_drop():
    low = Condition(signal="level", threshold=1.0, comparison="<")
    watch = Watch(AlertRule(name="drop", conditions=(low,)))
    watch.evaluator.wake()
    watch.set(10 * MINUTE, 5.0)
    watch.set(20 * MINUTE, 0.0)
    watch.env.advance(30 * MINUTE)
    assert [at // MINUTE for at, state in watch.said if state == "firing"] == [0, 21]


def test_steady_alert_schedules_no_further_evaluation():
    """An idle run costs nothing, whether all is well or all is lost."""
    watch = Watch()
    watch.set(10 * MINUTE, 12.0)
    watch.env.advance(20 * MINUTE)
    watch.env.settle()
    assert watch.env.peek() == float("inf")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3_000_000), st.sampled_from([0.1, 3.0, 6.0, 30.0])), max_size=8
    ),
    st.sampled_from([0, 7_000, 13_000]),
)
def test_sleeping_evaluator_says_the_same_as_one_that_looks_every_time(changes, phase):
    monitoring = Monitoring(scrape_phase_ms=phase)
    lazy, keen = Watch(monitoring=monitoring), Watch(monitoring=monitoring)
    keen.evaluator._unsettled = lambda rule: True
    keen.evaluator.wake()
    for watch in (lazy, keen):
        for at, errors in sorted(changes):
            watch.set(at, errors)
        watch.env.advance(4_000_000)
    assert lazy.said == keen.said


@pytest.mark.parametrize(
    ("at", "scraped"), [(0, -2_000), (13_000, 13_000), (27_999, 13_000), (28_000, 28_000)]
)
def test_scrape_in_effect_is_the_last_one_before(at, scraped):
    assert Monitoring().scraped(at) == scraped
