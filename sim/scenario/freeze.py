"""The specs of decision points: where a run in practice mode stops, and how an expert would go on.

Nothing here decides when one is reached.
"""

from __future__ import annotations

from pydantic import Field

from sim.scenario.closing import Choice
from sim.scenario.fields import Duration, Name, Spec


class When(Spec):
    """What brings a decision point about; exactly one is given."""

    fact: Name | None = None
    """This fact is on the screen."""
    after: Duration | None = None
    """So long after the page."""


class FreezePoint(Spec):
    """A moment at which the trainee ranks what could be done next, and then sees the expert's ranking."""

    id: Name
    when: When
    question: str
    options: tuple[Choice, ...] = Field(min_length=2, max_length=6)
    ranking: tuple[Name, ...]
    """Every option, the expert's best first."""
    reasons: dict[Name, str] = Field(default_factory=dict)
    """Option -> why it stands where it stands."""
