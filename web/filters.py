"""How numbers and times are written on pages: one place, tabular and short."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

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


def signed(value: float) -> str:
    """Return a whole number with its sign and thin spaces: `+3 482`, `-120`."""
    rounded = round(value)
    sign = "+" if rounded > 0 else "\u2212" if rounded < 0 else ""
    return sign + count(abs(rounded))


def figures(text: str) -> str:
    """Return a sentence with its numbers written as the page writes them: `3 482`, not `3,482`."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "\u202f", text)


def ticked(text: str) -> Markup:
    """Return *text* as HTML in which `words in backticks` are code; everything else is escaped.

    >>> ticked("a `b<c`")
    Markup('a <code>b&lt;c</code>')
    """
    words = text.split("`")
    parts = [escape(part if at % 2 else figures(part)) for at, part in enumerate(words)]
    if len(parts) % 2 == 0:
        parts[-2:] = [parts[-2] + Markup("`") + parts[-1]]
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def date(unix_ms: int) -> str:
    """Return a day and time of the wall clock: `22 Nov 2026, 15:20 UTC`."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%-d %b %Y, %H:%M UTC")


FILTERS: dict[str, Callable[..., Any]] = {
    "count": count,
    "points": points,
    "share": share,
    "span": span,
    "clock": clock,
    "signed": signed,
    "date": date,
    "ticked": ticked,
    "figures": figures,
}
