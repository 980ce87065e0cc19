"""How much work one command line may do: counted, refilled by simulated time, never measured.

It knows a clock and a number; what a unit pays for is decided by who charges.
"""

from __future__ import annotations

import simpy

LINE_UNITS = 20_000_000
"""Work of one command line: about a second of the processor, at some 50 ns a unit."""
UNITS_PER_MS = 50
"""What simulated time gives back, so that a loop with a `sleep` in it may run for hours."""
COMMAND = 1_000
"""What one simple command costs, whatever it does."""


class WorkLimit(Exception):  # noqa: N818 - a condition that ends the line
    """The line has done more than one line may; nobody but the shell catches it."""


class Budget:
    """What is left for one command line and everything that it has started."""

    __slots__ = ("_env", "_left", "_paid_at", "_spent", "_told", "_units")

    def __init__(self, env: simpy.Environment, units: int = LINE_UNITS) -> None:
        """Start with *units*, which is also the most that time gives back."""
        self._env = env
        self._units = units
        self._left = units
        self._paid_at = env.now
        self._spent = False
        self._told = False

    def charge(self, units: int) -> None:
        """Take *units*.

        Raises:
            WorkLimit: if there are not so many, counting what time has given back; from then on
                always, so that everything the line has started ends.
        """
        self._left -= units
        if self._left >= 0:
            return
        now = self._env.now
        back = int(now - self._paid_at) * UNITS_PER_MS
        self._paid_at = now
        self._left = min(self._left + back, self._units)
        if self._left < 0 or self._spent:
            self._spent = True
            self._left = -1
            raise WorkLimit("stopped: this command line does more work than one may")

    def spend(self) -> None:
        """Use up everything: the line is to end as a whole."""
        self._spent = True
        self._left = -1

    def tell(self) -> bool:
        """Return whether nobody has said yet that it is used up."""
        told, self._told = self._told, True
        return not told
