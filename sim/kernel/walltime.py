"""Between the kernel's milliseconds and what calendars print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


@dataclass(frozen=True, slots=True)
class Epoch:
    """The instant at which the kernel's clock stood at 0."""

    unix_ms: int
    """Milliseconds since 1970-01-01T00:00Z, e.g. 1795052400000."""

    @classmethod
    def parse(cls, text: str) -> Epoch:
        """Read an RFC 3339 instant with a zone; raises ValueError if it has none."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            msg = f"{text!r} has no time zone; write e.g. 2026-11-20T01:40:00Z"
            raise ValueError(msg)
        return cls(round(moment.timestamp() * 1000))

    def at(self, now: int) -> int:
        """Return the Unix time in ms when the kernel's clock shows *now*; negative *now* is the past."""
        return self.unix_ms + now

    def datetime(self, now: int) -> datetime:
        """Return the UTC datetime when the kernel's clock shows *now*."""
        return datetime.fromtimestamp((self.unix_ms + now) / 1000, UTC)

    def rfc3339(self, now: int) -> str:
        """Return the instant as Kubernetes writes metav1.Time: `2026-11-20T02:47:00Z`."""
        return format_rfc3339(self.unix_ms + now)

    def rfc3339_micro(self, now: int) -> str:
        """Return the instant as metav1.MicroTime: `2026-11-20T02:47:00.000000Z`."""
        whole, rest = divmod(self.unix_ms + now, 1000)
        return f"{format_rfc3339(whole * 1000)[:-1]}.{rest:03d}000Z"

    def since(self, rfc3339: str) -> int:
        """Return the kernel time (ms, may be negative) of an RFC 3339 instant."""
        return parse_rfc3339_ms(rfc3339) - self.unix_ms


@lru_cache(maxsize=4096)
def _second(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_rfc3339(unix_ms: int) -> str:
    """Return whole seconds in UTC, as Kubernetes writes times."""
    return _second(unix_ms // 1000)


@lru_cache(maxsize=4096)
def parse_rfc3339_ms(text: str) -> int:
    """Return the Unix time in ms of an RFC 3339 instant."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def parse_duration_ms(text: str) -> int:
    """Return the ms of a duration such as `90s`, `5m`, `1h30m`, `500ms`, `1w`.

    Raises:
        ValueError: if *text* is not a sequence of number and unit.
    """
    position, total = 0, 0.0
    for match in _DURATION.finditer(text):
        if match.start() != position:
            break
        total += float(match[1]) * _UNITS_MS[match[2]]
        position = match.end()
    if position == 0 or position != len(text):
        msg = f"{text!r} is not a duration; write e.g. 90s, 5m, 1h30m"
        raise ValueError(msg)
    return round(total)
