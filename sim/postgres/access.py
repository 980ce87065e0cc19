"""How one gets into a server: its rules of access, refusals, sessions; and who takes part in that.

The two protocols are what a server and its clients show to each other and to whoever looks at them.
This file must not know how either works.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from sim.postgres.roles import Roles

INVALID_PASSWORD = "28P01"
INVALID_AUTHORIZATION = "28000"
INVALID_DATABASE = "3D000"
HBA = (
    (117, "local", "all", "", "trust"),
    (119, "host", "all", "127.0.0.1/32", "trust"),
    (121, "host", "all", "::1/128", "trust"),
    (124, "local", "replication", "", "trust"),
    (125, "host", "replication", "127.0.0.1/32", "trust"),
    (126, "host", "replication", "::1/128", "trust"),
    (128, "host", "all", "all", "scram-sha-256"),
)
"""pg_hba.conf as (line, type, database, address, method): pg_hba.conf.sample of PostgreSQL 16, and
the line that the image's docker-entrypoint.sh adds at its end."""


class Refusal(NamedTuple):
    """Why a server ends a session before it has begun."""

    message: str
    """In the server's words, e.g. `password authentication failed for user "app"`."""
    code: str
    """SQLSTATE, e.g. `28P01`."""


class Session(NamedTuple):
    """One of the sessions that a client has on a connection."""

    number: int
    user: str
    """Empty where nobody had to log in."""
    since: int
    """Simulated ms."""


@runtime_checkable
class PooledClient(Protocol):
    """Who has several sessions on what the network sees as one connection."""

    def sessions(self) -> Sequence[Session]:
        """Return them."""

    def end_session(self, number: int) -> None:
        """Lose one of them."""


@runtime_checkable
class DatabaseServer(Protocol):
    """A running server."""

    @property
    def roles(self) -> Roles:
        """Who may log in."""

    @property
    def directory(self) -> str:
        """Where its data is."""

    @property
    def log_statement(self) -> str:
        """Which statements it logs: `none` or `ddl`."""

    def login(self, user: str, password: str, *, at: int | None = None) -> Refusal | None:
        """Check somebody from the network."""

    def trusts(self, user: str) -> Refusal | None:
        """Check somebody on the socket."""

    def has_no_database(self, name: str) -> Refusal:
        """Refuse a session because there is no database called *name*."""

    def defined(
        self, statement: str, at: int | None = None, problem: str = "", *, parsed: bool = True
    ) -> None:
        """Log a statement that defines something, and why it failed."""

    def ended(self, text: str) -> None:
        """Log why a backend ends."""

    def touched(self, what: str, verb: str, detail: str) -> None:
        """Take note of what a hand has changed: `role/app`, `alter`."""
