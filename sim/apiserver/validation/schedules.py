"""A CronJob's schedule and time zone, refused in the words of its parser (robfig/cron v3).

It must not know when a schedule comes round.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sim.apimachinery.errors import Cause, invalid_value
from sim.kernel.walltime import parse_duration_ms

_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_EVERY = "@every "


class _Bounds(NamedTuple):
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """Names for the numbers from the lowest on: `jan`, `feb` ..."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Bounds(0, 59),
    _Bounds(0, 23),
    _Bounds(1, 31),
    _Bounds(1, 12, _MONTHS),
    _Bounds(0, 6, _DAYS),
)


def check_schedule(field: str, schedule: str, zone: str | None) -> list[Cause]:
    """Return the causes why *schedule* is refused."""
    why = _problem(schedule)
    causes = [invalid_value(field, schedule, why)] if why else []
    if "TZ" in schedule:
        rule = (
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            if zone is None
            else "cannot use both timeZone field and TZ or CRON_TZ in schedule"
        )
        causes.append(invalid_value(field, schedule, rule))
    return causes


def check_zone(field: str, zone: str | None) -> list[Cause]:
    """Return the causes why *zone* is no time zone."""
    if zone is None:
        return []
    if not zone:
        return [invalid_value(field, zone, "timeZone must be nil or non-empty string")]
    parts = zone.split("/")
    known = all(re.fullmatch(r"[A-Za-z0-9+\-._]{1,14}", one, re.ASCII) for one in parts)
    if not known or zone.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        unknown = f"unknown time zone {zone}"
        return [invalid_value(field, zone, why if zone.lower() == "local" else unknown)]
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return [invalid_value(field, zone, f"unknown time zone {zone}")]
    return []


def _problem(schedule: str) -> str:
    """Return why the parser refuses *schedule*, or nothing."""
    text = schedule
    if text.startswith(("TZ=", "CRON_TZ=")):
        text = text.partition(" ")[2].strip()
    if text.startswith("@"):
        return _descriptor_problem(text)
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"expected exactly {len(_FIELDS)} fields, found {len(parts)}: [{' '.join(parts)}]"
    for part, bounds in zip(parts, _FIELDS, strict=True):
        for one in part.split(","):
            why = _range_problem(one, bounds)
            if why:
                return why
    return ""


def _descriptor_problem(text: str) -> str:
    if text in _DESCRIPTORS:
        return ""
    if text.startswith(_EVERY):
        length = text[len(_EVERY) :]
        try:
            parse_duration_ms(length)
        except ValueError:
            return f'failed to parse duration {text}: time: invalid duration "{length}"'
        return ""
    return f"unrecognized descriptor: {text}"


def _range_problem(text: str, bounds: _Bounds) -> str:
    around, *steps = text.split("/")
    low, *high = around.split("-")
    if len(steps) > 1:
        return f"too many slashes: {text}"
    if low in ("*", "?"):
        start, end = bounds.lowest, bounds.highest
        if high:
            return f"too many hyphens: {text}"
    else:
        if len(high) > 1:
            return f"too many hyphens: {text}"
        numbers = [_number(one, bounds) for one in (low, *high)]
        wrong = next((one for one in numbers if isinstance(one, str)), "")
        if wrong:
            return wrong
        start, end = int(numbers[0]), int(numbers[-1])
    if steps:
        step = _number(steps[0], _Bounds(0, 0))
        if isinstance(step, str):
            return step
        if step == 0:
            return f"step of range should be a positive number: {text}"
    if start < bounds.lowest:
        return f"beginning of range ({start}) below minimum ({bounds.lowest}): {text}"
    if end > bounds.highest:
        return f"end of range ({end}) above maximum ({bounds.highest}): {text}"
    if start > end:
        return f"beginning of range ({start}) beyond end of range ({end}): {text}"
    return ""


def _number(text: str, bounds: _Bounds) -> int | str:
    """Return the number that *text* stands for, or why it stands for none."""
    if text.lower() in bounds.names:
        return bounds.names.index(text.lower()) + bounds.lowest
    try:
        number = int(text)
    except ValueError:
        return f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax'
    return number if number >= 0 else f"negative number ({number}) not allowed: {text}"
