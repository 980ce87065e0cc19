"""A family: scenarios that look alike until somebody looks, and how often each is drawn.

The file says what they share; how it is laid under a scenario is in `merging`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sim.kernel import Stream
from sim.scenario.fields import Name, Spec

OWN = ("slug", "title", "family", "truth")
"""Fields that each scenario of a family says for itself."""


class Head(Spec):
    """What a trainee is told of a family, and how it is drawn from."""

    name: Name
    """Name of the file; `uncordon play <name>` draws one of the family."""
    title: str
    """Shown in place of a scenario's title until the debrief; gives nothing away."""
    summary: str
    """One neutral sentence for the catalogue."""
    weights: dict[Name, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    """Slug -> how often it is drawn, in parts of the sum."""


class Family(Spec):
    """The whole file `families/<name>.yaml`."""

    family: Head
    shared: dict[str, Any]
    """A tree of scenario fields that lies under every scenario of the family."""

    @property
    def name(self) -> str:
        """Return its name."""
        return self.family.name

    @property
    def title(self) -> str:
        """Return what is shown in place of a scenario's title."""
        return self.family.title

    @property
    def slugs(self) -> tuple[str, ...]:
        """Return its scenarios, in alphabetical order."""
        return tuple(sorted(self.family.weights))

    def draw(self, seed: int) -> str:
        """Return the slug of the scenario that *seed* draws."""
        weights = self.family.weights
        point = Stream("mystery", self.name, seed).unit() * sum(
            weights[slug] for slug in self.slugs
        )
        for slug in self.slugs:
            point -= weights[slug]
            if point < 0:
                return slug
        return self.slugs[-1]
