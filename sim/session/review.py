"""What can be done with finished runs: debriefs that grow, a scrubber, exports, comparable samples.

What takes seconds goes to the workshop's process; what comes back is remembered in the store. Nothing
is judged or laid out here.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import asdict, replace
from typing import Any

from sim import ENGINE_VERSION
from sim.evidence import CloseRecord, EvidenceLog
from sim.scenario import Scenario
from sim.scoring import Impact
from sim.scoring.cohort.sample import Sample
from sim.session.branching import STILL_OPEN, StillOpenError
from sim.session.camera import frames
from sim.session.debrief import JUNIOR, Mode, first_debrief
from sim.session.export import check_engine, kept_scenario
from sim.session.film import Scrubber
from sim.session.job import Job, impact_json
from sim.session.judge import EXPERT, UNTOUCHED, trial
from sim.session.keys import (
    bets_key,
    debrief_key,
    debrief_keys,
    export_key,
    film_key,
    impact_key,
    reel_key,
    without_key,
)
from sim.session.live import Session
from sim.session.measured import NO_REPLAY
from sim.session.references import reference_key
from sim.session.retold import calibration
from sim.session.run import Run
from sim.session.sampling import sample_key
from sim.session.storage import RunRow, RunStore
from sim.session.workshop import Piece, Rank, Workshop

_BET = re.compile(r"\bbet\b")
MOST_SCRUBBERS = 8
ROW_S = 0.2
"""How often somebody who waits for a row is told whether there is one."""


class Reviews:
    """Debriefs, scrubbers and exports of one store's closed runs; safe to use from several threads."""

    def __init__(self, store: RunStore) -> None:
        """Keep what is worked out in *store*."""
        self._store = store
        self._workshop = Workshop(store.remember)
        self._scrubbers: dict[str, Scrubber] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process that works."""
        self._workshop.close()

    def prepare(self, session: Session, timeout_s: float = 0.0) -> str | None:
        """Have the reference runs of a session's night played while it is being played itself.

        So is the run from which it was branched, unless it was before. Returns "" if they are there,
        None if not yet, having waited up to *timeout_s* for them, or why they could not be played:
        without them even the first of a debrief takes seconds.
        """
        scenario, row = session.run.scenario, session.row
        if self._prepared(session):
            return ""
        parent = self._parent(row)
        job = Job("references", scenario.texts, row.seed, row.who, row.epoch, **parent)
        piece = self._workshop.ask(
            f"references/{scenario.digest}/{row.seed}/{ENGINE_VERSION}/{parent.get('parent_key', '')}",
            lambda: replace(job, known=self._known(scenario, row.seed)).dumps(),
            rank=Rank.WAITED if timeout_s else Rank.NIGHT,
            who=row.holder,
        )
        piece.done.wait(timeout_s)
        if piece.why:
            return piece.why
        return "" if self._prepared(session) else None

    def _prepared(self, session: Session) -> bool:
        if self._text(session.row) is not None:
            return True
        scenario = session.run.scenario
        if self._parent(session.row):
            return False
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
            held = trial(log, run.scenario, run.seed, run.inputs, self._store, ledger=False)
            first = first_debrief(held, self._store, self._mode(session.row))
        # Asked now, the worker need not play the reference runs once more.
        first["failed"] = self._ask(session).why
        return first

    def whole(self, session: Session, timeout_s: float) -> dict[str, Any] | None:
        """Return the debrief, having waited for the whole; what there is if it does not come in time.

        None if nothing can be said yet without playing a night in this process.
        """
        _check_closed(session)
        if (found := self.kept(session.row)) is None:
            self._ask(session).done.wait(timeout_s)
            found = self.kept(session.row)
        if found is None and self._prepared(session):
            return self.debrief(session)
        return found

    def kept(self, row: RunRow) -> dict[str, Any] | None:
        """Return the whole debrief if it was worked out before, without loading the run."""
        text = self._text(row)
        return None if text is None else json.loads(text)

    def _text(self, row: RunRow) -> str | None:
        texts = (self._store.cached(key) for key in debrief_keys(row))
        return next((text for text in texts if text is not None), None)

    def total(self, row: RunRow) -> float | None:
        """Return a closed run's points if its debrief was worked out, without working it out."""
        found = self.kept(row)
        return None if found is None else float(found["total"])

    def ledger(self, session: Session, since: int, timeout_s: float = 0.0) -> dict[str, Any]:
        """Return `{rows, next, done, failed}`: the ledger's rows from number *since* on, as they come.

        Rows are `debrief.ledger_row`. With *done* the whole debrief is there. Waits up to *timeout_s*
        if there is nothing new.
        """
        _check_closed(session)
        piece = None
        if (text := self._text(session.row)) is None:
            piece = self._ask(session)
            waited = 0.0
            # One that was not taken has no rows yet, however often it is asked.
            gone = threading.Event() if piece.full else piece.done
            while len(piece.rows) <= since and waited < timeout_s:
                if gone.wait(ROW_S):
                    break
                waited += ROW_S
            text = self._text(session.row)
        if text is not None:
            rows = json.loads(text)["ledger"]
            return {"rows": rows[since:], "next": len(rows), "done": True, "failed": ""}
        assert piece is not None
        rows = list(piece.rows)
        found = rows[since:]
        return {"rows": found, "next": since + len(found), "done": False, "failed": piece.why}

    def state_at(self, session: Session, at: int) -> dict[str, Any]:
        """Return how a closed run stood at *at*: see `Scrubber.at`; `cluster` is None until it is filmed."""
        _check_closed(session)
        return self._scrubber(session).at(at)

    def film(self, session: Session) -> bool:
        """Have the cluster filmed; returns whether it is, so that `state_at` shows it."""
        _check_closed(session)
        row = session.row
        key = film_key(row)
        # A real cluster was filmed while it was played on, and cannot be played again.
        if row.real or self._store.cached(key) is not None:
            return True
        self._workshop.ask(
            key,
            lambda: self._job("film", session).dumps(),
            lambda result: self._store.remember(key, json.dumps(result, separators=(",", ":"))),
            who=row.holder,
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
            self._store.remember(reel_key(session.row), text)
        return made

    def kept_reel(self, row: RunRow) -> dict[str, Any] | None:
        """Return the reel if it was made before, without loading the run."""
        text = self._store.cached(reel_key(row))
        return None if text is None else json.loads(text)

    def without(self, session: Session, given: int, timeout_s: float = 0.0) -> dict[str, Any]:
        """Return `{inputs, lines, curve, pending, failed}`: the run without its input *given*.

        Left out with it is what the ledger has bound to it. *curve* is None while that is worked out,
        *pending* says what is waited for.

        Raises:
            StillOpenError: if the incident is still open.
            ValueError: if nothing was changed by that input, or nothing can play the run again.
        """
        _check_closed(session)
        row = session.row
        if row.real:
            raise ValueError(NO_REPLAY)
        if (whole := self.kept(row)) is None:
            failed = self._ask(session).why
            pending = "" if failed else "the ledger, which says what is left out together"
            return {"inputs": [], "lines": [], "curve": None, "pending": pending, "failed": failed}
        group = next((one for one in whole["groups"] if given in one), None)
        if group is None:
            msg = f"input {given} is no action of this run"
            raise ValueError(msg)
        lines = [one["line"] for one in whole["ledger"] if one["input"] in group]
        found = {"inputs": group, "lines": lines, "curve": None, "pending": "", "failed": ""}
        key = without_key(row, group)
        if self._store.cached(key) is None:
            piece = self._workshop.ask(
                key,
                lambda: replace(self._job("without", session), leave_out=group).dumps(),
                lambda result: self._store.remember(key, json.dumps(result)),
                who=row.holder,
            )
            piece.done.wait(timeout_s)
            if piece.why:
                return found | {"failed": piece.why}
        if (text := self._store.cached(key)) is None:
            return found | {"pending": "the night, played once more without it"}
        return found | {"curve": json.loads(text)}

    def calibration(self, holder: str) -> dict[str, Any]:
        """Return the calibration over a holder's closed runs, see `retold.calibration`, and `pending`.

        That is how many of the runs are still being looked at, or could not be.
        """
        rows: list[dict[str, Any]] = []
        pending = 0
        for row in self._store.runs(holder):
            if row.closed and not row.parent:
                if (found := self._bets(row)) is None:
                    pending += 1
                else:
                    rows += found
        return {**calibration(rows), "pending": pending}

    def sample(self, job: Job, scenario: Scenario, who: str = "") -> Sample | str | None:
        """Return a run made comparable; None until it is worked out, a text: why nothing came of it.

        *who* asks; of one person only so many wait, the others are asked for again with the page.
        """
        key = sample_key(job, scenario.digest)
        if (text := self._store.cached(key)) is not None:
            return Sample.loaded(json.loads(text))
        piece = self._workshop.ask(
            key,
            lambda: replace(job, known=self._known(scenario, job.seed)).dumps(),
            lambda result: self._store.remember(key, json.dumps(result)),
            rank=Rank.COMPARED,
            who=who,
        )
        return piece.why or None

    def export(self, row: RunRow, timeout_s: float = 0.0) -> bytes | str | None:
        """Return a closed run as a file; None until it is made, a text: why nothing came of it.

        Raises:
            StillOpenError: if the incident is still open.
            OtherEngineError: if another engine played it, so that its evidence cannot be made here.
        """
        if not row.closed:
            raise StillOpenError(STILL_OPEN)
        key = export_key(row)
        if self._store.cached(key) is None:
            if not row.real:
                check_engine(row.engine)
            piece = self._workshop.ask(
                key,
                lambda: self._stored_job("export", row, stored=asdict(row)).dumps(),
                lambda result: self._store.remember(key, result),
                who=row.holder,
            )
            piece.done.wait(timeout_s)
            if piece.why:
                return piece.why
        text = self._store.cached(key)
        return None if text is None else base64.b64decode(text)

    def note_impact(self, run: str, played: Run) -> None:
        """Remember how users fared in a closed run, for the debriefs of its branches."""
        key = impact_key(run, played.scenario.digest)
        if self._store.cached(key) is None:
            self._store.remember(key, json.dumps(impact_json(Impact.of(played.finish()))))

    # -- within ----------------------------------------------------------------------------------

    def _ask(self, session: Session) -> Piece:
        row = session.row

        def finished(result: Any) -> None:
            self._store.remember(debrief_key(row), json.dumps(result))
            self._store.remember(bets_key(row), json.dumps(result["bets"]))

        return self._workshop.ask(
            debrief_key(row),
            lambda: self._job("debrief", session).dumps(),
            finished,
            who=row.holder,
        )

    def _stored_job(self, task: Any, row: RunRow, **more: Any) -> Job:
        """Return a job about a run as it is stored; raises ValueError if its scenario is gone."""
        scenario = kept_scenario(self._store, row)
        if scenario is None:
            msg = "the scenario on which it was played is not here any more"
            raise ValueError(msg)
        inputs = self._store.inputs(row.id)
        told = self._store.evidence(row.id)
        return Job(task, scenario.texts, row.seed, row.who, row.epoch, inputs, told=told, **more)

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
            before=None if before is None else impact_json(before),
            told=self._store.evidence(row.id),
            **self._parent(row),
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
        """Return how users fared in the run from which *row* was branched; None if that is not known."""
        text = self._store.cached(impact_key(row.parent, row.digest))
        if text is None:
            return None
        given = json.loads(text)
        return Impact(tuple(given["times"]), tuple(given["failed"]), tuple(given["arrivals"]))

    def _parent(self, row: RunRow) -> dict[str, Any]:
        """Return what a job needs to play the run from which *row* was branched; {}: it need not, or cannot."""
        key = impact_key(row.parent, row.digest)
        if not row.parent or self._store.cached(key) is not None:
            return {}
        stored = self._store.inputs(row.parent)
        if not stored or kept_scenario(self._store, row) is None:
            return {}
        return {"parent": stored, "parent_key": key}

    def _bets(self, row: RunRow) -> list[dict[str, Any]] | None:
        """Return a run's bets and how they came out, None while that is being worked out."""
        key = bets_key(row)
        if (text := self._store.cached(key)) is not None:
            rows: list[dict[str, Any]] = json.loads(text)
            return rows
        stored = self._store.inputs(row.id)
        # Without the word in its inputs there was none, and nothing need be replayed.
        if not any(_BET.search(f"{kind} {payload}") for _, kind, payload in stored):
            return []
        self._workshop.ask(
            key,
            lambda: self._stored_job("bets", row).dumps(),
            lambda result: self._store.remember(key, json.dumps(result)),
            rank=Rank.NIGHT,
            who=row.holder,
        )
        return None

    def _scrubber(self, session: Session) -> Scrubber:
        row = session.row
        text = self._store.cached(film_key(row))
        key = f"{row.id}/{text is not None}"
        with self._lock:
            found = self._scrubbers.get(key)
        if found is not None:
            return found
        run: Run = session.run
        with session.locked():
            log = EvidenceLog(run.finish())
        shot = frames(log, run.scenario) if row.real else json.loads(text) if text else []
        made = Scrubber(log, run.scenario, shot)
        with self._lock:
            self._scrubbers[key] = made
            while len(self._scrubbers) > MOST_SCRUBBERS:
                del self._scrubbers[next(iter(self._scrubbers))]
        return made


def _references(scenario: Scenario) -> list[str]:
    books = {book.player for book in scenario.players}
    return [UNTOUCHED, EXPERT, *([JUNIOR] if JUNIOR in books else [])]


def _check_closed(session: Session) -> None:
    if not session.closed and not any(True for _ in session.run.log.of(CloseRecord)):
        raise StillOpenError(STILL_OPEN)
