"""The scenarios that there are, by slug; a broken one is listed with its mistakes.

This file knows folders and nothing of what a scenario means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.scenario.loader import MAIN, load_scenario
from sim.scenario.mistakes import ScenarioError, unknown
from sim.scenario.spec import Scenario

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
"""Where the scenarios of this repository lie."""


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
