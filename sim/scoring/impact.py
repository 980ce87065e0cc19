"""Users' loss as a curve: I(t), its integral and when it ended; exact, because I is a step function."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sim.evidence import EvidenceLog, ImpactRecord


@dataclass(frozen=True, slots=True)
class Impact:
    """How users fared from the start of a run to its horizon."""

    times: tuple[int, ...]
    """Simulated ms at which something changed."""
    failed: tuple[float, ...]
    """I from each time on: failed or too slow requests per second, weighted by client class."""
    arrivals: tuple[float, ...]
    """Requests per second that users want, weighted alike."""

    by_class: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Client class -> its share of *failed*, from each time on."""
    by_route: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Call -> its share of *failed*, from each time on."""

    @classmethod
    def of(cls, log: EvidenceLog) -> Impact:
        """Read the curve from the evidence, summed over applications in order of their names."""
        now: dict[str, ImpactRecord] = {}
        times: list[int] = []
        states: list[tuple[ImpactRecord, ...]] = []
        for record in log.of(ImpactRecord):
            now[record.application] = record
            if times and times[-1] == record.at:
                times.pop()
                states.pop()
            times.append(record.at)
            states.append(tuple(now[name] for name in sorted(now)))
        return cls(
            tuple(times),
            tuple(sum(one.failed for one in state) for state in states),
            tuple(sum(one.arrivals for one in state) for state in states),
            _split([[one.by for one in state] for state in states]),
            _split([[one.by_call for one in state] for state in states]),
        )

    def averaged(self, window: int) -> Impact:
        """Return the curve as means over *window* ms each; its integral over whole windows stays.

        What was counted second by second in few requests is mostly chance otherwise.
        """
        if not self.times:
            return self
        marks = [*range(self.times[0], self.times[-1], window), self.times[-1]]
        seconds = [(later - earlier) / 1000 for earlier, later in pairwise(marks)]

        def means(values: tuple[float, ...]) -> tuple[float, ...]:
            found = [
                _integral(self.times, values, earlier, later) / span
                for (earlier, later), span in zip(pairwise(marks), seconds, strict=True)
            ]
            return (*found, values[-1])

        return Impact(
            tuple(marks),
            means(self.failed),
            means(self.arrivals),
            {name: means(values) for name, values in self.by_class.items()},
            {name: means(values) for name, values in self.by_route.items()},
        )

    def names(self, by: str) -> list[str]:
        """Return the client classes (`class`) or calls (`route`) that the loss is split by."""
        return list(self._parts(by))

    def lost(self, start: int, end: int, by: str = "", name: str = "") -> float:
        """Return the integral of I from *start* to *end* (ms): requests, weighted.

        With *by* (`class` or `route`) only that of the part called *name*.
        """
        values = self._parts(by).get(name, ()) if by else self.failed
        return _integral(self.times, values, start, end) if values else 0.0

    def _parts(self, by: str) -> Mapping[str, tuple[float, ...]]:
        return {"class": self.by_class, "route": self.by_route}[by]

    def wanted(self, start: int, end: int) -> float:
        """Return how many requests users wanted from *start* to *end* (ms)."""
        return _integral(self.times, self.arrivals, start, end)

    def rate(self, at: int) -> float:
        """Return I at *at*."""
        index = bisect_right(self.times, at) - 1
        return self.failed[index] if index >= 0 else 0.0

    def share(self, at: int) -> float:
        """Return I at *at* as a share of what users wanted."""
        index = bisect_right(self.times, at) - 1
        if index < 0 or self.arrivals[index] <= 0:
            return 0.0
        return self.failed[index] / self.arrivals[index]

    def fine_from(self, start: int, end: int, below: float, hold_ms: int) -> int | None:
        """Return when the share fell below *below* for good between *start* and *end*, or None.

        It has to stay there for *hold_ms*; what comes back for as long ends it, a blip does not.
        """
        calm = [
            (begin, until)
            for begin, until in self._below(start, end, below)
            if until - begin >= hold_ms
        ]
        if not calm or end - calm[-1][1] >= hold_ms:
            return None
        found = calm[0][0]
        for (_, until), (begin, _) in pairwise(calm):
            if begin - until >= hold_ms:
                found = begin
        return found

    def _below(self, start: int, end: int, limit: float) -> list[tuple[int, int]]:
        """Return the stretches (from, to) below *limit*."""
        found: list[tuple[int, int]] = []
        begin: int | None = None
        for mark in [start, *(time for time in self.times if start < time < end)]:
            if self.share(mark) < limit:
                begin = mark if begin is None else begin
            elif begin is not None:
                found.append((begin, mark))
                begin = None
        return found if begin is None else [*found, (begin, end)]

    def above_ms(self, start: int, end: int, limit: float) -> int:
        """Return for how many ms from *start* to *end* the share was at *limit* or above."""
        marks = [start, *(time for time in self.times if start < time < end), end]
        return sum(
            later - earlier
            for earlier, later in pairwise(marks)
            if later > earlier and self.share(earlier) >= limit
        )

    def last_fine_from(self, start: int, end: int, below: float) -> int | None:
        """Return when the stretch below *below* began that lasts up to *end*, or None."""
        marks = [start, *(time for time in self.times if start < time < end)]
        begin: int | None = None
        for mark in marks:
            if self.share(mark) >= below:
                begin = None
            elif begin is None:
                begin = mark
        return begin

    def curve(
        self, start: int, end: int, step: int, by: str = "", name: str = ""
    ) -> list[tuple[int, float]]:
        """Return (ms, mean share over the step that ends there), for a chart.

        With *by* the part called *name*, as a share of all that users wanted: parts add up.
        """
        points = []
        for at in range(start, end + 1, step):
            wanted = self.wanted(at - step, at)
            lost = self.lost(at - step, at, by, name)
            points.append((at, lost / wanted if wanted else 0.0))
        return points


def _split(states: list[list[dict[str, float]]]) -> dict[str, tuple[float, ...]]:
    """Return name -> its values over time, in the order of the names."""
    names = sorted({name for state in states for one in state for name in one})
    return {
        name: tuple(sum(one.get(name, 0.0) for one in state) for state in states) for name in names
    }


def _integral(times: Sequence[int], values: Sequence[float], start: int, end: int) -> float:
    total = 0.0
    index = max(bisect_right(times, start) - 1, 0)
    while index < len(times) and times[index] < end:
        until = times[index + 1] if index + 1 < len(times) else end
        span = min(until, end) - max(times[index], start)
        if span > 0:
            total += values[index] * span / 1000
        index += 1
    return total
