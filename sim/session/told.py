"""Runs whose evidence is stored as it comes, and such a run when it is over: read, and closed if it was not.

Nothing here knows a cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.evidence import EvidenceLog, TimeRecord, decode, encode
from sim.scenario import Scenario
from sim.session.export import inputs_of
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.live import Session
from sim.session.measured import last_words
from sim.session.recorded import OVER, RecordedRun, recorded
from sim.session.run import Run
from sim.session.storage import RunRow, RunStore

ENDS = ("horizon", "interrupted")
"""What a real run ends as."""


class KeptSession(Session):
    """A session whose evidence is stored before it is shown."""

    _told = 0
    """How many records are stored."""

    def _save(self) -> None:
        log, since = self.run.log, self._told
        records = [encode(log[number]) for number in range(since, len(log))]
        with self._fenced():
            self._store.tell(self.row.id, self._fence, since, records, self.run.now)
        self._told = since + len(records)
        self._saved_ms, self._saved_records = self.run.now, self._told

    def _heed_close(self) -> None:
        """Store what is new, and then that the incident is closed, if it is."""
        if self._close_asked and not self.closed:
            self.end_as("horizon")
        if len(self.run.log) > self._told:
            self._save()
        super()._heed_close()

    def end_as(self, what: str) -> None:
        """Write down that the run ends as *what*, unless it has ended already."""
        if not ended(self.run.log):
            for record in last_words(self.run.log, self.run.now, what):
                self.run.log.append(record)

    def _plain_sleep(self, given: Input) -> int:
        """Return 0: a `sleep` takes as long as it says."""
        return 0

    @contextmanager
    def viewing(self) -> Iterator[None]:
        """Count as a viewer inside the `with`; time goes on in any case."""
        with self._changed:
            self._check_ours()
            self.viewers += 1
        try:
            yield
        finally:
            self.left()


class ToldSession(KeptSession):
    """A run on a real cluster that is over: it can be read, and closed if it was interrupted."""

    @classmethod
    def _again(cls, row: RunRow, scenario: Scenario, store: RunStore) -> Run:
        """Read a stored run as its evidence tells it."""
        return recorded_row(row, scenario, store)

    def _take_up(self) -> None:
        """Call it interrupted from now on, if its process left it open."""
        self._told = len(self.run.log)
        if not ended(self.run.log):
            self.end_as("interrupted")
            self._save()
            self._store.interrupt(self.row.id, self._fence)
        self._heed_close()

    over = OVER
    notes: tuple[str, ...] = ()

    def submit(self, kind: str, payload: dict[str, Any] | None = None) -> None:
        """Take the closing form, if the run is interrupted.

        Raises:
            BadInputError: if it is anything else, or the incident is closed.
            LeaseLostError: if another process has taken the run over.
        """
        with self._changed:
            self.answer = ""
            self._check_ours()
            if self.closed:
                raise BadInputError("the incident is closed")
            if kind != "close":
                raise BadInputError(OVER)
            self._take(parse_input(self.run.now, kind, payload or {}), self._wall_ms())

    def tick(self) -> None:
        """Do nothing: its time is over."""

    @property
    def watched(self) -> bool:
        """Whether ticks are needed: never."""
        return False

    def release(self) -> None:
        """Let the run go, for another process to read.

        Raises:
            LeaseLostError: if another process has taken it over already.
        """
        with self._changed:
            self._check_ours()
            with self._fenced():
                self._store.release(self.row.id, self._fence, self.run.now)
            self.lost = True


def recorded_row(row: RunRow, scenario: Scenario, store: RunStore) -> RecordedRun:
    """Return a stored run on a real cluster as its evidence tells it."""
    told = [decode(text) for text in store.evidence(row.id)]
    return recorded(scenario, row.seed, inputs_of(store.inputs(row.id)), told, row.sim_ms)


def ended(log: EvidenceLog) -> bool:
    """Return whether the evidence of a real run has its end."""
    return any(record.what in ENDS for record in log.of(TimeRecord))
