"""What a PostgreSQL server says of itself: sessions, settings, locks, databases and roles.

Sessions are the connections that the network has to it; data of applications is not modelled. This
file must not know how anything is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.node.programs.sql import Row, Rows, Value

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.network import Connection

FIRST_PID = 1_040
SETTINGS = (
    ("autovacuum", "on", ""), ("checkpoint_timeout", "300", "s"), ("data_directory", "/var/lib/postgresql/data", ""),
    ("effective_cache_size", "524288", "8kB"), ("hba_file", "/var/lib/postgresql/data/pg_hba.conf", ""),
    ("idle_in_transaction_session_timeout", "0", "ms"), ("listen_addresses", "*", ""), ("lock_timeout", "0", "ms"),
    ("log_min_duration_statement", "-1", "ms"), ("maintenance_work_mem", "65536", "kB"), ("max_connections", "200", ""),
    ("max_wal_size", "1024", "MB"), ("port", "5432", ""), ("server_version", "16.4", ""),
    ("shared_buffers", "49152", "8kB"), ("ssl", "off", ""), ("statement_timeout", "0", "ms"),
    ("superuser_reserved_connections", "3", ""), ("TimeZone", "Etc/UTC", ""), ("wal_level", "replica", ""),
    ("work_mem", "4096", "kB"),
)  # fmt: skip
"""(name, value, unit) of pg_settings; what differs from PostgreSQL's defaults is ours."""
_SHOWN = {
    "checkpoint_timeout": "5min", "effective_cache_size": "4GB", "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB", "shared_buffers": "384MB", "work_mem": "4MB",
}  # fmt: skip
_QUERIES = ("COMMIT", "SELECT 1", "BEGIN", "UPDATE", "SELECT")


class Server:
    """One server as its sessions see it."""

    def __init__(self, container: Container, database: str, user: str) -> None:
        """Look at the server in *container* as *user* of *database*."""
        self._container = container
        self.database = database
        self.user = user

    @property
    def version(self) -> str:
        """The server's version, e.g. `16.4`."""
        tag = self._container.image.rpartition(":")[2].partition("-")[0]
        return tag if tag.replace(".", "").isdigit() and "." in tag else "16.4"

    def own_pid(self) -> int:
        """Return the pid of the backend that serves psql."""
        return FIRST_PID + 900 + self._container.env.now // 1000 % 97

    def links(self) -> list[Connection]:
        """Return the connections to the server."""
        return self._container.network.links_to(self._container)

    def _backends(self) -> list[tuple[Connection, int]]:
        """Return every backend as (its connection, number in its pool)."""
        found = []
        for link in self.links():
            settings = getattr(getattr(link.source, "behaviour", None), "settings", None)
            found += [(link, number) for number in range(max(1, int(getattr(settings, "pool", 1))))]
        return found

    def tables(self) -> Mapping[str, Callable[[], Rows]]:
        """Return what can be asked."""
        return {
            "pg_stat_activity": self.activity,
            "pg_settings": self.settings,
            "pg_locks": lambda: [
                {"locktype": "relation", "relation": 12073, "pid": self.own_pid(), "mode": "AccessShareLock",
                 "granted": True},
                {"locktype": "virtualxid", "relation": None, "pid": self.own_pid(), "mode": "ExclusiveLock",
                 "granted": True},
            ],
            "pg_database": lambda: [
                {"datname": name, "datallowconn": name != "template0"} for name in self.databases()
            ],
            "pg_roles": lambda: [{"rolname": name, "rolsuper": name == "postgres"} for name in self.roles()],
            "pg_stat_database": lambda: [
                {"datname": name, "numbackends": sum(one["datname"] == name for one in self.activity()),
                 "deadlocks": 0}
                for name in self.databases()
            ],
            "pg_stat_replication": list,
        }  # fmt: skip

    def databases(self) -> list[str]:
        """Return the databases' names."""
        own = {self._container.namespace.replace("-", "_"), self.database}
        return sorted({"postgres", "template0", "template1", *own})

    def roles(self) -> list[str]:
        """Return the roles' names."""
        return sorted({"postgres", self.user, self._container.namespace.replace("-", "_")})

    def settings(self) -> Rows:
        """Return pg_settings."""
        rows: list[Row] = []
        for name, value, unit in SETTINGS:
            told = self.version if name == "server_version" else value
            rows.append(
                {"name": name, "setting": told, "unit": unit or None, "context": "postmaster"}
            )
        return rows

    def setting(self, name: str) -> str | None:
        """Return a setting as SHOW prints it; None if there is none."""
        if name in ("server_version",):
            return self.version
        for known, value, unit in SETTINGS:
            if known.lower() == name:
                return _SHOWN.get(known, f"{value}{unit}" if value not in ("0", "-1") else value)
        return None

    def activity(self) -> Rows:
        """Return pg_stat_activity: the backends of applications, the server's own, and psql's."""
        container = self._container
        now = container.env.now
        owner = container.namespace.replace("-", "_")
        rows: list[Row] = []
        for kind, pid in (("autovacuum launcher", 31), ("logical replication launcher", 32),
                          ("checkpointer", 27), ("background writer", 28), ("walwriter", 30)):  # fmt: skip
            rows.append(self._row(pid, kind, None, None, None, "", "", container.started_at or 0))
        for index, (link, number) in enumerate(self._backends()):
            draw = container.stream.at("backend", link.opened_at, index, now // 1000)
            busy = number == 0 and draw.integer(0, 9) == 0
            query = _QUERIES[draw.integer(0, len(_QUERIES) - 1, 1)] if busy else "COMMIT"
            source = link.source
            name = getattr(source, "labels", {}).get("app") or getattr(source, "name", "")
            rows.append(self._row(FIRST_PID + 3 * index, "client backend", owner, name, source.ip,
                                  "active" if busy else "idle", query, link.opened_at))  # fmt: skip
        rows.append(self._row(self.own_pid(), "client backend", self.user, "psql", None, "active",
                              "select ... from pg_stat_activity", now))  # fmt: skip
        return rows

    def _row(
        self, pid: int, kind: str, user: str | None, application: str | None, address: str | None,
        state: str, query: str, since: int,
    ) -> Row:  # fmt: skip
        epoch = self._container.epoch
        stamp = f"{epoch.datetime(since):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "+00"
        waits = {"idle": ("Client", "ClientRead"), "": ("Activity", "CheckpointerMain")}.get(
            state, (None, None)
        )
        database: Value = self.database if user == self.user else user
        return {
            "datname": database, "pid": pid, "usename": user, "application_name": application or "",
            "client_addr": address, "backend_start": stamp, "query_start": stamp if state else None,
            "xact_start": stamp if state == "active" else None, "state_change": stamp if state else None,
            "wait_event_type": waits[0], "wait_event": waits[1], "state": state or None, "query": query,
            "backend_type": kind,
        }  # fmt: skip

    def terminate(self, pids: list[int]) -> None:
        """End backends; a connection is lost when all of its pool are ended."""
        mine: dict[int, list[int]] = {}
        links = self.links()
        for index, (link, _) in enumerate(self._backends()):
            mine.setdefault(links.index(link), []).append(FIRST_PID + 3 * index)
        for number, members in mine.items():
            if set(members) <= set(pids):
                self._container.network.lose(links[number])
                self._container.write(
                    "FATAL:  terminating connection due to administrator command", "stderr"
                )
