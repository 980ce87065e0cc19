"""Reading and writing runs; one owner at a time, fenced.

An input is committed before `append` returns. Text is stored as given; this file must not
interpret it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from sim.session.errors import LeaseLostError, UnknownRunError
from sim.session.storage.database import open_database, writing
from sim.session.storage.owner import is_alive, is_here, this_process
from sim.session.storage.tables import cache, inputs, runs

LEASE_MS = 30_000
"""How long a process on another machine waits after the last renewal before it may take a run."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as stored."""

    id: str
    holder: str
    scenario: str
    digest: str
    seed: int
    engine: str
    who: str
    created_ms: int
    sim_ms: int
    speed: float
    closed: bool
    fence: int
    epoch: str
    """When the run's time began (RFC 3339), if it is not the scenario's date."""


_ROW = [runs.c[name] for name in RunRow.__slots__]


class RunStore:
    """Runs, inputs and the cache in one database."""

    def __init__(self, url: str, *, wall_ms: Callable[[], int]) -> None:
        """Open the database at *url* (SQLAlchemy's form) and bring its tables up to date.

        *wall_ms* is Unix time in ms, by which leases are compared between machines.

        Raises:
            UnusableDatabaseError: if it cannot be opened.
        """
        self._engine = open_database(url)
        self._writing = writing(self._engine)
        self._wall_ms = wall_ms
        self._owner = this_process()

    def close(self) -> None:
        """Let go of the database's connections."""
        self._engine.dispose()

    def create(
        self,
        *,
        holder: str,
        scenario: str,
        digest: str,
        seed: int,
        engine: str,
        who: str,
        sim_ms: int,
        epoch: str = "",
    ) -> RunRow:
        """Store a new run, owned by this process, and return it."""
        now = self._wall_ms()
        row = RunRow(
            id=secrets.token_urlsafe(12),
            holder=holder,
            scenario=scenario,
            digest=digest,
            seed=seed,
            engine=engine,
            who=who,
            created_ms=now,
            sim_ms=sim_ms,
            speed=1.0,
            closed=False,
            fence=1,
            epoch=epoch,
        )
        values = {name: getattr(row, name) for name in RunRow.__slots__}
        with self._writing.begin() as db:
            db.execute(insert(runs).values(**values, owner=self._owner, lease_ms=now + LEASE_MS))
        return row

    def find(self, run: str, holder: str | None = None) -> RunRow:
        """Return a run; with *holder*, only if it is theirs.

        Raises:
            UnknownRunError: if there is none, or it is not theirs.
        """
        with self._engine.connect() as db:
            found = db.execute(select(*_ROW).where(runs.c.id == run)).one_or_none()
        if found is None or (holder is not None and found.holder != holder):
            raise UnknownRunError(run)
        return RunRow(*found)

    def runs(self, holder: str) -> list[RunRow]:
        """Return the runs of *holder*, newest first."""
        query = select(*_ROW).where(runs.c.holder == holder)
        with self._engine.connect() as db:
            found = db.execute(query.order_by(runs.c.created_ms.desc(), runs.c.id))
            return [RunRow(*row) for row in found]

    def claim(self, run: str) -> int:
        """Make this process the owner of *run* and return its fencing number.

        Raises:
            UnknownRunError: if there is no such run.
            LeaseLostError: if a living process has it.
        """
        now = self._wall_ms()
        query = select(runs.c.owner, runs.c.lease_ms, runs.c.fence).where(runs.c.id == run)
        with self._writing.begin() as db:
            found = db.execute(query.with_for_update()).one_or_none()
            if found is None:
                raise UnknownRunError(run)
            if found.owner not in ("", self._owner) and _holds(found.owner, found.lease_ms, now):
                msg = f"run {run} is open in another process ({found.owner}); close it there first"
                raise LeaseLostError(msg)
            fence: int = found.fence + 1
            # Only if nobody else has claimed it since it was read.
            values = {"owner": self._owner, "lease_ms": now + LEASE_MS, "fence": fence}
            _update(db, run, found.fence, values)
            return fence

    def renew(self, run: str, fence: int, sim_ms: int) -> None:
        """Keep the claim and note how far the run has come.

        Raises:
            LeaseLostError: if the run has another owner by now.
        """
        self._write(run, fence, {"lease_ms": self._wall_ms() + LEASE_MS, "sim_ms": sim_ms})

    def release(self, run: str, fence: int, sim_ms: int) -> None:
        """Let the run go, for another process to claim at once.

        Raises:
            LeaseLostError: if the run has another owner by now.
        """
        self._write(run, fence, {"lease_ms": 0, "owner": "", "sim_ms": sim_ms})

    def mark(self, run: str, fence: int, *, closed: bool) -> None:
        """Note that the run has been closed.

        Raises:
            LeaseLostError: if the run has another owner by now.
        """
        self._write(run, fence, {"closed": closed})

    def _write(self, run: str, fence: int, values: dict[str, Any]) -> None:
        with self._writing.begin() as db:
            _update(db, run, fence, values)

    def append(self, run: str, fence: int, number: int, at: int, kind: str, payload: str) -> None:
        """Commit input *number* of *run*.

        Raises:
            LeaseLostError: if the run has another owner by now, or the number is taken.
        """
        row = {"run": run, "number": number, "at": at, "kind": kind, "payload": payload}
        try:
            with self._writing.begin() as db:
                lease = self._wall_ms() + LEASE_MS
                _update(db, run, fence, {"sim_ms": at, "lease_ms": lease})
                db.execute(insert(inputs).values(**row))
        except IntegrityError as error:
            msg = f"input {number} of run {run} is already stored"
            raise LeaseLostError(msg) from error

    def inputs(self, run: str) -> list[tuple[int, str, str]]:
        """Return the inputs of *run* in order, as (at, kind, payload)."""
        query = select(inputs.c.at, inputs.c.kind, inputs.c.payload).where(inputs.c.run == run)
        with self._engine.connect() as db:
            found = db.execute(query.order_by(inputs.c.number))
            return [(row.at, row.kind, row.payload) for row in found]

    def cached(self, key: str) -> str | None:
        """Return what was remembered under *key*, if anything was."""
        with self._engine.connect() as db:
            found: str | None = db.scalar(select(cache.c.value).where(cache.c.key == key))
            return found

    def remember(self, key: str, value: str) -> None:
        """Remember *value* under *key*, instead of what was there."""
        try:
            with self._writing.begin() as db:
                db.execute(delete(cache).where(cache.c.key == key))
                db.execute(insert(cache).values(key=key, value=value))
        except IntegrityError:
            # Somebody remembered it at the same moment; it is the same value, computed twice.
            return


def _update(db: Connection, run: str, fence: int, values: dict[str, Any]) -> None:
    """Change a run that is still owned under *fence*; raises LeaseLostError if it is not."""
    query = update(runs).where(runs.c.id == run, runs.c.fence == fence).values(**values)
    if db.execute(query).rowcount != 1:
        msg = f"run {run} is open in another process"
        raise LeaseLostError(msg)


def _holds(owner: str, lease_ms: int, now: int) -> bool:
    """Return whether *owner*'s claim still counts.

    A process of this machine can be seen to live or not; of one elsewhere only the lease is known.
    """
    return is_alive(owner) if is_here(owner) else lease_ms > now
