"""The scenarios and families that there are, by name; a broken one is listed with its mistakes.

This file knows folders and nothing of what a scenario means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.scenario.family import Family
from sim.scenario.loader import FOLDER, MAIN, family_names, load_family, load_scenario
from sim.scenario.mistakes import ScenarioError, unknown
from sim.scenario.spec import Scenario


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue."""

    slug: str
    folder: Path
    scenario: Scenario | None
    error: ScenarioError | None = None


class Catalogue:
    """The scenarios below one folder."""

    def __init__(self, folder: Path | str = FOLDER) -> None:
        self.folder = Path(folder)

    def slugs(self) -> list[str]:
        """Return the slugs in alphabetical order."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{MAIN}"))

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry, also those that do not load."""
        for slug in self.slugs():
            try:
                yield Entry(slug, self.folder / slug, load_scenario(self.folder / slug))
            except ScenarioError as error:
                yield Entry(slug, self.folder / slug, None, error)

    def __getitem__(self, slug: str) -> Scenario:
        """Return the scenario called *slug*.

        Raises:
            KeyError: if there is none; the message names the nearest.
            ScenarioError: if it does not load.
        """
        if slug not in self.slugs():
            raise KeyError(unknown("scenario", slug, self.slugs()))
        return load_scenario(self.folder / slug)

    def families(self) -> list[str]:
        """Return the names of the families in alphabetical order."""
        return family_names(self.folder)

    def family(self, name: str) -> Family:
        """Return the family called *name*.

        Raises:
            KeyError: if there is none; the message names the nearest.
            ScenarioError: if its file has mistakes.
        """
        if name not in self.families():
            raise KeyError(unknown("family", name, self.families()))
        return load_family(name, self.folder)

    def choose(self, name: str, seed: int) -> tuple[Scenario, str]:
        """Return the scenario called *name*; or the night that *seed* draws of the family called so.

        With it comes the family's name, if it was drawn, so that nobody is told which night it is.

        Raises:
            KeyError: if there is neither; the message names the nearest.
            ScenarioError: if it does not load.
        """
        slugs, families = self.slugs(), self.families()
        if name not in slugs and name in families:
            return self.draw(name, seed), name
        if name not in slugs:
            raise KeyError(unknown("scenario", name, [*slugs, *families]))
        return self[name], ""

    def nights(self, name: str) -> tuple[Scenario, ...]:
        """Return every night of the family *name*; raises as `family` does."""
        return tuple(self[slug] for slug in self.family(name).slugs)

    def draw(self, name: str, seed: int) -> Scenario:
        """Return the scenario of the family *name* that *seed* draws; raises as `family` does."""
        return self[self.family(name).draw(seed)]
