"""What an alert rule can look at: a share of two rates, or one rate, over a window.

Thanks to this file a rule knows whether its outcome can still change while nothing else does; it
must not know where the rates come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sim.slo.steps import Extremes, StepFunction


class Signal(Protocol):
    """A number over a window, and the bounds between which it moves if nothing changes."""

    def over(self, start: int, end: int) -> float | None:
        """Return the value over [start, end) in ms, or None if nothing was measured."""

    def extremes(self, start: int, end: int) -> Extremes | None:
        """Return bounds of every value over a window within [start, end], or None if unmeasured."""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of *part* in *whole*, e.g. 5xx answers in all answers."""

    part: StepFunction
    whole: StepFunction

    def over(self, start: int, end: int) -> float | None:
        """Return the share over [start, end), or None if the whole is nothing."""
        whole = self.whole.integral(start, end)
        # Differences of long integrals leave noise of about 1e-9 where there was nothing.
        if whole <= 1e-6:
            return None
        return min(1.0, max(0.0, self.part.integral(start, end) / whole))

    def extremes(self, start: int, end: int) -> Extremes | None:
        """Return the smallest and largest share at any instant of [start, end]."""
        instants = {start, *self.part.changes(start, end), *self.whole.changes(start, end), end}
        shares = [
            self.part.at(at) / whole for at in sorted(instants) if (whole := self.whole.at(at)) > 0
        ]
        return Extremes(min(shares), max(shares)) if shares else None


@dataclass(frozen=True, slots=True)
class Level:
    """The mean of one step function, e.g. requests per second or ready pods."""

    of: StepFunction

    def over(self, start: int, end: int) -> float | None:
        """Return the mean over [start, end)."""
        return self.of.mean(start, end)

    def extremes(self, start: int, end: int) -> Extremes | None:
        """Return the smallest and largest value over [start, end]."""
        return self.of.extremes(start, end)


@dataclass(frozen=True, slots=True)
class Worst:
    """The largest of several signals over the same window, e.g. of the shares of each route."""

    of: tuple[Signal, ...]

    def over(self, start: int, end: int) -> float | None:
        """Return the largest value over [start, end), or None if nothing was measured anywhere."""
        values = [value for each in self.of if (value := each.over(start, end)) is not None]
        return max(values) if values else None

    def extremes(self, start: int, end: int) -> Extremes | None:
        """Return bounds of the largest value over any window within [start, end].

        A signal that is not measured all the time may be missing from a window, so that only the
        smallest low is safe.
        """
        bounds = [bound for each in self.of if (bound := each.extremes(start, end)) is not None]
        if not bounds:
            return None
        return Extremes(min(bound.low for bound in bounds), max(bound.high for bound in bounds))
