"""The last changes of each resource, so that a watch can start in the past and a list be shown as it was.

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

    def undo(
        self, resource: str, namespace: str | None, objects: list[Obj], revision: int
    ) -> list[Obj]:
        """Return what *objects*, the list of now, were at *revision*, in the same order."""
        before: dict[tuple[str, str], Obj | None] = {}
        for change in reversed(self._changes.get(resource, ())):
            if change.revision <= revision:
                break
            metadata = change.new["metadata"]
            space = metadata.get("namespace", "")
            if namespace is None or namespace == space:
                before[space, metadata["name"]] = change.old
        if not before:
            return objects
        kept = [one for one in objects if _place(one) not in before]
        kept.extend(one for one in before.values() if one is not None)
        kept.sort(key=lambda one: "/".join(_place(one)))
        return kept

    def since(self, resource: str, revision: int) -> list[Change]:
        """Return the changes after *revision*, oldest first."""
        found: list[Change] = []
        for change in reversed(self._changes.get(resource, ())):
            if change.revision <= revision:
                break
            found.append(change)
        found.reverse()
        return found


def _place(obj: Obj) -> tuple[str, str]:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
