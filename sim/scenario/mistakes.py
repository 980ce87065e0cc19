"""Where a mistake stands in its file, and how it is told.

A mistake reads `scenario.yaml:41: facts[0].node: no role "node.bda"; nearest: node.bad`; this file
must not know what the rules are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that is wrong with a file."""

    file: str
    line: int
    path: str
    """Where in the tree, e.g. `timeline[0].application`."""
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.message}"


class ScenarioError(Exception):
    """A scenario does not hold together; `mistakes` lists everything that is wrong."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def path_of(location: Location) -> str:
    """Return `facts[0].shown[1].rows` for ("facts", 0, "shown", 1, "rows")."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def line_of(tree: Any, location: Location) -> int:
    """Return the line (from 1) at which *location* stands, or that of its nearest parent.

    *tree* is what ruamel.yaml's round-trip loader gave.
    """
    line = 1
    for part in location:
        positions = getattr(tree, "lc", None)
        try:
            if isinstance(tree, dict):
                line = positions.key(part)[0] + 1 if positions else line
            else:
                line = positions.item(part)[0] + 1 if positions else line
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Return `no role "x"; nearest: y`, or what there is if nothing comes near."""
    names = sorted(set(known))
    near = get_close_matches(str(name), names, n=3, cutoff=0.55)
    if near:
        return f'no {what} "{name}"; nearest: {", ".join(near)}'
    return f'no {what} "{name}"; there are: {", ".join(names) or "none"}'
