"""Piecewise constant functions of time with their exact integrals.

Thanks to this file a rate over any window is exact and costs O(log n); it must not know what is
counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Extremes(NamedTuple):
    """The smallest and the largest value of a function over a stretch of time."""

    low: float
    high: float


class StepFunction:
    """A number that changes at instants and holds in between; before the first it is as at the first.

    Changes come in order of time. Two changes at one instant leave the second: nothing has a
    length of zero, so how often an instant is recomputed leaves no trace.

    >>> rate = StepFunction(2.0)
    >>> rate.set(1000, 4.0)
    >>> rate.integral(0, 3000)
    10.0
    """

    __slots__ = ("_times", "_totals", "_values")

    def __init__(self, value: float = 0.0, *, since: int = 0) -> None:
        """Start with *value*, which also holds for all time before *since* (ms)."""
        self._times: list[int] = [since]
        self._values: list[float] = [value]
        self._totals: list[float] = [0.0]

    def set(self, at: int, value: float) -> None:
        """Let the function be *value* from *at* (ms) on.

        Raises:
            ValueError: if *at* is before the last change.
        """
        times, values, totals = self._times, self._values, self._totals
        last = times[-1]
        if at < last:
            msg = f"a change at {at} ms comes after one at {last} ms"
            raise ValueError(msg)
        if values[-1] == value:
            return
        if at == last:
            # The first value also is the past, so overwriting it would rewrite history.
            if len(times) > 1:
                values[-1] = value
                if values[-2] == value:
                    del times[-1], values[-1], totals[-1]
                return
            totals.append(0.0)
        else:
            totals.append(totals[-1] + values[-1] * (at - last) / 1000)
        times.append(at)
        values.append(value)

    def at(self, at: int) -> float:
        """Return the value at *at* (ms)."""
        return self._values[max(0, bisect_right(self._times, at) - 1)]

    @property
    def last(self) -> float:
        """Return the value that holds from the last change on."""
        return self._values[-1]

    def total(self, at: int) -> float:
        """Return the integral from the first change to *at* (value x seconds; negative before it)."""
        index = max(0, bisect_right(self._times, at) - 1)
        return self._totals[index] + self._values[index] * (at - self._times[index]) / 1000

    def integral(self, start: int, end: int) -> float:
        """Return the integral over [start, end) in value x seconds, e.g. requests of a rate per s."""
        return self.total(end) - self.total(start)

    def mean(self, start: int, end: int) -> float:
        """Return the mean value over [start, end), or the value at *end* if that is empty."""
        if end <= start:
            return self.at(end)
        return self.integral(start, end) * 1000 / (end - start)

    def extremes(self, start: int, end: int) -> Extremes:
        """Return the smallest and largest value over [start, end], both ends included."""
        first = max(0, bisect_right(self._times, start) - 1)
        last = max(first, bisect_right(self._times, end) - 1)
        values = self._values[first : last + 1]
        return Extremes(min(values), max(values))

    def changes(self, start: int, end: int) -> list[int]:
        """Return the instants of change in (start, end), in order."""
        return self._times[bisect_right(self._times, start) : bisect_left(self._times, end)]

    def __len__(self) -> int:
        """Return how many pieces there are."""
        return len(self._times)


class Timeline(Generic[T]):
    """A value of any kind that changes at instants; the same rules as `StepFunction`, no integral."""

    __slots__ = ("_times", "_values")

    def __init__(self, value: T, *, since: int = 0) -> None:
        """Start with *value*, which also holds for all time before *since* (ms)."""
        self._times: list[int] = [since]
        self._values: list[T] = [value]

    def set(self, at: int, value: T) -> None:
        """Let the value be *value* from *at* (ms) on."""
        if self._values[-1] == value:
            return
        if self._times[-1] == at and len(self._times) > 1:
            self._values[-1] = value
            return
        self._times.append(at)
        self._values.append(value)

    def at(self, at: int) -> T:
        """Return the value at *at* (ms)."""
        return self._values[max(0, bisect_right(self._times, at) - 1)]

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int, T]]:
        """Yield (from, until, value) for the pieces that cover [start, end)."""
        index = max(0, bisect_right(self._times, start) - 1)
        since = start
        while since < end:
            following = self._times[index + 1] if index + 1 < len(self._times) else end
            until = min(following, end)
            if until > since:
                yield since, until, self._values[index]
            since = max(since, until)
            index += 1
