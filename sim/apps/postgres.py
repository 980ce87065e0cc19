"""A PostgreSQL server: recovers, accepts connections, lets roles in, shuts down fast, with its log.

Texts are PostgreSQL 16's (backend/libpq/auth.c for logins). This file must not know who connects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sim.apps.context import Application, Context, Life, LogLine, varied
from sim.kernel import Interrupted
from sim.postgres import HBA, Refusal, Roles
from sim.postgres.access import INVALID_AUTHORIZATION, INVALID_DATABASE, INVALID_PASSWORD

CHECKPOINT_MS = 300_000
"""checkpoint_timeout's default."""
FRESH_MS = 1_500
"""Before the first start: the image's own set-up shuts the new cluster down once."""


@dataclass(frozen=True, slots=True)
class PostgresSettings:
    """The numbers of a database."""

    startup_ms: tuple[int, int] = (1_800, 2_600)
    """From process start to accepting connections."""
    shutdown_ms: int = 2_000
    """From the signal, which ends every session at once, to the end of the process."""
    memory_bytes: int = 700 << 20
    port: int = 5432
    version: str = "16.4"
    log_statement: str = "none"
    """`ddl`: statements that define things are logged."""


def _nobody(_what: str, _verb: str, _detail: str) -> None:
    pass


@dataclass(slots=True)
class DataDirectory:
    """What the servers of one application leave for each other on their volume."""

    roles: Roles = field(default_factory=Roles)
    """Who may log in."""
    touched: Callable[[str, str, str], None] = _nobody
    """Called with (what, verb, detail) when a hand has changed something: `role/app`, `alter`."""

    closed_at: int | None = None
    """When the last server shut it down in order (simulated ms); None if it did not."""
    opened: bool = False
    """True once a server has had it."""


