"""The sessions that one process has loaded, and the one ticker that advances those being watched.

A run that nobody watches costs nothing here; one that has been idle for long is let go and loaded
again when asked for.
"""

from __future__ import annotations

import logging
import threading
import time

from sim.scenario import Catalogue, Scenario
from sim.session.live import Session
from sim.session.storage import LeaseLostError, RunRow, RunStore, UnknownRunError

TICK_S = 0.25
FORGET_MS = 15 * 60_000
"""A paused run is let go from memory this long after it was last asked for."""

_log = logging.getLogger(__name__)


def wall_ms() -> int:
    """Return Unix time in ms."""
    return time.time_ns() // 1_000_000


class Hub:
    """Sessions by run, loaded on demand."""

    def __init__(self, store: RunStore, catalogue: Catalogue) -> None:
        """Serve runs of *catalogue* that are kept in *store*."""
        self.store = store
        self.catalogue = catalogue
        self._scenarios: dict[str, Scenario] = {}
        self._sessions: dict[str, Session] = {}
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def scenario(self, slug: str) -> Scenario:
        """Return a scenario, loaded once; raises KeyError if there is none."""
        if slug not in self._scenarios:
            self._scenarios[slug] = self.catalogue[slug]
        return self._scenarios[slug]

    def start(self, slug: str, seed: int, *, holder: str, who: str = "trainee") -> Session:
        """Start a run and return its session, paused until somebody watches."""
        session = Session.create(
            self.scenario(slug), seed, self.store, holder=holder, who=who, wall_ms=wall_ms
        )
        self._keep(session)
        return session

    def open(self, run: str, holder: str) -> Session:
        """Return the session of a run, replayed if this process does not have it.

        Raises:
            UnknownRunError: if there is none or it is not *holder*'s.
            LeaseLostError: if another process has it.
        """
        row = self.store.find(run, holder)
        with self._lock:
            session = self._sessions.get(run)
            gate = self._loading.setdefault(run, threading.Lock())
        if session is None:
            with gate:
                session = self._sessions.get(run) or self._load(row)
        self._used[run] = wall_ms()
        self._run_ticker()
        return session

    def _load(self, row: RunRow) -> Session:
        try:
            scenario = self.scenario(row.scenario)
        except KeyError as error:
            raise UnknownRunError(row.id) from error
        session = Session.load(row, scenario, self.store, wall_ms=wall_ms)
        self._keep(session)
        return session

    def _keep(self, session: Session) -> None:
        session.on_going = self._run_ticker
        with self._lock:
            self._sessions[session.row.id] = session
        self._used[session.row.id] = wall_ms()
        self._run_ticker()

    def _run_ticker(self) -> None:
        with self._lock:
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
                self._ticker.start()

    def _tick(self) -> None:
        """Advance what is being watched; end when nothing is, so that an idle server does nothing."""
        while not self._stop.wait(TICK_S):
            with self._lock:
                going = [one for one in self._sessions.values() if one.watched]
                if not going:
                    self._ticker = None
                    self._forget()
                    return
            for session in going:
                try:
                    session.tick()
                except LeaseLostError as error:
                    _log.warning("%s", error)
                    self.drop(session.row.id)
                except Exception:  # the one edge: a broken run must not stop the others' clocks
                    _log.exception("run %s stopped", session.row.id)
                    self.drop(session.row.id)

    def _forget(self) -> None:
        now = wall_ms()
        for run in [run for run, used in self._used.items() if now - used > FORGET_MS]:
            session = self._sessions.pop(run, None)
            self._used.pop(run, None)
            if session is not None:
                session.release()

    def drop(self, run: str) -> None:
        """Forget a session that this process may not or cannot go on with."""
        with self._lock:
            self._sessions.pop(run, None)

    def close(self) -> None:
        """Stop the ticker and let every run go."""
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join(timeout=5)
        for run in list(self._sessions):
            session = self._sessions.pop(run)
            try:
                session.release()
            except LeaseLostError:
                _log.info("run %s had another owner already", run)
