"""How much work one command line may do: counted, refilled by simulated time, never measured.

It knows a clock and a number; what a unit pays for is decided by who charges.
"""

from __future__ import annotations

from collections.abc import Callable

import simpy

LINE_UNITS = 20_000_000
"""Work of one command line: about a second of the processor, at some 50 ns a unit."""
UNITS_PER_MS = 50
"""What simulated time gives back, so that a loop with a `sleep` in it may run for hours."""
STEP = 250_000
"""Work after which whoever pays for a shell elsewhere is told."""
COMMAND = 1_000
"""What one simple command costs, whatever it does."""


class WorkLimit(Exception):  # noqa: N818 - a condition that ends the line
    """The line has done more than one line may; nobody but the shell catches it."""


class Meter:
    """Adds up what all lines of one shell have done, for whoever pays for them."""

    __slots__ = ("done", "on_step")

    def __init__(self) -> None:
        """Start at nothing."""
        self.done = 0
        self.on_step: Callable[[], None] | None = None
        """Hears of every `STEP` of work."""


class Budget:
    """What is left for one command line and everything that it has started."""

    __slots__ = ("_env", "_left", "_meter", "_paid_at", "_reserve", "_spent", "_step", "_told",
                 "_units", "asks")  # fmt: skip

    def __init__(
        self, env: simpy.Environment, units: int = LINE_UNITS, meter: Meter | None = None
    ) -> None:
        """Start with *units*, which is also the most that time gives back; *meter* counts along."""
        self._env = env
        self._units = self._reserve = units
        self._left = self._step = 0
        self._meter = meter or Meter()
        self._paid_at = env.now
        self._spent = False
        self._told = False
        self.asks = 0
        """How often something was asked that is not on this machine."""

    @property
    def done(self) -> int:
        """Units that were taken so far, by this and whatever else its meter counts."""
        self.settle()
        return self._meter.done

    def charge(self, units: int) -> None:
        """Take *units*.

        Raises:
            WorkLimit: if there are not so many, counting what time has given back; from then on
                always, so that everything the line has started ends.
        """
        self._left -= units
        if self._left < 0:
            self._take_step()

    def _take_step(self) -> None:
        """Take the next step out of the reserve, or end the line."""
        short = -self._left
        if short > self._reserve:
            now = self._env.now
            back = int(now - self._paid_at) * UNITS_PER_MS
            self._paid_at = now
            self._reserve = min(self._reserve + back, self._units)
        if short > self._reserve or self._spent:
            self.spend()
            raise WorkLimit("stopped: this command line does more work than one may")
        another = self._step > 0
        step = min(max(short, STEP), self._reserve)
        self._reserve -= step
        self._left += step
        self._step += step
        self.settle()
        if another and self._meter.on_step is not None:
            self._meter.on_step()

    def settle(self) -> None:
        """Let the meter know everything that was done so far."""
        left = max(self._left, 0)
        self._meter.done += self._step - left
        self._step = left

    def renew(self, lines: int = 1) -> None:
        """Start again, with what that many lines may do: somebody has typed another one."""
        self._reserve = lines * self._units
        self._left = max(self._left, 0)
        self._spent = self._told = False

    def spend(self) -> None:
        """Use up everything: the line is to end as a whole."""
        self.settle()
        self._spent = True
        self._left = -1
        self._step = self._reserve = 0

    def tell(self) -> bool:
        """Return whether nobody has said yet that it is used up."""
        told, self._told = self._told, True
        return not told
