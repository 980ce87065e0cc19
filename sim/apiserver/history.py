"""The last changes of each resource, so that a watch can start in the past.

Old versions are shared with the store, so keeping them is cheap. This file must not know selectors.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from sim.apimachinery.wire import Obj

KEPT = 2000
"""Changes remembered for each resource; a watch from before them is told that it is too old."""


class Change(NamedTuple):
    """One write."""

    revision: int
    type: str
    """`ADDED`, `MODIFIED` or `DELETED`."""
    new: Obj
    """The object after the write; for DELETED its last state with the deletion's revision."""
    old: Obj | None


class History:
    """Changes by resource, newest last."""

    def __init__(self) -> None:
        self._changes: dict[str, deque[Change]] = {}
        self._floor: dict[str, int] = {}
        self._start = 0

    def start_at(self, revision: int) -> None:
        """Forget everything up to *revision*; a watch may start there."""
        self._start = revision
        self._changes.clear()
        self._floor.clear()

    def add(self, resource: str, change: Change) -> None:
        """Remember *change*."""
        changes = self._changes.get(resource)
        if changes is None:
            changes = self._changes[resource] = deque()
        changes.append(change)
        if len(changes) > KEPT:
            self._floor[resource] = changes.popleft().revision

    def oldest(self, resource: str) -> int:
        """Return the smallest revision from which a watch of *resource* misses nothing."""
        return self._floor.get(resource, self._start)

    def since(self, resource: str, revision: int) -> list[Change]:
        """Return the changes after *revision*, oldest first."""
        found: list[Change] = []
        for change in reversed(self._changes.get(resource, ())):
            if change.revision <= revision:
                break
            found.append(change)
        found.reverse()
        return found
