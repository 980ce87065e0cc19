"""A service that answers requests and needs a database: dials at start, keeps a pool, gives up at last.

It names each failure by its errno. This file must not know why a connection fails, nor its users.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import simpy

from sim.apps.context import Application, Context, Life, Link, LogLine, varied
from sim.apps.lines import line
from sim.apps.requests import RequestLog
from sim.kernel import Interrupted

MIB = 1 << 20
Database = Literal["none", "connected", "waiting"]
Dialling = Generator[simpy.Event, Any, "Link | None"]

WORDS = {
    "ECONNREFUSED": "database connection refused",
    "ETIMEDOUT": "database connection timed out",
    "EHOSTUNREACH": "database host unreachable",
    "ENOTFOUND": "database host not found",
}


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
        self._link: Link | None = None
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

        *on_change* is called with the container when its `serving` or `database` changes.
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
            return (yield from self._serving(ctx, link))
        except Interrupted:
            return self._leave(ctx)

    def _serving(self, ctx: Context, link: Link) -> Life:
        """Keep the pool; leave with 1 when it cannot be kept."""
        self.serving = True
        self._connected(link)
        ctx.health_changed()
        ages = ctx.stream.at("pool-age")
        settings = self.settings
        for turn in range(1_000_000):
            share = ages.uniform(0.05, 1.0) if turn == 0 else 1.0
            yield link.lost | ctx.env.timeout(int(settings.max_lifetime_ms * share))
            if not link.lost.triggered:
                ctx.hang_up(link)
                fresh = yield from self._dialling(ctx, fatal=False)
            else:
                fresh = None
            if fresh is None:
                fresh = yield from self._reconnecting(ctx)
            if fresh is None:
                self.serving = False
                self._changed()
                return 1
            link = fresh
            self._connected(link)
        return 1

    def _reconnecting(self, ctx: Context) -> Dialling:
        """Try again and again; None when time is up."""
        settings, env = self.settings, ctx.env
        began = env.now
        self.database, self.waiting_since = "waiting", began
        self._link = None
        self._changed()
        self._say("WARN", "database connection lost, reconnecting")
        host, port = self._address(ctx)
        tries = 0
        while True:
            tries += 1
            left = began + settings.reconnect_for_ms - env.now
            opened, failure = ctx.dial(host, port)
            if failure is None:
                yield env.timeout(1)
                seconds = (env.now - began) / 1000
                self._say("INFO", f"database connection restored after {seconds:.1f}s")
                return opened
            failed = failure.within(min(settings.connect_timeout_ms, max(left, 1)))
            draw = ctx.stream.at("reconnect", began, tries)
            pause = draw.integer(*settings.reconnect_every_ms)
            yield env.timeout(max(1, min(failed.ms + pause, left)))
            if env.now >= began + settings.reconnect_for_ms:
                self._fatal(failed.errno, f"{host}:{port}")
                return None

    def _dialling(self, ctx: Context, *, fatal: bool) -> Dialling:
        """Dial once; None (and a FATAL line, if *fatal*) when it fails."""
        name, port = self._address(ctx)
        ip = ctx.resolve(name)
        if ip is None:
            if fatal:
                self._fatal("ENOTFOUND", name)
            return None
        opened, failure = ctx.dial(ip, port)
        if failure is not None:
            failed = failure.within(self.settings.connect_timeout_ms)
            yield ctx.env.timeout(failed.ms)
            if fatal:
                self._fatal(failed.errno, f"{ip}:{port}")
            return None
        yield ctx.env.timeout(1)
        return opened

    def _leave(self, ctx: Context) -> int:
        """End in order: nothing new is taken, the pool is closed."""
        self.serving = False
        self._say("INFO", "SIGTERM received, draining")
        if self._link is not None:
            ctx.hang_up(self._link)
        self._changed()
        return 0

    def _connected(self, link: Link) -> None:
        self._link = link
        if self.database != "connected":
            self.database, self.waiting_since = "connected", None
            self._changed()

    def _fatal(self, errno: str, where: str) -> None:
        self.database = "none"
        self._say("FATAL", f"{WORDS[errno]}: {errno} {where}", "stderr")

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
