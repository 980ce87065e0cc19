"""The specs of faults: what the scenario does to the cluster, and when.

One class a family; what carries it out lives in the fault families, found by `fault`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Duration, DurationRange, Name, Spec


class _Timed(Spec):
    id: Name
    at: Duration
    """Time since the start on seed 0."""
    shift: DurationRange = (0, 0)
    """What other seeds add to *at*."""


class Rollout(_Timed):
    """Roll the newest revision of an application's history out."""

    fault: Literal["rollout"]
    application: Name


class _Eviction(_Timed):
    by: str
    """Component that records the event, e.g. `descheduler`."""
    reason: str
    """Reason of the event object on the pod."""
    message: str
    grace: Duration


class ReplacePod(_Eviction):
    """Delete a pod of an application, as a descheduler or an operator does."""

    fault: Literal["replace-pod"]
    application: Name


class ReplaceOthers(_Eviction):
    """Delete pods of teams that the scenario is not about, one a namespace; nobody is hurt."""

    fault: Literal["replace-others"]
    count: int = Field(ge=1)
    apart: DurationRange
    """From one to the next."""


Fault = Annotated[Rollout | ReplacePod | ReplaceOthers, Field(discriminator="fault")]
