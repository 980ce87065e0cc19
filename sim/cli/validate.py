"""Checks scenario and family files: every mistake with its file and line, and what is merely odd.

What a mistake is, is known in `sim.scenario`; playing is left to the players.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario import Catalogue, Scenario, ScenarioError, load_scenario
from sim.scenario.alike import differences
from sim.scenario.files import parsed
from sim.scenario.loader import FAMILIES, MAIN, family_text
from sim.scenario.mistakes import Mistake, unknown

if TYPE_CHECKING:
    from sim.session.run import Run


class Report:
    """What is wrong with some scenarios and families."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._told: set[str] = set()
        self.fine: list[str] = []
        """What has no mistake."""
        self.wrong: list[str] = []
        """Lines, each a mistake; one of a family's file is told once."""
        self.odd: list[str] = []
        """Lines, each something that is allowed and probably not meant."""

    def check(self, name: str, *, strict: bool = False) -> None:
        """Check a scenario (slug or folder) or a family; with *strict* also by playing it."""
        folder = Path(name) if Path(name).is_dir() else self._catalogue.folder / name
        if (folder / MAIN).exists():
            self._scenario(name, folder, strict=strict)
        elif name in self._catalogue.families():
            self._family(name)
        else:
            there = ", ".join([*self._catalogue.slugs(), *self._catalogue.families()])
            self.wrong.append(f"{name}: no such scenario and no folder of one; there are: {there}")

    def _scenario(self, name: str, folder: Path, *, strict: bool) -> None:
        try:
            scenario = load_scenario(folder)
        except ScenarioError as error:
            self._tell(error.mistakes, folder)
        except OSError as error:
            self.wrong.append(f"{name}: {error}")
        else:
            self.fine.append(name)
            if strict:
                self.odd += [f"{name}: {line}" for line in oddities(scenario)]

    def _family(self, name: str) -> None:
        text = family_text(name, self._catalogue.folder)
        try:
            family = self._catalogue.family(name)
        except ScenarioError as error:
            self._tell(error.mistakes, self._catalogue.folder)
            return
        assert text is not None, "the catalogue has just read it"
        file = parsed(*text)
        slugs, nights, found = self._catalogue.slugs(), [], list[Mistake]()
        for slug in family.slugs:
            where = ("family", "weights", slug)
            if slug not in slugs:
                found.append(file.tell(where, unknown("scenario", slug, slugs)))
                continue
            try:
                night = self._catalogue[slug]
            except ScenarioError as error:
                self._tell(error.mistakes, self._catalogue.folder / slug)
                continue
            if night.family != name:
                found.append(file.tell(where, f"{slug} does not say `family: {name}`"))
            nights.append(night)
        self.odd += [
            f"{entry.slug}: says `family: {name}`, and the family never draws it"
            for entry in self._catalogue
            if entry.scenario and entry.scenario.family == name and entry.slug not in family.slugs
        ]
        if name in slugs:
            found.append(file.tell(("family", "name"), f"a scenario is called {name}, too"))
        self._tell(found, self._catalogue.folder)
        wrong = bool(found) or len(nights) < len(family.slugs)
        for slug, location, message in differences(nights):
            own = parsed(*next(one for one in self._catalogue[slug].texts if one[0] == MAIN))
            self._tell([own.tell(location, message)], self._catalogue.folder / slug)
            wrong = True
        if not wrong:
            self.fine.append(name)

    def _tell(self, mistakes: list[Mistake], folder: Path) -> None:
        """Note *mistakes* of files in *folder*, each file by a path that leads to it."""
        for mistake in mistakes:
            shared = mistake.file.startswith(f"{FAMILIES}/")
            line = str(mistake) if shared else f"{_shown(folder)}/{mistake}"
            if line not in self._told:
                self._told.add(line)
                self.wrong.append(line)


def _shown(folder: Path) -> str:
    """Return *folder* as short as it can be typed here."""
    absolute, here = folder.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def oddities(scenario: Scenario) -> Iterator[str]:
    """Yield what is allowed in *scenario* and probably not meant."""
    from sim.session.play import make_player, play  # noqa: PLC0415 - only --strict plays
    from sim.session.run import Run  # noqa: PLC0415

    texts = " ".join(text for _, text in scenario.texts)
    # What a family shares is there for all of its nights.
    for role in () if scenario.family else scenario.roles:
        if f"{{{role}}}" not in texts and f"node: {role}" not in texts:
            yield f"nothing speaks of the role {role}"
    seen: set[str] = set()
    for book in scenario.players:
        run = Run(scenario, 0, who=book.player)
        run.start()
        play(run, make_player(run, book.player))
        seen |= _seen(run)
    for fact in scenario.facts:
        if fact.id not in seen:
            yield f"no playbook ever sees the fact {fact.id}"


def _seen(run: Run) -> set[str]:
    from sim.scoring import Story  # noqa: PLC0415

    return set(Story(run.finish(), run.scenario).known)
