"""Numbers with the suffixes that GNU tools take: `10K`, `2MB`, `1b`; spans of time with theirs."""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"\+?(\d+)(b|[kKMGTPEZY](?:B|iB)?)?")
_POWERS = {letter: power for power, letter in enumerate("KMGTPEZY", 1)}
MOST = (1 << 64) - 1
TOO_LARGE = "Value too large for defined data type"


def amount(text: str) -> int | None:
    """Return how much *text* says; None if it is no amount (see `_AMOUNT`)."""
    match = _AMOUNT.fullmatch(text)
    if match is None or len(match[1]) > 40:
        return None
    unit = match[2] or ""
    if unit == "b":
        return int(match[1]) * 512
    base = 1000 if unit.endswith("B") and not unit.endswith("iB") else 1024
    power: int = base ** _POWERS.get(unit[:1].upper(), 0)
    return int(match[1]) * power


def human(size: int, base: int = 1024) -> str:
    """Return *size* as `ls -h` and `du -h` round it: up, with one decimal below ten."""
    if size < base:
        return str(size)
    power, divisor = 0, 1
    while size >= divisor * base and power < 8:
        divisor *= base
        power += 1
    tenths = -(-size * 10 // divisor)
    whole = -(-size // divisor)
    if tenths >= 100 and whole >= base and power < 8:
        divisor *= base
        power += 1
        tenths = -(-size * 10 // divisor)
    letter = ("k" if base == 1000 and power == 1 else " KMGTPEZY"[power]).strip()
    if tenths < 100:
        return f"{tenths // 10}.{tenths % 10}{letter}"
    return f"{-(-size // divisor)}{letter}"