class Postgres(Application):
    """One PostgreSQL server.

    | state        | accepts | by                              |
    |--------------|---------|---------------------------------|
    | recovering   | no      | start                           |
    | ready        | yes     | recovery done, or adopted       |
    | shutting down| no      | SIGTERM (image stops it by INT) |
    """

    chatty = True

    def __init__(
        self, container: Context, settings: PostgresSettings, data: DataDirectory | None = None
    ) -> None:
        """Accept nothing before it has recovered *data*."""
        self._ctx = container
        self._settings = settings
        self.data = data or DataDirectory()
        self.accepting = False
        self._backends = 0

    @classmethod
    def factory(
        cls, settings: PostgresSettings | None = None, data: DataDirectory | None = None
    ) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container; all of them share *data*."""
        used, shared = settings or PostgresSettings(), data or DataDirectory()
        return lambda container: cls(container, used, shared)

    def run(self, ctx: Context) -> Life:
        """Recover, then serve until the signal."""
        settings = self._settings
        try:
            yield ctx.env.timeout(ctx.stream.at("boot").integer(120, 260))
            self._say(
                1,
                f"starting PostgreSQL {settings.version} (Debian {settings.version}-1.pgdg120+1) "
                "on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
            )
            self._say(1, f'listening on IPv4 address "0.0.0.0", port {settings.port}')
            self._say(1, f'listening on IPv6 address "::", port {settings.port}')
            self._say(1, f'listening on Unix socket "/var/run/postgresql/.s.PGSQL.{settings.port}"')
            self._say_how_it_was_left(ctx)
            yield ctx.env.timeout(ctx.stream.at("recovery").integer(*settings.startup_ms))
        except Interrupted:
            return 0
        self._say(1, "database system is ready to accept connections")
        return (yield from self._accepting(ctx))

    def adopt(self, ctx: Context) -> Life | None:
        """Go on serving."""
        begun = (ctx.started_at or 0) + 2_000
        self.data.opened = True
        text = "database system is ready to accept connections"
        ctx.backdate(begun, f"{self._stamp(begun)} [1] LOG:  {text}")
        return self._accepting(ctx)

    def _accepting(self, ctx: Context) -> Life:
        self.accepting = True
        ctx.health_changed()
        try:
            yield ctx.env.event()
        except Interrupted:
            yield from self._shutting_down(ctx)
        return 0

    def _shutting_down(self, ctx: Context) -> Life:
        self.accepting = False
        self._say(1, "received fast shutdown request")
        self._say(1, "aborting any active transactions")
        sessions = ctx.drop_connections()
        for number in range(min(sessions, 8)):
            text = "terminating connection due to administrator command"
            self._say(410 + 3 * number, text, "FATAL")
        self._say(
            1,
            'background worker "logical replication launcher" (PID 32) exited with exit code 1',
        )
        self._say(27, "shutting down")
        self._say(27, "checkpoint starting: shutdown immediate")
        ctx.health_changed()
        yield ctx.env.timeout(self._settings.shutdown_ms)
        self._say(
            27,
            f"checkpoint complete: wrote {ctx.stream.at('wrote').integer(900, 4_000)} buffers; "
            "0 WAL file(s) added, 0 removed, 1 recycled",
        )
        self._say(1, "database system is shut down")
        self.data.closed_at = ctx.env.now
        return 0

    def _say_how_it_was_left(self, ctx: Context) -> None:
        """Tell what the data directory says of the server before, and take it over."""
        data, now = self.data, ctx.env.now
        left = data.closed_at if data.opened else now - FRESH_MS
        data.closed_at, data.opened = None, True
        if left is not None:
            self._say(29, f"database system was shut down at {self._stamp(left)}")
            return
        self._say(29, f"database system was interrupted; last known up at {self._stamp(now)}")
        self._say(29, "database system was not properly shut down; automatic recovery in progress")
        self._say(29, "redo starts at 2/9C0148A8")
        self._say(29, "redo done at 2/9C4F2310 system usage: CPU: user: 0.08 s, system: 0.03 s")

    def memory(self, ctx: Context, now: int) -> int:
        """Return shared buffers and sessions."""
        return varied(ctx, self._settings.memory_bytes)

    def listening(self, port: int) -> bool:
        """Accept on its port once it has recovered."""
        return self.accepting and port == self._settings.port

    # -- sessions ----------------------------------------------------------------------------------

    @property
    def roles(self) -> Roles:
        """Who may log in."""
        return self.data.roles

    def touched(self, what: str, verb: str, detail: str) -> None:
        """Take note of what a hand has changed."""
        self.data.touched(what, verb, detail)

    @property
    def directory(self) -> str:
        """Where its data is."""
        return self._ctx.environ.get("PGDATA", "/var/lib/postgresql/data")

    @property
    def log_statement(self) -> str:
        """What `SHOW log_statement` says."""
        return self._settings.log_statement

    def login(self, user: str, password: str, *, at: int | None = None) -> Refusal | None:
        """Check a password from the network as the last line of pg_hba.conf asks; log a refusal."""
        roles = self.data.roles
        if roles.open or roles.fits(user, password, at):
            role = roles.get(user)
            if role is None or role.login:
                return None
            return self._refuse(f'role "{user}" is not permitted to log in', at)
        role, detail = roles.get(user), ""
        if role is None:
            detail = f'Role "{user}" does not exist.\n'
        elif role.password(at) is None:
            detail = f'User "{user}" has no password assigned.\n'
        number, kind, database, address, method = HBA[-1]
        line = f"{kind} {database} all {address} {method}"
        detail += f'Connection matched file "{self.directory}/pg_hba.conf" line {number}: "{line}"'
        text = f'password authentication failed for user "{user}"'
        return self._refuse(text, at, detail, INVALID_PASSWORD)

    def trusts(self, user: str) -> Refusal | None:
        """Let any role in that may log in, as over the socket; log a refusal."""
        role = self.data.roles.get(user)
        if role is None and not self.data.roles.open:
            return self._refuse(f'role "{user}" does not exist', None)
        if role is not None and not role.login:
            return self._refuse(f'role "{user}" is not permitted to log in', None)
        return None

    def _refuse(
        self, text: str, at: int | None, detail: str = "", code: str = INVALID_AUTHORIZATION
    ) -> Refusal:
        pid = self._backend()
        self._told(at, pid, "FATAL", text)
        if detail:
            self._told(at, pid, "DETAIL", detail)
        return Refusal(text, code)

    def has_no_database(self, name: str) -> Refusal:
        """Refuse a session because there is no database called *name*."""
        return self._refuse(f'database "{name}" does not exist', None, "", INVALID_DATABASE)

    def ended(self, text: str) -> None:
        """Log why a backend ends."""
        self._say(self._backend(), text, "FATAL")

    def defined(
        self, statement: str, at: int | None = None, problem: str = "", *, parsed: bool = True
    ) -> None:
        """Log a statement that defines something, where such are logged, and why it failed.

        One that could not be *parsed* shows with its failure only.
        """
        pid = self._backend()
        if self._settings.log_statement == "ddl" and parsed:
            self._told(at, pid, "LOG", f"statement: {statement}")
        if problem:
            self._told(at, pid, "ERROR", problem)
            self._told(at, pid, "STATEMENT", statement)

    def _backend(self) -> int:
        """Return the pid of a new backend."""
        self._backends += 1
        first = self._ctx.stream.at("backend-pid").integer(2_000, 9_000)
        return first + 3 * self._backends

    def _told(self, at: int | None, pid: int, level: str, text: str) -> None:
        """Log a line, at *at* if that is past; what follows its first line is set in by a tab."""
        text = text.replace("\n", "\n\t")
        if at is None or at >= self._ctx.env.now:
            self._say(pid, text, level)
        else:
            self._ctx.backdate(at, f"{self._stamp(at)} [{pid}] {level}:  {text}")

    def ready(self, ctx: Context) -> bool:
        """Pass pg_isready while it accepts connections."""
        return self.accepting

    def alive(self, ctx: Context) -> bool:
        """Pass while it accepts connections."""
        return self.accepting

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return its checkpoints."""
        phase = ctx.stream.at("checkpoint").integer(20_000, CHECKPOINT_MS - 1)
        begun = (ctx.started_at or 0) + phase
        first = begun + -(-max(0, since - begun) // CHECKPOINT_MS) * CHECKPOINT_MS
        lines: list[LogLine] = []
        for at in range(first, until, CHECKPOINT_MS):
            draw = ctx.stream.at("checkpoint", at)
            took = draw.integer(8_000, 26_000)
            lines.append(LogLine(at, f"{self._stamp(at)} [27] LOG:  checkpoint starting: time"))
            if at + took < until:
                wrote = draw.integer(80, 600, 1)
                text = (
                    f"checkpoint complete: wrote {wrote} buffers ({wrote / 163.84:.1f}%); "
                    "0 WAL file(s) added, 0 removed, 0 recycled; "
                    f"write={took / 1000 - 0.05:.3f} s, sync=0.021 s, total={took / 1000:.3f} s"
                )
                lines.append(LogLine(at + took, f"{self._stamp(at + took)} [27] LOG:  {text}"))
        return lines if limit is None else lines[-limit:] if limit else []

    def commands(self, ctx: Context) -> Sequence[tuple[str, int, int]]:
        """Return the postmaster and its helpers."""
        whole = self._settings.memory_bytes
        return (
            ("postgres", -1, whole * 6 // 10),
            ("postgres: checkpointer ", 0, whole * 2 // 10),
            ("postgres: background writer ", 0, whole // 20),
            ("postgres: walwriter ", 0, whole // 20),
        )

    def _say(self, pid: int, text: str, level: str = "LOG") -> None:
        self._ctx.write(f"{self._stamp(self._ctx.env.now)} [{pid}] {level}:  {text}", "stderr")

    def _stamp(self, at: int) -> str:
        moment = self._ctx.epoch.datetime(at)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"
