"""Where runs on real clusters are played, as a session sees it.

A ground makes a run's cluster ready and takes everything back afterwards. How, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.backends.base import BackendFactory
from sim.scenario import Scenario

Progress = Callable[[str], None]
"""Told what is being done, a line each."""


class NoGroundError(RuntimeError):
    """There is no real cluster to play on, or not this incident; one sentence for a person."""


class Ground(Protocol):
    """One real cluster, in the hands of one run."""

    @property
    def notes(self) -> list[str]:
        """What a trainee has to know of it: how its nodes are called, what is not seen."""

    def factory(self, scenario: Scenario, progress: Progress) -> BackendFactory:
        """Return what sets the scenario up on it, which takes minutes.

        Raises:
            NoGroundError: if this scenario cannot be played there.
        """

    def leave(self, progress: Progress) -> None:
        """Take back whatever was done to it and let others use it; never raises."""
