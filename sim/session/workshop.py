"""The queue before the worker process: who asks, what has come back, and an end at shutdown.

One process at a time, so that a server keeps a core for its pages. What a job is about is not known
here.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Piece:
    """A job that was asked for, and what has come back of it so far."""

    key: str
    line: Callable[[], str]
    """Makes the job's line when its turn comes."""
    finished: Callable[[Any], None]
    """Called with the result, before `done` is set."""
    rows: list[Any] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    failed: str = ""
    """Why nothing came of it; empty: all is well."""


class Workshop:
    """Has jobs done by a process of their own; safe to use from several threads."""

    def __init__(self, remember: Callable[[str, str], None]) -> None:
        """*remember* keeps what a job sends back to be remembered."""
        self._remember = remember
        self._pieces: dict[str, Piece] = {}
        self._queue: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._over = False

    def ask(
        self, key: str, line: Callable[[], str], finished: Callable[[Any], None] = lambda _: None
    ) -> Piece:
        """Return the piece of work called *key*, asked for now or before; a failed one is tried again."""
        with self._lock:
            piece = self._pieces.get(key)
            if piece is not None and not piece.failed:
                return piece
            piece = self._pieces[key] = Piece(key, line, finished)
            if self._over:
                piece.failed = "the server is ending"
                piece.done.set()
                return piece
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="workshop", daemon=True)
                self._thread.start()
            self._queue.put(piece)
            return piece

    def close(self) -> None:
        """End the process that works, and take no more."""
        with self._lock:
            self._over = True
            process = self._process
        if process is not None:
            process.kill()
        self._queue.put(None)

    def _run(self) -> None:
        while (piece := self._queue.get()) is not None:
            try:
                self._work(piece)
            except Exception as error:  # the edge: the next piece has to be worked on
                _log.exception("%s came to nothing", piece.key)
                piece.failed = f"{type(error).__name__}: {error}"
            finally:
                piece.done.set()
                with self._lock:
                    # What has been kept elsewhere need not be kept here.
                    if not piece.failed:
                        self._pieces.pop(piece.key, None)

    def _work(self, piece: Piece) -> None:
        line = piece.line()
        with self._lock:
            if self._over:
                piece.failed = "the server is ending"
                return
            process = self._process = _start()
        found = False
        try:
            with process:
                for message in _messages(process, line):
                    if "row" in message:
                        piece.rows.append(message["row"])
                    elif "remember" in message:
                        self._remember(*message["remember"])
                    else:
                        found = True
                        piece.finished(message["result"])
        finally:
            with self._lock:
                self._process = None
        if not found:
            piece.failed = f"the worker process ended with status {process.returncode}"


def _messages(process: subprocess.Popen[str], line: str) -> Iterator[dict[str, Any]]:
    """Hand *line* to *process* and yield what it sends; it is ended if nobody listens any more."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        process.stdin.close()
        for text in process.stdout:
            yield json.loads(text)
    except BrokenPipeError:
        # It ended before it had read its job, e.g. because it was killed.
        return
    finally:
        process.kill()


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
    )
