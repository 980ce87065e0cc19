"""Request lines of a container, drawn when somebody reads its log.

Each second's lines come from a stream named by the second, at the rate that traffic had then; so
reading twice shows the same, and nobody reading costs nothing. This file must not know traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.apps.context import Context, LogLine
from sim.apps.lines import line
from sim.kernel import Stream

SECOND_MS = 1000
LINES_PER_SECOND = 3.0
"""An access log is sampled down to this, so that a log stays readable."""


class RateSegment(NamedTuple):
    """Requests that reach one container over a stretch of time."""

    start: int
    """Simulated ms."""
    end: int
    rate: float
    """Requests per second."""
    error_share: float = 0.0
    """Share answered with 5xx, 0-1."""
    p50_ms: float = 30.0
    p99_ms: float = 200.0


RequestRate = Callable[[Any, int, int], Sequence[RateSegment]]
"""Return what reached a container in [since, until), in order and without overlap.

The container is handed back as whoever started the application knows it.
"""


def no_requests(_container: object, _since: int, _until: int) -> Sequence[RateSegment]:
    """Return nothing: what an application gets until traffic is wired to it."""
    return ()


@dataclass(frozen=True, slots=True)
class RequestLog:
    """How an application writes its access log."""

    routes: tuple[tuple[str, float, int], ...]
    """(method and path, share, status of success), e.g. `("POST /v1/payments", 0.6, 201)`."""
    rate: RequestRate
    error_status: int = 503
    error_text: str = "overloaded"

    def read(self, container: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return the lines in [since, until), oldest first; with *limit* only the last ones."""
        found: list[list[LogLine]] = []
        count = 0
        for segment in reversed(self.rate(container, since, until)):
            start, end = max(segment.start, since), min(segment.end, until)
            if segment.rate <= 0 or start >= end:
                continue
            for second in range((end - 1) // SECOND_MS, start // SECOND_MS - 1, -1):
                lines = [
                    one for one in self._second(container, second, segment) if start <= one.at < end
                ]
                if lines:
                    found.append(lines)
                    count += len(lines)
                if limit is not None and count >= limit:
                    break
            if limit is not None and count >= limit:
                break
        lines = [one for second_lines in reversed(found) for one in second_lines]
        return lines if limit is None else lines[-limit:] if limit else []

    def _second(self, container: Context, second: int, segment: RateSegment) -> list[LogLine]:
        draw = container.stream.at("requests", second)
        usual = min(segment.rate, LINES_PER_SECOND)
        count = int(usual) + (1 if draw.unit() < usual % 1 else 0)
        lines = [self._line(container, draw.at(n), second, segment) for n in range(count)]
        return sorted(lines)

    def _line(self, container: Context, draw: Stream, second: int, segment: RateSegment) -> LogLine:
        at = second * SECOND_MS + draw.integer(0, SECOND_MS - 1)
        route, status = self._route(draw.unit(1))
        slow = segment.p50_ms * (segment.p99_ms / max(segment.p50_ms, 1)) ** (draw.unit(2) ** 4)
        took = max(1, round(slow * draw.uniform(0.6, 1.15, 3)))
        request = f"{draw.bits(5) >> 32:08x}"
        if draw.unit(4) < segment.error_share:
            text = f"{route} {self.error_status} {took}ms req={request} {self.error_text}"
            return LogLine(at, line(container.epoch, at, "WARN", text))
        text = f"{route} {status} {took}ms req={request}"
        return LogLine(at, line(container.epoch, at, "INFO", text))

    def _route(self, at: float) -> tuple[str, int]:
        for route, share, status in self.routes:
            at -= share
            if at < 0:
                return route, status
        return self.routes[-1][0], self.routes[-1][2]
