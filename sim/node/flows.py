"""A node's connection tracking table: how many flows it holds, and when it was last flushed.

The count is computed when somebody asks. This file must not know which connections they are.
"""

from __future__ import annotations

from math import exp, log

REGROWTH_MS = 90_000
"""Time constant with which short-lived flows fill the table again after a flush (ours)."""

MAXIMUM = 262_144
"""net.netfilter.nf_conntrack_max as kube-proxy sets it for 8 cores."""


class FlowTable:
    """The conntrack table of one node."""

    def __init__(self, usual: int) -> None:
        """Hold the *usual* number of flows until flushed."""
        self.usual = usual
        self.maximum = MAXIMUM
        """net.netfilter.nf_conntrack_max; set by `Network.limit_flows`."""
        self.full_since: int | None = None
        """Since when there has been no room (simulated ms)."""
        self.flushed_at: int | None = None
        """When it was emptied, or would have been to be as full as it is."""

    @property
    def per_second(self) -> float:
        """Return how many new flows there are each second: as many as keep the table as it is."""
        return self.usual * 1000 / REGROWTH_MS

    def count(self, now: int) -> int:
        """Return the number of entries at *now*: never more than there is room for."""
        return min(self._wanted(now), self.maximum)

    def overflow(self, now: int) -> float:
        """Return the share of new flows that a full table drops."""
        wanted = self._wanted(now)
        return 0.0 if wanted < self.maximum else 1.0 - self.maximum / max(wanted, 1)

    def _wanted(self, now: int) -> int:
        if self.flushed_at is None:
            return self.usual
        return int(self.usual * (1 - exp(-(now - self.flushed_at) / REGROWTH_MS)))

    def flush(self, now: int) -> int:
        """Empty the table (`conntrack -F`) and return how many entries it held."""
        held = self.count(now)
        self.flushed_at = now
        return held

    def delete(self, entries: int, now: int) -> None:
        """Take some entries out (`conntrack -D`); they grow back like all others."""
        held = self._wanted(now)
        if entries >= held:
            self.flushed_at = now
        elif entries:
            share = 1 - (held - entries) / max(self.usual, 1)
            if 0 < share < 1:
                self.flushed_at = now + int(REGROWTH_MS * log(share))

    def dropped(self, now: int) -> int:
        """Return how many new flows a full table has dropped since the limit was set."""
        if self.full_since is None:
            return 0
        return int(self.overflow(now) * self.per_second * (now - self.full_since) / 1000)
