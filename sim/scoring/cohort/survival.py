"""Times until something happens, some of which never do: Kaplan and Meier's estimate and its mean.

E. L. Kaplan, P. Meier: Nonparametric estimation from incomplete observations (1958); the restricted mean:
P. Royston, M. K. B. Parmar (2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Survival:
    """How large a share still waits, over time."""

    steps: tuple[tuple[float, float, int], ...]
    """(seconds, share that still waits from then on, how many were at risk until then)."""
    n: int
    happened: int
    until: float
    """The longest time that anybody was watched."""

    def at(self, seconds: float) -> float:
        """Return the share that still waits at *seconds*."""
        waiting = 1.0
        for when, share, _ in self.steps:
            if when > seconds:
                break
            waiting = share
        return waiting

    @property
    def median(self) -> float | None:
        """When half of them had done it; None: fewer ever did."""
        return next((when for when, share, _ in self.steps if share <= 0.5 + 1e-12), None)

    def mean(self, until: float) -> float:
        """Return the mean time, counting nobody for longer than *until*."""
        total, last, waiting = 0.0, 0.0, 1.0
        for when, share, _ in self.steps:
            if when >= until:
                break
            total += waiting * (when - last)
            last, waiting = when, share
        return total + waiting * (until - last)


def kaplan_meier(times: Sequence[tuple[float, bool]]) -> Survival:
    """Return the estimate for (seconds, whether it happened then); else it was not seen beyond that.

    Who was watched exactly until somebody else's event was at risk of it.
    """
    steps: list[tuple[float, float, int]] = []
    waiting = 1.0
    for when in sorted({seconds for seconds, happened in times if happened}):
        at_risk = sum(seconds >= when for seconds, _ in times)
        events = sum(happened and seconds == when for seconds, happened in times)
        waiting *= 1 - events / at_risk
        steps.append((when, waiting, at_risk))
    return Survival(
        tuple(steps),
        len(times),
        sum(happened for _, happened in times),
        max((seconds for seconds, _ in times), default=0.0),
    )
