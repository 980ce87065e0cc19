"""A run on a real cluster with a store: its time is the wall's, and its evidence is kept as it comes.

It cannot wait, skip or be played again. A process that dies leaves an interrupted run, whose evidence
stays. What the cluster is, is its ground's business.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from sim.backends.base import BackendFactory, BackendLostError
from sim.evidence import EvidenceLog, TimeRecord
from sim.scenario import Scenario
from sim.session.camera import Camera
from sim.session.clock import Clock
from sim.session.film import listed
from sim.session.ground import Ground, NoGroundError, Progress
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.measured import KIND, UNHEARD
from sim.session.play import TERMINAL
from sim.session.recorded import OVER
from sim.session.run import Run
from sim.session.storage import LeaseLostError, RunRow, RunStore
from sim.session.told import KeptSession

CANNOT_WAIT = "a run on a real cluster cannot be paused or skipped ahead: its time is the wall's"
TIME_UP = "half an hour after the end the cluster is let go"
UNTOLD = (
    "something that was to happen tonight could not be done on this cluster; what it was would say which "
    "night has been drawn, and one that is played by its name tells it"
)
ENDING = "the run is just ending"
HEARD_S = 5.0
"""So long an end waits at most for what others did just before."""
STEP_S = 0.05
EVENING_STEP_S = 0.25
LATE_MS = 5 * 60_000
"""How much later than in the simulator the page of a real cluster may come."""

_log = logging.getLogger(__name__)


class RealRun(Run):
    """A run whose cluster is real: it may be lost, and it ends where it was left."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        who: str,
        backend: BackendFactory,
        drawn: bool = False,
    ) -> None:
        """Set the scenario up, which takes minutes, and begin to film; *drawn*: nobody may know which night it is."""
        self._drawn = drawn
        self.broken = ""
        """Why nothing can go on; empty: all is well."""
        super().__init__(scenario, seed, who=who, backend=backend)
        self.keep: Callable[[int, Input], None] = _unkept
        """Stores what others did to the cluster before it counts; called with number and input."""
        if hasattr(self._backend, "outside"):
            self._backend.outside = self.seen
        self.camera = Camera(self.env, scenario, self.log, lambda path: listed(self, path))

    def advance(self, until: int) -> None:
        """Let the run go on to *until*; whatever makes that impossible is kept in `broken`."""
        if self.broken:
            return
        try:
            super().advance(until)
        except BackendLostError as error:
            self.broken = told(error, drawn=self._drawn)

    def apply(self, given: Input) -> str:
        """Let an input act; raises BadInputError if the cluster is lost by it."""
        try:
            return super().apply(given)
        except BackendLostError as error:
            self.broken = told(error, drawn=self._drawn)
            raise BadInputError(self.broken) from error

    def seen(self, payload: dict[str, Any]) -> int:
        """Take note of what somebody did outside the terminal, and return its input's number."""
        number, given = len(self.inputs), Input(self.now, "seen", payload)
        self.keep(number, given)
        self.inputs.append(given)
        return number

    def hear_out(self) -> Callable[[], bool | None]:
        """Begin to hear all that others have done up to now.

        What is returned hears what has come and tells whether that is all: None as long as it is not known.
        """
        if hasattr(self._backend, "hear_out"):
            hearing: Callable[[], bool | None] = self._backend.hear_out()
            return hearing
        return lambda: True

    def finish(self) -> EvidenceLog:
        """Return the evidence; a real cluster does not live on for it."""
        return self.log


