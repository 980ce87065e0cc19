"""Pipes that count what goes through them, and the terminal as a background job sees it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.jobs import Job
from sim.bash.pipes import Capture, Pipe

CHARACTERS = 8
"""So many characters on their way cost one unit."""
LINE = 20
"""Units for a line that is read, however short: about what whoever reads it does with it."""


class Paid(Pipe):
    """A pipe between two commands: what goes through it is counted."""

    def __init__(self, env: simpy.Environment, charge: Any) -> None:
        """Count with *charge*."""
        super().__init__(env)
        self._charge = charge

    def write(self, text: str) -> None:
        """Take *text* into the buffer."""
        self._charge(1 + len(text) // CHARACTERS)
        super().write(text)

    def readline(self) -> Generator[simpy.Event, Any, str | None]:
        """Return the next line without its newline; None at the end of file."""
        line = yield from super().readline()
        self._charge(LINE)
        return line


class Kept(Capture):
    """What a `$(...)` prints."""

    def __init__(self, limit: int, charge: Any) -> None:
        """Keep at most *limit* characters and count them."""
        super().__init__(limit)
        self._charge = charge

    def write(self, text: str) -> None:
        """Keep *text*."""
        self._charge(1 + len(text) // CHARACTERS)
        super().write(text)


class Held(Pipe):
    """The terminal as a background job sees it: to read from it stops the job (SIGTTIN)."""

    def __init__(self, env: simpy.Environment, inner: Pipe, job: Job) -> None:
        """Read from *inner* while *job* is in the foreground."""
        super().__init__(env)
        self._inner = inner
        self._job = job

    def _stopped(self) -> Generator[simpy.Event, Any, None]:
        while not self._job.foreground:
            self._job.stop("SIGTTIN")
            yield self._env.timeout(0)

    @property
    def closed(self) -> bool:
        """True at the end of file, which only a job in the foreground sees."""
        return self._job.foreground and self._inner.closed

    @property
    def ready(self) -> bool:
        """True if there is something to read."""
        return self._job.foreground and self._inner.ready

    def take(self, delimiter: str, limit: int | None) -> str | None:
        """Return text that is there, to a job in the foreground."""
        return self._inner.take(delimiter, limit) if self._job.foreground else None

    def poll(self) -> str:
        """Return and forget what is there."""
        return self._inner.poll() if self._job.foreground else ""

    def await_more(self) -> Generator[simpy.Event, Any, None]:
        """Wait until the job is in the foreground and something comes."""
        if self._job.foreground:
            yield from self._inner.await_more()
        else:
            yield from self._stopped()

    def read(self) -> Generator[simpy.Event, Any, str | None]:
        """Return what there is, once the job is in the foreground."""
        yield from self._stopped()
        return (yield from self._inner.read())

    def readline(self) -> Generator[simpy.Event, Any, str | None]:
        """Return the next line, once the job is in the foreground."""
        yield from self._stopped()
        return (yield from self._inner.readline())
