"""What a PostgreSQL server knows of who may come in, whatever runs it and whoever asks.

This package must not know containers, networks or SQL.
"""

from sim.postgres.access import HBA, DatabaseServer, PooledClient, Refusal, Session
from sim.postgres.roles import Role, Roles

__all__ = [
    "HBA",
    "DatabaseServer",
    "PooledClient",
    "Refusal",
    "Role",
    "Roles",
    "Session",
]
