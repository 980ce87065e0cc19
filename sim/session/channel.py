"""Something that a client outside holds open; what it brings waits until its own reader takes it.

One wake-up per change, of nobody but its reader. Whose cluster it leads into is not known here.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from typing import Any, Protocol

from sim.session.outside import Frame, as_text
from sim.session.outside_inputs import MAX_WRITE

MAX_UNREAD = 10_000
"""Wake-ups that a client may be behind; one that reads slower loses its channel, as a watch does."""

_log = logging.getLogger(__name__)


class AccessClosedError(RuntimeError):
    """The run has ended, or is somebody else's by now: its secret opens nothing any more."""


class Channel(Protocol):
    """Something open: a watch, a followed log, a program, one forwarded connection."""

    def read(self, timeout_s: float) -> list[Frame] | None:
        """Wait up to *timeout_s* of wall time for frames; [] if none came, None when it is over."""

    def write(self, data: bytes) -> None:
        """Send *data* to the program's standard input, or to the pod."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""

    def close_stdin(self) -> None:
        """Say that nothing more will be written."""

    def close(self) -> None:
        """Hang up; a second time does nothing."""


class QueuedChannel:
    """A channel of a cluster that other threads let go on."""

    def __init__(
        self,
        number: int,
        act: Callable[[str, dict[str, Any]], object],
        *,
        keep: Callable[[], None],
        left: Callable[[], None],
    ) -> None:
        """Hold channel *number*.

        *act* takes inputs, *keep* is called before anything is handed out, *left* when the client
        has gone.
        """
        self._number = number
        self._act = act
        self._keep = keep
        self._left = left
        self._unread: queue.SimpleQueue[list[Frame] | None] = queue.SimpleQueue()
        self._over = False
        self._hung_up = False

    def bring(self, frames: list[Frame] | None) -> None:
        """Take what the cluster brings, None at the end; called with the cluster locked."""
        if frames is not None and self._unread.qsize() >= MAX_UNREAD:
            frames = None
        self._unread.put(frames)

    def read(self, timeout_s: float) -> list[Frame] | None:
        """Wait for frames; [] if none came in time, None when it is over."""
        if self._over:
            return None
        found: list[Frame] = []
        wait_s = timeout_s
        while True:
            try:
                part = self._unread.get(timeout=wait_s) if wait_s > 0 else self._unread.get_nowait()
            except queue.Empty:
                break
            if part is None:
                self._over = True
                break
            found += part
            wait_s = 0
        if not found:
            return None if self._over else []
        try:
            self._keep()
        except RuntimeError as error:
            _log.info("channel %d: %s", self._number, error)
            self._over = True
            return None
        return found

    def write(self, data: bytes) -> None:
        """Send *data*; after the end nothing happens."""
        text = as_text(data)
        for start in range(0, len(text), MAX_WRITE):
            self._submit("write", {"data": text[start : start + MAX_WRITE]})

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""
        self._submit("size", {"columns": columns, "rows": rows})

    def close_stdin(self) -> None:
        """Say that nothing more will be written."""
        self._submit("write", {"data": "", "end": True})

    def close(self) -> None:
        """Hang up; a second time does nothing."""
        if not self._hung_up:
            self._hung_up = True
            self._submit("hangup", {})
            self._unread.put(None)
            self._left()

    def _submit(self, kind: str, payload: dict[str, Any]) -> None:
        try:
            self._act(kind, {**payload, "channel": self._number})
        except Exception as error:  # the edge: whatever it was, the client finds its channel over
            expected = isinstance(error, AccessClosedError)
            _log.log(
                logging.INFO if expected else logging.ERROR,
                "%s of channel %d: %s",
                kind,
                self._number,
                error,
                exc_info=None if expected else error,
            )
            self._unread.put(None)
