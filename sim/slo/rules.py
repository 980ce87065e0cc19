"""Alert rules as data, and the rhythm in which they are watched.

Thanks to this file a rule reads like its sentence ("5xx > 5 % for 3 minutes"); it must not know how
or when it is evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.slo.objective import Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """How often metrics are collected and rules are looked at."""

    scrape_ms: int = 15_000
    """Metrics are collected this often; nothing newer can be seen. Prometheus' usual 15 s."""
    scrape_phase_ms: int = 13_000
    """When in that rhythm: Prometheus spreads its targets over the interval, e.g. 13 s."""
    evaluation_ms: int = 30_000
    """Rules are evaluated this often, e.g. 30 s."""
    group_wait_ms: int = 30_000
    """From firing to the page; Alertmanager's group_wait is 30 s by default."""
    rate_window_ms: int = 60_000
    """Charts show rates over this window, e.g. 1 min."""

    def scraped(self, at: int) -> int:
        """Return the instant of the last scrape at or before *at* (ms)."""
        return (at - self.scrape_phase_ms) // self.scrape_ms * self.scrape_ms + self.scrape_phase_ms

    def next_evaluation(self, after: int) -> int:
        """Return the first instant of evaluation later than *after* (ms)."""
        return (after // self.evaluation_ms + 1) * self.evaluation_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison of a rule."""

    signal: str = "errors"
    """Name of the signal, e.g. `errors`."""
    window_ms: int = 60_000
    """The rate is taken over this window, e.g. 1 min."""
    threshold: float
    """In the signal's unit, e.g. 0.05 for 5 % of requests."""
    comparison: Literal[">", "<"] = ">"
    """`>`: active above the threshold; `<`: below."""

    def holds(self, value: float) -> bool:
        """Return whether *value* makes the condition true."""
        return value > self.threshold if self.comparison == ">" else value < self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """An alert: every condition has to hold for a while.

    Two conditions over a long and a short window make the workbook's multi-window alert.
    """

    name: str
    """As the page shows it, e.g. `payment-service 5xx rate > 5% for 3 minutes`."""
    conditions: tuple[Condition, ...]
    """All must hold."""
    for_ms: int = 0
    """How long they must hold before it fires, e.g. 3 min."""
    severity: str = "page"
    """e.g. `page` or `ticket`."""
    summary: str = ""
    """One sentence for people."""

    @property
    def pages(self) -> bool:
        """Return whether firing wakes somebody."""
        return self.severity == "page"

    @property
    def window_ms(self) -> int:
        """Return the longest window that the rule looks back over."""
        return max(condition.window_ms for condition in self.conditions)


def burn_rate_rule(
    name: str,
    objective: Objective,
    *,
    factor: float,
    long_ms: int,
    short_ms: int,
    severity: str = "page",
    summary: str = "",
) -> AlertRule:
    """Return the multi-window rule: fires when the budget burns *factor* times too fast.

    The long window says that it matters, the short one that it still goes on.
    """
    share = factor * objective.budget_share
    return AlertRule(
        name=name,
        conditions=(
            Condition(window_ms=long_ms, threshold=share),
            Condition(window_ms=short_ms, threshold=share),
        ),
        severity=severity,
        summary=summary,
    )
