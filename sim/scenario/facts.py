"""The specs of facts: statements that become known when an output showed them.

`sim.scenario.matching` decides whether a look shows one; nothing here reads a run.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.fields import Duration, Name, Pattern, Spec
from sim.scenario.patterns import groups


class Rows(Spec):
    """Lines of one output that must be there."""

    match: Pattern
    """Searched in every line."""
    min: int = 1
    max: int | None = None
    """At most so many (use with `min: 0` for absence)."""
    distinct: str = ""
    """Named group that must take *min* different values."""
    at_least: dict[str, str] = Field(default_factory=dict)
    """Named group -> number (or role) that it must reach; other lines do not count."""
    at_most: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_groups(self) -> Self:
        named = {self.distinct, *self.at_least, *self.at_most} - {""}
        missing = sorted(named - groups(self.match))
        if missing:
            msg = f"`match` has no group (?P<{missing[0]}>...)"
            raise ValueError(msg)
        return self


class Shown(Spec):
    """One way in which an output shows the fact; everything given must hold."""

    on: Literal["terminal", "panel", "any"] = "terminal"
    panel: Pattern = ""
    """Name of the panel (whole); what stands on a terminal has none and passes."""
    by: Pattern = ""
    """Split of the panel (whole); as with *panel*."""
    command: Pattern = ""
    """Searched in the command line; only where the text alone could mean something else."""
    node: str = ""
    """Role of the node (or nodes) on which the program ran."""
    rows: tuple[Rows, ...] = ()
    text: tuple[Pattern, ...] = ()
    """Each must be found; `^` and `$` match at line ends."""
    absent: tuple[Pattern, ...] = ()
    """None may be found."""


class Hypothesis(Spec):
    """One thing that may be the matter; the scenario's truth is one of several."""

    id: Name
    text: str
    mitigation: Name
    """Class of what helps if it is true, e.g. `move-pods`; several hypotheses may share one."""


class Fact(Spec):
    """A statement of the scenario that is true in every run of it."""

    id: Name
    sentence: str
    since: Literal["start", "fault", "page"] = "fault"
    """A look before this time does not count."""
    offset: Duration = 0
    """Added to *since*."""
    about: tuple[Literal["real", "users", "change", "scope", "cause", "recovery"], ...] = ()
    """Which question of the method it answers."""
    likelihood: dict[Name, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Hypothesis -> how likely this is to be seen if it is true; 0.5 where nothing is said."""
    shown: tuple[Shown, ...] = Field(min_length=1)
