"""The queue before the worker process: who asks, what goes first, what has come back, an end at shutdown.

One process at a time, so that a server keeps a core for its pages; it stays for the next job, because
starting it costs more than a second of CPU. What a job is about is not known here.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from sim.session.wall import steady_ms

ROOT = Path(__file__).resolve().parents[2]


class Rank(IntEnum):
    """What goes first."""

    WAITED = 0
    """Somebody looks at a page that waits for it."""
    NIGHT = 1
    """It will be wanted when a run that is being played is over."""
    COMPARED = 2
    """One of many; it makes way for what somebody waits for."""


DEADLINE_S = {Rank.WAITED: 240.0, Rank.NIGHT: 120.0, Rank.COMPARED: 240.0}
"""How long a job may take before it is ended."""
MOST_OF_ONE = 24
"""So many jobs of one person wait; more are not taken until some are done."""
MOST = 400
"""So many wait in all."""
MOST_PUT_BACK = 2
"""So often a job makes way for another, which loses what it has worked on."""
TRIES = 2
AGAIN_MS = 600_000
"""A job that failed may be asked for anew after so long; until then its failure is told."""
IDLE_S = 60.0
"""The process ends when it has had nothing to do for so long: its memory is wanted elsewhere."""
FULL = "too many jobs are waiting; ask again when some of them are done"
ENDING = "the server is ending"

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Piece:
    """A job that was asked for, and what has come back of it so far."""

    key: str
    line: Callable[[], str]
    """Makes the job's line when its turn comes."""
    finished: Callable[[Any], None]
    """Called with the result, before `done` is set."""
    rank: Rank = Rank.WAITED
    who: str = ""
    """Who asked first."""
    number: int = 0
    rows: list[Any] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    failed: str = ""
    """Why nothing came of it; empty: all is well."""
    full: bool = False
    """It was not taken, because too many wait; it can be asked for again."""
    tries: int = 0
    put_back: int = 0
    making_way: bool = False
    overdue: bool = False
    ended_ms: int = 0

    @property
    def why(self) -> str:
        """Why nothing came of it, empty if something did, or still can."""
        return "" if self.full else self.failed


