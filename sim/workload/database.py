"""A stand-in for a PostgreSQL server: its start and end, its log, its logins; no tables.

Texts are PostgreSQL 16's, as in the simulated one. This file must not know who connects.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sim.workload import pgwire
from sim.workload.dialling import hang_up
from sim.workload.life import Program, Stop
from sim.workload.lines import write
from sim.workload.pgwire import Problem
from sim.workload.roles import Roles
from sim.workload.settings import Place, settings
from sim.workload.statements import Asking, execute

CHECKPOINT_S = 300.0
SOCKET_DIRECTORY = "/var/run/postgresql"
LOGIN_S = 60.0
"""authentication_timeout's default."""
FEW = 8
"""Sessions of which the log tells that they were ended."""
_GONE = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """The numbers of a database; ms."""

    port: int = 5432
    version: str = "16.4"
    users: tuple[Mapping[str, Any], ...] = ()
    """Each `name`, `password` (left out: may not log in), `superuser`; none: anybody may log in."""
    token: str = ""
    """What a server before left on the volume counts only under the same token."""
    startup: tuple[int, int] = (1_800, 2_600)
    shutdown: int = 2_000
    log_statement: str = "none"
    socket: str = SOCKET_DIRECTORY
    """Directory of the socket, over which everybody is trusted; empty: none."""


