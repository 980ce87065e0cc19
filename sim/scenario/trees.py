"""Reading a plain tree that may be wrong anywhere: what cannot be read is skipped, never an error.

What the tree means is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.scenario.mistakes import Location, unknown

Finding = tuple[Location, str]
"""Where something is wrong, and what."""
Rule = Callable[[dict[str, Any]], Iterator[Finding]]


def mapping(value: Any) -> dict[Any, Any]:
    """Return *value* if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(tree: Any, *keys: str) -> list[tuple[int, dict[Any, Any]]]:
    """Return the list at *keys* with its numbers, each item as a mapping."""
    for key in keys:
        tree = mapping(tree).get(key)
    if not isinstance(tree, list | tuple):
        return []
    return [(index, mapping(item)) for index, item in enumerate(tree)]


def ids(tree: Any, *keys: str, by: str = "id") -> set[str]:
    """Return the names of the items of the list at *keys*."""
    return {str(item[by]) for _, item in items(tree, *keys) if by in item}


def reference(what: str, location: Location, name: Any, known: set[str]) -> Iterator[Finding]:
    """Find fault with a name that nothing has."""
    if isinstance(name, str) and name and name not in known:
        yield location, unknown(what, name, known)


def strings(value: Any, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield every text below *value* with its place."""
    if isinstance(value, str):
        yield location, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, (*location, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from strings(item, (*location, index))
