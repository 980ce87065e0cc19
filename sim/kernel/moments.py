"""Times as people write them: `03:10`, `in ten minutes`, `tomorrow 09:00`, an RFC 3339 instant.

Only when something is said to be is read here; what is due then, and whether it was kept, is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sim.kernel.walltime import Epoch

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
AHEAD_MS = DAY_MS // 2
"""A time of day whose next turn is further away than this has passed."""

_UNITS = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b"
_AMOUNT = (
    r"(?:half an|half a|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen"
    r"|twenty|thirty|forty(?:[- ]five)?|sixty|ninety)"
)
_PART = rf"(?:\d{{1,5}}\s?-?{_UNITS}|{_AMOUNT}[\s-]{_UNITS})"
# `an` and a unit need a blank between them, or `and` were a day.
SPAN = rf"\b{_PART}(?:\s(?:and\s)?\d{{1,5}}\s?{_UNITS})?|\b(?:\d{{1,5}}[hms]){{2,3}}\b"
"""A length of time: `10m`, `ten minutes`, `1h30m`."""
CLOCK = r"(?<![\d:.])\d{1,3}:\d{2}(?::\d{2})?(?!\d|:\d|\.\d)(?:\s*[ap]m\b)?(?:\s*(?:UTC|GMT|Z)\b)?"
"""A time of day; whether it is one is seen by reading it."""
INSTANT = r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|z|[+-]\d{2}:?\d{2})?"
DAY = r"\b(?:tomorrow|next[- ]week)\b"
_DATED = rf"{DAY}(?:[ ,]+(?:at\s+)?{CLOCK})?"
TIME = rf"(?:{INSTANT}|{_DATED}|{SPAN}|{CLOCK})"
"""Any of them."""
LEADING = re.compile(
    rf"\s*(?:(?:at|by|in|around|on)\s+)?(?P<time>{TIME})[,:]?(?=\s|$)", re.IGNORECASE
)

_SPAN = re.compile(
    rf"\b(?:(?P<number>\d{{1,5}})\s?-?|(?P<word>{_AMOUNT})[\s-])(?P<unit>[a-z])", re.IGNORECASE
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,3}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s*(?P<half>[ap])m)?",
    re.IGNORECASE,
)
_ANY = re.compile(TIME, re.IGNORECASE)
_WORDS = {
    "half a": 0.5, "half an": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty": 40, "forty five": 45, "sixty": 60, "ninety": 90,
}  # fmt: skip
_MS = {"s": 1000, "m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS, "w": 7 * DAY_MS}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was named."""

    at: int
    """Simulated ms."""
    text: str
    """As it was written."""
    loose: bool = False
    """Only a day was named."""
    clock: bool = False
    """A time of day was named, so that it is its next turn."""


def find_moment(text: str, now: int, epoch: Epoch) -> Moment | None:
    """Return the first time that *text*, written at *now*, names; None if it names none.

    Raises:
        ValueError: if what looks like a time is none, such as `25:99`.
    """
    found = _ANY.search(text)
    return None if found is None else read_moment(found[0], now, epoch)


def read_moment(text: str, now: int, epoch: Epoch) -> Moment:
    """Return the instant that *text*, which is nothing but a time, names at *now*.

    A time of day is its next turn, in UTC.

    Raises:
        ValueError: if it is no time.
    """
    text = text.strip()
    if re.fullmatch(INSTANT, text):
        return _instant(text, epoch)
    if (day := re.match(DAY, text, re.IGNORECASE)) is not None:
        days = 1 if day[0].lower() == "tomorrow" else 7
        clock = text[day.end() :].strip(" ,")
        if not clock:
            return Moment(now + days * DAY_MS, text, loose=True)
        return Moment(_of_day(clock.removeprefix("at "), now, epoch, days), text)
    if _CLOCK.match(text):
        at = _of_day(text, now, epoch, 0)
        return Moment(at if at > now else at + DAY_MS, text, clock=True)
    total = 0.0
    for part in re.finditer(_SPAN, re.sub(r"(?<=[hms])(?=\d)", " ", text)):
        word = (part["word"] or "").lower().replace("-", " ")
        number = float(part["number"]) if part["number"] else _WORDS[word]
        total += number * _MS[part["unit"].lower()]
    if not total:
        msg = f"{text!r} is no time; write e.g. 03:10, in 10m, tomorrow 09:00 (UTC)"
        raise ValueError(msg)
    return Moment(now + round(total), text)


def _instant(text: str, epoch: Epoch) -> Moment:
    try:
        at = Epoch.parse(text.upper().replace("Z", "+00:00").replace(" +", "+"))
    except ValueError as error:
        zone = "no time zone" in str(error)
        why = "has no time zone" if zone else "is no date and time"
        msg = f"{text!r} {why}; write e.g. {text[:10] if zone else '2026-11-21'}T09:00:00Z"
        raise ValueError(msg) from None
    return Moment(at.unix_ms - epoch.unix_ms, text)


def _of_day(text: str, now: int, epoch: Epoch, days: int) -> int:
    """Return the instant of a time of day, so many days after that of *now*."""
    found = _CLOCK.match(text)
    if found is None:
        msg = f"{text!r} is no time of day; write e.g. 03:10 (UTC)"
        raise ValueError(msg)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hour > (12 if found["half"] else 23) or minute > 59 or second > 59:
        msg = f"{text.strip()!r} is no time of day; write e.g. 03:10 (UTC)"
        raise ValueError(msg)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    midnight = epoch.datetime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    named = midnight + timedelta(days=days, hours=hour, minutes=minute, seconds=second)
    return round(named.timestamp() * 1000) - epoch.unix_ms
