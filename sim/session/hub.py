"""The sessions that one process has loaded, and the one ticker that advances those being watched.

A run that nobody watches costs nothing here; one that has been idle for long is let go and loaded
again when asked for. What a session does is not known here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from sim.scenario import Catalogue, Scenario
from sim.session.beginnings import Beginning, Beginnings
from sim.session.branching import branch
from sim.session.dating import epoch_of_now
from sim.session.export import as_played
from sim.session.ground import Ground, Progress
from sim.session.live import Session
from sim.session.real import RealSession
from sim.session.review import Reviews
from sim.session.storage import LeaseLostError, RunRow, RunStore, UnknownRunError
from sim.session.told import ToldSession
from sim.session.wall import sleep, steady_ms, wall_ms

TICK_S = 0.25
FORGET_MS = 15 * 60_000
"""A paused run is let go from memory this long after it was last asked for."""
MAX_IDLE = 32
"""Of paused runs that nobody looks at, at most this many stay loaded; the longest unused go first."""
JUST_USED_MS = 60_000
"""A run that was asked for within this time may be in a request's hands and stays."""

_log = logging.getLogger(__name__)


class Hub:
    """Sessions by run, loaded on demand.

    Locks are taken in the order gate, session, hub: a session says that it is going while it is
    locked, so nothing here touches a session while it holds the hub's own lock.
    """

    def __init__(self, store: RunStore, catalogue: Catalogue) -> None:
        """Serve runs of *catalogue* that are kept in *store*."""
        self.store = store
        self.catalogue = catalogue
        self.reviews = Reviews(store)
        self.beginnings = Beginnings()
        self._scenarios: dict[str, Scenario] = {}
        self._sessions: dict[str, Session] = {}
        self._used: dict[str, int] = {}
        self._gates: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._closing = threading.Lock()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._ticker: threading.Thread | None = None

    def scenario(self, slug: str) -> Scenario:
        """Return a scenario, loaded once; raises KeyError if there is none."""
        if slug not in self._scenarios:
            self._scenarios[slug] = self.catalogue[slug]
        return self._scenarios[slug]

    def choose(self, name: str, seed: int) -> tuple[Scenario, str]:
        """Return the scenario called *name*, or the one that *seed* draws of a family called so.

        With it comes the family's name, if it was drawn; raises KeyError if there is neither.
        """
        found, family = self.catalogue.choose(name, seed)
        return self.scenario(found.slug), family

    def start(
        self,
        slug: str,
        seed: int,
        *,
        holder: str,
        who: str = "trainee",
        now: bool = False,
        practice: bool = False,
        mystery: str = "",
    ) -> Session:
        """Start a run and return its session, paused until somebody watches.

        With *now* its page comes at the wall's now instead of on the scenario's date, so that ages
        are right in tools that have a clock of their own. With *practice* it pauses at decision
        points; *mystery* is the family of which the night was drawn.
        """
        scenario = self.scenario(slug)
        session = Session.create(
            scenario,
            seed,
            self.store,
            holder=holder,
            who=who,
            wall_ms=steady_ms,
            epoch=epoch_of_now(scenario, seed, self.store, wall_ms()) if now else "",
            practice=practice,
            mystery=mystery,
        )
        self._keep(session)
        return session

    def nights(self, family: str) -> tuple[Scenario, ...]:
        """Return every night of *family*; raises KeyError if there is none called so."""
        return tuple(self.scenario(slug) for slug in self.catalogue.family(family).slugs)

    def begin(
        self, slug: str, seed: int, ground: Ground, *, holder: str, mystery: str = ""
    ) -> Beginning:
        """Let a run begin on a real cluster, which takes minutes, and return how far it is.

        *mystery* is the family of which the night was drawn.
        """
        scenario = self.scenario(slug)

        def work(progress: Progress, cancelled: Callable[[], bool]) -> RealSession:
            return RealSession.begin(
                scenario,
                seed,
                self.store,
                ground,
                holder=holder,
                wall_ms=steady_ms,
                sleep=sleep,
                progress=progress,
                mystery=mystery,
                cancelled=cancelled,
            )

        def keep(session: RealSession) -> None:
            self._keep(session)
            self._go()

        title = (scenario.family_title or mystery) if mystery else scenario.title
        return self.beginnings.begin(holder, title, work, keep)

    def branch(self, run: str, at: int, *, holder: str) -> Session:
        """Branch a closed run of *holder* at *at* (simulated ms) and return the session of the branch.

        Raises:
            UnknownRunError: if there is no such run, or it is not theirs.
            StillOpenError: if it has not been closed.
            ValueError: if *at* is not between its page and its end.
        """
        session = self.open(run, holder)
        with session.locked():
            made = branch(self.store, run, at, session.run, holder=holder)
            self.reviews.note_impact(run, session.run)
        return self.open(made.id, holder)

    def open(self, run: str, holder: str) -> Session:
        """Return the session of a run, replayed if this process does not have it.

        Raises:
            UnknownRunError: if there is none or it is not *holder*'s.
            LeaseLostError: if another process has it.
        """
        row = self.store.find(run, holder)
        if self._stop.is_set():
            msg = f"run {run} was let go: this process is ending"
            raise LeaseLostError(msg)
        session = self._loaded(run)
        if session is not None:
            return session
        with self._lock:
            gate = self._gates.setdefault(run, threading.Lock())
        try:
            with gate:
                return self._loaded(run) or self._load(row)
        finally:
            with self._lock:
                self._gates.pop(run, None)

    def _loaded(self, run: str) -> Session | None:
        with self._lock:
            session = self._sessions.get(run)
            if session is None or session.lost:
                return None
            self._used[run] = steady_ms()
            return session

    def _load(self, row: RunRow) -> Session:
        try:
            scenario = as_played(self.store, row, self.scenario)
        except KeyError as error:
            raise UnknownRunError(row.id) from error
        load = ToldSession.load if row.real else Session.load
        session: Session = load(row, scenario, self.store, wall_ms=steady_ms)
        self._keep(session)
        return session

    def _keep(self, session: Session) -> None:
        session.on_going = self._go
        with self._lock:
            self._sessions[session.row.id] = session
            self._used[session.row.id] = steady_ms()
        self._forget()

    def _go(self) -> None:
        """Wake the ticker; it is started when a run first goes on."""
        with self._lock:
            if self._ticker is None and not self._stop.is_set():
                self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
                self._ticker.start()
        self._wake.set()

    def _tick(self) -> None:
        """Advance what is being watched; while nothing is, sleep until something goes on."""
        while not self._stop.is_set():
            self._wake.clear()
            with self._lock:
                going = [one for one in self._sessions.values() if one.watched]
            if not going:
                self._forget()
                self._wake.wait(FORGET_MS / 1000)
                continue
            for session in going:
                try:
                    session.tick()
                except LeaseLostError as error:
                    _log.warning("%s", error)
                    self.drop(session)
                except Exception:  # the one edge: a broken run must not stop the others' clocks
                    _log.exception("run %s stopped", session.row.id)
                    self.drop(session)
            self._stop.wait(TICK_S)

    def _forget(self) -> None:
        """Let go of runs that nobody has asked for in a while, and of the oldest of too many."""
        now = steady_ms()
        with self._lock:
            idle = [
                (self._used[run], run)
                for run, session in self._sessions.items()
                if not session.watched and session.viewers == 0
            ]
            idle.sort(reverse=True)
            old = [
                self._sessions.pop(run)
                for place, (used, run) in enumerate(idle)
                if now - used > (FORGET_MS if place < MAX_IDLE else JUST_USED_MS)
            ]
            for session in old:
                del self._used[session.row.id]
        for session in old:
            _let_go(session)

    def drop(self, session: Session) -> None:
        """Forget a session that this process may not or cannot go on with; its tabs come back."""
        session.lost = True
        session.abandon()
        with self._lock:
            if self._sessions.get(session.row.id) is session:
                del self._sessions[session.row.id]
                del self._used[session.row.id]

    def close(self) -> None:
        """Stop the ticker and let every run go; a second call waits for the first."""
        self._stop.set()
        self._wake.set()
        with self._closing:
            self.beginnings.close()
            with self._lock:
                ticker, sessions = self._ticker, list(self._sessions.values())
                self._sessions.clear()
                self._used.clear()
            if ticker is not None:
                ticker.join(timeout=5)
            for session in sessions:
                _let_go(session)
            self.reviews.close()
            self.store.close()


def _let_go(session: Session) -> None:
    # Whoever has taken it over meanwhile has it rightly.
    with suppress(LeaseLostError):
        session.release()
