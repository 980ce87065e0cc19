"""Reading and writing runs; one owner at a time, fenced.

An input is committed before `append` returns. Text is stored as given; this file must not
interpret it.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, delete, event, select, update
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sim.session.storage.tables import CacheTable, InputTable, RunTable

LEASE_MS = 30_000
"""How long a process on another machine waits after the last renewal before it may take a run."""


class UnknownRunError(LookupError):
    """There is no such run, or it is somebody else's; the caller must not say which."""


class LeaseLostError(RuntimeError):
    """Another process owns the run now; what was to be written was not written."""


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


class RunStore:
    """Runs, inputs and the cache in one database."""

    def __init__(self, url: str, *, wall_ms: Callable[[], int]) -> None:
        """Open the database at *url* (SQLAlchemy's form) and bring its tables up to date."""
        self._engine = _open(url)
        self._wall_ms = wall_ms
        self._owner = f"{socket.gethostname()}/{os.getpid()}/{_process_start(os.getpid())}"
        _migrate(self._engine)

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
    ) -> RunRow:
        """Store a new run, owned by this process, and return it."""
        now = self._wall_ms()
        row = RunTable(
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
            owner=self._owner,
            fence=1,
            lease_ms=now + LEASE_MS,
        )
        with Session(self._engine) as db, db.begin():
            db.add(row)
            db.flush()
            return _row(row)

    def find(self, run: str, holder: str | None = None) -> RunRow:
        """Return a run; with *holder*, only if it is theirs.

        Raises:
            UnknownRunError: if there is none, or it is not theirs.
        """
        with Session(self._engine) as db:
            row = db.get(RunTable, run)
            if row is None or (holder is not None and row.holder != holder):
                raise UnknownRunError(run)
            return _row(row)

    def runs(self, holder: str) -> list[RunRow]:
        """Return the runs of *holder*, newest first."""
        query = (
            select(RunTable).where(RunTable.holder == holder).order_by(RunTable.created_ms.desc())
        )
        with Session(self._engine) as db:
            return [_row(row) for row in db.scalars(query)]

    def claim(self, run: str) -> int:
        """Make this process the owner of *run* and return its fencing number.

        Raises:
            UnknownRunError: if there is no such run.
            LeaseLostError: if a living process elsewhere has it.
        """
        now = self._wall_ms()
        with Session(self._engine) as db, db.begin():
            row = db.get(RunTable, run, with_for_update=True)
            if row is None:
                raise UnknownRunError(run)
            if row.owner != self._owner and row.lease_ms > now and _alive(row.owner):
                msg = f"run {run} is open in another process ({row.owner}); close it there first"
                raise LeaseLostError(msg)
            row.owner, row.lease_ms, row.fence = self._owner, now + LEASE_MS, row.fence + 1
            return row.fence

    def renew(self, run: str, fence: int, sim_ms: int) -> None:
        """Keep the claim and note how far the run has come.

        Raises:
            LeaseLostError: if the run has another owner by now.
        """
        self._write(run, fence, lease_ms=self._wall_ms() + LEASE_MS, sim_ms=sim_ms)

    def release(self, run: str, fence: int, sim_ms: int) -> None:
        """Let the run go, for another process to claim at once."""
        self._write(run, fence, lease_ms=0, owner="", sim_ms=sim_ms)

    def mark(self, run: str, fence: int, *, closed: bool) -> None:
        """Note that the run has been closed."""
        self._write(run, fence, closed=closed)

    def _write(self, run: str, fence: int, **values: Any) -> None:
        query = update(RunTable).where(RunTable.id == run, RunTable.fence == fence).values(**values)
        with Session(self._engine) as db, db.begin():
            if db.execute(query).rowcount != 1:  # type: ignore[attr-defined]
                msg = f"run {run} is open in another process"
                raise LeaseLostError(msg)

    def append(self, run: str, fence: int, number: int, at: int, kind: str, payload: str) -> None:
        """Commit input *number* of *run*.

        Raises:
            LeaseLostError: if the run has another owner by now, or the number is taken.
        """
        query = (
            update(RunTable)
            .where(RunTable.id == run, RunTable.fence == fence)
            .values(sim_ms=at, lease_ms=self._wall_ms() + LEASE_MS)
        )
        try:
            with Session(self._engine) as db, db.begin():
                if db.execute(query).rowcount != 1:  # type: ignore[attr-defined]
                    msg = f"run {run} is open in another process"
                    raise LeaseLostError(msg)
                db.add(InputTable(run=run, number=number, at=at, kind=kind, payload=payload))
        except IntegrityError as error:
            msg = f"input {number} of run {run} is already stored"
            raise LeaseLostError(msg) from error

    def inputs(self, run: str) -> list[tuple[int, str, str]]:
        """Return the inputs of *run* in order, as (at, kind, payload)."""
        query = select(InputTable).where(InputTable.run == run).order_by(InputTable.number)
        with Session(self._engine) as db:
            return [(row.at, row.kind, row.payload) for row in db.scalars(query)]

    def cached(self, key: str) -> str | None:
        """Return what was remembered under *key*, if anything was."""
        with Session(self._engine) as db:
            row = db.get(CacheTable, key)
            return None if row is None else row.value

    def remember(self, key: str, value: str) -> None:
        """Remember *value* under *key*, instead of what was there."""
        with Session(self._engine) as db, db.begin():
            db.execute(delete(CacheTable).where(CacheTable.key == key))
            db.add(CacheTable(key=key, value=value))


def _row(row: RunTable) -> RunRow:
    return RunRow(**{name: getattr(row, name) for name in RunRow.__slots__})


def _open(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # WAL: a commit survives kill -9 without an fsync of the main file, and readers never wait.
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")

    return engine


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("sim.session.storage") / "migrations"))
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == HEAD:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


HEAD = "0001"
"""The newest migration; a database that stands there is opened without loading alembic's scripts."""


def _process_start(pid: int) -> str:
    """Return the kernel's start time of *pid*, so that a re-used number is not taken for its owner."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _alive(owner: str) -> bool:
    """Return whether *owner* may still be running; a process of another machine always may."""
    host, _, rest = owner.partition("/")
    pid, _, started = rest.partition("/")
    if not pid.isdecimal():
        return False
    return host != socket.gethostname() or (started != "" and _process_start(int(pid)) == started)
