"""A session in the hands of a test: its wall clock, a store that can break, and what is asked of both."""

from sim.evidence import TimeRecord
from sim.session.live import Session
from sim.session.storage import RunStore

MINUTE = 60_000


class Wall:
    """A clock that stands until it is told to go on."""

    def __init__(self):
        self.ms = 5_000

    def __call__(self) -> int:
        return self.ms


class BrokenStore(RunStore):
    """A database that goes away when it is told to."""

    broken = False

    def append(self, run, fence, number, at, kind, payload):
        if self.broken:
            raise OSError("the disk is gone")
        super().append(run, fence, number, at, kind, payload)


def enter(session, line, terminal="t1"):
    session.submit("command", {"terminal": terminal, "line": line})


def crashed(session, scenario, store) -> Session:
    """Return the run as the next process finds it, nothing having been said at the end."""
    return Session.load(store.find(session.row.id), scenario, store, wall_ms=Wall())


def stored(session, store) -> list[tuple[int, str, str]]:
    return store.inputs(session.row.id)


def times(session) -> list[str]:
    return [record.what for record in session.run.log.of(TimeRecord)]
