from __future__ import annotations

import doctest

import pytest

import sim.slo.objective
import sim.slo.steps
from sim.slo import Objective, budget_spent, burn_rate, burn_rate_rule


@pytest.mark.parametrize("module", [sim.slo.objective, sim.slo.steps])
def test_examples_in_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0


def test_failing_exactly_the_budget_burns_at_one():
    assert burn_rate(0.001, Objective(good_share=0.999)) == pytest.approx(1.0)


def test_whole_period_at_rate_one_spends_the_whole_budget():
    objective = Objective(good_share=0.99)
    assert budget_spent(0.01, objective.period_ms, objective) == pytest.approx(1.0)


def test_promise_of_everything_has_no_budget_to_burn():
    with pytest.raises(ValueError, match="no error budget"):
        burn_rate(0.1, Objective(good_share=1.0))


def test_burn_rate_rule_looks_over_both_windows():
    rule = burn_rate_rule("fast", Objective(), factor=14.4, long_ms=3_600_000, short_ms=300_000)
    assert [condition.window_ms for condition in rule.conditions] == [3_600_000, 300_000]
    assert rule.conditions[0].threshold == pytest.approx(0.0144)
    assert rule.window_ms == 3_600_000
