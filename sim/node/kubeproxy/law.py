"""How much memory kube-proxy needs and how long its start takes, as a law of Services and endpoints.

The shape follows measurements of a real kube-proxy (start-up peaks above steady state; a start with
a cold page cache thrashes instead of being killed); the constants are the scenario's. This file
must not know processes or time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

MIB = 1 << 20

Outcome = Literal["syncs", "killed", "thrashes"]


class Start(NamedTuple):
    """How a start goes."""

    outcome: Outcome
    ms: int
    """Until the first sync, or until the kill; for thrashing the quiet time is drawn elsewhere."""


@dataclass(frozen=True, slots=True)
class ProxyLaw:
    """The constants; MiB unless the name says otherwise."""

    base_steady: float = 60
    steady_per_service: float = 0.035
    steady_per_endpoint: float = 0.02
    base_startup: float = 64
    startup_per_service: float = 0.09
    startup_per_endpoint: float = 0.04
    binary: float = 40
    """Pages of the program itself, charged to it when the page cache is cold."""
    flow_kib: float = 1
    """KiB per tracked flow while the table is walked after a Service lost its last endpoint."""
    tight_startup_ms: int = 24_000
    ample_startup_ms: int = 2_500
    ample_headroom: float = 0.35
    """Share of the limit above steady state from which a start is quick."""
    sync_ms: tuple[int, int] = (300, 1_200)
    """From a change to its rules written, minSyncPeriod 1 s included."""
    min_sync_ms: int = 1_000
    undisturbed_ms: tuple[int, int] = (320_000, 460_000)
    """Quiet time on the node that a thrashing start needs."""

    def steady(self, services: int, endpoints: int) -> int:
        """Return resident bytes between syncs."""
        size = self.base_steady + self.steady_per_service * services
        return int((size + self.steady_per_endpoint * endpoints) * MIB)

    def peak(self, services: int, endpoints: int) -> int:
        """Return the bytes a start needs at its worst moment, the restoring child included."""
        size = self.base_startup + self.startup_per_service * services
        return int((size + self.startup_per_endpoint * endpoints) * MIB)

    def cleanup(self, services: int, endpoints: int, flows: int) -> int:
        """Return the bytes of the walk over *flows* after a Service lost its last endpoint."""
        return self.steady(services, endpoints) + int(flows * self.flow_kib * 1024)

    def start(self, limit: int, services: int, endpoints: int, *, warm: bool) -> Start:
        """Return how a start under *limit* bytes (0: none) goes."""
        peak = self.peak(services, endpoints)
        if limit and not warm and limit < peak + self.binary * MIB:
            return Start("thrashes", self.tight_startup_ms)
        if limit and peak > limit:
            # the last pages before the limit are the slowest, so a kill comes close to the peak
            return Start("killed", int(self.tight_startup_ms * (limit / peak) ** 0.25))
        headroom = 1.0 if not limit else 1 - self.steady(services, endpoints) / limit
        roomy = headroom >= self.ample_headroom and (not limit or peak <= 0.9 * limit)
        return Start("syncs", self.ample_startup_ms if warm and roomy else self.tight_startup_ms)
