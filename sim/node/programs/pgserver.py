"""What a PostgreSQL server says of itself: sessions, settings, locks, databases; and what it lets in.

Sessions are the connections that the network has to it; data of applications is not modelled. This
file must not know how anything is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.node.programs.pgcatalog import authid, hba_rules, roles_view, shadow
from sim.node.programs.pgroles import Change, change_roles
from sim.node.programs.sql import Row, Rows, SqlError, Value
from sim.postgres import DatabaseServer, PooledClient, Refusal, Roles, Session

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.network import Connection

FIRST_PID = 1_040
SETTINGS = (
    ("autovacuum", "on", ""), ("checkpoint_timeout", "300", "s"), ("data_directory", "", ""),
    ("effective_cache_size", "524288", "8kB"), ("hba_file", "", ""),
    ("idle_in_transaction_session_timeout", "0", "ms"), ("listen_addresses", "*", ""), ("lock_timeout", "0", "ms"),
    ("log_min_duration_statement", "-1", "ms"), ("log_statement", "none", ""),
    ("maintenance_work_mem", "65536", "kB"), ("max_connections", "200", ""),
    ("max_wal_size", "1024", "MB"), ("password_encryption", "scram-sha-256", ""),
    ("port", "5432", ""), ("server_version", "16.4", ""),
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
        return tag if tag.replace(".", "").isdecimal() and "." in tag else "16.4"

    def own_pid(self) -> int:
        """Return the pid of the backend that serves psql."""
        return FIRST_PID + 900 + self._container.env.now // 1000 % 97

    def links(self) -> list[Connection]:
        """Return the connections to the server."""
        return self._container.network.links_to(self._container)

    def _backends(self) -> list[tuple[Connection, Session]]:
        """Return every backend as (its connection, its session)."""
        found = []
        for link in self.links():
            behaviour = getattr(link.source, "behaviour", None)
            held = [Session(0, "", link.opened_at)]
            if isinstance(behaviour, PooledClient):
                held = list(behaviour.sessions())
            found += [(link, one) for one in held]
        return found

    # -- roles -------------------------------------------------------------------------------------

    @property
    def _postgres(self) -> DatabaseServer | None:
        behaviour = self._container.behaviour
        return behaviour if isinstance(behaviour, DatabaseServer) else None

    @property
    def _roles(self) -> Roles:
        postgres = self._postgres
        return postgres.roles if postgres is not None else Roles()

    @property
    def superuser(self) -> bool:
        """True if its user may do everything."""
        role = self._roles.get(self.user)
        return self._roles.open or (role is not None and role.superuser)

    def let_in(self, password: str | None) -> Refusal | None:
        """Check the user, with *password* as from the network, with None as over the socket."""
        postgres = self._postgres
        if postgres is None:
            return None
        refusal = postgres.trusts(self.user) if password is None else (
            postgres.login(self.user, password)
        )  # fmt: skip
        if refusal is None and self.database not in self.databases():
            return postgres.has_no_database(self.database)
        return refusal

    @property
    def wants_password(self) -> bool:
        """True if somebody from the network needs a password."""
        return self._postgres is not None and not self._roles.open

    def change_roles(self, statement: str) -> str:
        """Carry out a statement about roles and return its tag; raises SqlError or NotSupported."""
        postgres = self._postgres
        if postgres is None:
            raise SqlError("permission denied to alter role")
        try:
            changes = change_roles(statement, self._roles, self.user, self._container.env.now)
        except SqlError as problem:
            postgres.defined(statement, problem=problem.logged, parsed=not problem.in_grammar)
            raise
        postgres.defined(statement)
        for one in changes:
            self._note(one)
        return changes[0].tag

    def _note(self, change: Change) -> None:
        postgres = self._postgres
        idle = not change.role or (change.verb == "alter" and not change.detail)
        if postgres is not None and not idle:
            postgres.touched(f"role/{change.role}", change.verb, change.detail)

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
            "pg_authid": lambda: authid(self._secret("table pg_authid")),
            "pg_hba_file_rules": lambda: hba_rules(
                self._secret("view pg_hba_file_rules"), self._directory
            ),
            "pg_roles": lambda: roles_view(self._roles, self.roles()),
            "pg_shadow": lambda: shadow(self._secret("view pg_shadow"), hidden=False),
            "pg_user": lambda: shadow(self._roles, hidden=True),
            "pg_stat_database": lambda: [
                {"datname": name, "numbackends": sum(one["datname"] == name for one in self.activity()),
                 "deadlocks": 0}
                for name in self.databases()
            ],
            "pg_stat_replication": list,
        }  # fmt: skip

    def _secret(self, what: str) -> Roles:
        """Return the roles for whoever may read *what*; raises SqlError."""
        if not self.superuser:
            raise SqlError(f"permission denied for {what}")
        return self._roles

    @property
    def _directory(self) -> str:
        postgres = self._postgres
        return postgres.directory if postgres is not None else "/var/lib/postgresql/data"

    @property
    def _owner(self) -> str:
        return self._container.namespace.replace("-", "_")

    def databases(self) -> list[str]:
        """Return the databases' names: one for each user where users are known."""
        known = {"postgres", "template0", "template1", self._owner}
        return sorted(known | ({self.database} if self._roles.open else set(self._roles.names())))

    def roles(self) -> list[str]:
        """Return the roles' names."""
        if self._roles.open:
            return sorted({"postgres", self.user, self._owner, *self._roles.names()})
        return self._roles.names()

    def attributes(self, name: str) -> str | None:
        """Return what psql lists as attributes of a role."""
        role = self._roles.get(name)
        if name == "postgres":
            return "Superuser, Create role, Create DB, Replication, Bypass RLS"
        if role is None:
            return None
        found = ["Superuser"] if role.superuser else []
        found += [] if role.login else ["Cannot login"]
        until = f"Password valid until {role.valid_until}" if role.valid_until else ""
        return "\n".join(one for one in (", ".join(found), until) if one) or None

    def settings(self) -> Rows:
        """Return pg_settings."""
        rows: list[Row] = []
        for name, value, unit in SETTINGS:
            told = self._own(name) or value
            rows.append(
                {"name": name, "setting": told, "unit": unit or None, "context": "postmaster"}
            )
        return rows

    def setting(self, name: str) -> str | None:
        """Return a setting as SHOW prints it; None if there is none."""
        if own := self._own(name):
            return own
        for known, value, unit in SETTINGS:
            if known.lower() == name:
                return _SHOWN.get(known, f"{value}{unit}" if value not in ("0", "-1") else value)
        return None

    def _own(self, name: str) -> str:
        """Return a setting that this server has of its own; empty if it has the usual one."""
        postgres = self._postgres
        return {
            "server_version": self.version,
            "data_directory": self._directory,
            "hba_file": f"{self._directory}/pg_hba.conf",
            "log_statement": postgres.log_statement if postgres is not None else "",
        }.get(name, "")

    def activity(self) -> Rows:
        """Return pg_stat_activity: the backends of applications, the server's own, and psql's."""
        container = self._container
        now = container.env.now
        rows: list[Row] = []
        for kind, pid in (("autovacuum launcher", 31), ("logical replication launcher", 32),
                          ("checkpointer", 27), ("background writer", 28), ("walwriter", 30)):  # fmt: skip
            rows.append(self._row(pid, kind, None, None, None, "", "", container.started_at or 0))
        for index, (link, session) in enumerate(self._backends()):
            draw = container.stream.at("backend", link.opened_at, index, now // 1000)
            busy = session.number == 0 and draw.integer(0, 9) == 0
            query = _QUERIES[draw.integer(0, len(_QUERIES) - 1, 1)] if busy else "COMMIT"
            source = link.source
            name = getattr(source, "labels", {}).get("app") or getattr(source, "name", "")
            rows.append(self._row(FIRST_PID + 3 * index, "client backend", session.user or self._owner, name,
                                  source.ip, "active" if busy else "idle", query, session.since))  # fmt: skip
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
        mine: dict[int, list[tuple[int, Session]]] = {}
        links = self.links()
        for index, (link, session) in enumerate(self._backends()):
            mine.setdefault(links.index(link), []).append((FIRST_PID + 3 * index, session))
        users: dict[str, int] = {}
        for number, members in mine.items():
            ended = [session for pid, session in members if pid in pids]
            for session in ended:
                name = session.user or self._owner
                users[name] = users.get(name, 0) + 1
            if len(ended) == len(members):
                self._container.network.lose(links[number])
            else:
                behaviour = getattr(links[number].source, "behaviour", None)
                if isinstance(behaviour, PooledClient):
                    for session in ended:
                        behaviour.end_session(session.number)
            for _ in ended:
                self._end_told()
        postgres = self._postgres
        for name, count in users.items():
            if postgres is not None:
                postgres.touched(f"sessions/{name}", "terminate", f"{count} backends")

    def _end_told(self) -> None:
        text, postgres = "terminating connection due to administrator command", self._postgres
        if postgres is not None:
            postgres.ended(text)
        else:
            self._container.write(f"FATAL:  {text}", "stderr")
