"""A service that answers requests and needs a database: dials at start, keeps a pool, gives up at last.

It names each failure by its errno or SQLSTATE. One connection of the network carries the whole pool;
the pool's slots are the sessions on it, each with an age and a login of its own. This file must not
know why a connection fails, nor its users.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import simpy

from sim.apps.context import Application, Context, Life, Link, LogLine, varied
from sim.apps.lines import line
from sim.apps.pool import Pool
from sim.apps.requests import RequestLog
from sim.kernel import Interrupted
from sim.postgres import DatabaseServer, Refusal, Session

MIB = 1 << 20
Database = Literal["none", "connected", "waiting"]
Dialling = Generator[simpy.Event, Any, "Link | None"]

WORDS = {
    "ECONNREFUSED": "database connection refused",
    "ETIMEDOUT": "database connection timed out",
    "EHOSTUNREACH": "database host unreachable",
    "ENOTFOUND": "database host not found",
}

FAR_OFF = 1 << 60


@dataclass(frozen=True, slots=True)
class WebServiceSettings:
    """The numbers of a web service; ms and bytes."""

    name: str
    port: int = 8080
    startup_ms: tuple[int, int] = (700, 1_200)
    """From process start to the first dial."""
    warmup_ms: int = 1_500
    """From the first connection to ready."""
    connect_timeout_ms: int = 10_000
    """How long one dial may take before it counts as timed out."""
    reconnect_for_ms: int = 15_000
    """How long it tries again after losing the database before it gives up and exits."""
    reconnect_every_ms: tuple[int, int] = (400, 900)
    pool: int = 20
    max_lifetime_ms: int = 1_800_000
    """Age at which the pool's connections are replaced."""
    user: str = ""
    """Whom it logs in as; a variable of its environment wins."""
    user_variable: str = "DB_USER"
    password_variable: str = "DB_PASSWORD"
    memory_bytes: int = 310 * MIB
    drain_ms: int = 1_200
    """From SIGTERM to the end."""
    host_variable: str = "DB_HOST"
    port_variable: str = "DB_PORT"
    command: str = ""
    """What `ps` shows; empty: the container's own command line."""


