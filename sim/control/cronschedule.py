"""When a CronJob's schedule comes round: five fields, a descriptor or a fixed interval, in a zone.

Thanks to this file a schedule in Zurich keeps its hour over a change to summer time. It must not
know CronJobs (github.com/robfig/cron's standard parser, which Kubernetes uses).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from sim.kernel.walltime import parse_duration_ms

DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
EVERY = "@every "
NEVER_MS = 50 * 365 * 86_400_000


class BadScheduleError(ValueError):
    """The schedule or the time zone cannot be read."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Instants that come again and again."""

    fields: str
    """Five fields; empty for an interval."""
    every_ms: int
    """The interval; 0 for fields."""
    zone: tzinfo

    def after(self, unix_ms: int) -> int:
        """Return the first instant (Unix ms) later than *unix_ms*; a far one if there is none."""
        if self.every_ms:
            return unix_ms - unix_ms % 1000 + self.every_ms
        try:
            moment = datetime.fromtimestamp(unix_ms // 1000, self.zone)
            return round(next(CronSim(self.fields, moment)).timestamp() * 1000)
        except (StopIteration, OverflowError, ValueError, OSError):
            return unix_ms + NEVER_MS

    def local(self, unix_ms: int) -> str:
        """Return an instant as RFC 3339 in the schedule's zone."""
        moment = datetime.fromtimestamp(unix_ms // 1000, self.zone)
        return moment.isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=256)
def parse_schedule(text: str, zone: str = "") -> Schedule:
    """Return the schedule *text* in the IANA *zone* (UTC without one).

    >>> parse_schedule("*/15 * * * *").after(0)
    900000

    Raises:
        BadScheduleError: if it is none, or the zone is unknown.
    """
    try:
        where: tzinfo = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"unknown time zone {zone}"
        raise BadScheduleError(msg) from None
    if text.startswith(EVERY):
        try:
            return Schedule("", max(1000, parse_duration_ms(text.removeprefix(EVERY))), where)
        except ValueError:
            msg = f"failed to parse duration {text}"
            raise BadScheduleError(msg) from None
    if text.startswith("@") and text not in DESCRIPTORS:
        msg = f"unrecognized descriptor: {text}"
        raise BadScheduleError(msg)
    fields = DESCRIPTORS.get(text, text).replace("?", "*")
    found = len(fields.split())
    if found != 5:
        msg = f"expected exactly 5 fields, found {found}: {fields.split()}"
        raise BadScheduleError(msg)
    try:
        CronSim(fields, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        msg = f"{error}: {text}"
        raise BadScheduleError(msg) from None
    return Schedule(fields, 0, where)
