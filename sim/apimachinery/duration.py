"""Durations as people read them: kubectl's ages and Go's own form.

Both cut off, they never round. This file must not know any clock: it is given milliseconds.
"""

from __future__ import annotations


def human_duration(ms: int) -> str:
    """Return *ms* as AGE columns show it: precise while small, coarse when large.

    >>> human_duration(95_000), human_duration(260_000), human_duration(3 * 86_400_000 + 4 * 3_600_000)
    ('95s', '4m20s', '3d4h')
    """
    if ms < 0:
        return "<invalid>" if ms <= -2000 else "0s"
    seconds = ms // 1000
    if seconds < 120:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    years = days // 365
    if years < 8:
        return _pair(years, "y", days % 365, "d")
    return f"{years}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def go_duration(ms: int) -> str:
    """Return *ms* as Go's Duration prints itself.

    >>> go_duration(160_000), go_duration(1_500), go_duration(250), go_duration(3_600_000)
    ('2m40s', '1.5s', '250ms', '1h0m0s')
    """
    if ms == 0:
        return "0s"
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    if ms < 1000:
        return f"{sign}{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    whole, fraction = divmod(rest, 1000)
    seconds = f"{whole}.{fraction:03d}".rstrip("0") if fraction else str(whole)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    if minutes:
        return f"{sign}{minutes}m{seconds}s"
    return f"{sign}{seconds}s"
