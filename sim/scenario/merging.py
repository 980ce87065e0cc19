"""A scenario laid over what its family shares, remembering where each part of the result stands.

Mappings merge key by key; lists whose items are named (`id`, else `name`, else `offset`) merge by that
name, new items come last, and `{id: x, drop: true}` takes one away; everything else is replaced. What
the parts mean is not known here.
"""

from __future__ import annotations

from typing import Any

from sim.scenario.mistakes import Location, unknown

NAMES = ("id", "name", "offset")
"""What items of a list are told apart by; the first that all of them have."""
DROP = "drop"


class Merged:
    """The result of laying *own* over *shared*; file 0 is the scenario's, file 1 the family's."""

    def __init__(self, own: Any, shared: Any, *, below: Location) -> None:
        """Merge; *below* is where the shared tree stands in the family's file."""
        self.problems: list[tuple[int, Location, str]] = []
        """(file, location there, message) of what cannot be merged."""
        self._origins: dict[Location, tuple[int, Location]] = {}
        self.tree = self._merge(own, shared, (), (), below)

    def whence(self, location: Location) -> tuple[int, Location]:
        """Return the file and the location in it of a place in the merged tree."""
        for length in range(len(location), -1, -1):
            origin = self._origins.get(location[:length])
            if origin is not None:
                return origin[0], (*origin[1], *location[length:])
        return 0, location

    def _merge(self, own: Any, shared: Any, at: Location, mine: Location, theirs: Location) -> Any:
        self._origins[at] = (0, mine)
        if isinstance(own, dict) and isinstance(shared, dict):
            return self._mapping(own, shared, at, mine, theirs)
        if isinstance(own, tuple) and isinstance(shared, tuple):
            name = _name_of_items(own, shared)
            if name is not None:
                return self._list(name, own, shared, at, mine, theirs)
        return own

    def _mapping(
        self,
        own: dict[Any, Any],
        shared: dict[Any, Any],
        at: Location,
        mine: Location,
        theirs: Location,
    ) -> dict[Any, Any]:
        made = {}
        for key, value in shared.items():
            here = (*at, key)
            if key in own:
                made[key] = self._merge(own[key], value, here, (*mine, key), (*theirs, key))
            else:
                self._origins[here] = (1, (*theirs, key))
                made[key] = value
        for key, value in own.items():
            if key not in shared:
                self._origins[(*at, key)] = (0, (*mine, key))
                made[key] = value
        return made

    def _list(
        self,
        name: str,
        own: tuple[dict[Any, Any], ...],
        shared: tuple[dict[Any, Any], ...],
        at: Location,
        mine: Location,
        theirs: Location,
    ) -> tuple[Any, ...]:
        ours = {item[name]: number for number, item in enumerate(own)}
        made: list[Any] = []
        for number, item in enumerate(shared):
            here, there = (*at, len(made)), (*theirs, number)
            place = ours.get(item[name])
            if place is None:
                self._origins[here] = (1, there)
                made.append(item)
            elif own[place].get(DROP) is True:
                self._only_dropped(own[place], (*mine, place))
            else:
                made.append(self._merge(own[place], item, here, (*mine, place), there))
        known = {item[name] for item in shared}
        for number, item in enumerate(own):
            if item[name] in known:
                continue
            if item.get(DROP) is True:
                text = unknown(f"{name} to drop", item[name], map(str, known))
                self.problems.append((0, (*mine, number, DROP), text))
                continue
            self._origins[(*at, len(made))] = (0, (*mine, number))
            made.append(item)
        return tuple(made)

    def _only_dropped(self, item: dict[Any, Any], at: Location) -> None:
        if len(item) > 2:
            self.problems.append((0, at, "what is dropped has nothing but its name and `drop`"))


def _name_of_items(own: tuple[Any, ...], shared: tuple[Any, ...]) -> str | None:
    """Return by what the items of both lists are told apart, None if not all of them have one name."""
    items = (*own, *shared)
    if not own or not shared or not all(isinstance(item, dict) for item in items):
        return None
    for name in NAMES:
        if all(isinstance(item.get(name), str | int) for item in items):
            once = all(len({item[name] for item in part}) == len(part) for part in (own, shared))
            return name if once else None
    return None