class RealSession(KeptSession):
    """One run that is being played on a real cluster; safe to use from several threads."""

    def __init__(
        self,
        row: RunRow,
        run: RealRun,
        store: RunStore,
        ground: Ground,
        *,
        wall_ms: Callable[[], int],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take charge of *run*, whose page has come; from now on its clock follows *wall_ms*."""
        super().__init__(row, run, store, fence=row.fence, wall_ms=wall_ms)
        self._real = run
        self._ground = ground
        self._sleep = sleep
        self._leaving: threading.Thread | None = None
        self._ending = False
        """Somebody ends it, and waits for what others did just before."""
        self.over = ""
        """Why the cluster was let go before the incident was closed; empty: it was not."""
        self.notes = list(ground.notes)
        self.clock = Clock(wall_ms=wall_ms(), sim_ms=run.now, paused=False, limit_ms=self._limit_ms)
        for number, given in enumerate(run.inputs):
            self._keep_input(number, given)
        run.keep = self._keep_input
        self._save()

    def _keep_input(self, number: int, given: Input) -> None:
        with self._fenced():
            self._store.append(
                self.row.id, self._fence, number, given.at, given.kind, given.dumps()
            )

    @classmethod
    def begin(
        cls,
        scenario: Scenario,
        seed: int,
        store: RunStore,
        ground: Ground,
        *,
        holder: str,
        who: str = "trainee",
        wall_ms: Callable[[], int],
        sleep: Callable[[float], object] = time.sleep,
        progress: Progress,
        mystery: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> RealSession:
        """Set *scenario* up on *ground* and live through its evening, by the wall, until the page.

        *mystery* is the family of which the night was drawn.

        Raises:
            NoGroundError: if it cannot be played there, or no page comes; all is taken back then.
        """
        run = None
        try:
            factory = ground.factory(scenario, progress)
            run = RealRun(scenario, seed, who=who, backend=factory, drawn=bool(mystery))
            _evening(run, wall_ms, sleep, progress, cancelled)
            row = store.create(
                holder=holder,
                scenario=scenario.slug,
                digest=scenario.digest,
                seed=seed,
                engine=run.engine,
                who=who,
                sim_ms=run.now,
                epoch=run.epoch.rfc3339(0),
                mystery=mystery,
                backend=KIND,
            )
            store.keep_texts(scenario.digest, json.dumps(scenario.texts))
            return cls(row, run, store, ground, wall_ms=wall_ms, sleep=sleep)
        except BaseException as error:
            if run is not None:
                run.close()
            ground.leave(progress)
            if isinstance(error, BackendLostError):
                raise NoGroundError(told(error, drawn=bool(mystery))) from error
            raise

    # -- what a trainee does ---------------------------------------------------------------------

    def submit(self, kind: str, payload: dict[str, Any] | None = None) -> None:
        """Take one input from outside, as any session does; time is not among them.

        Raises:
            BadInputError: if it cannot be taken.
            LeaseLostError: if another process has taken the run over.
        """
        if kind in ("pause", "resume", "skip"):
            raise BadInputError(CANNOT_WAIT)
        with self._changed:
            if self._ending:
                raise BadInputError(ENDING)
            if not self.over or self.closed:
                super().submit(kind, payload)
                return
            self.answer = ""
            self._check_ours()
            wall = self._wall_ms()
            given = parse_input(self.clock.now(wall), kind, payload or {})
            # The desk does not need the cluster; a line for it can still be entered.
            desk = kind == "command" and given.payload["line"].split()[:2] == ["incident", "close"]
            if kind != "close" and not desk:
                raise BadInputError(OVER)
            self._take(given, wall)

    def advance(self) -> int:
        """Let the run go on to now and return that instant.

        Raises:
            LeaseLostError: if the run is known to be in other hands.
        """
        with self._changed:
            if self.over or self.closed:
                self._check_ours()
                return self.now()
            try:
                now = super().advance()
            except LeaseLostError:
                self._leave()
                raise
            if now >= self._limit_ms and not self.over and not self.closed:
                self.interrupt(TIME_UP)
            return now

    def tick(self) -> None:
        """Advance to now; what makes that impossible ends the run as interrupted."""
        with self._changed:
            if self.over or self.closed:
                return
            try:
                self.advance()
            except LeaseLostError:
                raise
            except Exception as error:  # the edge: the cluster must not be left as it is
                _log.exception("run %s stopped", self.row.id)
                what = type(error).__name__
                self.interrupt(what if self.row.mystery else f"{what}: {error}")

    def run_on(self, terminal: str, patience_ms: int) -> bool:
        """Wait until *terminal*'s command has come to a prompt; False if it has not in time."""
        until = self._wall_ms() + patience_ms
        while not self.over:
            self.tick()
            if not self._runs(terminal):
                return True
            if self._wall_ms() >= until:
                return False
            self._sleep(STEP_S)
        return True

    # -- how it ends -----------------------------------------------------------------------------

    def interrupt(self, why: str) -> None:
        """Let the cluster go; closing the incident is all that is left."""
        with self._changed:
            if self.over or self.closed or self.lost or self._ending:
                return
            if not self._real.broken:
                self._hear_out()
            self.over = why
            self.end_as("interrupted")
            try:
                self._save()
                with self._fenced():
                    self._store.interrupt(self.row.id, self._fence)
            finally:
                self._leave()
                self._changed.notify_all()

    def _heed_close(self) -> None:
        if self._ending:
            return
        if self._real.broken and not self.over:
            self.interrupt(self._real.broken)
        if self._close_asked and not self.closed and not self.over:
            self._hear_out()
        super()._heed_close()
        if self.closed:
            self._leave()

    def _hear_out(self) -> None:
        """Wait until all that others did up to now is known, for `HEARD_S` at most; others see the run meanwhile."""
        self.clock = self.clock.pause(self._wall_ms())
        answer, all_heard, until = self.answer, None, time.monotonic() + HEARD_S
        self._ending = True
        try:
            heard = self._real.hear_out()
            while (all_heard := heard()) is None and time.monotonic() < until:
                self._changed.wait(STEP_S)
        except LeaseLostError:
            raise
        except Exception:  # the edge: whatever the cluster says, the run ends
            _log.exception("what others did to run %s", self.row.id)
        finally:
            self._ending = False
        if not all_heard:
            self.run.log.append(TimeRecord(at=self.run.now, what=UNHEARD))
        self.answer = answer

    def _leave(self) -> None:
        """Take back what was done to the cluster, once, while others go on."""
        if self._leaving is not None:
            return
        self.clock = self.clock.pause(self._wall_ms())
        self.run.outside.end()
        self._leaving = threading.Thread(target=self._left_ground, name="leaving")
        self._leaving.start()

    def _left_ground(self) -> None:
        try:
            self.run.close()
        except Exception:  # the edge: the journal still knows what was done
            _log.exception("the doors of run %s", self.row.id)
        self._ground.leave(lambda line: _log.info("run %s: %s", self.row.id, line))

    def abandon(self) -> None:
        """Put the cluster back, since the run is lost to this process."""
        with self._changed:
            self._leave()

    def wait_left(self, timeout_s: float | None = None) -> None:
        """Wait until the cluster is as it was, if it is being left."""
        if self._leaving is not None:
            self._leaving.join(timeout_s)

    @property
    def watched(self) -> bool:
        """Whether its time goes on, so that ticks are needed."""
        return not (self.over or self.closed or self.lost)

    def release(self) -> None:
        """Let the run go: a real cluster waits for no other process, so it ends as interrupted.

        Raises:
            LeaseLostError: if another process has taken it over already.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._ending, 2 * HEARD_S)
            self._check_ours()
            self.interrupt("its process has ended")
            with self._fenced():
                self._store.release(self.row.id, self._fence, self.clock.sim_ms)
            self.lost = True
            self._changed.notify_all()
        self.wait_left()


def told(error: BackendLostError, *, drawn: bool) -> str:
    """Return what is said of a cluster that is lost, without what would tell a *drawn* night."""
    return UNTOLD if drawn and error.telling else str(error)


def _unkept(_number: int, _given: Input) -> None:
    """Keep nothing: there is no stored run yet, and what was taken note of is stored with it."""


class RealHands:
    """A scripted player's hands at a real run: it waits as a person does."""

    def __init__(self, session: RealSession, sleep: Callable[[float], object] = time.sleep) -> None:
        """Play *session*; *sleep* lets its wall go on."""
        self._session = session
        self._sleep = sleep

    def enter(self, line: str) -> None:
        """Enter *line* now."""
        self._session.submit("command", {"terminal": TERMINAL, "line": line})

    def interrupt(self) -> None:
        """Press Ctrl-C now."""
        self._session.submit("interrupt", {"terminal": TERMINAL})

    def wait(self, until: int) -> None:
        """Wait until the run's clock has come to *until*."""
        while self._goes_on() and self._session.now() < until:
            self._sleep(STEP_S)
            self._session.tick()

    def wait_idle(self, until: int) -> None:
        """Wait until the terminal is idle, or to *until*."""
        self._session.tick()
        while (
            self._goes_on()
            and self._session.run.workstation.busy(TERMINAL)
            and self._session.now() < until
        ):
            self._sleep(STEP_S)
            self._session.tick()

    def _goes_on(self) -> bool:
        return self._session.watched


def _evening(
    run: RealRun,
    wall_ms: Callable[[], int],
    sleep: Callable[[float], object],
    progress: Progress,
    cancelled: Callable[[], bool],
) -> None:
    """Let the night go on by the wall until its page has come; raises NoGroundError if none does."""
    began, first, told = wall_ms(), run.now, -1
    latest = run.scenario.page_by + LATE_MS
    progress("the night begins; it goes on in real time until the page comes")
    while not run.paged:
        if run.broken:
            raise NoGroundError(run.broken)
        if cancelled():
            raise NoGroundError("cancelled")
        if run.now > latest:
            msg = (
                f"no page came in {(run.now - first) // 60_000} minutes; the cluster is taken back"
            )
            raise NoGroundError(msg)
        sleep(EVENING_STEP_S)
        run.advance(first + wall_ms() - began)
        if (minute := (run.now - first) // 60_000) != told:
            told = minute
            if minute:
                progress(f"{minute} min of the night have passed")
