"""What users were promised: the objective, its error budget and how fast that burns.

Thanks to this file burn rates mean what the SRE workbook says (chapter 5, "Alerting on SLOs",
https://sre.google/workbook/alerting-on-slos/); it must not know any metric.
"""

from __future__ import annotations

from dataclasses import dataclass

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A promise about the share of good requests over a long period."""

    good_share: float = 0.999
    """The promise, e.g. 0.999: one request in a thousand may fail."""
    period_ms: int = 30 * _DAY_MS
    """The period it is promised for, e.g. 30 days."""
    impact_threshold: float = 0.01
    """Users count as hurt while more than this share fails or is too slow, e.g. 0.01."""

    @property
    def budget_share(self) -> float:
        """Return the share of requests that may fail over the period."""
        return 1.0 - self.good_share


def burn_rate(failed_share: float, objective: Objective) -> float:
    """Return how fast the budget burns; 1.0 spends it exactly at the period's end.

    Raises:
        ValueError: if the objective promises every request, so that there is no budget.

    >>> round(burn_rate(0.12, Objective(good_share=0.999)), 6)
    120.0
    """
    if objective.budget_share <= 0:
        msg = f"an objective of {objective.good_share} leaves no error budget to burn"
        raise ValueError(msg)
    return failed_share / objective.budget_share


def budget_spent(failed_share: float, duration_ms: int, objective: Objective) -> float:
    """Return the share of the period's budget that *duration_ms* at *failed_share* spends.

    >>> round(budget_spent(0.12, 3_600_000, Objective(good_share=0.999)), 4)
    0.1667
    """
    return burn_rate(failed_share, objective) * duration_ms / objective.period_ms
