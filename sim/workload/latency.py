"""How long a request takes in a pod, and how many it can take: the laws of the simulated traffic, drawn.

This file must not know what a request does.
"""

from __future__ import annotations

import random
import time
from itertools import pairwise

from sim.workload.lines import Meter

CEILING = 0.95
"""The utilisation at which latency stops growing."""
BURST_S = 1.0
"""A pod takes what it can serve in this time at once."""
FEW = 3
"""And so many requests at least, however small it is."""


class Capacity:
    """Requests per second that one pod can serve; what comes beyond is shed.

    A request may stand for several: who makes fewer than the scenario has says how many each one is. One that
    stands for few is turned away as often as the others, though there would be room for it.
    """

    def __init__(self, per_second: float) -> None:
        """Serve *per_second* at most; 0: all."""
        self._rate = per_second
        self._left = per_second * BURST_S
        self._at = time.monotonic()
        self._asked = Meter()
        self._largest = 0.0

    def take(self, cost: float = 1.0) -> bool:
        """Return whether one more request, that stands for *cost*, can be served now."""
        self._asked.hit(cost)
        self._largest = max(self._largest, cost)
        if not self._rate:
            return True
        now = time.monotonic()
        most = max(self._rate * BURST_S, FEW * self._largest)
        self._left = min(most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < self._largest:
            return False
        self._left -= cost
        return True

    def utilisation(self) -> float:
        """Return what is asked over what can be served, up to the ceiling."""
        return min(self._asked.rate() / self._rate, CEILING) if self._rate else 0.0


def drawn_ms(p50: float, p99: float, utilisation: float) -> float:
    """Return the latency of one request of a pod that is utilised so far."""
    square = utilisation * utilisation
    factor = 1.0 + square * square / (1.0 - utilisation)
    middle, spread = p50 * factor, max(1.0, (p99 - p50) * factor)
    corners = (
        (middle * 0.5, 0.0),
        (middle, 0.5),
        (middle + spread * 0.4, 0.9),
        (middle + spread, 0.99),
        (middle + spread * 1.25, 1.0),
    )
    drawn = random.random()
    for (start, low), (end, high) in pairwise(corners):
        if drawn <= high:
            return start + (end - start) * (drawn - low) / (high - low)
    return corners[-1][0]
