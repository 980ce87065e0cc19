"""Who can be written to, under which names, and who has been woken for it.

What they answer is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from sim.evidence import EvidenceLog, UpdateRecord
from sim.kernel import Epoch
from sim.scenario.people import Person
from sim.session import panels

_MENTION = re.compile(r"(?<![\w.])@([a-z0-9][a-z0-9-]*)", re.IGNORECASE)


class Roster:
    """The people of a scenario as the trainee can reach them."""

    def __init__(self, people: Sequence[Person], log: EvidenceLog, epoch: Epoch) -> None:
        """Read from *log* who has been written to."""
        self._people = people
        self._log = log
        self._epoch = epoch

    def text(self) -> str:
        """Return the directory, a line each."""
        rows = []
        for one in self._people:
            state = "asleep, can be woken" if one.asleep else "online"
            if (woken := self._woken_at(one)) is not None:
                state = f"woken at {panels.clock_text(self._epoch, woken)}"
            rows.append(f"{one.id:12} {one.name}, {one.role} ({state}): {one.knows}")
        return "\n".join(rows) + "\n"

    def sleeps(self, person: Person) -> bool:
        """Return whether writing to *person* wakes them."""
        return person.asleep and self._woken_at(person) is None

    def _woken_at(self, person: Person) -> int | None:
        if not person.asleep:
            return None
        return next((one.at for one in self._log.of(UpdateRecord) if one.to == person.id), None)

    def addressee(self, to: str, words: str) -> tuple[Person | None, str]:
        """Return who is written to, and what has to be said about others that *words* name.

        Raises:
            ValueError: if nobody is called *to*.
        """
        if to.strip():
            person = self.find(to)
            if person is None:
                names = ", ".join(one.id for one in self._people)
                msg = f"nothing was sent: nobody called {to!r}{self._near(to)}; there are: {names}"
                raise ValueError(msg)
            return person, ""
        named = dict.fromkeys(_MENTION.findall(words))
        known = {one.id: one for name in named if (one := self.find(name))}
        more = "".join(
            f"; nobody is called @{name}{self._near(name)}" for name in named if not self.find(name)
        )
        if len(known) > 1:
            more += f"; not to {', '.join([*known][1:])}: one person a message"
        return next(iter(known.values()), None), more

    def _near(self, name: str) -> str:
        near = get_close_matches(name.casefold(), [one.id for one in self._people], n=1)
        return f" ({near[0]}?)" if near else ""

    def find(self, name: str) -> Person | None:
        """Return who is called so: id, first name or name, in any case."""
        wanted = name.strip().removeprefix("@").casefold()
        for one in self._people:
            if wanted in (one.id, one.name.casefold(), one.name.split()[0].casefold()):
                return one
        return None
