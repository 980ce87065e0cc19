"""When a run's night takes place: on the scenario's date, or now, for clients with a clock of their own.

A client outside computes ages with its own clock. What a run does is not known here.
"""

from __future__ import annotations

from sim import ENGINE_VERSION
from sim.kernel import Epoch
from sim.scenario import Scenario
from sim.session.references import Cache
from sim.session.run import Run


def epoch_of_now(scenario: Scenario, seed: int, cache: Cache, unix_ms: int) -> str:
    """Return the epoch (RFC 3339) of a run whose page comes at *unix_ms*."""
    return Epoch(unix_ms - _paged_at(scenario, seed, cache)).rfc3339(0)


def _paged_at(scenario: Scenario, seed: int, cache: Cache) -> int:
    """Return when the page comes on *seed*, which no date changes; remembered."""
    key = f"paged/{scenario.digest}/{seed}/{ENGINE_VERSION}"
    if (text := cache.cached(key)) is not None:
        return int(text)
    run = Run(scenario, seed)
    run.start()
    cache.remember(key, str(run.paged_at))
    return run.paged_at
