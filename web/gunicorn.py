"""What gunicorn calls back: a worker that is told to end lets its runs go first; logs hold no secret.

Rooms hold threads, and gunicorn waits for those; they end when their run is let go. Nothing else is
known here.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

from gunicorn import glogging

from web.kubeapi.secrets import masked


class MaskingFormatter(logging.Formatter):
    """Writes lines without the secrets that stand in paths, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return masked(super().format(record))


class logger_class(glogging.Logger):  # type: ignore[misc]  # noqa: N801 - gunicorn's name for it
    """gunicorn's log, whatever it is told to write."""

    def setup(self, cfg: Any) -> None:
        """Set the handlers up as gunicorn does, with our formatter over its own."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                plain = handler.formatter
                style = (plain._fmt, plain.datefmt) if plain is not None else (None, None)
                handler.setFormatter(MaskingFormatter(*style))


def post_worker_init(worker: Any) -> None:
    """Let the runs go at the beginning of a graceful end, not after it."""
    hub = worker.wsgi.extensions["hub"]

    def end(number: int, frame: FrameType | None) -> None:
        # Not in the handler: it may have interrupted whoever holds a lock that this needs.
        threading.Thread(target=hub.close, name="closing", daemon=True).start()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, end)


def worker_exit(_server: Any, worker: Any) -> None:
    """Let the runs go, so that the next process may have them at once, wherever it runs."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["hub"].close()
