"""How numbers and times are written on pages: one place, tabular and short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.kernel import Epoch
from sim.session.panels import clock_text


def count(value: float | None) -> str:
    """Return a whole number with thin spaces: `3 482`."""
    return "-" if value is None else f"{value:,.0f}".replace(",", "\u202f")


def points(value: float) -> str:
    """Return points with at most one digit behind the point: `8`, `6.5`."""
    return f"{value:.1f}".removesuffix(".0")


def share(value: float) -> str:
    """Return a share as a percentage: `12.1 %`."""
    return f"{value * 100:.1f}\u202f%"


def span(seconds: float | None) -> str:
    """Return a time span: `4 min 05 s`."""
    if seconds is None:
        return "never"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def clock(at: int, epoch: str) -> str:
    """Return the time of day of a simulated instant."""
    return clock_text(Epoch.parse(epoch), at)


FILTERS: dict[str, Callable[..., Any]] = {
    "count": count,
    "points": points,
    "share": share,
    "span": span,
    "clock": clock,
}
