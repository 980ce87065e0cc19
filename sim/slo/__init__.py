"""SLIs as exact rates, objectives and their budgets, alert rules; knows no cluster and no evidence."""

from sim.slo.evaluator import Episode, Evaluator
from sim.slo.objective import Objective, budget_spent, burn_rate
from sim.slo.rules import AlertRule, Condition, Monitoring, burn_rate_rule
from sim.slo.signals import Level, Share, Signal, Worst
from sim.slo.steps import Extremes, StepFunction, Timeline

__all__ = [
    "AlertRule",
    "Condition",
    "Episode",
    "Evaluator",
    "Extremes",
    "Level",
    "Monitoring",
    "Objective",
    "Share",
    "Signal",
    "StepFunction",
    "Timeline",
    "Worst",
    "budget_spent",
    "burn_rate",
    "burn_rate_rule",
]
