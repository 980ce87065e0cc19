"""Where runs and their inputs live between processes: SQLite by default, PostgreSQL by choice.

What is acknowledged is committed. This package must not know what an input means.
"""

from sim.session.errors import LeaseLostError, UnknownRunError
from sim.session.storage.database import UnusableDatabaseError, shown_url
from sim.session.storage.store import RunRow, RunStore

__all__ = [
    "LeaseLostError",
    "RunRow",
    "RunStore",
    "UnknownRunError",
    "UnusableDatabaseError",
    "shown_url",
]
