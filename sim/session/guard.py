"""Lets a world go on when something in it breaks: what broke is logged and left behind.

A process of the model that fails takes nothing with it but itself. The same inputs break the same
things again, so a replay comes to the same state. What the world is, is not known here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from sim.backends.base import BackendLostError
from sim.kernel import Environment
from sim.kernel.environment import EndlessError
from sim.session.inputs import BadInputError

MAX_PROBLEMS = 1_000
"""A world that breaks more often than this is past saving."""

STRICT = "UNCORDON_STRICT"
"""Environment variable: whatever breaks is raised. Tests and `prove` judge the model, not a wreck."""

_log = logging.getLogger(__name__)


class BrokenModelError(BadInputError):
    """What was asked broke something in the model; the message is for whoever asked."""


class Guard:
    """The one way in which a world is moved on."""

    def __init__(self, env: Environment) -> None:
        """Move *env*."""
        self._env = env
        self.problems = 0
        """How much has broken so far."""

    def advance(self, until: int) -> None:
        """Let the world go on to *until*."""
        self._through(lambda: self._env.advance(until))

    def settle(self) -> None:
        """Run what is due at exactly now."""
        self._through(self._env.settle)

    def step(self) -> None:
        """Run the next event."""
        try:
            self._env.step()
        except BackendLostError:
            raise
        except Exception as error:
            self.note(error)

    def note(self, error: Exception) -> None:
        """Log *error*, or raise it if too much has broken already."""
        if os.environ.get(STRICT):
            raise error
        self.problems += 1
        if self.problems > MAX_PROBLEMS:
            msg = f"the model has broken {MAX_PROBLEMS} times; this cluster cannot go on"
            raise RuntimeError(msg) from error
        _log.error("something broke in the model at %d ms", self._env.now, exc_info=error)

    def _through(self, move: Callable[[], object]) -> None:
        while True:
            try:
                move()
            except (EndlessError, BackendLostError):
                raise
            except Exception as error:
                self.note(error)
            else:
                return
