"""A node's connection tracking table: how many flows it holds, and when it was last flushed.

The count is computed when somebody asks. This file must not know which connections they are.
"""

from __future__ import annotations

from math import exp

REGROWTH_MS = 90_000
"""Time constant with which short-lived flows fill the table again after a flush (ours)."""

MAXIMUM = 262_144
"""net.netfilter.nf_conntrack_max as kube-proxy sets it for 8 cores."""


class FlowTable:
    """The conntrack table of one node."""

    def __init__(self, usual: int) -> None:
        """Hold the *usual* number of flows until flushed."""
        self.usual = usual
        self._flushed_at: int | None = None

    def count(self, now: int) -> int:
        """Return the number of entries at *now*."""
        if self._flushed_at is None:
            return self.usual
        return int(self.usual * (1 - exp(-(now - self._flushed_at) / REGROWTH_MS)))

    def flush(self, now: int) -> int:
        """Empty the table (`conntrack -F`) and return how many entries it held."""
        held = self.count(now)
        self._flushed_at = now
        return held
