"""What can be done with finished runs: debriefs that grow, a scrubber, branches, exports.

What takes seconds goes to the workshop's process; what comes back is remembered in the store. Nothing
is judged or laid out here.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

from sim import ENGINE_VERSION
from sim.evidence import BetRecord, CloseRecord, EvidenceLog
from sim.scenario import Scenario
from sim.scoring import Impact, Story
from sim.scoring.cohort.sample import Sample
from sim.session.bundle import Stored, pack
from sim.session.debrief import JUNIOR, Mode, first_debrief
from sim.session.export import export, inputs_of, kept_scenario, replayed
from sim.session.film import Scrubber
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.job import Job
from sim.session.judge import EXPERT, UNTOUCHED, trial
from sim.session.live import Session
from sim.session.panels import clock_text
from sim.session.references import reference_key
from sim.session.retold import bets, calibration
from sim.session.run import Run
from sim.session.sampling import sample_key
from sim.session.storage import RunRow, RunStore
from sim.session.workshop import Piece, Workshop

MOST_SCRUBBERS = 8
ROW_S = 0.2
"""How often somebody who waits for a row is told whether there is one."""
STILL_OPEN = "the incident is still open; close it first"


class StillOpenError(RuntimeError):
    """The incident has not been closed; what is asked for would tell its truth."""


def debrief_key(row: RunRow, engine: str = ENGINE_VERSION) -> str:
    """Return under which key a run's whole debrief is remembered."""
    return f"debrief3/{row.id}/{row.digest}/{engine}"


def branch(store: RunStore, run: str, at: int, played: Run, *, holder: str) -> RunRow:
    """Store a branch of a run at *at* (simulated ms), open from there on; its close is left out.

    *played* is the run replayed: what closed it is known from its evidence, whether it was the form
    or a command. A moment behind that input becomes the one just before it.

    Raises:
        UnknownRunError: if there is no such run.
        StillOpenError: if it has not been closed.
        ValueError: if *at* lies before its page or behind its end.
    """
    row = store.find(run)
    stored = store.inputs(run)
    close = next(played.log.of(CloseRecord), None)
    if close is None and not row.closed:
        raise StillOpenError(STILL_OPEN)
    end = max([row.sim_ms, *(one[0] for one in stored), close.at if close else 0])
    epoch, paged = played.epoch, played.paged_at
    if at < paged:
        msg = f"{clock_text(epoch, at)} lies before the page, which came at {clock_text(epoch, paged)}"
        raise ValueError(msg)
    if at > end:
        msg = f"{clock_text(epoch, at)} is not within the run, which ended at {clock_text(epoch, end)}"
        raise ValueError(msg)
    if close is not None:
        # It may have come long after its line was entered: `sleep 60; incident close`.
        # Time that was skipped meanwhile is not what closed it.
        number = close.input
        while number > 0 and stored[number][1] not in ("close", *TERMINAL_KINDS):
            number -= 1
        at = min(at, max(paged, stored[number][0] - 1))
        stored = stored[:number]
    return store.branch(run, at, _up_to(at, stored), holder=holder)


def _up_to(at: int, stored: list[Stored]) -> list[Stored]:
    """Return the inputs up to *at*, a skip that leads beyond it cut there."""
    taken = []
    for given, kind, payload in stored:
        if given > at:
            break
        if kind != "skip":
            taken.append((given, kind, payload))
        elif amount := min(json.loads(payload)["amount_ms"], at - given):
            taken.append((given, kind, Input(given, kind, {"amount_ms": amount}).dumps()))
    return taken


