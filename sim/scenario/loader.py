"""From a folder of YAML files to a checked Scenario, or to the list of everything that is wrong.

The caller gets one value or one exception; which worlds are made of it is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.scenario.checks import RULES
from sim.scenario.family import OWN, Family
from sim.scenario.files import File, parsed
from sim.scenario.merging import Merged
from sim.scenario.mistakes import Location, Mistake, ScenarioError, unknown
from sim.scenario.spec import Scenario

MAIN = "scenario.yaml"
PLAYERS = "players"
FAMILIES = "families"
FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
"""Where the scenarios of this repository lie."""
_LOADED = ("players", "family_title", "digest", "texts")
"""Fields that no file says."""

Text = tuple[str, str]
"""A file's name and what stands in it."""


def load_scenario(folder: Path | str) -> Scenario:
    """Return the scenario in *folder* (`scenario.yaml`, `players/*.yaml`, and what its family shares).

    A family lies beside the folder, in `families/`; else among this repository's. Parsing is
    remembered per content, so asking again is cheap.

    Raises:
        ScenarioError: with every mistake of every file, each with its line.
        FileNotFoundError: if there is no `scenario.yaml`.
    """
    folder = Path(folder)
    main = (MAIN, (folder / MAIN).read_text(encoding="utf-8"))
    players = tuple(
        (path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted((folder / PLAYERS).glob("*.yaml"))
    )
    name = _family_name(main)
    if not name:
        return _load((main, *players), None)
    family = family_text(name, folder.absolute().parent)
    if family is None:
        known = [*family_names(folder.absolute().parent), *family_names(FOLDER)]
        raise ScenarioError([parsed(*main).tell(("family",), unknown("family", name, known))])
    return _load((main, *players), family)


def scenario_of(texts: tuple[Text, ...]) -> Scenario:
    """Return the scenario of its `texts`, wherever they were kept meanwhile; the digest is the same.

    Raises:
        ScenarioError: as `load_scenario` does.
    """
    family = next((one for one in texts if one[0].startswith(f"{FAMILIES}/")), None)
    return _load(tuple(one for one in texts if one is not family), family)


def parse_scenario(
    text: str, players: tuple[Text, ...] = (), family: Text | None = None
) -> Scenario:
    """Return the scenario of these texts; *players* and *family* are (file name, text) pairs.

    Raises:
        ScenarioError: as `load_scenario` does.
    """
    return _load(((MAIN, text), *players), family)


def family_names(folder: Path) -> list[str]:
    """Return the names of the families below *folder*, a folder of scenarios."""
    return sorted(path.stem for path in (folder / FAMILIES).glob("*.yaml"))


def family_text(name: str, folder: Path) -> Text | None:
    """Return the file of the family *name* below *folder*, else that of this repository, if any."""
    for place in (folder, FOLDER):
        if name in family_names(place):
            path = place / FAMILIES / f"{name}.yaml"
            return f"{FAMILIES}/{name}.yaml", path.read_text(encoding="utf-8")
    return None


def load_family(name: str, folder: Path) -> Family:
    """Return the family *name* of the scenarios in *folder*.

    Raises:
        KeyError: if there is none.
        ScenarioError: if the file has mistakes; what its scenarios make of it is theirs.
    """
    text = family_text(name, folder)
    if text is None:
        raise KeyError(unknown("family", name, family_names(folder)))
    return _family(parsed(*text))


def _family_name(main: Text) -> str:
    file = parsed(*main)
    name = file.plain.get("family") if isinstance(file.plain, dict) else None
    return name if isinstance(name, str) else ""


def _family(file: File) -> Family:
    """Return the checked family of *file*; raises ScenarioError."""
    if file.mistake is not None:
        raise ScenarioError([file.mistake])
    if not isinstance(file.plain, dict):
        raise ScenarioError([file.tell((), "a family is a mapping with `family` and `shared`")])
    found: list[tuple[Location, str]] = []
    family = None
    try:
        family = Family.model_validate(file.plain)
    except ValidationError as error:
        found += _all_told([dict(item) for item in error.errors(include_url=False)], file.plain)
    head, shared = file.plain.get("family"), file.plain.get("shared")
    named = f"{FAMILIES}/{head['name']}.yaml" if isinstance(head, dict) and "name" in head else ""
    if named and named != file.name:
        found.append((("family", "name"), f"the file of this family is {named}"))
    for key in shared if isinstance(shared, dict) else ():
        if key in OWN:
            found.append((("shared", key), f"each scenario of a family says its own `{key}`"))
        elif key not in Scenario.model_fields or key in _LOADED:
            found.append((("shared", key), f'"{key}" is not a field of a scenario'))
    if found or family is None:
        raise ScenarioError({file.tell(location, text) for location, text in found})
    return family


@lru_cache(maxsize=32)
def _load(texts: tuple[Text, ...], family: Text | None) -> Scenario:
    main, *players = (parsed(name, text) for name, text in texts)
    shared = parsed(*family) if family is not None else None
    broken = [file.mistake for file in (main, *players, shared) if file and file.mistake]
    if broken:
        raise ScenarioError(broken)
    if not isinstance(main.plain, dict):
        raise ScenarioError([main.tell((), "a scenario is a mapping")])
    whole = (*texts, family) if family is not None else texts
    return _checked(_Parts(main, players, shared), whole)


def _digest(texts: Iterable[Text]) -> str:
    digest = hashlib.sha256()
    for name, text in texts:
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()


class _Parts:
    """The files of one scenario as one tree, and which file a place in it belongs to."""

    def __init__(self, main: File, players: list[File], family: File | None) -> None:
        self._main, self._players, self._family = main, players, family
        self.family_title = ""
        self.mistakes: set[Mistake] = set()
        """What is wrong with the family's file, and with laying the scenario over it."""
        shared: Any = {}
        if family is not None:
            try:
                checked = _family(family)
                shared, self.family_title = checked.shared, checked.title
            except ScenarioError as error:
                self.mistakes |= set(error.mistakes)
                shared = family.plain.get("shared") if isinstance(family.plain, dict) else {}
                shared = shared if isinstance(shared, dict) else {}
        self._merged = Merged(main.plain, shared, below=("shared",))
        self.mistakes |= {self._told(*problem) for problem in self._merged.problems}
        self.tree: dict[str, Any] = {
            **self._merged.tree,
            "players": tuple(file.plain for file in players),
        }
        for field in _LOADED:
            if field in main.plain:
                where = "live in players/*.yaml" if field == PLAYERS else "are set by the loader"
                self.mistakes.add(main.tell((field,), f"{field} {where}"))

    def _told(self, file: int, location: Location, text: str) -> Mistake:
        holder = self._family if file == 1 and self._family is not None else self._main
        return holder.tell(location, text)

    def placed(self, location: Location, text: str) -> Mistake:
        """Return *text* as a mistake in the file in which *location* of the tree stands."""
        if len(location) > 1 and location[0] == "players" and isinstance(location[1], int):
            return self._players[location[1]].tell(location[2:], text)
        return self._told(*self._merged.whence(location), text)


def _checked(parts: _Parts, texts: tuple[Text, ...]) -> Scenario:
    """Return the scenario of *parts*; raises ScenarioError with everything that is wrong."""
    whole = {
        **parts.tree,
        "family_title": parts.family_title,
        "digest": _digest(texts),
        "texts": texts,
    }
    found: list[tuple[Location, str]] = []
    scenario = None
    try:
        scenario = Scenario.model_validate(whole)
    except ValidationError as error:
        found += _all_told([dict(item) for item in error.errors(include_url=False)], whole)
    for rule in RULES:
        found += rule(whole)
    mistakes = parts.mistakes | {parts.placed(location, text) for location, text in found}
    if mistakes or scenario is None:
        raise ScenarioError(mistakes)
    return scenario


def _all_told(errors: list[dict[str, Any]], tree: Any) -> list[tuple[Location, str]]:
    """Return every error but those that only follow from a mistake further down."""
    return [
        _told(error, tree)
        for error in errors
        if error["type"] != "too_short"
        or not any(
            other is not error and other["loc"][: len(error["loc"])] == error["loc"]
            for other in errors
        )
    ]


def _told(error: dict[str, Any], tree: Any) -> tuple[Location, str]:
    """Return where pydantic's *error* stands and its message in an author's words."""
    location = _real(error["loc"], tree)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return location, f'"{error["loc"][-1]}" is not a field here'
    if kind == "missing":
        return location, f'"{error["loc"][-1]}" is missing'
    if kind == "literal_error":
        return location, f"{error['input']!r} is not one of {context['expected']}"
    if kind == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in context["expected_tags"].split(",")]
        return location, unknown("kind", context["tag"], tags)
    if kind == "value_error":
        return location, str(context["error"])
    return location, f"{error['msg'][:1].lower()}{error['msg'][1:]}"


def _real(location: Location, tree: Any) -> Location:
    """Drop the parts of pydantic's location that are union tags and not in the file."""
    kept: list[str | int] = []
    last = len(location) - 1
    for index, part in enumerate(location):
        if isinstance(tree, dict):
            if part not in tree and index != last:
                continue
            if part not in tree and part in tree.values():
                continue
            tree = tree.get(part)
        elif isinstance(tree, tuple):
            if not isinstance(part, int) or part >= len(tree):
                continue
            tree = tree[part]
        else:
            continue
        kept.append(part)
    return tuple(kept)
