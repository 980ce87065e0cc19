"""Types lines into a run as a person would, and insists that each one ends.

A line may run for as long as it likes in simulated time; in the machine's time it has two seconds.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from sim.scenario import Catalogue
from sim.session.inputs import BadInputError, Input
from sim.session.run import Run
from tests.fuzz.host import Hearing

SLUG = "payments-0247"
TERMINAL = "t1"
HANG_S = 2.0
"""CPU time after which a line counts as hanging."""
PATIENCE_MS = 3_000
"""How long a line is watched before it is interrupted, in simulated time."""


class HangError(BaseException):
    """A line took longer than it may; not an Exception, so that nothing in between swallows it."""


class Typist:
    """A person at the keys of one run."""

    def __init__(self, hearing: Hearing, *, limit_s: float = HANG_S) -> None:
        """Start a run, and the programs that live beside it; *hearing* guards the machine."""
        self.run = Run(Catalogue()[SLUG], 0)
        self.run.start()
        self.slowest = (0.0, "")
        self._hearing = hearing
        self._limit_s = limit_s
        self._type("kubectl get nodes; echo '{}' | jq .; echo 'a: 1' | yq .")

    def enter(self, line: str) -> None:
        """Type *line*, wait, and leave whatever it started.

        Raises:
            HangError: if it takes too long.
            HostAccessError: if it reaches for the machine.
            AssertionError: if it cannot be left.
        """
        began = time.process_time()
        with self._hearing.guarding(), _alarm(self._limit_s, line):
            self._type(line)
        took = time.process_time() - began
        if took > self.slowest[0]:
            self.slowest = (took, line)

    def enter_all(self, lines: Sequence[str]) -> None:
        """Type each of *lines*."""
        for line in lines:
            self.enter(line)

    def _type(self, line: str) -> None:
        self._give("command", line=line)
        self._advance(PATIENCE_MS)
        for leave in self._ways_out():
            if not self._occupied():
                return
            leave()
            self._advance(500)
        assert not self._occupied(), f"cannot be left: {line!r}"

    def _ways_out(self) -> Iterator[object]:
        """Yield what a person tries when the prompt does not come back."""
        yield lambda: self._give("interrupt")
        yield lambda: self._give("keys", data="q")
        for _ in range(200):  # the editor: leave each of its files, save none
            yield lambda: self._give("keys", data="\x18n")
        yield lambda: self._give("interrupt")
        for _ in range(6):  # shells within shells
            yield lambda: self._give("command", line="exit")
            yield lambda: self._give("interrupt")
            yield lambda: self._give("eof")
            yield lambda: self._give("keys", data="q")  # a pager that came after a shell

    def _occupied(self) -> bool:
        station = self.run.workstation
        return station.busy(TERMINAL) or station.prompt(TERMINAL).startswith("> ")

    def _give(self, kind: str, **payload: str) -> None:
        at = self.run.now + 1
        try:
            self.run.apply(Input(at, kind, {"terminal": TERMINAL, **payload}))
        except BadInputError:
            self.run.advance(at)

    def _advance(self, ms: int) -> None:
        env, until = self.run.env, self.run.now + ms
        while self.run.workstation.busy(TERMINAL) and env.peek() < until:
            env.step()
        self.run.advance(self.run.now + 1)


@contextmanager
def _alarm(limit_s: float, line: str) -> Iterator[None]:
    """Raise HangError where the process stands when *limit_s* of CPU time are used up."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise HangError(f"more than {limit_s} s: {line!r}")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
