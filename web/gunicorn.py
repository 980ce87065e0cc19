"""What gunicorn calls back: a worker that is told to end lets its runs go first.

Rooms hold threads, and gunicorn waits for those; they end when their run is let go. Nothing else is
known here.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


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
