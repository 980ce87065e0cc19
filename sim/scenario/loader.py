"""From a folder of YAML files to a checked Scenario, or to the list of everything that is wrong.

The caller gets one value or one exception; which worlds are made of it is not known here.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from sim.scenario.checks import RULES
from sim.scenario.mistakes import Location, Mistake, ScenarioError, line_of, path_of, unknown
from sim.scenario.spec import Scenario

MAIN = "scenario.yaml"


class _File:
    """One parsed YAML file: the tree with line numbers and its plain form."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree: Any = None
        self.mistake: Mistake | None = None
        try:
            self.tree = YAML(typ="rt").load(text)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.mistake = Mistake(name, line, "", f"not YAML: {error.problem}")
        self.plain = _plain(self.tree)

    def tell(self, location: Location, message: str) -> Mistake:
        return Mistake(self.name, line_of(self.tree, location), path_of(location), message)


def _plain(node: Any) -> Any:
    """Return ruamel's tree as dicts, tuples and scalars (strict models want tuples)."""
    if isinstance(node, dict):
        return {
            (key if isinstance(key, int) else str(key)): _plain(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return tuple(_plain(item) for item in node)
    if isinstance(node, bool) or node is None:
        return node
    for scalar in (int, float, str):
        if isinstance(node, scalar):
            return scalar(node)
    return str(node)


def load_scenario(folder: Path | str) -> Scenario:
    """Return the scenario in *folder* (`scenario.yaml`, `players/*.yaml`).

    Parsing is remembered per content, so asking again is cheap.

    Raises:
        ScenarioError: with every mistake of every file, each with its line.
        FileNotFoundError: if there is no `scenario.yaml`.
    """
    folder = Path(folder)
    paths = [folder / MAIN, *sorted((folder / "players").glob("*.yaml"))]
    texts = tuple(
        (path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")) for path in paths
    )
    return _load(texts)


def parse_scenario(text: str, players: tuple[tuple[str, str], ...] = ()) -> Scenario:
    """Return the scenario of these texts; *players* are (file name, text) pairs.

    Raises:
        ScenarioError: as `load_scenario` does.
    """
    return _load(((MAIN, text), *players))


@lru_cache(maxsize=32)
def _load(texts: tuple[tuple[str, str], ...]) -> Scenario:
    files = [_File(name, text) for name, text in texts]
    broken = [file.mistake for file in files if file.mistake is not None]
    if broken:
        raise ScenarioError(broken)
    main, *players = files
    if not isinstance(main.plain, dict):
        raise ScenarioError([main.tell((), "a scenario is a mapping")])
    digest = hashlib.sha256()
    for name, text in texts:
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    whole = {
        **main.plain,
        "players": tuple(file.plain for file in players),
        "digest": digest.hexdigest(),
    }
    found: list[tuple[Location, str]] = [(("players",), "players live in players/*.yaml")] * (
        "players" in main.plain
    )
    scenario = None
    try:
        scenario = Scenario.model_validate(whole)
    except ValidationError as error:
        found += _all_told([dict(item) for item in error.errors(include_url=False)], whole)
    for rule in RULES:
        found += rule(whole)
    if found or scenario is None:
        raise ScenarioError({_placed(location, text, main, players) for location, text in found})
    return scenario


def _placed(location: Location, text: str, main: _File, players: list[_File]) -> Mistake:
    if len(location) > 1 and location[0] == "players" and isinstance(location[1], int):
        return players[location[1]].tell(location[2:], text)
    return main.tell(location, text)


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
