"""The two doors of a real run, the trainee's and the world's, and the watch over what goes past them.

What was done becomes evidence here; how it is judged is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.backends.base import Actor
from sim.backends.deeds import keep
from sim.backends.kind.audit import Auditor, Seen
from sim.backends.kind.logtail import LogTail
from sim.backends.kind.signing import Signature, SignedTransport
from sim.backends.kind.tools import ToolError
from sim.backends.kind.writing import WritingDoor
from sim.client.doors import NodeAccess, Transport
from sim.evidence import EvidenceLog
from sim.kernel import Environment

LOOK_MS = 200
Stored = Callable[[dict[str, Any]], int]
"""Stores what was seen outside as an input and returns its number."""
Hearing = Callable[[], bool | None]
"""Hears what there is, without waiting, and tells whether that is all: None as long as it is not known."""


class Doors:
    """Two doors to one API server."""

    def __init__(self, inner: Transport, env: Environment, log: EvidenceLog) -> None:
        """Reach the server through *inner*; deeds go to *log*."""
        self._env = env
        self._log = log
        self._signature = Signature()
        self.world: Transport = SignedTransport(inner, self._signature)
        """For what is nobody's deed: set-up, faults, measuring."""
        self._tail: LogTail | None = None
        self._hear: Callable[[], None] = lambda: None
        self._actor: Callable[[], tuple[int, int]] = lambda: (-1, -1)
        self.trainee: Transport = WritingDoor(self.world, self.world, self._done)
        """For the terminal: each write is a deed of who acts."""

    def heed(self, actor: Actor) -> None:
        """Ask *actor* who acts, whenever something is done through the trainee's door."""
        self._actor = actor

    def follow(self, nodes: NodeAccess, node: str, path: str, stored: Stored) -> None:
        """Follow the audit log at *path* on *node* from now on; *stored* numbers what others did."""

        def notice(seen: Seen, verb: str, detail: str) -> None:
            target = seen.place.target
            number = stored(
                {
                    "user": seen.user,
                    "agent": seen.agent,
                    "verb": verb,
                    "target": target,
                    "line": seen.line,
                }
            )
            keep(self._log, self._env.now, (number, -1), target, verb, detail)

        tail = LogTail(nodes, node, path)
        auditor = Auditor(self.world, self._signature.wrote, notice)
        self._tail = tail
        self._hear = lambda: auditor.read(tail.read(self._env.now))
        self._env.spawn(self._following())

    def hear_out(self) -> Hearing:
        """Begin to hear everything that stands in the log now; without a log that is nothing."""
        if (tail := self._tail) is None:
            return lambda: True
        try:
            mark = tail.mark()
        except ToolError:
            return lambda: False

        def heard() -> bool | None:
            self._hear()
            line = mark.line()
            if line is None:
                return False if mark.failed else None
            return tail.whole if not line or tail.has(line) else None

        return heard

    def _following(self) -> Generator[simpy.Event, Any, None]:
        while True:
            self._hear()
            yield self._env.timeout(LOOK_MS)

    def _done(self, target: str, verb: str, detail: str) -> None:
        keep(self._log, self._env.now, self._actor(), target, verb, detail)
