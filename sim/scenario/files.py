"""One YAML file of a scenario: its tree with line numbers, and the plain form that is checked.

This file knows YAML and nothing of what a scenario says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from sim.scenario.mistakes import Location, Mistake, line_of, path_of

MOST_NODES = 200_000
"""Values of one file, an alias counted as often as it is used; the largest of ours has a few thousand."""


class File:
    """One parsed YAML file; nothing in it is changed later."""

    def __init__(self, name: str, text: str) -> None:
        """Parse *text*, which stands in the file called *name*."""
        self.name = name
        self.tree: Any = None
        self.mistake: Mistake | None = None
        """Why it is no YAML, if it is none."""
        try:
            self.tree = YAML(typ="rt").load(text)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.mistake = Mistake(name, line, "", f"not YAML: {error.problem}")
        try:
            self.plain = _plain(self.tree, [MOST_NODES])
        except (ValueError, RecursionError):
            self.tree = self.plain = None
            self.mistake = Mistake(
                name, 1, "", f"more than {MOST_NODES:,} values: aliases in aliases?"
            )
        """The tree as dicts, tuples and scalars."""

    def tell(self, location: Location, message: str) -> Mistake:
        """Return *message* as a mistake at *location*."""
        return Mistake(self.name, line_of(self.tree, location), path_of(location), message)


@lru_cache(maxsize=64)
def parsed(name: str, text: str) -> File:
    """Return the file of this content, parsed once."""
    return File(name, text)


def _plain(node: Any, left: list[int]) -> Any:
    """Return ruamel's tree as dicts, tuples and scalars (strict models want tuples).

    *left* counts down; an alias counts as often as it is written out.
    """
    left[0] -= 1
    if left[0] < 0:
        raise ValueError
    if isinstance(node, dict):
        return {
            (key if isinstance(key, int) else str(key)): _plain(value, left)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return tuple(_plain(item, left) for item in node)
    if isinstance(node, bool) or node is None:
        return node
    for scalar in (int, float, str):
        if isinstance(node, scalar):
            return scalar(node)
    return str(node)
