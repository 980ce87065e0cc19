"""Request lines of a container, drawn when somebody reads its log.

Each second's lines come from a stream named by the second, at the rate that traffic had then; so
reading twice shows the same, and nobody reading costs nothing. Of what comes often the log holds a
sample, of what is rare every request. This file must not know traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.apps.context import Context, LogLine
from sim.apps.lines import line
from sim.kernel import Stream

SECOND_MS = 1000
LINES_PER_SECOND = 3.0
"""An access log is sampled down to this, so that a log stays readable."""


Took = Callable[[int, float], float]
"""Returns how long (ms) that request took which at a time (ms) takes longer than a share of all."""


class Durations(NamedTuple):
    """How long requests take."""

    answered: Took
    refused: Took
    """Those that fail before anything was done for them."""


USUAL = Durations(lambda _, share: 15.0 + 60.0 * share, lambda _, share: 1.0 + 4.0 * share)


class Arrival(NamedTuple):
    """One request that is logged for itself."""

    good: bool
    draw: Stream
    """Where its moment, number and duration come from; the same in every log that tells of it."""
    took: Durations | None = None
    """None: as long as everything takes that its log tells of."""


Arrivals = Callable[[int], Sequence[Arrival]]
"""Returns the requests that are logged in second *n* of simulated time."""


class Failing(NamedTuple):
    """One way in which requests of a kind fail."""

    rate: float
    """Requests per second."""
    status: int = 503
    text: str = "overloaded"
    """Ends the request's line."""
    log: str = ""
    """Lines that follow it, e.g. a stack; the first one gets a time and a level."""
    refused: bool = False
    """Nothing was done for them."""


class RequestFlow(NamedTuple):
    """One kind of request by one kind of client."""

    route: str
    """Method and path, e.g. `POST /v1/payments`."""
    rate: float
    """Requests per second, failing ones too."""
    status: int = 200
    """Of a success."""
    agent: str = ""
    """User agent; empty: the log does not tell."""
    failing: tuple[Failing, ...] = ()
    one_by_one: Arrivals | None = None
    """What is rare comes so, and is logged in full; None: the log holds a sample."""


class RateSegment(NamedTuple):
    """Requests that reach one container over a stretch of time."""

    start: int
    """Simulated ms."""
    end: int
    flows: tuple[RequestFlow, ...]
    took: Durations = USUAL


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

    rate: RequestRate

    def read(self, container: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return the lines in [since, until), oldest first; with *limit* only the last ones."""
        found: list[list[LogLine]] = []
        count = 0
        for segment in reversed(self.rate(container, since, until)):
            start, end = max(segment.start, since), min(segment.end, until)
            if start >= end:
                continue
            if not any(flow.rate > 0 for flow in segment.flows):
                # What came in the second before may still have to be written.
                end = min(end, (segment.start // SECOND_MS + 2) * SECOND_MS)
            for second in range((end - 1) // SECOND_MS, start // SECOND_MS - 1, -1):
                lines = [
                    one
                    for request in sorted(_second(container, second, segment))
                    for one in request
                    if start <= one.at < end
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


def _second(container: Context, second: int, segment: RateSegment) -> Iterator[list[LogLine]]:
    """Yield the lines of each request of a second."""
    often = [flow for flow in segment.flows if flow.one_by_one is None]
    rate = sum(flow.rate for flow in often)
    draw = container.stream.at("requests", second)
    usual = min(rate, LINES_PER_SECOND)
    for number in range(int(usual) + (1 if draw.unit() < usual % 1 else 0)):
        one = draw.at(number)
        flow = _drawn(often, one.unit(1) * rate)
        failing = _blamed(flow, one.unit(4) * flow.rate)
        yield _request(container, one, second, segment.took, flow, failing)
    for flow in segment.flows:
        for good, one, took in flow.one_by_one(second) if flow.one_by_one is not None else ():
            whole = sum(each.rate for each in flow.failing)
            failing = None if good else _blamed(flow, one.unit(4) * whole) or Failing(0.0)
            yield _request(container, one, second, took or segment.took, flow, failing)


def _drawn(flows: Sequence[RequestFlow], at: float) -> RequestFlow:
    for flow in flows:
        at -= flow.rate
        if at < 0:
            return flow
    return flows[-1]


def _blamed(flow: RequestFlow, at: float) -> Failing | None:
    for failing in flow.failing:
        at -= failing.rate
        if at < 0:
            return failing
    return None


def _request(
    container: Context,
    draw: Stream,
    second: int,
    durations: Durations,
    flow: RequestFlow,
    failing: Failing | None,
) -> list[LogLine]:
    at = second * SECOND_MS + draw.integer(0, SECOND_MS - 1)
    took = durations.refused if failing is not None and failing.refused else durations.answered
    text = f"{max(1, round(took(at, draw.unit(2))))}ms req={draw.bits(5) >> 32:08x}"
    if flow.agent:
        agent = f'"{flow.agent}"' if " " in flow.agent else flow.agent
        text = f"{text} agent={agent}"
    if failing is None:
        return [_line(container, at, "INFO", f"{flow.route} {flow.status} {text}")]
    text = f"{flow.route} {failing.status} {text} {failing.text}".rstrip()
    first, *rest = failing.log.rstrip("\n").split("\n")
    lines = [_line(container, at, "WARN", text)]
    if first:
        lines.append(_line(container, at, "ERROR", first.removeprefix("ERROR: ")))
    return lines + [LogLine(at, one) for one in rest]


def _line(container: Context, at: int, level: str, text: str) -> LogLine:
    return LogLine(at, line(container.epoch, at, level, text))
