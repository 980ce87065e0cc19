"""The kernel's clock: SimPy in whole milliseconds, advanced from outside.

How an advance is cut into steps leaves no trace: events at exactly *until* wait for the next call,
and what is started at `now` runs before them. This file must not know what is simulated.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy
import simpy.core

Interrupted = simpy.Interrupt
"""Raised inside a process by Ctrl-C or by whoever kills it; its `cause` says why."""


class EndlessError(RuntimeError):
    """The model schedules itself for ever at one instant; nothing can go on from there."""


class Environment(simpy.Environment):
    """A SimPy environment whose `now` is an int: milliseconds since the scenario's start."""

    @property
    def now(self) -> int:
        """Return the simulated time in ms since the scenario's start."""
        return self._now  # type: ignore[return-value]

    def advance(self, until: int) -> None:
        """Run every event before *until* and set the clock to it; a time not after now is a no-op."""
        if until > self._now:
            try:
                self.run(until=until)
            except BaseException:
                self._forget_end()
                raise

    def _forget_end(self) -> None:
        """Take the end of a run that broke off out of the queue: it would stop a later one."""
        stop = simpy.core.StopSimulation.callback
        for *_, event in self._queue:
            if event.callbacks and stop in event.callbacks:
                event.callbacks.remove(stop)

    def settle(self, limit: int = 1_000_000) -> int:
        """Run the events that are due at exactly now and return how many ran.

        A command typed at t runs to its first real wait by this. *limit* stops a model that
        schedules itself for ever without letting time pass.

        Raises:
            EndlessError: if more than *limit* events stand at this instant.
        """
        count = 0
        while self._queue and self._queue[0][0] <= self._now:
            self.step()
            count += 1
            if count > limit:
                msg = f"more than {limit} events at {self._now} ms: a process never lets time pass"
                raise EndlessError(msg)
        return count

    def spawn(self, generator: Generator[Any, Any, Any]) -> simpy.Process:
        """Start *generator* as a process at now."""
        return self.process(generator)

    def at(self, when: int) -> simpy.Timeout:
        """Return an event that fires at *when* (ms), or at now if that is past."""
        return self.timeout(max(0, when - self._now))
