"""Reading and writing runs; one owner at a time, fenced.

An input is committed before `append` returns. Text is stored as given; this file must not
interpret it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from sim.session.errors import LeaseLostError, UnknownRunError
from sim.session.storage.database import open_database, writing
from sim.session.storage.owner import is_alive, is_here, this_process
from sim.session.storage.tables import cache, evidence, inputs, runs, scenarios, shares

SIMULATED = "simulated"
LEASE_MS = 30_000
"""How long a process on another machine waits after the last renewal before it may take a run."""

MOST_CACHED = (20_000, 512 * 1024 * 1024)
"""So many values, and characters of them, are remembered."""
ROOM = 0.9
"""What is left of them when room is made."""
SOME = 500
"""Keys in one statement."""
USED_MS = 3_600_000
"""How exactly it is known when a value was last used."""


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
    practice: bool = False
    """It pauses at decision points and is never compared with others."""
    parent: str = ""
    """The run that it shares everything with up to *branched_at*; empty: none."""
    branched_at: int = -1
    mystery: str = ""
    """The family of which its night was drawn, if it was not chosen by name."""
    adopted: bool = False
    """It came from elsewhere as a file: its holder is not known to be who played it."""
    backend: str = SIMULATED
    """What its cluster is: `simulated`, or `kind` for a real one."""
    interrupted: bool = False
    """Its real cluster was let go before it was closed: it can only be closed."""

    @property
    def real(self) -> bool:
        """Whether it was played on a real cluster: its evidence is kept, and nothing can make it again."""
        return self.backend != SIMULATED

    @property
    def compared(self) -> bool:
        """Whether the run counts in comparisons: played once, without help, from its page on."""
        return not self.practice and not self.parent


_NAMES = tuple(field.name for field in fields(RunRow))
_ROW = [runs.c[name] for name in _NAMES]


class RunStore:
    """Runs, inputs and the cache in one database."""

    def __init__(
        self, url: str, *, wall_ms: Callable[[], int], most_cached: tuple[int, int] = MOST_CACHED
    ) -> None:
        """Open the database at *url* (SQLAlchemy's form) and bring its tables up to date.

        *wall_ms* is Unix time in ms, by which leases are compared between machines; *most_cached* is how
        many values and how many characters of them are remembered.

        Raises:
            UnusableDatabaseError: if it cannot be opened.
        """
        self._engine = open_database(url)
        self._writing = writing(self._engine)
        self._wall_ms = wall_ms
        self._most = most_cached
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
        practice: bool = False,
        mystery: str = "",
        backend: str = SIMULATED,
    ) -> RunRow:
        """Store a new run, owned by this process, and return it."""
        now = self._wall_ms()
        row = RunRow(
            id=_new_id(),
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
            practice=practice,
            mystery=mystery,
            backend=backend,
        )
        with self._writing.begin() as db:
            _insert(db, row, self._owner, now + LEASE_MS)
        return row

    def branch(
        self, run: str, at: int, given: list[tuple[int, str, str]], *, holder: str
    ) -> RunRow:
        """Store a run that begins as *run* did, with the inputs *given*, and is open from *at* on.

        Nobody owns it yet. The original is only read.

        Raises:
            UnknownRunError: if there is no such run.
        """
        parent = self.find(run)
        row = replace(
            parent,
            id=_new_id(),
            holder=holder,
            created_ms=self._wall_ms(),
            sim_ms=at,
            closed=False,
            fence=1,
            parent=run,
            branched_at=at,
        )
        with self._writing.begin() as db:
            _insert(db, row, "", 0)
            _insert_inputs(db, row.id, given)
        return row

    def adopt(
        self, row: RunRow, given: list[tuple[int, str, str]], told: Sequence[str] = ()
    ) -> RunRow:
        """Store a whole run from elsewhere, which nobody owns here, under an id of its own.

        *told* is its evidence, of a run on a real cluster.
        """
        adopted = replace(row, id=_new_id(), created_ms=self._wall_ms(), fence=1, adopted=True)
        with self._writing.begin() as db:
            _insert(db, adopted, "", 0)
            _insert_inputs(db, adopted.id, given)
            _insert_evidence(db, adopted.id, 0, told)
        return adopted

    def tell(self, run: str, fence: int, since: int, told: Sequence[str], sim_ms: int) -> None:
        """Commit evidence of a run on a real cluster, number *since* and following, and how far it is.

        Raises:
            LeaseLostError: if the run has another owner by now, or a number is taken.
        """
        try:
            with self._writing.begin() as db:
                lease = self._wall_ms() + LEASE_MS
                _update(db, run, fence, {"sim_ms": sim_ms, "lease_ms": lease})
                _insert_evidence(db, run, since, told)
        except IntegrityError as error:
            msg = f"evidence {since} of run {run} is already stored"
            raise LeaseLostError(msg) from error

    def evidence(self, run: str) -> list[str]:
        """Return the evidence of a run on a real cluster in order, a line of JSON each."""
        query = select(evidence.c.text).where(evidence.c.run == run)
        with self._engine.connect() as db:
            return list(db.scalars(query.order_by(evidence.c.number)))

    def keep_texts(self, digest: str, texts: str) -> None:
        """Keep the *texts* of a scenario, unless they are kept already."""
        if self.texts(digest) is not None:
            return
        try:
            with self._writing.begin() as db:
                db.execute(insert(scenarios).values(digest=digest, texts=texts))
        except IntegrityError:
            # Somebody kept them at the same moment; the digest says that they are the same.
            return

    def texts(self, digest: str) -> str | None:
        """Return the texts of the scenario with this *digest*, if they were kept."""
        with self._engine.connect() as db:
            query = select(scenarios.c.texts).where(scenarios.c.digest == digest)
            found: str | None = db.scalar(query)
            return found

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

    def interrupt(self, run: str, fence: int) -> None:
        """Note that the real cluster of a run was let go before it was closed.

        Raises:
            LeaseLostError: if the run has another owner by now.
        """
        self._write(run, fence, {"interrupted": True})

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

    def share(self, run: str) -> str:
        """Return the token with which anybody may read the debrief of *run*, made at the first call."""
        if token := self.share_of(run):
            return token
        row = {"token": secrets.token_urlsafe(18), "run": run, "created_ms": self._wall_ms()}
        # Somebody may have shared it at the same moment; then theirs counts.
        with suppress(IntegrityError), self._writing.begin() as db:
            db.execute(insert(shares).values(**row))
        return self.share_of(run)

    def share_of(self, run: str) -> str:
        """Return the token of *run*, empty if it is not shared."""
        with self._engine.connect() as db:
            found: str | None = db.scalar(select(shares.c.token).where(shares.c.run == run))
        return found or ""

    def unshare(self, run: str) -> None:
        """Take the token of *run* back; the next one will be another."""
        with self._writing.begin() as db:
            db.execute(delete(shares).where(shares.c.run == run))

    def shared(self, token: str) -> RunRow:
        """Return the run that *token* was made for.

        Raises:
            UnknownRunError: if there is none, or it was taken back.
        """
        query = select(*_ROW).join(shares, shares.c.run == runs.c.id)
        with self._engine.connect() as db:
            found = db.execute(query.where(shares.c.token == token)).one_or_none()
        if found is None:
            raise UnknownRunError(token)
        return RunRow(*found)

    def cached(self, key: str) -> str | None:
        """Return what was remembered under *key*, if anything was and it is still there."""
        with self._engine.connect() as db:
            query = select(cache.c.value, cache.c.used_ms).where(cache.c.key == key)
            found = db.execute(query).one_or_none()
        if found is None:
            return None
        now = self._wall_ms()
        if now - found.used_ms >= USED_MS:
            # A read must not fail because somebody writes; the next one notes it as well.
            with suppress(OperationalError), self._writing.begin() as db:
                db.execute(update(cache).where(cache.c.key == key).values(used_ms=now))
        value: str = found.value
        return value

    def remember(self, key: str, value: str) -> None:
        """Remember *value* under *key*, instead of what was there; what is used least makes room."""
        row = {"key": key, "value": value, "used_ms": self._wall_ms(), "size": len(value)}
        try:
            with self._writing.begin() as db:
                db.execute(delete(cache).where(cache.c.key == key))
                db.execute(insert(cache).values(**row))
                _make_room(db, key, self._most)
        except IntegrityError:
            # Somebody remembered it at the same moment; it is the same value, computed twice.
            return


def _new_id() -> str:
    """Return an address that nobody guesses, and that no command line takes for an option."""
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return made


def _insert(db: Connection, row: RunRow, owner: str, lease_ms: int) -> None:
    values = {name: getattr(row, name) for name in _NAMES}
    db.execute(insert(runs).values(**values, owner=owner, lease_ms=lease_ms))


def _insert_inputs(db: Connection, run: str, given: list[tuple[int, str, str]]) -> None:
    rows = [
        {"run": run, "number": number, "at": at, "kind": kind, "payload": payload}
        for number, (at, kind, payload) in enumerate(given)
    ]
    if rows:
        db.execute(insert(inputs), rows)


def _insert_evidence(db: Connection, run: str, since: int, told: Sequence[str]) -> None:
    rows = [{"run": run, "number": number, "text": text} for number, text in enumerate(told, since)]
    if rows:
        db.execute(insert(evidence), rows)


def _update(db: Connection, run: str, fence: int, values: dict[str, Any]) -> None:
    """Change a run that is still owned under *fence*; raises LeaseLostError if it is not."""
    query = update(runs).where(runs.c.id == run, runs.c.fence == fence).values(**values)
    if db.execute(query).rowcount != 1:
        msg = f"run {run} is open in another process"
        raise LeaseLostError(msg)


def _make_room(db: Connection, kept: str, most: tuple[int, int]) -> None:
    """Forget values that nobody has used for longest, but not *kept*, if there are too many."""
    count, size = db.execute(select(func.count(), func.sum(cache.c.size)).select_from(cache)).one()
    if count <= most[0] and size <= most[1]:
        return
    # More than needed, so that it is not done again at the next value.
    few, small = most[0] * ROOM, most[1] * ROOM
    query = select(cache.c.key, cache.c.size).where(cache.c.key != kept)
    gone = []
    for row in db.execute(query.order_by(cache.c.used_ms, cache.c.key)):
        if count <= few and size <= small:
            break
        gone.append(row.key)
        count, size = count - 1, size - row.size
    for begin in range(0, len(gone), SOME):
        db.execute(delete(cache).where(cache.c.key.in_(gone[begin : begin + SOME])))


def _holds(owner: str, lease_ms: int, now: int) -> bool:
    """Return whether *owner*'s claim still counts.

    A process of this machine can be seen to live or not; of one elsewhere only the lease is known.
    """
    return is_alive(owner) if is_here(owner) else lease_ms > now
