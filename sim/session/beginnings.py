"""Runs on a real cluster that are being set up while somebody waits: what is told meanwhile, what came of it.

Each has a thread until its page has come. What a cluster is, is its ground's business.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sim.session.ground import NoGroundError, Progress
from sim.session.real import RealSession

KEPT = 20
"""Beginnings that are remembered; the oldest is forgotten first."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Beginning:
    """One run on its way."""

    token: str
    holder: str
    title: str
    lines: list[str] = field(default_factory=list)
    """What has been done so far."""
    run: str = ""
    """The run, once its page has come."""
    failed: str = ""
    """Why nothing came of it."""
    cancelled: bool = False

    @property
    def waiting(self) -> bool:
        """Whether it is still on its way."""
        return not (self.run or self.failed)


class Beginnings:
    """All of one process; safe to use from several threads."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self._all: dict[str, Beginning] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def begin(
        self,
        holder: str,
        title: str,
        work: Callable[[Progress, Callable[[], bool]], RealSession],
        keep: Callable[[RealSession], None],
    ) -> Beginning:
        """Let *work* make a session, which *keep* takes, and return how far it is."""
        made = Beginning(secrets.token_urlsafe(12), holder, title)
        thread = threading.Thread(
            target=self._work, args=(made, work, keep), name=f"beginning {title}"
        )
        with self._lock:
            self._all[made.token] = made
            while len(self._all) > KEPT:
                del self._all[next(iter(self._all))]
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()
        return made

    def _work(
        self,
        made: Beginning,
        work: Callable[[Progress, Callable[[], bool]], RealSession],
        keep: Callable[[RealSession], None],
    ) -> None:
        try:
            session = work(made.lines.append, lambda: made.cancelled)
            keep(session)
            made.run = session.row.id
        except NoGroundError as error:
            made.failed = str(error)
        except Exception as error:  # the edge: whoever waits has to be told
            _log.exception("%s did not begin", made.title)
            made.failed = f"{type(error).__name__}: {error}"

    def find(self, token: str, holder: str) -> Beginning | None:
        """Return the beginning called *token*, if it is *holder*'s."""
        with self._lock:
            found = self._all.get(token)
        return found if found is not None and found.holder == holder else None

    def close(self) -> None:
        """Give up those that are on their way, and wait until their clusters are put back."""
        with self._lock:
            threads = list(self._threads)
            for one in self._all.values():
                one.cancelled = True
        for thread in threads:
            thread.join()
