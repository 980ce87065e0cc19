"""The specs of the end: what the closing form asks, what has to be undone, how points are weighed.

Right answers live here and leave the server only with the debrief.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.scenario.fields import Duration, Name, Spec


class Choice(Spec):
    """One entry of a list to pick from."""

    id: Name
    text: str


class Question(Spec):
    """A list with its right answers."""

    choices: tuple[Choice, ...] = Field(min_length=2)
    right: tuple[Name, ...] = Field(min_length=1)
    """Ids that earn everything."""
    victim: tuple[Name, ...] = ()
    """Ids that name what suffered instead of what began it."""
    proof: tuple[Name, ...] = ()
    """Facts any of which bears a right answer out; empty: any fact of the scenario does."""


class Closing(Spec):
    """The structured picks after recovery."""

    component: Question
    failure: Question
    trigger: Question
    mechanism: Question
    scope: Question
    ticket_origin: Question
    ticket_fix: Question
    ticket_owner: Question


class Temporary(Spec):
    """A measure that has to be undone before the run counts as resolved."""

    id: Name
    text: str
    kind: Literal["cordon", "taint", "scale", "silence", "limit", "placement", "label", "pod"]
    target: str
    """What it is about, with roles, e.g. `nodes/{node.bad}`; `nodes/*` is every node that no earlier
    measure of the list names."""
    safe_when: tuple[Name, ...] = ()
    """Facts that must be known before undoing it is right."""


class TemptingChange(Spec):
    """The change that everybody suspects first."""

    change: Name
    """Id in the change feed."""
    seen: tuple[Name, ...] = Field(min_length=1)
    """Facts any of which has brought the change to the screen."""
    refuted_by: tuple[Name, ...] = Field(min_length=1)
    """Facts each of which separates it from the truth."""
    serves: tuple[str, ...] = ()
    """Kinds of action that serve the idea, e.g. `patch deployments/payments/{app}`."""


class SteadyState(Spec):
    """What "as good as before" means."""

    measure: Name
    metric: str
    by: str = ""
    below: float | None = None
    above: float | None = None


class Rubric(Spec):
    """Overrides of the usual weights; missing ones keep theirs."""

    kind: Literal["incident", "false-alarm"] = "incident"
    """In a false alarm restraint is scored where an incident scores users' loss."""
    weights: dict[str, float] = Field(default_factory=dict)
    category: str
    """Category of the change that matters."""
    window: Literal["10m", "24h", "since-start"]
    """Which window holds it."""
    dimension: Literal["node", "zone", "version", "pod", "tenant", "route", "client", "credential"]
    """The dimension that separates the affected from the rest."""
    compares: tuple[Name | tuple[Name, ...], ...] = Field(min_length=1)
    """Facts each of which sets affected against unaffected; of a group all together do."""
    separates: tuple[Name, ...] = Field(min_length=1)
    """Facts each of which shows that the true dimension separates them."""
    mitigated_below: float
    """Share of failing requests under which users count as fine."""
    hold: Duration
    """How long it must stay so."""
    first_update: Duration
    cadence: Duration
