"""A run with a clock and a store: what a server or a terminal holds while somebody plays.

Every input is committed before its effect can be seen; no thread belongs to a run. What the run
simulates is not known here.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.evidence import Record
from sim.scenario import Scenario
from sim.session.clock import Clock
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.run import Run, try_apply
from sim.session.storage import RunRow, RunStore

IDLE_PAUSE_MS = 30_000
"""A solo run pauses this long after its last viewer left."""
HEARTBEAT_MS = 5_000
"""How much simulated progress of a watched run may be lost by kill -9; inputs never are."""
OVERTIME_MS = 30 * 60_000
"""How long after the horizon the clock still goes on, for closing."""

_SLEEP = re.compile(r"\s*sleep\s+(\d{1,5})([smh]?)\s*")
_UNIT_MS = {"": 1000, "s": 1000, "m": 60_000, "h": 3_600_000}


def _nothing() -> None:
    pass


class Session:
    """One run that is being played; safe to use from several threads."""

    def __init__(
        self,
        row: RunRow,
        run: Run,
        store: RunStore,
        *,
        fence: int,
        wall_ms: Callable[[], int],
    ) -> None:
        """Take charge of *run*, which must have replayed its stored inputs already."""
        self.row = row
        self.run = run
        self._store = store
        self._fence = fence
        self._wall_ms = wall_ms
        self._changed = threading.Condition(threading.RLock())
        self._viewers = 0
        self._left_ms = wall_ms()
        self._saved_ms = run.now
        self.closed = row.closed
        self.on_going: Callable[[], None] = _nothing
        """Called when time begins to pass, so that whoever holds the sessions starts ticking."""
        self.answer = ""
        """What the desk said to the last input."""
        self.clock = Clock(
            wall_ms=wall_ms(), sim_ms=run.now, paused=True, limit_ms=run.horizon + OVERTIME_MS
        )

    @classmethod
    def create(
        cls,
        scenario: Scenario,
        seed: int,
        store: RunStore,
        *,
        holder: str,
        who: str,
        wall_ms: Callable[[], int],
    ) -> Session:
        """Start a run of *scenario*: build its world, live through the night up to the page."""
        run = Run(scenario, seed, who=who)
        run.start()
        row = store.create(
            holder=holder,
            scenario=scenario.slug,
            digest=scenario.digest,
            seed=seed,
            engine=run.engine,
            who=who,
            sim_ms=run.now,
        )
        return cls(row, run, store, fence=row.fence, wall_ms=wall_ms)

    @classmethod
    def load(
        cls, row: RunRow, scenario: Scenario, store: RunStore, *, wall_ms: Callable[[], int]
    ) -> Session:
        """Rebuild a stored run by replaying its inputs; it stands paused where it was last seen.

        Raises:
            LeaseLostError: if another living process has it.
        """
        fence = store.claim(row.id)
        run = Run(scenario, row.seed, who=row.who)
        run.start()
        for at, kind, payload in store.inputs(row.id):
            try_apply(run, Input(at, kind, json.loads(payload)))
        run.advance(store.find(row.id).sim_ms)
        session = cls(row, run, store, fence=fence, wall_ms=wall_ms)
        if run.inputs and not run.paused and not session.closed:
            session._log(Input(run.now, "pause"))
        return session

    def now(self) -> int:
        """Return the simulated time."""
        return self.clock.now(self._wall_ms())

    def submit(self, kind: str, payload: dict[str, Any] | None = None) -> None:
        """Take one input from outside: check it, commit it, then let it act.

        Raises:
            BadInputError: if it cannot be taken; nothing was logged.
            LeaseLostError: if another process has taken the run over; nothing happened here.
        """
        with self._changed:
            if self.closed:
                msg = "the incident is closed"
                raise BadInputError(msg)
            wall = self._wall_ms()
            given = parse_input(self.clock.now(wall), kind, payload or {})
            if given.kind == "pause" and self.clock.paused:
                return
            if given.kind == "resume" and not self.clock.paused:
                return
            if self.clock.paused and given.kind not in ("resume", "skip", "look"):
                resume = Input(given.at, "resume")
                self._log(resume)
                self._move_clock(resume, wall)
            self._log(given)
            self._move_clock(given, wall)
            if given.kind == "command" and (match := _SLEEP.fullmatch(given.payload["line"])):
                # Nobody learns anything by waiting: a plain `sleep 60` takes no wall time.
                amount = int(match[1]) * _UNIT_MS[match[2]] + 1
                skip = Input(self.run.now, "skip", {"amount_ms": amount})
                self._log(skip)
                self._move_clock(skip, wall)
            self._changed.notify_all()

    def _log(self, given: Input) -> None:
        self.run.check(given)
        self._store.append(
            self.row.id, self._fence, len(self.run.inputs), given.at, given.kind, given.dumps()
        )
        try:
            self.answer = self.run.apply(given)
        except ValueError as error:
            # The desk refused it: it stays in the log, refused again by every replay.
            raise BadInputError(str(error)) from error

    def _move_clock(self, given: Input, wall: int) -> None:
        if given.kind == "pause":
            self.clock = self.clock.pause(wall)
        elif given.kind == "resume":
            self.clock = self.clock.resume(wall)
            self.on_going()
        elif given.kind == "skip":
            self.clock = self.clock.skip(wall, given.payload["amount_ms"])
        elif given.kind == "close":
            self.closed = True
            self.clock = self.clock.pause(wall)
            self._store.mark(self.row.id, self._fence, closed=True)

    def tick(self) -> None:
        """Advance to now, wake whoever watches, and pause if nobody has for a while."""
        with self._changed:
            wall = self._wall_ms()
            if self.clock.paused:
                return
            self.run.advance(self.clock.now(wall))
            if self._viewers == 0 and wall - self._left_ms >= IDLE_PAUSE_MS:
                self.submit("pause")
            if self.run.now - self._saved_ms >= HEARTBEAT_MS:
                self._store.renew(self.row.id, self._fence, self.run.now)
                self._saved_ms = self.run.now
            self._changed.notify_all()

    def read(self, since: int) -> tuple[list[Record], int]:
        """Return the evidence from number *since* on, up to now, and the next number."""
        with self._changed:
            self.run.advance(self.now())
            log = self.run.log
            return [log[number] for number in range(since, len(log))], len(log)

    def wait(self, since: int, timeout_s: float) -> None:
        """Wait until there is evidence number *since*, or *timeout_s* has passed."""
        with self._changed:
            if len(self.run.log) <= since:
                self._changed.wait(timeout_s)

    @contextmanager
    def viewing(self) -> Iterator[None]:
        """Count as a viewer inside the `with`; the first one to come lets time go on."""
        with self._changed:
            self._viewers += 1
            if self.clock.paused and not self.closed and self._viewers == 1:
                self.submit("resume")
        try:
            yield
        finally:
            with self._changed:
                self._viewers -= 1
                self._left_ms = self._wall_ms()

    @property
    def watched(self) -> bool:
        """Whether a viewer is there or has just left, so that ticks are needed."""
        return not self.clock.paused

    def locked(self) -> threading.Condition:
        """Return the run's lock, for reads that must see one instant."""
        return self._changed

    def release(self) -> None:
        """Let the run go, for another process to load."""
        with self._changed:
            if not self.clock.paused:
                self.submit("pause")
            self._store.release(self.row.id, self._fence, self.run.now)
