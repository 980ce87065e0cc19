"""When what is older than the run happened, to the second: nobody deploys on the stroke of the minute.

A scenario says `3d`; each seed adds some minutes. What it says to the second stays. Which objects the
ages belong to is not known here.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from sim.kernel import Stream
from sim.scenario import Scenario

MINUTE_MS = 60_000
MOST_MS = 25 * MINUTE_MS
"""Added at most; less than what lies between two entries that belong together."""
SHARE = 60
"""And at most this part of the age itself."""
S = TypeVar("S", bound=BaseModel)


class Ages:
    """One seed's ages; what is equally old in the scenario is so in the world."""

    def __init__(self, stream: Stream) -> None:
        """Draw from *stream*."""
        self._draw = stream.at("age")

    def exact(self, ago: int) -> int:
        """Return *ago* (ms) to the second."""
        if ago % MINUTE_MS:
            return ago
        return ago + self._draw.at(ago).integer(0, min(MOST_MS, ago // SHARE))

    def dated(self, scenario: Scenario) -> Scenario:
        """Return *scenario* with every age of what is older than the run made exact."""
        history = scenario.history
        past = history.model_copy(
            update={
                "revisions": self._all(history.revisions, "ago"),
                "onboarding": self._one(history.onboarding, "ago"),
                "changes": self._all(history.changes, "ago"),
                "alerts": self._all(history.alerts, "ago"),
            }
        )
        return scenario.model_copy(
            update={
                "history": past,
                "cluster": self._one(scenario.cluster, "age"),
                "applications": self._all(scenario.applications, "age"),
                "secrets": self._all(scenario.secrets, "age"),
            }
        )

    def _all(self, specs: tuple[S, ...], field: str) -> tuple[S, ...]:
        return tuple(self._one(spec, field) for spec in specs)

    def _one(self, spec: S, field: str) -> S:
        ago = getattr(spec, field)
        return spec if ago is None else spec.model_copy(update={field: self.exact(ago)})
