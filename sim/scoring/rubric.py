"""Another rubric for stored runs: weights and thresholds from a file, nothing else.

Facts, answers and what counts as which item stay the scenario's; a rubric may re-weight, never invent.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from sim.scenario import Scenario
from sim.scenario.fields import Duration, Spec

ITEMS = {
    "users-loss": 25.0,
    "no-harm": 10.0,
    "recovery": 5.0,
    "is-it-real": 4.0,
    "what-changed": 10.0,
    "blast-radius": 10.0,
    "mitigate-first": 8.0,
    "revises": 3.0,
    "diagnosis": 13.0,
    "updates": 5.0,
    "temporary": 3.0,
    "follow-through": 4.0,
}
"""Item -> its usual points; 100 together."""
TOTAL = 100.0


class Reweighed(Spec):
    """What a rubric file says; whatever it leaves out stays as the scenario has it."""

    name: str = ""
    """For the head of the scorecard."""
    weights: dict[str, float] = Field(default_factory=dict)
    """Item -> points."""
    mitigated_below: float | None = Field(default=None, gt=0, lt=1)
    hold: Duration | None = None
    first_update: Duration | None = None
    cadence: Duration | None = None

    @field_validator("weights")
    @classmethod
    def _known(cls, weights: dict[str, float]) -> dict[str, float]:
        for item, points in weights.items():
            if item not in ITEMS:
                msg = f"no item {item!r}; there are: {', '.join(ITEMS)}"
                raise ValueError(msg)
            if points < 0:
                msg = f"{item}: {points:g} points; a weight is 0 or more"
                raise ValueError(msg)
        return weights

    def applied(self, scenario: Scenario) -> Scenario:
        """Return *scenario* under this rubric.

        Raises:
            ValueError: if the weights no longer make 100 points.
        """
        weights = {**scenario.rubric.weights, **self.weights}
        total = sum({**ITEMS, **weights}.values())
        if abs(total - TOTAL) > 1e-6:
            msg = f"the weights of all items make {total:g} points; they must make {TOTAL:g}"
            raise ValueError(msg)
        changed = {
            name: value
            for name in ("mitigated_below", "hold", "first_update", "cadence")
            if (value := getattr(self, name)) is not None
        }
        rubric = scenario.rubric.model_copy(update={"weights": weights, **changed})
        return scenario.model_copy(update={"rubric": rubric})
