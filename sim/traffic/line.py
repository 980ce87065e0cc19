"""The line of requests in a pod that waits for its database, as a fluid.

Thanks to this file a short gap costs time and a long one costs requests, both exactly; it must not
know routes, other pods or who is asked for the database.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.traffic.world import ServerState

LUMP_MS = 1_000
"""When a pod dies, its line fails within this time, so that a rate can say how many there were."""
DRAIN_STEP_MS = 1_000
"""While a line drains, latency is brought up to date this often."""
DRAIN_SHARE = 0.1
"""A busy pod still gives this share of its capacity to its line."""


class LineFlow(NamedTuple):
    """What a line does from now on."""

    failing: float = 0.0
    """Requests per second that run out of patience, or die with their pod."""
    draining: float = 0.0
    """Requests per second that leave the line with an answer."""
    wait_ms: float = 0.0
    """How long those who are answered now have waited."""
    next_at: int | None = None
    """When this changes by itself (ms), if it does."""


class Line:
    """One pod's line.

    | pod               | line                                                          |
    |-------------------|---------------------------------------------------------------|
    | waiting           | fills; who has waited for *patience* fails                    |
    | serving again     | drains with the capacity that new requests leave, in order    |
    | failing, down, gone | fails as a whole within a second                            |
    """

    __slots__ = ("_at", "_backlog", "_drain", "_fill", "_lump", "_lump_until", "_slabs", "_wait")

    def __init__(self, at: int) -> None:
        """Start empty at *at* (ms)."""
        self._at = at
        self._slabs: list[tuple[int, int, float]] = []  # waiting: (from, until, requests per s)
        self._fill = 0.0
        self._backlog = 0.0  # draining: requests left
        self._drain = 0.0
        self._wait = 0.0  # draining: ms of waiting that one request of backlog stands for
        self._lump = 0.0
        self._lump_until = at

    @property
    def empty(self) -> bool:
        """Return whether nobody waits and nobody has just died."""
        return not (self._slabs or self._fill or self._backlog or self._lump)

    def waiting(self) -> float:
        """Return how many requests stood in the line at the last change."""
        return self._backlog + sum(rate * (end - start) for start, end, rate in self._slabs) / 1000

    def change(
        self,
        now: int,
        state: ServerState,
        *,
        arriving: float,
        offered: float,
        capacity: float,
        patience_ms: int,
        slow_ms: int,
    ) -> LineFlow:
        """Bring the line up to *now* and return its flow under the pod's new circumstances.

        *arriving* requests per s need the database, *offered* is all that the pod is asked.
        """
        self._settle(now, patience_ms)
        if state == "waiting":
            return self._filling(now, arriving, patience_ms)
        if state == "serving":
            return self._draining(now, offered, capacity, slow_ms)
        return self._dying(now)

    def _settle(self, now: int, patience_ms: int) -> None:
        if self._fill and now > self._at:
            if self._slabs and self._slabs[-1][1:] == (self._at, self._fill):
                self._slabs[-1] = (self._slabs[-1][0], now, self._fill)
            else:
                self._slabs.append((self._at, now, self._fill))
        if self._slabs:
            oldest = now - patience_ms
            self._slabs = [
                (max(start, oldest), end, rate) for start, end, rate in self._slabs if end > oldest
            ]
        if self._backlog:
            left = self._backlog - self._drain * (now - self._at) / 1000
            self._backlog = left if left > 1e-6 else 0.0
        if self._lump and now >= self._lump_until:
            self._lump = 0.0
        self._at = now

    def _filling(self, now: int, arriving: float, patience_ms: int) -> LineFlow:
        if self._backlog:
            # It had begun to drain and waits again: who is left has waited this long already.
            waited = max(1, round(self._wait * self._backlog))
            self._slabs = [(now - waited, now, self._backlog * 1000 / waited)]
            self._backlog = self._drain = 0.0
        self._fill = arriving
        failing = 0.0
        next_at = now + patience_ms if arriving else None
        if self._slabs:
            start, end, rate = self._slabs[0]
            if start > now - patience_ms:
                next_at = start + patience_ms
            else:
                failing = rate
                steady = end == now and rate == arriving
                next_at = None if steady else end + patience_ms
        return self._with_lump(now, LineFlow(failing=failing, next_at=next_at))

    def _draining(self, now: int, offered: float, capacity: float, slow_ms: int) -> LineFlow:
        if self._slabs or self._fill:
            waited, self._backlog = 0, 0.0
            if self._slabs:
                waited, self._backlog = now - self._slabs[0][0], self.waiting()
            self._wait = waited / self._backlog if self._backlog else 0.0
            self._slabs, self._fill = [], 0.0
        if not self._backlog or capacity <= 0:
            self._drain = 0.0
            return self._with_lump(now, LineFlow())
        room = max(capacity - offered, capacity * DRAIN_SHARE)
        # Rounded up to whole ms, so that the last request leaves at an instant of the clock.
        takes = -int(-self._backlog * 1000 // room)
        self._drain = self._backlog * 1000 / takes
        wait = self._wait * self._backlog
        next_at = now + min(takes, DRAIN_STEP_MS)
        if wait > slow_ms:
            surplus = self._backlog - slow_ms / self._wait
            next_at = min(next_at, now - int(-surplus * 1000 // self._drain))
        return self._with_lump(now, LineFlow(draining=self._drain, wait_ms=wait, next_at=next_at))

    def _dying(self, now: int) -> LineFlow:
        left = self.waiting()
        self._slabs, self._fill, self._backlog, self._drain = [], 0.0, 0.0, 0.0
        if left > 0:
            if self._lump:
                left += self._lump * (self._lump_until - now) / 1000
            self._lump, self._lump_until = left * 1000 / LUMP_MS, now + LUMP_MS
        return self._with_lump(now, LineFlow())

    def _with_lump(self, now: int, flow: LineFlow) -> LineFlow:
        if not self._lump or now >= self._lump_until:
            return flow
        due = self._lump_until if flow.next_at is None else min(flow.next_at, self._lump_until)
        return flow._replace(failing=flow.failing + self._lump, next_at=due)
