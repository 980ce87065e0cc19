"""Instants as systemd and the Unix tools read and write them; must not know which clock they come from.

All times here are Unix milliseconds, and the nodes' zone is UTC.

Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {
    "us": 0.001, "usec": 0.001, "ms": 1, "msec": 1,
    "s": 1000, "sec": 1000, "second": 1000, "seconds": 1000,
    "m": 60_000, "min": 60_000, "minute": 60_000, "minutes": 60_000,
    "h": 3_600_000, "hr": 3_600_000, "hour": 3_600_000, "hours": 3_600_000,
    "d": 86_400_000, "day": 86_400_000, "days": 86_400_000,
    "w": 604_800_000, "week": 604_800_000, "weeks": 604_800_000,
    "M": 2_629_800_000, "month": 2_629_800_000, "months": 2_629_800_000,
    "y": 31_557_600_000, "year": 31_557_600_000, "years": 31_557_600_000,
}  # fmt: skip
_PIECE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)?")
_CALENDAR = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?"
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2}))?[ T]?"
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(?:UTC|Z)?",
)
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
MOST_MS = 1 << 62
"""Longer spans than systemd counts in are none."""
_WEEK, _MONTH, _YEAR = 604_800_000, 2_629_800_000, 31_557_600_000


def parse_span(text: str) -> int | None:
    """Return the ms of a span such as `5 min`, `1h 30min` or `90` (seconds); None if it is none."""
    position, total = 0, 0.0
    text = text.strip()
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            return None
        scale = _UNITS.get(piece[2] or "s")
        if scale is None:
            return None
        total += float(piece[1]) * scale
        position = piece.end()
    return round(total) if text and total < MOST_MS else None


def parse_timestamp(text: str, now: int) -> int | None:
    """Return the instant that *text* names, seen from *now*; None if it names none.

    Takes `now`, `today`, `yesterday`, `tomorrow`, `5 min ago`, `-5min`, `+1h`, `@1795143660`,
    `02:40`, `2026-11-20` and `2026-11-20 02:40:00`.
    """
    text = text.strip()
    moment = datetime.fromtimestamp(now / 1000, UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if text == "now":
        return now
    if text in days:
        return round((midnight + timedelta(days=days[text])).timestamp() * 1000)
    if text.startswith("@"):
        seconds = text[1:]
        return int(seconds) * 1000 if seconds.isdecimal() and len(seconds) < 13 else None
    if text.endswith(" ago"):
        return _shifted(now, text[:-4], -1)
    if text.startswith(("-", "+")):
        return _shifted(now, text[1:], -1 if text[0] == "-" else 1)
    found = _CALENDAR.fullmatch(text)
    if not text or found is None:
        return None
    year, month, day, hour, minute, second = (
        int(part) if part is not None else None for part in found.groups()
    )
    try:
        when = midnight if year is None else datetime(year, month or 1, day or 1, tzinfo=UTC)
        when = when.replace(hour=hour or 0, minute=minute or 0, second=second or 0)
    except ValueError:
        return None
    return round(when.timestamp() * 1000)


def _shifted(now: int, span: str, sign: int) -> int | None:
    length = parse_span(span)
    return None if length is None else now + sign * length


def format_timestamp(at: int) -> str:
    """Return an instant as systemd prints it: `Fri 2026-11-20 02:47:06 UTC`."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")


def format_ago(span: int) -> str:
    """Return how long ago *span* ms are, in systemd's words without `ago`: `2min 3s`, `6min`."""
    if span >= _YEAR:
        return f"{_plural(span // _YEAR, 'year')} {_plural(span % _YEAR // _MONTH, 'month')}"
    if span >= _MONTH:
        return f"{_plural(span // _MONTH, 'month')} {_plural(span % _MONTH // _DAY, 'day')}"
    if span >= _WEEK:
        return f"{_plural(span // _WEEK, 'week')} {_plural(span % _WEEK // _DAY, 'day')}"
    if span >= 2 * _DAY:
        return f"{span // _DAY} days"
    if span >= 25 * _HOUR:
        return f"1 day {(span - _DAY) // _HOUR}h"
    if span >= 6 * _HOUR:
        return f"{span // _HOUR}h"
    if span >= _HOUR:
        return f"{span // _HOUR}h {span % _HOUR // _MINUTE}min"
    if span >= 5 * _MINUTE:
        return f"{span // _MINUTE}min"
    if span >= _MINUTE:
        return f"{span // _MINUTE}min {span % _MINUTE // _SECOND}s"
    if span >= _SECOND:
        return f"{span // _SECOND}s"
    return f"{span}ms"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def format_span(span: int) -> str:
    """Return a length in systemd's words, ms kept below a minute: `1.203s`, `1h 2min 3.004s`."""
    parts: list[str] = []
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if span >= size:
            parts.append(f"{span // size}{unit}")
            span %= size
    if span >= _SECOND:
        parts.append(f"{span / 1000:.3f}".rstrip("0").rstrip(".") + "s")
    elif span or not parts:
        parts.append(f"{span}ms" if span else "0")
    return " ".join(parts)