class WebService(Application):
    """One instance of a web service.

    | database  | ready | by                                            |
    |-----------|-------|-----------------------------------------------|
    | none      | no    | start                                         |
    | connected | yes   | first dial and warm-up, or reconnected        |
    | waiting   | yes   | connection lost; requests wait for the pool   |

    While it is connected, a slot of the pool whose successor is refused stays empty (`dead_share`):
    a request that meets it fails at once. What was logged in before stays logged in.
    """

    def __init__(
        self,
        container: Context,
        settings: WebServiceSettings,
        *,
        requests: RequestLog | None = None,
        on_change: Callable[[Any], None] | None = None,
    ) -> None:
        """Serve nothing before the first connection."""
        self._ctx = container
        self.settings = settings
        self._requests = requests
        self.chatty = requests is not None
        self._on_change = on_change
        self.database: Database = "none"
        self.waiting_since: int | None = None
        """Since when requests wait for a connection; None while there is one."""
        self.serving = False
        self.dead_share = 0.0
        """Share of the pool's slots that hold no connection and cannot get one."""
        self.pool = Pool(settings.pool, settings.max_lifetime_ms, container.stream.at("pool"))
        self._link: Link | None = None
        self._judged = True
        self._ended = container.env.event()
        self._warm_at = container.env.now

    @classmethod
    def factory(
        cls,
        settings: WebServiceSettings,
        *,
        requests: RequestLog | None = None,
        on_change: Callable[[Any], None] | None = None,
    ) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container.

        *on_change* is called with the container when its `serving`, `database` or `dead_share`
        changes.
        """
        return lambda container: cls(container, settings, requests=requests, on_change=on_change)

    # -- life --------------------------------------------------------------------------------------

    def run(self, ctx: Context) -> Life:
        """Start up, dial, warm up, serve; exit 1 when the database cannot be had."""
        settings = self.settings
        self._warm_at = ctx.env.now + settings.startup_ms[1] + settings.warmup_ms
        image = ctx.image.rpartition(":")[2]
        try:
            self._say("INFO", f"{settings.name} {image} starting")
            yield ctx.env.timeout(ctx.stream.at("startup").integer(*settings.startup_ms))
            link = yield from self._dialling(ctx, fatal=True)
            if link is None:
                return 1
            self.pool.open(ctx.env.now)
            where = f"{link.ip}:{link.port}"
            self._say("INFO", f"connected to database {where} (pool size {settings.pool})")
            yield ctx.env.timeout(settings.warmup_ms)
            ctx.charge(settings.memory_bytes)
            self._say("INFO", f"listening on :{settings.port}")
            return (yield from self._serving(ctx, link))
        except Interrupted:
            return self._leave(ctx)

    def adopt(self, ctx: Context) -> Life | None:
        """Go on with the connection it has had for long."""
        begun = (ctx.started_at or 0) + self.settings.startup_ms[1]
        where = f"{self._address(ctx)[0]}:{self._address(ctx)[1]}"
        texts = (
            (0, f"{self.settings.name} {ctx.image.rpartition(':')[2]} starting"),
            (40, f"connected to database {where} (pool size {self.settings.pool})"),
            (40 + self.settings.warmup_ms, f"listening on :{self.settings.port}"),
        )
        for after, text in texts:
            ctx.backdate(begun + after, line(ctx.epoch, begun + after, "INFO", text))
        return self._adopted(ctx)

    def _adopted(self, ctx: Context) -> Life:
        # Databases of the same instant get their process first.
        yield ctx.env.timeout(0)
        link, _ = ctx.dial(*self._address(ctx))
        try:
            if link is None:
                self.serving = True
                link = yield from self._reconnecting(ctx)
                if link is None:
                    return 1
            else:
                self.pool.adopt(ctx.started_at or 0, ctx.env.now)
                self._judged = False
            return (yield from self._serving(ctx, link))
        except Interrupted:
            return self._leave(ctx)

    def _serving(self, ctx: Context, link: Link) -> Life:
        """Keep the pool; leave with 1 when it cannot be kept."""
        self.serving = True
        self._connected(link)
        ctx.health_changed()
        env, lifetime = ctx.env, self.settings.max_lifetime_ms
        redial = env.now + int(lifetime * ctx.stream.at("pool-age").uniform(0.05, 1.0))
        for _ in range(100_000_000):
            due = min(redial, self._next_slot(env.now))
            yield link.lost | env.timeout(max(0, due - env.now)) | self._ended
            fresh: Link | None = link
            if link.lost.triggered:
                fresh = None
            elif env.now >= redial:
                ctx.hang_up(link)
                fresh = yield from self._dialling(ctx, fatal=False)
                redial = env.now + lifetime
            if fresh is None:
                fresh = yield from self._reconnecting(ctx)
                redial = env.now + lifetime
            if fresh is None:
                self.serving = False
                self._changed()
                return 1
            link = fresh
            self._connected(link)
            self._tend(ctx, link)
        return 1

    # -- the pool ----------------------------------------------------------------------------------

    def sessions(self) -> Sequence[Session]:
        """Return what its live slots are to the server."""
        user = self._user(self._ctx)
        return [Session(slot.number, user, slot.opened_at) for slot in self.pool.live]

    def _user(self, ctx: Context) -> str:
        return ctx.environ.get(self.settings.user_variable) or self.settings.user

    def end_session(self, number: int) -> None:
        """Lose the connection of one slot, as its backend was ended; it is replaced at once."""
        slot = self.pool.slots[number]
        slot.until = min(slot.until, self._ctx.env.now)
        if not self._ended.triggered:
            self._ended.succeed()

    def _next_slot(self, now: int) -> int:
        """Return when the pool next needs a look."""
        if not self._judged:
            return now + 1
        at = self.pool.next_at()
        return FAR_OFF if at is None else at

    def _tend(self, ctx: Context, link: Link) -> None:
        """Replace the slots that are due, and try again to fill the empty ones."""
        pool, now = self.pool, ctx.env.now
        if self._ended.triggered:
            self._ended = ctx.env.event()
        before = pool.dead
        if not self._judged:
            self._judge(ctx, link)
        for slot in pool.due(now):
            slot.alive = False
        if pool.dead and (pool.retry_at is None or pool.retry_at <= now):
            self._fill(ctx, link)
        if pool.dead != before:
            self.dead_share = pool.dead / self.settings.pool
            self._changed()

    def _fill(self, ctx: Context, link: Link) -> None:
        """Log in once for each empty slot until one is refused."""
        pool, now = self.pool, ctx.env.now
        missing = pool.retry_at is not None
        for slot in pool.slots:
            if slot.alive:
                continue
            refusal = self._login(ctx, link)
            if refusal is not None:
                pool.failed(now)
                self._say("ERROR", self._missing(link, refusal), "stderr")
                return
            pool.fill(slot, now)
        pool.settle()
        if missing:
            size = self.settings.pool
            self._say("INFO", f"database pool complete again ({size} of {size} connections)")

    def _judge(self, ctx: Context, link: Link) -> None:
        """Take the logins of a pool that was there before the run as they must have ended."""
        self._judged = True
        pool, now = self.pool, ctx.env.now
        for slot in sorted(pool.live, key=lambda one: one.opened_at):
            refusal = self._login(ctx, link, slot.opened_at)
            if refusal is not None:
                slot.alive = False
                text = self._missing(link, refusal)
                ctx.backdate(slot.opened_at, line(ctx.epoch, slot.opened_at, "ERROR", text))
        if pool.dead:
            pool.failed(now)

    def _login(self, ctx: Context, link: Link, at: int | None = None) -> Refusal | None:
        """Return why the server on *link* refuses a session, None if it does not."""
        server = getattr(link.far, "behaviour", None)
        if not isinstance(server, DatabaseServer):
            return None
        password = ctx.environ.get(self.settings.password_variable, "")
        return server.login(self._user(ctx), password, at=at)

    def _missing(self, link: Link, refusal: Refusal) -> str:
        dead, size = self.pool.dead, self.settings.pool
        return f"{_refused(link, refusal)}, {dead} of {size} pool connections missing"

    # -- dialling ----------------------------------------------------------------------------------

    def _reconnecting(self, ctx: Context) -> Dialling:
        """Try again and again; None when time is up."""
        settings, env = self.settings, ctx.env
        began = env.now
        self.database, self.waiting_since = "waiting", began
        self._link = None
        self.pool.close()
        self.dead_share = 0.0
        self._changed()
        self._say("WARN", "database connection lost, reconnecting")
        host, port = self._address(ctx)
        tries = 0
        while True:
            tries += 1
            left = began + settings.reconnect_for_ms - env.now
            opened, failure = ctx.dial(host, port)
            refusal = None if opened is None else self._login(ctx, opened)
            if opened is not None and refusal is None:
                yield env.timeout(1)
                self.pool.open(env.now)
                seconds = (env.now - began) / 1000
                self._say("INFO", f"database connection restored after {seconds:.1f}s")
                return opened
            took, why = 1, ""
            if failure is not None:
                failed = failure.within(min(settings.connect_timeout_ms, max(left, 1)))
                took, why = failed.ms, _failed(failed.errno, f"{host}:{port}")
            elif opened is not None and refusal is not None:
                ctx.hang_up(opened)
                why = _refused(opened, refusal)
            draw = ctx.stream.at("reconnect", began, tries)
            pause = draw.integer(*settings.reconnect_every_ms)
            yield env.timeout(max(1, min(took + pause, left)))
            if env.now >= began + settings.reconnect_for_ms:
                self._fatal(why)
                return None

    def _dialling(self, ctx: Context, *, fatal: bool) -> Dialling:
        """Dial once; None when it fails. With *fatal* log in, too, and say why it failed."""
        name, port = self._address(ctx)
        ip = ctx.resolve(name)
        if ip is None:
            if fatal:
                self._fatal(_failed("ENOTFOUND", name))
            return None
        opened, failure = ctx.dial(ip, port)
        if failure is not None:
            failed = failure.within(self.settings.connect_timeout_ms)
            yield ctx.env.timeout(failed.ms)
            if fatal:
                self._fatal(_failed(failed.errno, f"{ip}:{port}"))
            return None
        yield ctx.env.timeout(1)
        if fatal and opened is not None:
            refusal = self._login(ctx, opened)
            if refusal is not None:
                ctx.hang_up(opened)
                self._fatal(_refused(opened, refusal))
                return None
        return opened

    def _leave(self, ctx: Context) -> int:
        """End in order: nothing new is taken, the pool is closed."""
        self.serving = False
        self._say("INFO", "SIGTERM received, draining")
        self.pool.close()
        if self._link is not None:
            ctx.hang_up(self._link)
        self._changed()
        return 0

    def _connected(self, link: Link) -> None:
        self._link = link
        if self.database != "connected":
            self.database, self.waiting_since = "connected", None
            self._changed()

    def _fatal(self, why: str) -> None:
        self.database = "none"
        self._say("FATAL", why, "stderr")

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self._ctx)

    def _address(self, ctx: Context) -> tuple[str, int]:
        environ, settings = ctx.environ, self.settings
        return environ.get(settings.host_variable, ""), int(
            environ.get(settings.port_variable) or 5432
        )

    def _say(self, level: str, text: str, stream: str = "stdout") -> None:
        self._ctx.write(line(self._ctx.epoch, self._ctx.env.now, level, text), stream)

    # -- what others see ---------------------------------------------------------------------------

    def memory(self, ctx: Context, now: int) -> int:
        """Return a warm heap, or less while it starts."""
        whole = varied(ctx, self.settings.memory_bytes)
        return whole if self.serving else min(whole, 90 * MIB)

    def listening(self, port: int) -> bool:
        """Accept once it is warm."""
        return self.serving and port == self.settings.port

    def ready(self, ctx: Context) -> bool:
        """Pass while it serves, also while requests wait for the database."""
        return self.serving

    def alive(self, ctx: Context) -> bool:
        """Pass while it serves."""
        return self.serving

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return its request lines."""
        return self._requests.read(ctx, since, until, limit) if self._requests else []

    def commands(self, ctx: Context) -> Sequence[tuple[str, int, int]]:
        """Return its one process."""
        command = self.settings.command or ctx.command_line
        return ((command, -1, self.memory(ctx, ctx.env.now)),)


def _failed(errno: str, where: str) -> str:
    return f"{WORDS[errno]}: {errno} {where}"


def _refused(link: Link, refusal: Refusal) -> str:
    where = f"{link.ip}:{link.port}"
    return f"database login failed: {where}: FATAL:  {refusal.message} (SQLSTATE {refusal.code})"
