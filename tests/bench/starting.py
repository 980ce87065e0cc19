"""`kubectl get pods` here and as a program of its own, side by side on the same server."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.kubectl.standing import standing

ROUNDS = 30


class Starting(NamedTuple):
    """Median seconds of one command."""

    theirs_s: float
    ours_s: float

    @property
    def ratio(self) -> float:
        """Return how many times faster ours is."""
        return self.theirs_s / self.ours_s


def measure() -> Starting:
    """Run both in turn, so that what else goes on on the machine hits both."""
    words = ("get", "pods")
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as made, standing(Path(made)) as place:
        place.both(words)  # discovery is cached by both from then on
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            place.theirs(words)
            between = time.perf_counter()
            place.ours(words, round(time.time() * 1000))
            theirs.append(between - begin)
            ours.append(time.perf_counter() - between)
    return Starting(statistics.median(theirs), statistics.median(ours))
