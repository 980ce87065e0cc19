"""A run's clock: which simulated instant it is, given the wall's; pure arithmetic, no waiting.

It must not know what runs; whoever holds it asks `now` and advances the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Clock:
    """Anchors of wall and simulated time; between changes sim time is a straight line."""

    wall_ms: int
    """Unix time in ms at which the simulated clock stood at *sim_ms*."""
    sim_ms: int
    speed: float = 1.0
    """Simulated ms per wall ms."""
    paused: bool = True
    limit_ms: int | None = None
    """The clock stops here for good, whatever the wall says."""

    def now(self, wall_ms: int) -> int:
        """Return the simulated time; the wall going backwards does not take it back."""
        if self.paused:
            return self.sim_ms
        now = self.sim_ms + int(max(0, wall_ms - self.wall_ms) * self.speed)
        return now if self.limit_ms is None else min(now, self.limit_ms)

    def pause(self, wall_ms: int) -> Clock:
        """Return the clock stopped at *wall_ms*."""
        return replace(self, wall_ms=wall_ms, sim_ms=self.now(wall_ms), paused=True)

    def resume(self, wall_ms: int) -> Clock:
        """Return the clock going on from where it stands."""
        return replace(self, wall_ms=wall_ms, sim_ms=self.now(wall_ms), paused=False)

    def skip(self, wall_ms: int, amount_ms: int) -> Clock:
        """Return the clock *amount_ms* further on."""
        ahead = self.now(wall_ms) + amount_ms
        if self.limit_ms is not None:
            ahead = min(ahead, self.limit_ms)
        return replace(self, wall_ms=wall_ms, sim_ms=ahead)
