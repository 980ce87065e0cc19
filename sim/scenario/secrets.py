"""The specs of Secrets that are there at the start, beside those that applications' variables make.

How they come to be used is not known here.
"""

from __future__ import annotations

from pydantic import Field

from sim.scenario.fields import Duration, Name, Spec


class Secret(Spec):
    """One Secret; its namespace is made if nothing else makes it."""

    name: Name
    namespace: Name
    age: Duration
    """How long before the start it was made."""
    text: dict[str, str] = Field(default_factory=dict)
    """Key -> literal value."""
    drawn: dict[str, str] = Field(default_factory=dict)
    """Key -> name of a drawn value, the same wherever it is named."""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