class Database:
    """One server."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Accept nothing yet."""
        self.settings = settings
        self._directory = os.environ.get("PGDATA", "")
        self._roles: Roles
        self._sessions: dict[int, tuple[dict[str, str], asyncio.StreamWriter]] = {}
        self._next_pid = random.randint(2_000, 9_000)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: Stop) -> int:
        """Recover, serve until the signal, shut down."""
        settings = self.settings
        version = settings.version
        _log(
            1,
            f"starting PostgreSQL {version} (Debian {version}-1.pgdg120+1) "
            "on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
        )
        _log(1, f'listening on IPv4 address "0.0.0.0", port {settings.port}')
        _log(1, f'listening on IPv6 address "::", port {settings.port}')
        if settings.socket:
            _log(1, f'listening on Unix socket "{self._socket_path}"')
        self._roles = Roles(self._directory, settings.users, settings.token)
        self._say_how_it_was_left()
        if await stop.within(random.uniform(*settings.startup) / 1000):
            return 0
        servers = [await asyncio.start_server(self._over_network, None, settings.port)]
        if settings.socket:
            servers += await self._local()
        _log(1, "database system is ready to accept connections")
        checkpoints = asyncio.ensure_future(_checkpoints())
        await stop.event.wait()
        checkpoints.cancel()
        for server in servers:
            server.close()
        await self._shut_down()
        return 0

    @property
    def _socket_path(self) -> str:
        return f"{self.settings.socket}/.s.PGSQL.{self.settings.port}"

    async def _local(self) -> list[asyncio.Server]:
        try:
            os.makedirs(self.settings.socket, exist_ok=True)
            if os.path.exists(self._socket_path):
                os.unlink(self._socket_path)
            return [await asyncio.start_unix_server(self._over_socket, self._socket_path)]
        except OSError as error:
            _log(1, f'could not create lock file "{self._socket_path}.lock": {error}', "WARNING")
            return []

    async def _shut_down(self) -> None:
        _log(1, "received fast shutdown request")
        _log(1, "aborting any active transactions")
        goodbye = pgwire.problem(
            Problem("FATAL", "57P01", "terminating connection due to administrator command")
        )
        for number, (pid, (_, writer)) in enumerate(self._sessions.items()):
            if number < FEW:
                _log(pid, "terminating connection due to administrator command", "FATAL")
            with contextlib.suppress(OSError, RuntimeError):
                writer.write(goodbye)
            hang_up(writer)
        _log(
            1,
            'background worker "logical replication launcher" (PID 32) exited with exit code 1',
        )
        _log(27, "shutting down")
        _log(27, "checkpoint starting: shutdown immediate")
        await asyncio.sleep(self.settings.shutdown / 1000)
        _log(
            27,
            f"checkpoint complete: wrote {random.randint(900, 4_000)} buffers; "
            "0 WAL file(s) added, 0 removed, 1 recycled",
        )
        _log(1, "database system is shut down")
        self._roles.keep(closed_at=_stamp())

    def _say_how_it_was_left(self) -> None:
        roles = self._roles
        if roles.closed_at or not roles.used:
            _log(29, f"database system was shut down at {roles.closed_at or _stamp()}")
            return
        _log(29, f"database system was interrupted; last known up at {_stamp()}")
        _log(29, "database system was not properly shut down; automatic recovery in progress")
        _log(29, "redo starts at 2/9C0148A8")
        _log(29, "redo done at 2/9C4F2310 system usage: CPU: user: 0.08 s, system: 0.03 s")

    # -- sessions --------------------------------------------------------------------------------

    async def _over_network(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._session(reader, writer, local=False)

    async def _over_socket(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._session(reader, writer, local=True)

    async def _session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, local: bool
    ) -> None:
        self._next_pid += 3
        pid = self._next_pid
        try:
            user = await asyncio.wait_for(self._let_in(reader, writer, pid, local=local), LOGIN_S)
            if user:
                peer = "" if local else str(writer.get_extra_info("peername")[0])
                told = {"pid": str(pid), "usename": user, "client_addr": peer}
                self._sessions[pid] = ({**told, "backend_start": f"{_now()}+00"}, writer)
                await self._serve(reader, writer, user, pid)
        except _GONE:
            pass
        finally:
            self._sessions.pop(pid, None)
            hang_up(writer)

    async def _let_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pid: int, *, local: bool
    ) -> str:
        """Return who has logged in; empty: nobody."""
        code, told = await pgwire.read_startup(reader)
        while code in (pgwire.SSL_REQUEST, pgwire.GSS_REQUEST):
            writer.write(b"N")
            code, told = await pgwire.read_startup(reader)
        if code != pgwire.PROTOCOL:
            return ""
        user = told.get("user", "")
        password = ""
        if not local and not self._roles.open:
            writer.write(pgwire.packed("R", struct.pack("!I", 3)))
            message = await pgwire.read(reader)
            password = message.body.rstrip(b"\0").decode(errors="replace")
        refusal = self._refusal(user, password, pid, local=local)
        if refusal is not None:
            writer.write(pgwire.problem(refusal))
            await writer.drain()
            return ""
        parameters = {
            "server_version": f"{self.settings.version} (stand-in)",
            "server_encoding": "UTF8",
            "client_encoding": "UTF8",
            "DateStyle": "ISO, MDY",
            "TimeZone": "UTC",
            "integer_datetimes": "on",
            "standard_conforming_strings": "on",
        }
        writer.write(pgwire.welcome(parameters, pid, random.getrandbits(31)))
        await writer.drain()
        return user

    def _refusal(self, user: str, password: str, pid: int, *, local: bool) -> Problem | None:
        """Return why somebody is not let in, and log it."""
        roles = self._roles
        role = roles.by_name.get(user)
        code, text, detail = "28000", "", ""
        if role is None and local and not roles.open:
            text = f'role "{user}" does not exist'
        elif not roles.open and not local and (role is None or not role.fits(password)):
            code, text = "28P01", f'password authentication failed for user "{user}"'
            if role is None:
                detail = f'Role "{user}" does not exist.\n'
            elif role.password is None:
                detail = f'User "{user}" has no password assigned.\n'
            where = f"{self._directory or SOCKET_DIRECTORY}/pg_hba.conf"
            detail += f'Connection matched file "{where}" line 128: "host all all all password"'
        elif role is not None and not role.login:
            text = f'role "{user}" is not permitted to log in'
        if not text:
            return None
        _log(pid, text, "FATAL")
        if detail:
            _log(pid, detail, "DETAIL")
        return Problem("FATAL", code, text)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str, pid: int
    ) -> None:
        settings = self.settings
        asking = Asking(
            user,
            settings.version,
            {
                "server_version": settings.version,
                "log_statement": settings.log_statement,
                "port": str(settings.port),
                "data_directory": self._directory,
            },
            lambda: self._activity(pid),
        )
        skipping = False
        while True:
            message = await pgwire.read(reader)
            if message.kind == "X":
                return
            if message.kind == "Q":
                statement = message.body.rstrip(b"\0").decode(errors="replace")
                writer.write(self._answer(statement, asking, pid))
            elif message.kind == "S":
                skipping = False
                writer.write(pgwire.ready())
            elif not skipping:
                skipping = True
                text = "not supported: this server is a stand-in (simple queries only)"
                writer.write(pgwire.problem(Problem("ERROR", "0A000", text)))
            await writer.drain()

    def _activity(self, asking: int) -> list[dict[str, str]]:
        return [
            {
                **told,
                "datname": told["usename"],
                "state": "active" if pid == asking else "idle",
            }
            for pid, (told, _) in self._sessions.items()
        ]

    def _answer(self, statement: str, asking: Asking, pid: int) -> bytes:
        result = execute(statement, self._roles, asking)
        if result.defining and self.settings.log_statement == "ddl":
            _log(pid, f"statement: {statement}")
        if result.problem is None:
            return result.wire + pgwire.ready()
        _log(pid, result.problem.message, "ERROR")
        _log(pid, statement, "STATEMENT")
        return pgwire.problem(result.problem) + pgwire.ready()


async def _checkpoints() -> None:
    await asyncio.sleep(random.uniform(20.0, CHECKPOINT_S))
    while True:
        _log(27, "checkpoint starting: time")
        took, wrote = random.uniform(8.0, 26.0), random.randint(80, 600)
        await asyncio.sleep(took)
        _log(
            27,
            f"checkpoint complete: wrote {wrote} buffers ({wrote / 163.84:.1f}%); "
            "0 WAL file(s) added, 0 removed, 0 recycled; "
            f"write={took - 0.05:.3f} s, sync=0.021 s, total={took:.3f} s",
        )
        await asyncio.sleep(CHECKPOINT_S - took)


def _log(pid: int, text: str, level: str = "LOG") -> None:
    """Write one entry; what follows its first line is set in by a tab."""
    text = text.replace("\n", "\n\t")
    write(f"{_stamp()} [{pid}] {level}:  {text}", error=True)


def _stamp() -> str:
    moment = datetime.now(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"


def program(_place: Place, _name: str) -> Program:
    """Return the program as the environment wants it."""
    return Database(settings(DatabaseSettings)).run
