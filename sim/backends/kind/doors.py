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
from sim.backends.kind.signing import Signature, SignedTransport
from sim.backends.kind.writing import WritingDoor
from sim.client.doors import Execution, NodeAccess, Transport
from sim.evidence import EvidenceLog
from sim.kernel import Environment

LOOK_MS = 200
AGAIN_MS = 5_000
"""How long after it broke off the log is read anew."""
Stored = Callable[[dict[str, Any]], int]
"""Stores what was seen outside as an input and returns its number."""


class Doors:
    """Two doors to one API server."""

    def __init__(self, inner: Transport, env: Environment, log: EvidenceLog) -> None:
        """Reach the server through *inner*; deeds go to *log*."""
        self._env = env
        self._log = log
        self._signature = Signature()
        self.world: Transport = SignedTransport(inner, self._signature)
        """For what is nobody's deed: set-up, faults, measuring."""
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

        def opened(start: str) -> Execution:
            return nodes.run(node, f"exec tail -n {start} -s 0.1 -F {path} 2>/dev/null")

        session = opened("0")
        auditor = Auditor(self.world, self._signature.wrote, notice)
        self._env.spawn(self._following(session, auditor, opened))

    def _following(
        self, session: Execution, auditor: Auditor, opened: Callable[[str], Execution]
    ) -> Generator[simpy.Event, Any, None]:
        rest = ""
        while True:
            over = session.exit_code is not None
            for stream, text in session.poll():
                rest += text if stream == "stdout" else ""
            *lines, rest = rest.split("\n")
            auditor.read(lines)
            yield self._env.timeout(AGAIN_MS if over else LOOK_MS)
            if over:
                session, rest = opened("0"), ""

    def _done(self, target: str, verb: str, detail: str) -> None:
        keep(self._log, self._env.now, self._actor(), target, verb, detail)
