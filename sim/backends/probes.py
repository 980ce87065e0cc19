"""What a prober found: its probes, and those that failed, as functions of time.

A prober is no user, so nothing here is anybody's loss; how it probes is not known here.
"""

from __future__ import annotations

from sim.slo import StepFunction

SECOND_MS = 1_000


class Probes:
    """How many probes ended in each second, and how many of them badly."""

    __slots__ = ("failed", "made")

    def __init__(self, since: int) -> None:
        """Begin at *since* (ms) with none."""
        self.made = StepFunction(since=since)
        """Per second."""
        self.failed = StepFunction(since=since)

    def record(self, at: int, made: int, failed: int) -> None:
        """Take note of those of the second that begins at *at* (ms)."""
        for counted, number in ((self.made, made), (self.failed, failed)):
            counted.set(at, float(number))
            # A second that has not been told yet has none; what comes by ones does not last.
            counted.set(at + SECOND_MS, 0.0)