class Reviews:
    """Debriefs, scrubbers and exports of one store's closed runs; safe to use from several threads."""

    def __init__(self, store: RunStore) -> None:
        """Keep what is worked out in *store*."""
        self._store = store
        self._workshop = Workshop(store.remember)
        self._scrubbers: dict[str, Scrubber] = {}
        self._samples: dict[str, Piece] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process that works."""
        self._workshop.close()

    def prepare(self, session: Session, timeout_s: float = 0.0) -> bool:
        """Have the reference runs of a session's night played while it is being played itself.

        Returns whether they are there, having waited up to *timeout_s* for them: without them even
        the first of a debrief takes seconds.
        """
        scenario, seed = session.run.scenario, session.run.seed
        if self._prepared(session):
            return True
        job = Job("references", scenario.texts, seed)
        piece = self._workshop.ask(f"references/{scenario.digest}/{seed}", job.dumps)
        # One that has failed may fail again; the debrief itself says why.
        return (piece.done.wait(timeout_s) and bool(piece.failed)) or self._prepared(session)

    def _prepared(self, session: Session) -> bool:
        if self._store.cached(debrief_key(session.row)) is not None:
            return True
        scenario = session.run.scenario
        return len(self._known(scenario, session.run.seed)) == len(_references(scenario))

    def debrief(self, session: Session) -> dict[str, Any]:
        """Return the debrief: whole if it is there, else what can be said at once, with `pending`.

        Raises:
            StillOpenError: if the incident is still open.
        """
        _check_closed(session)
        if (whole := self.kept(session.row)) is not None:
            return whole
        run = session.run
        with session.locked():
            log = run.finish()
            held = trial(log, run.scenario, run.seed, run.inputs, self._store)
            first = first_debrief(held, self._store, self._mode(session.row))
        # Asked now, the worker need not play the reference runs once more.
        first["failed"] = self._ask(session).failed
        return first

    def whole(self, session: Session, timeout_s: float) -> dict[str, Any]:
        """Return the debrief, having waited for the whole; what there is if it does not come in time."""
        _check_closed(session)
        if (found := self.kept(session.row)) is None:
            self._ask(session).done.wait(timeout_s)
            found = self.kept(session.row)
        return self.debrief(session) if found is None else found

    def kept(self, row: RunRow) -> dict[str, Any] | None:
        """Return the whole debrief if it was worked out before, without loading the run."""
        text = self._store.cached(debrief_key(row))
        return None if text is None else json.loads(text)

    def ledger(self, session: Session, since: int, timeout_s: float = 0.0) -> dict[str, Any]:
        """Return `{rows, next, done, failed}`: the ledger's rows from number *since* on, as they come.

        Rows are `debrief.ledger_row`. With *done* the whole debrief is there. Waits up to *timeout_s*
        if there is nothing new.
        """
        _check_closed(session)
        piece = None
        if (text := self._store.cached(debrief_key(session.row))) is None:
            piece = self._ask(session)
            waited = 0.0
            while len(piece.rows) <= since and waited < timeout_s:
                if piece.done.wait(ROW_S):
                    break
                waited += ROW_S
            text = self._store.cached(debrief_key(session.row))
        if text is not None:
            rows = json.loads(text)["ledger"]
            return {"rows": rows[since:], "next": len(rows), "done": True, "failed": ""}
        assert piece is not None
        rows = list(piece.rows)
        found = rows[since:]
        return {"rows": found, "next": since + len(found), "done": False, "failed": piece.failed}

    def state_at(self, session: Session, at: int) -> dict[str, Any]:
        """Return how a closed run stood at *at*: see `Scrubber.at`; `cluster` is None until it is filmed."""
        _check_closed(session)
        return self._scrubber(session).at(at)

    def film(self, session: Session) -> bool:
        """Have the cluster filmed; returns whether it is, so that `state_at` shows it."""
        _check_closed(session)
        if self._store.cached(_film_key(session.row)) is not None:
            return True
        row = session.row
        key = _film_key(row)
        self._workshop.ask(
            key,
            lambda: self._job("film", session).dumps(),
            lambda result: self._store.remember(key, json.dumps(result, separators=(",", ":"))),
        )
        return False

    def reel(self, session: Session) -> dict[str, Any]:
        """Return a closed run to be moved through: see `Scrubber.reel`; no frames until it is filmed."""
        _check_closed(session)
        if (kept := self.kept_reel(session.row)) is not None:
            return kept
        filmed = self.film(session)
        made = {"filmed": filmed, **self._scrubber(session).reel()}
        if filmed:
            text = json.dumps(made, separators=(",", ":"))
            self._store.remember(_reel_key(session.row), text)
        return made

    def kept_reel(self, row: RunRow) -> dict[str, Any] | None:
        """Return the reel if it was made before, without loading the run."""
        text = self._store.cached(_reel_key(row))
        return None if text is None else json.loads(text)

    def without(self, session: Session, given: int, timeout_s: float = 0.0) -> Any:
        """Return the curve of a closed run without its input *given*; None until it is worked out.

        Raises:
            StillOpenError: if the incident is still open.
            ValueError: if nothing was changed by that input.
        """
        _check_closed(session)
        if all(row["input"] != given for row in self.debrief(session)["ledger"]):
            msg = f"input {given} is no action of this run"
            raise ValueError(msg)
        row = session.row
        key = f"without/{row.id}/{given}/{row.digest}/{ENGINE_VERSION}"
        if self._store.cached(key) is None:
            piece = self._workshop.ask(
                key,
                lambda: replace(self._job("without", session), leave_out=[given]).dumps(),
                lambda result: self._store.remember(key, json.dumps(result)),
            )
            piece.done.wait(timeout_s)
        text = self._store.cached(key)
        return None if text is None else json.loads(text)

    def calibration(self, holder: str) -> dict[str, Any]:
        """Return the calibration over a holder's closed runs: see `retold.calibration`."""
        rows: list[dict[str, Any]] = []
        for row in self._store.runs(holder):
            if row.closed and not row.parent:
                rows += self._bets(row)
        return calibration(rows)

    def sample(self, job: Job, scenario: Scenario) -> Sample | str | None:
        """Return a run made comparable; None until it is worked out, a text: why nothing came of it."""
        key = sample_key(job, scenario.digest)
        if (text := self._store.cached(key)) is not None:
            return Sample.loaded(json.loads(text))
        with self._lock:
            piece = self._samples.get(key)
        if piece is None:
            ready = replace(job, known=self._known(scenario, job.seed))
            piece = self._workshop.ask(
                key, ready.dumps, lambda result: self._store.remember(key, json.dumps(result))
            )
            with self._lock:
                self._samples[key] = piece
        if piece.done.is_set() and not piece.failed:
            with self._lock:
                self._samples.pop(key, None)
        return piece.failed or None

    def export(self, session: Session) -> bytes:
        """Return a closed run as a file.

        Raises:
            StillOpenError: if the incident is still open.
        """
        _check_closed(session)
        row = session.row
        return pack(export(row, self._store.inputs(row.id), session.run.scenario))

    # -- within ----------------------------------------------------------------------------------

    def _ask(self, session: Session) -> Piece:
        row = session.row

        def finished(result: Any) -> None:
            self._store.remember(debrief_key(row), json.dumps(result))
            self._store.remember(_bets_key(row), json.dumps(result["bets"]))

        key = debrief_key(row)
        return self._workshop.ask(key, lambda: self._job("debrief", session).dumps(), finished)

    def _job(self, task: Any, session: Session) -> Job:
        row, scenario = session.row, session.run.scenario
        mode = self._mode(row)
        before = mode.before
        return Job(
            task,
            scenario.texts,
            row.seed,
            row.who,
            row.epoch,
            self._store.inputs(row.id),
            self._known(scenario, row.seed),
            practice=mode.practice,
            branched_at=mode.branched_at,
            mystery=mode.mystery,
            before=None if before is None else _impact_json(before),
        )

    def _known(self, scenario: Scenario, seed: int) -> dict[str, str]:
        keys = [reference_key(scenario, seed, player) for player in _references(scenario)]
        found = {key: self._store.cached(key) for key in keys}
        return {key: text for key, text in found.items() if text is not None}

    def _mode(self, row: RunRow) -> Mode:
        if not row.parent:
            return Mode(row.practice, None, row.mystery)
        return Mode(row.practice, row.branched_at, row.mystery, self._before(row))

    def _before(self, row: RunRow) -> Impact | None:
        """Return how users fared in the run from which *row* was branched; None if it is gone."""
        key = f"impact/{row.parent}/{row.digest}/{ENGINE_VERSION}"
        text = self._store.cached(key)
        if text is None:
            scenario = kept_scenario(self._store, row)
            stored = self._store.inputs(row.parent)
            if scenario is None or not stored:
                return None
            run = replayed(scenario, row, inputs_of(stored))
            text = json.dumps(_impact_json(Impact.of(run.log)))
            self._store.remember(key, text)
        given = json.loads(text)
        return Impact(tuple(given["times"]), tuple(given["failed"]), tuple(given["arrivals"]))

    def _bets(self, row: RunRow) -> list[dict[str, Any]]:
        text = self._store.cached(_bets_key(row))
        if text is None:
            stored = self._store.inputs(row.id)
            # Without the word in its inputs there was none, and nothing need be replayed.
            if not any("bet" in kind or "bet" in payload for _, kind, payload in stored):
                return []
            scenario = kept_scenario(self._store, row)
            if scenario is None:
                return []
            run = replayed(scenario, row, inputs_of(stored))
            found = bets(Story(run.log, scenario)) if _has(run.log) else []
            text = json.dumps(found)
            self._store.remember(_bets_key(row), text)
        rows: list[dict[str, Any]] = json.loads(text)
        return rows

    def _scrubber(self, session: Session) -> Scrubber:
        row = session.row
        text = self._store.cached(_film_key(row))
        key = f"{row.id}/{text is not None}"
        with self._lock:
            found = self._scrubbers.get(key)
        if found is not None:
            return found
        run: Run = session.run
        with session.locked():
            log = EvidenceLog(run.finish())
        made = Scrubber(log, run.scenario, json.loads(text) if text else [])
        with self._lock:
            self._scrubbers[key] = made
            while len(self._scrubbers) > MOST_SCRUBBERS:
                del self._scrubbers[next(iter(self._scrubbers))]
        return made


def _references(scenario: Scenario) -> list[str]:
    books = {book.player for book in scenario.players}
    return [UNTOUCHED, EXPERT, *([JUNIOR] if JUNIOR in books else [])]


def _film_key(row: RunRow) -> str:
    return f"film/{row.id}/{row.digest}/{ENGINE_VERSION}"


def _reel_key(row: RunRow) -> str:
    return f"reel/{row.id}/{row.digest}/{ENGINE_VERSION}"


def _bets_key(row: RunRow) -> str:
    return f"bets/{row.id}/{row.digest}/{ENGINE_VERSION}"


def _impact_json(impact: Impact) -> dict[str, Any]:
    return {
        "times": list(impact.times),
        "failed": list(impact.failed),
        "arrivals": list(impact.arrivals),
    }


def _has(log: EvidenceLog) -> bool:
    return any(True for _ in log.of(BetRecord))


def _check_closed(session: Session) -> None:
    if not session.closed and not any(True for _ in session.run.log.of(CloseRecord)):
        raise StillOpenError(STILL_OPEN)