class Workshop:
    """Has jobs done by a process of their own; safe to use from several threads."""

    def __init__(
        self,
        remember: Callable[[str, str], None],
        *,
        deadlines: dict[Rank, float] | None = None,
    ) -> None:
        """*remember* keeps what a job sends back to be remembered."""
        self._remember = remember
        self._deadlines = DEADLINE_S | (deadlines or {})
        self._pieces: dict[str, Piece] = {}
        """Those that wait, the one that is worked on, and those that failed lately."""
        self._waiting: list[Piece] = []
        self._now: Piece | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        """The one that works."""
        self._warm: subprocess.Popen[str] | None = None
        """The one that waits for its next job."""
        self._turns: dict[str, int] = {}
        """Whose jobs had their turn, of those who wait; the highest was the last."""
        self._asked = 0
        self._over = False

    def ask(
        self,
        key: str,
        line: Callable[[], str],
        finished: Callable[[Any], None] = lambda _: None,
        *,
        rank: Rank = Rank.WAITED,
        who: str = "",
    ) -> Piece:
        """Return the job called *key*, asked for now or before; the same job is done once.

        Asked for again by somebody who waits, it goes before what nobody waits for. One that has
        failed is not done again for a while. Of *who* only so many wait.
        """
        with self._changed:
            self._forget_old()
            piece = self._pieces.get(key)
            if piece is None:
                piece = Piece(key, line, finished, rank, who, self._asked)
                self._asked += 1
                if self._over or self._is_full(rank, who):
                    piece.full, piece.failed = not self._over, ENDING if self._over else FULL
                    piece.done.set()
                    return piece
                self._pieces[key] = piece
                self._waiting.append(piece)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="workshop", daemon=True)
                    self._thread.start()
            piece.rank = min(rank, piece.rank)
            self._make_way(piece)
            self._changed.notify_all()
            return piece

    def close(self) -> None:
        """End the process that works, and take no more."""
        with self._changed:
            self._over = True
            process = self._process
            self._let_go()
            self._changed.notify_all()
        if process is not None:
            _kill(process)

    # -- the queue, under its lock -----------------------------------------------------------------

    def _let_go(self) -> None:
        """End the process that waits."""
        if self._warm is not None:
            _dismiss(self._warm)
            self._warm = None

    def _is_full(self, rank: Rank, who: str) -> bool:
        # What comes later anyway keeps nobody from what he waits for.
        before = [piece for piece in self._waiting if piece.rank <= rank]
        own = sum(1 for piece in before if piece.who == who)
        return own >= MOST_OF_ONE or len(before) >= MOST

    def _forget_old(self) -> None:
        now = steady_ms()
        old = [
            key
            for key, piece in self._pieces.items()
            if piece.failed and now - piece.ended_ms >= AGAIN_MS
        ]
        for key in old:
            del self._pieces[key]

    def _make_way(self, piece: Piece) -> None:
        """End what nobody waits for, to be begun anew later, if somebody waits for *piece*."""
        now = self._now
        if (
            now is not None
            and now is not piece
            and now.rank is Rank.COMPARED
            and piece.rank is Rank.WAITED
            and not piece.done.is_set()
            and now.put_back < MOST_PUT_BACK
            and self._process is not None
        ):
            now.put_back += 1
            now.making_way = True
            _kill(self._process)

    def _following(self) -> Piece:
        """Return what is next: by rank, then whose turn it is, then as it was asked for."""
        turns = self._turns
        piece = min(self._waiting, key=lambda one: (one.rank, turns.get(one.who, -1), one.number))
        waits = {one.who for one in self._waiting}
        turns = {who: turn for who, turn in turns.items() if who in waits}
        self._turns = turns | {piece.who: max(turns.values(), default=-1) + 1}
        return piece

    # -- work ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                idle_s = IDLE_S if self._warm is not None else None
                if not self._changed.wait_for(lambda: self._over or self._waiting, idle_s):
                    self._let_go()
                    continue
                if self._over:
                    break
                piece = self._now = self._following()
                self._waiting.remove(piece)
                piece.making_way = piece.overdue = False
            self._end(piece, self._tried(piece))
        with self._changed:
            left, self._waiting = self._waiting, []
            for piece in left:
                piece.failed = ENDING
                piece.done.set()

    def _tried(self, piece: Piece) -> str:
        """Work on *piece* and return why nothing came of it; empty: something did."""
        try:
            return self._work(piece)
        except Exception as error:  # the edge: the next piece has to be worked on
            _log.exception("%s came to nothing", piece.key)
            return f"{type(error).__name__}: {error}"

    def _end(self, piece: Piece, why: str) -> None:
        with self._changed:
            self._now = None
            if why and not self._over:
                piece.tries += not piece.making_way
                if piece.making_way or (piece.tries < TRIES and not piece.overdue):
                    piece.rows = []
                    self._waiting.append(piece)
                    return
            if why:
                _log.warning("%s came to nothing: %s", piece.key, why)
                piece.failed, piece.ended_ms = why, steady_ms()
            else:
                # What has been kept elsewhere need not be kept here.
                self._pieces.pop(piece.key, None)
        piece.done.set()

    def _work(self, piece: Piece) -> str:
        line = piece.line()
        with self._changed:
            if self._over:
                return ENDING
            process = self._process = self._warm or _start()
            self._warm = None
        limit = self._deadlines[piece.rank]

        def end() -> None:
            piece.overdue = True
            _kill(process)

        timer = threading.Timer(limit, end)
        timer.daemon = True
        timer.start()
        found, why, status = False, "", None
        try:
            for message in _messages(process, line):
                if "row" in message:
                    piece.rows.append(message["row"])
                elif "remember" in message:
                    self._remember(*message["remember"])
                elif "failed" in message:
                    why = message["failed"]
                elif "ended" in message:
                    status = message["ended"]
                else:
                    found = True
                    piece.finished(message["result"])
        finally:
            timer.cancel()
            with self._changed:
                self._process = None
                if status is not None and not self._over and not piece.overdue:
                    self._warm = process
            if self._warm is not process:
                _dismiss(process)
        if found:
            return ""
        if piece.overdue:
            return f"it took longer than {limit:g} s and was ended"
        status = process.returncode if status is None else status
        return why or f"the worker process ended with status {status}"


def _messages(process: subprocess.Popen[str], line: str) -> Iterator[dict[str, Any]]:
    """Hand *line* to *process* and yield what it sends; the last one tells how the job `ended`."""
    assert process.stdin is not None
    assert process.stdout is not None
    # One that has ended meanwhile cannot be given a job; what it has sent is read all the same.
    with suppress(BrokenPipeError):
        process.stdin.write(line)
        process.stdin.flush()
    for text in process.stdout:
        # What has no end was cut off when the process was killed.
        if text.endswith("\n"):
            message = json.loads(text)
            yield message
            if "ended" in message:
                return


def _dismiss(process: subprocess.Popen[str]) -> None:
    """Kill a worker, and keep nothing of it."""
    _kill(process)
    with suppress(BrokenPipeError), process:
        pass


def _kill(process: subprocess.Popen[str]) -> None:
    """End a worker with the copies that it has made of itself."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _start() -> subprocess.Popen[str]:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "sim.session.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
