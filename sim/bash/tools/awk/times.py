"""Times of awk, in UTC: `strftime` and `mktime`."""

from __future__ import annotations

import calendar
import re
import time

_LIMIT = 253402300799
"""The last second of the year 9999."""
_KNOWN = re.compile(r"%[-_0^#]*[EO]?(.)", re.DOTALL)


def format_time(form: str, when: float) -> str:
    """Return Unix time *when* in the form of strftime(3)."""
    if not -_LIMIT < when <= _LIMIT:
        return ""
    parts = time.gmtime(int(when // 1))

    def one(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyY%":
            return time.strftime(match[0], parts)
        return {"s": str(int(when)), "Z": "UTC", "z": "+0000", "k": f"{parts.tm_hour:2}",
                "l": f"{(parts.tm_hour + 11) % 12 + 1:2}", "P": time.strftime("%p", parts).lower(),
                }.get(letter, match[0])  # fmt: skip

    return _KNOWN.sub(one, form[:4096])


def make_time(text: str) -> float:
    """Return the Unix time of `YYYY MM DD HH MM SS [DST]`; -1 if it is none."""
    parts = re.match(r"\s*(-?\d{1,6})\s+(-?\d{1,6})\s+(-?\d{1,6})\s+(-?\d{1,6})\s+(-?\d{1,6})\s+"
                     r"(-?\d{1,9})(?:\s+-?\d+)?\s*$", text, re.ASCII)  # fmt: skip
    if parts is None:
        return -1.0
    year, month, day, hour, minute, second = (int(part) for part in parts.groups())
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        return -1.0
    return float(
        calendar.timegm((year, month, 1, 0, 0, 0))
        + (day - 1) * 86400 + hour * 3600 + minute * 60 + second
    )  # fmt: skip
