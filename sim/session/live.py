"""A run with a clock and a store: what a server or a terminal holds while somebody plays.

Every input is committed before its effect can be seen, and so is how far time has come before what
it brought is shown; no thread belongs to a run. What the run simulates is not known here.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.evidence import CloseRecord, Record
from sim.scenario import Scenario
from sim.session.clock import Clock
from sim.session.freeze import Points, takes_no_time
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.run import Run, try_apply
from sim.session.storage import LeaseLostError, RunRow, RunStore

IDLE_PAUSE_MS = 30_000
"""A solo run pauses this long after its last viewer left."""
HEARTBEAT_MS = 5_000
"""How much eventless time of a watched run kill -9 may take back; inputs and what was shown never."""
OVERTIME_MS = 30 * 60_000
"""How long after the horizon the clock still goes on, for closing."""

STILL = ("skip", "look", "resize", "think", "freeze")
"""Inputs that leave a paused clock as it is."""

_SLEEP = re.compile(r"\s*sleep\s+(\d{1,5})([smh]?)\s*")
_UNIT_MS = {"": 1000, "s": 1000, "m": 60_000, "h": 3_600_000}
_LEFT = {"why": "left"}
"""Marks a pause that nobody asked for: the next viewer ends it, as he would not one of his own."""

_log = logging.getLogger(__name__)


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
        """Take charge of *run*, which must have replayed its stored inputs already.

        *wall_ms* may count from anywhere; a clock that cannot be set is best.
        """
        self.row = row
        self.run = run
        self._store = store
        self._fence = fence
        self._wall_ms = wall_ms
        self._changed = threading.Condition(threading.RLock())
        self.viewers = 0
        """How many look at it now."""
        self._left_ms = wall_ms()
        self._saved_ms = run.now
        self._saved_records = len(run.log)
        self._limit_ms = run.horizon + OVERTIME_MS
        paused = [one for one in run.inputs if one.kind in ("pause", "resume")]
        self._wanted_pause = bool(paused) and paused[-1] == Input(paused[-1].at, "pause")
        self.closed = row.closed
        self.lost = False
        """Whether another process has it; nothing can be done with it here any more."""
        self.on_going: Callable[[], None] = _nothing
        """Called when time begins to pass, so that whoever holds the sessions starts ticking."""
        self.answer = ""
        """What the desk said to the last input."""
        self.clock = Clock(wall_ms=wall_ms(), sim_ms=run.now, paused=True, limit_ms=self._limit_ms)
        self._points = Points(run) if row.practice else None
        self._close_asked = any(True for _ in run.log.of(CloseRecord))
        run.log.listen(self._hear)

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
        epoch: str = "",
        practice: bool = False,
        mystery: str = "",
    ) -> Session:
        """Start a run of *scenario*: build its world, live through the night up to the page.

        *epoch* is the instant (RFC 3339) of its beginning; empty: the scenario's. With *practice* it
        pauses at decision points; *mystery* is the family of which the night was drawn.
        """
        run = Run(scenario, seed, who=who, epoch=epoch)
        run.start()
        row = store.create(
            holder=holder,
            scenario=scenario.slug,
            digest=scenario.digest,
            seed=seed,
            engine=run.engine,
            who=who,
            sim_ms=run.now,
            epoch=epoch,
            practice=practice,
            mystery=mystery,
        )
        store.keep_texts(scenario.digest, json.dumps(scenario.texts))
        return cls(row, run, store, fence=row.fence, wall_ms=wall_ms)

    @classmethod
    def load(
        cls, row: RunRow, scenario: Scenario, store: RunStore, *, wall_ms: Callable[[], int]
    ) -> Self:
        """Take up a stored run where it was last seen; a simulated one stands paused.

        Raises:
            LeaseLostError: if another living process has it.
        """
        fence = store.claim(row.id)
        row = store.find(row.id)
        run = cls._again(row, scenario, store)
        session = cls(row, run, store, fence=fence, wall_ms=wall_ms)
        with session._changed:
            session._take_up()
        return session

    @classmethod
    def _again(cls, row: RunRow, scenario: Scenario, store: RunStore) -> Run:
        """Rebuild a stored run by replaying its inputs."""
        run = Run(scenario, row.seed, who=row.who, epoch=row.epoch)
        if (row.digest, row.engine) != (scenario.digest, run.engine):
            _log.warning("run %s was begun under another scenario text or engine", row.id)
        run.start()
        for at, kind, payload in store.inputs(row.id):
            try_apply(run, Input(at, kind, json.loads(payload)))
        run.advance(row.sim_ms)
        return run

    def _take_up(self) -> None:
        """Bring in order what the process left that had it before."""
        self._heed_close()
        for channel in self.run.outside.channels():
            # Whoever held it open held it in another process.
            if not self.closed:
                self._take(Input(self.run.now, "hangup", {"channel": channel}), self.run.now)
        if self.run.inputs and not self.run.paused and not self.closed:
            self._take(Input(self.run.now, "pause", _LEFT), self._wall_ms())

    def now(self) -> int:
        """Return the simulated time."""
        return self.clock.now(self._wall_ms())

    def submit(self, kind: str, payload: dict[str, Any] | None = None) -> None:
        """Take one input from outside: check it, commit it, then let it act.

        Raises:
            BadInputError: if it cannot be taken; nothing was logged, or what the desk refuses was.
            LeaseLostError: if another process has taken the run over; nothing happened here.
        """
        with self._changed:
            self.answer = ""
            self._check_ours()
            if self.closed:
                msg = "the incident is closed"
                raise BadInputError(msg)
            wall = self._wall_ms()
            given = self._bounded(parse_input(self.clock.now(wall), kind, payload or {}))
            self._left_ms = wall
            if kind == "resize" and self._has_size(given.payload):
                return
            still = takes_no_time(kind, given.payload)
            if self.run.point and not still:
                msg = "time stands still at a decision point: rank its options, `incident rank ...`"
                raise BadInputError(msg)
            if kind in ("pause", "resume"):
                self._wanted_pause = kind == "pause"
                if self.clock.paused == self._wanted_pause:
                    return
            elif self.clock.paused and kind not in STILL and not (still and self.run.point):
                self._wanted_pause = False
                self._take(Input(given.at, "resume"), wall)
            sleep_ms = self._plain_sleep(given)
            self._take(given, wall)
            if sleep_ms > 0 and not self.closed and not self.run.point:
                # Nobody learns anything by waiting: a plain `sleep 60` takes no wall time.
                self._take(Input(self.run.now, "skip", {"amount_ms": sleep_ms}), wall)
                if self.stopped and self._runs(given.payload["terminal"]):
                    # It would sleep for ever, and with it the terminal in which closing is left.
                    terminal = {"terminal": given.payload["terminal"]}
                    self._take(Input(self.run.now, "interrupt", terminal), wall)

    def ask(self, kind: str, payload: dict[str, Any]) -> ApiResponse | None:
        """Take the input of a client outside and return the response that it made, if any.

        Raises:
            BadInputError: if it cannot be taken.
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            self.submit(kind, payload)
            return self.run.outside.answer

    def peek(self, request: ApiRequest) -> ApiResponse:
        """Answer a request that asks what the server offers, without an input.

        Raises:
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            self.advance()
            return self.run.peek(request)

    def keep(self) -> None:
        """Commit how far time has come, because somebody is about to be shown what it brought.

        Raises:
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            self._check_ours()
            if self.run.now > self._saved_ms:
                self._save()

    def _bounded(self, given: Input) -> Input:
        """Return *given* with a skip cut at the clock's limit, which the world must not pass."""
        if given.kind != "skip":
            return given
        left = self._limit_ms - given.at
        if left <= 0:
            msg = "the clock has stopped half an hour after the end; only closing is left"
            raise BadInputError(msg)
        return Input(given.at, "skip", {"amount_ms": min(left, given.payload["amount_ms"])})

    def _has_size(self, payload: dict[str, Any]) -> bool:
        """Return whether a terminal has the size already that a window tells again."""
        size = self.run.workstation.size(payload["terminal"])
        return size == (payload["columns"], payload["rows"])

    def _plain_sleep(self, given: Input) -> int:
        """Return how long *given* will do nothing but sleep; 0 if it goes to a running command."""
        if given.kind != "command":
            return 0
        match = _SLEEP.fullmatch(given.payload["line"])
        if match is None or self._runs(given.payload["terminal"]):
            return 0
        amount = int(match[1]) * _UNIT_MS[match[2]] + 1
        return min(amount, self._limit_ms - given.at)

    def _runs(self, terminal: str) -> bool:
        """Return whether something runs in *terminal* that is not a shell waiting for a line."""
        return self.run.workstation.busy(terminal) and not self.run.workstation.prompt(terminal)

    def _take(self, given: Input, wall: int) -> None:
        """Commit *given* and let it act.

        Raises:
            BadInputError: if the desk refuses it; it stays in the log, refused again by every replay.
        """
        self.run.check(given)
        number = len(self.run.inputs)
        with self._fenced():
            self._store.append(
                self.row.id, self._fence, number, given.at, given.kind, given.dumps()
            )
        try:
            self.answer = self.run.apply(given)
        except BadInputError:
            raise
        except ValueError as error:
            raise BadInputError(str(error)) from error
        finally:
            # Whatever it did, a replay of the inputs does again.
            self._saved_ms, self._saved_records = self.run.now, len(self.run.log)
            self._heed_close()
            self._changed.notify_all()
        if given.kind == "pause":
            self.clock = self.clock.pause(wall)
        elif given.kind == "resume":
            self.clock = self.clock.resume(wall)
            self.on_going()
        elif given.kind == "skip":
            self.clock = self.clock.skip(wall, given.payload["amount_ms"])
        self._heed_point()

    def _heed_point(self) -> None:
        """Pause if a decision point of practice mode has been reached."""
        if self._points is None or self.closed or self.run.point:
            return
        if point := self._points.reached():
            self._wanted_pause = True
            given = Input(self.run.now, "pause", {"why": "freeze", "point": point})
            self._take(given, self._wall_ms())

    def _hear(self, record: Record) -> None:
        if isinstance(record, CloseRecord):
            self._close_asked = True

    def _heed_close(self) -> None:
        """Stop the clock once the incident has been closed, by the form or in the terminal."""
        if self._close_asked and not self.closed:
            self.closed = True
            self.clock = self.clock.pause(self._wall_ms())
            self.run.outside.end()
            with self._fenced():
                self._store.mark(self.row.id, self._fence, closed=True)

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        try:
            yield
        except LeaseLostError:
            self.lost = True
            self.run.outside.end()
            self.clock = self.clock.pause(self._wall_ms())
            self._changed.notify_all()
            raise

    def _check_ours(self) -> None:
        if self.lost:
            msg = f"run {self.row.id} is open in another process"
            raise LeaseLostError(msg)

    def advance(self) -> int:
        """Let the run go on to now and return that instant.

        Raises:
            LeaseLostError: if the run is known to be in other hands.
        """
        with self._changed:
            self._check_ours()
            now, before = self.now(), len(self.run.log)
            self.run.advance(now)
            self._heed_close()
            self._heed_point()
            if len(self.run.log) != before:
                self._changed.notify_all()
            return now

    def tick(self) -> None:
        """Advance to now, wake whoever watches, and pause if nobody has for a while."""
        with self._changed:
            if self.clock.paused:
                return
            self.advance()
            wall = self._wall_ms()
            if self.viewers == 0 and wall - self._left_ms >= IDLE_PAUSE_MS:
                self._pause_left()
            if self.run.now - self._saved_ms >= HEARTBEAT_MS:
                self._save()

    def _pause_left(self) -> None:
        wall = self._wall_ms()
        if not self.clock.paused:
            self._take(Input(self.clock.now(wall), "pause", _LEFT), wall)

    def _save(self) -> None:
        """Store how far time has come, unless the run has ended: a debrief looks beyond that."""
        if self.closed:
            return
        with self._fenced():
            self._store.renew(self.row.id, self._fence, self.run.now)
        self._saved_ms = self.run.now
        self._saved_records = len(self.run.log)

    def read(self, since: int) -> tuple[list[Record], int]:
        """Return the evidence from number *since* on, up to now, and the next number.

        What is returned will be there again after kill -9, under the same numbers.

        Raises:
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            self.advance()
            self._left_ms = self._wall_ms()
            log = self.run.log
            if len(log) > self._saved_records:
                self._save()
            return [log[number] for number in range(since, len(log))], len(log)

    def wait(self, since: int, timeout_s: float) -> None:
        """Wait until there is evidence number *since* or an input, or *timeout_s* has passed."""
        with self._changed:
            inputs = len(self.run.inputs)
            self._changed.wait_for(
                lambda: self.lost or len(self.run.log) > since or len(self.run.inputs) > inputs,
                timeout_s,
            )

    @contextmanager
    def viewing(self) -> Iterator[None]:
        """Count as a viewer inside the `with`; who comes back lets time go on.

        A pause that somebody asked for stays until he ends it.

        Raises:
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            held = self._wanted_pause or self.run.point
            if self.clock.paused and not self.closed and not held:
                self.submit("resume")
            self.viewers += 1
        try:
            yield
        finally:
            self.left()

    def left(self) -> None:
        """Count one viewer less."""
        with self._changed:
            self.viewers -= 1
            self._left_ms = self._wall_ms()

    def run_on(self, terminal: str, patience_ms: int) -> bool:
        """Let *terminal*'s command come to a prompt without waiting for the wall, if it ever does.

        Returns whether it did within *patience_ms* of simulated time.

        How time is cut leaves no trace, so this is no input: the next one carries the instant.
        """
        with self._changed:
            run, wall = self.run, self._wall_ms()
            run.advance(self.clock.now(wall))
            until = min(self._limit_ms, run.now + patience_ms)
            while self._runs(terminal) and run.env.peek() < until:
                run.guard.step()
            ended = not self._runs(terminal)
            # The rest of this instant belongs before whatever is entered next.
            run.advance(min(self._limit_ms, run.now + 1) if ended else until)
            self.clock = self.clock.skip(wall, run.now - self.clock.now(wall))
            self._heed_close()
            self._heed_point()
            self._changed.notify_all()
            return ended

    @property
    def title(self) -> str:
        """Return what a trainee may know of the run's name: of a drawn night only its family's."""
        scenario = self.run.scenario
        if self.row.mystery and not self.closed:
            return scenario.family_title or self.row.mystery
        return scenario.title

    @property
    def stopped(self) -> bool:
        """Return whether the clock has come to its limit, behind which only closing is left."""
        return self.now() >= self._limit_ms

    @property
    def watched(self) -> bool:
        """Whether a viewer is there or has just left, so that ticks are needed."""
        return not self.clock.paused

    def locked(self) -> threading.Condition:
        """Return the run's lock, for reads that must see one instant."""
        return self._changed

    def abandon(self) -> None:
        """Hold on to nothing outside this process any more, since the run is lost to it."""

    def release(self) -> None:
        """Let the run go, for another process to load.

        Raises:
            LeaseLostError: if another process has taken it over already.
        """
        with self._changed:
            self._check_ours()
            self._pause_left()
            self.clock = self.clock.pause(self._wall_ms())
            with self._fenced():
                self._store.release(self.row.id, self._fence, self.clock.sim_ms)
            self.lost = True
            self.run.outside.end()
            self._changed.notify_all()
