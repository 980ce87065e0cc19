"""A service that answers requests and needs a database: dials at start, keeps a pool, gives up at last.

It lives as the simulated one does: starting, warming up, serving; without the database it exits with
1 and the text that says why. This file must not know its users.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, time
from typing import Any, NamedTuple

from sim.workload.latency import Capacity, drawn_ms
from sim.workload.life import Program, Stop, unless
from sim.workload.lines import AccessLog, say
from sim.workload.pool import Failed, Login, Patience, Pool
from sim.workload.settings import Place, settings
from sim.workload.web import Request, Response, Server

LAST_REQUESTS_S = 5.0
"""How long requests under way may take to end once the listener is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServiceSettings:
    """The numbers of a web service; ms."""

    name: str
    port: int = 8080
    ready_path: str = "/ready"
    calls: tuple[Mapping[str, Any], ...] = ()
    """Each `call` (`POST /v1/payments`), `status`, `database` (share that needs it at once), `rare`."""
    breaks: Mapping[str, Any] | None = None
    """Version -> list of `call`, `share`, `status`, `log`, `unless` (variable -> pattern)."""
    base_errors: float = 0.0
    """Share of requests that fail on a good day."""
    capacity: float = 0.0
    """Requests per second one pod can serve; 0: any. A request counts as many as its header `X-Scale` says."""
    p50: float = 42.0
    p99: float = 100.0
    startup: tuple[int, int] = (700, 1_200)
    warmup: int = 1_500
    connect_timeout: int = 10_000
    acquire_timeout: int = 10_000
    reconnect_for: int = 15_000
    reconnect_every: tuple[int, int] = (400, 900)
    drain: int = 1_200
    """How long it goes on taking requests after SIGTERM, while the cluster learns of its end."""
    pool: int = 20
    max_lifetime: int = 1_800_000
    user: str = ""
    """A variable `DB_USER` wins."""
    password_from: str = "DB_PASSWORD"
    lines_per_second: float = 3.0


class Outcome(NamedTuple):
    """What becomes of a request."""

    status: int
    name: str
    """In the samples' words."""
    words: str = ""
    """Ends its line in the log."""
    stack: str = ""


class WebService:
    """One process."""

    def __init__(self, settings: WebServiceSettings, place: Place) -> None:
        """Serve nothing yet."""
        self.settings = settings
        self._place = place
        self._calls = {one["call"]: one for one in settings.calls}
        self._breaks = {
            one["call"]: one
            for one in (settings.breaks or {}).get(place.version, ())
            if not _spared(one.get("unless") or {})
        }
        self._capacity = Capacity(settings.capacity)
        self._log = AccessLog(settings.lines_per_second)
        self._pool = self._made_pool()
        self._ready = False
        self._old = False

    async def run(self, stop: Stop) -> int:
        """Start up, dial, warm up, serve; return the exit code."""
        settings = self.settings
        say("INFO", f"{settings.name} {self._place.version} starting")
        if await stop.within(random.uniform(*settings.startup) / 1000):
            return self._left()
        try:
            if not await unless(stop.event, self._pool.open()):
                return self._left()
        except Failed as failed:
            say("FATAL", str(failed), error=True)
            return 1
        where, size = self._pool.where, settings.pool
        say("INFO", f"connected to database {where} (pool size {size})")
        if await stop.within(settings.warmup / 1000):
            return self._left()
        server = Server(self._answer)
        await server.start(settings.port)
        say("INFO", f"listening on :{settings.port}")
        self._ready = True
        keeping = asyncio.ensure_future(self._pool.keep())
        if await unless(stop.event, asyncio.shield(keeping)):
            say("FATAL", keeping.result(), error=True)
            return 1
        say("INFO", "SIGTERM received, draining")
        self._ready = False
        await asyncio.sleep(settings.drain / 1000)
        await server.stop(LAST_REQUESTS_S)
        keeping.cancel()
        self._pool.close()
        return 0

    # -- requests --------------------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        if request.path == self.settings.ready_path:
            return self._response(200 if self._ready else 503, "", {"ready": self._ready})
        if request.path == "/age" and request.method == "POST":
            return self._aged(request)
        name = f"{request.method} {request.path}"
        call = self._calls.get(name)
        if call is None:
            return self._response(404, "", {"error": "not found"})
        began = monotonic()
        outcome = await self._outcome(name, call, request)
        self._log.request(
            name,
            outcome.status,
            (monotonic() - began) * 1000,
            request=request.headers.get("x-request-id") or f"{random.getrandbits(32):08x}",
            agent=request.headers.get("user-agent", "-"),
            rare=bool(call.get("rare")),
            good=outcome.name == "ok",
            words=outcome.words,
            stack=outcome.stack,
        )
        told = {"status": "ok"} if outcome.name == "ok" else {"error": outcome.words or "internal"}
        return self._response(outcome.status, outcome.name, told)

    def _aged(self, request: Request) -> Response:
        """Be as a process that began long ago, once: of the past only the sessions' ages show."""
        try:
            since = float(json.loads(request.body)["since_ms"])
        except (ValueError, KeyError, TypeError):
            return self._response(400, "", {"error": "since_ms is missing"})
        if self._old:
            return self._response(409, "", {"error": "it has an age already"})
        self._old = True
        self._pool.grow_old(max(0.0, time() - since / 1000))
        return self._response(200, "", {})

    async def _outcome(self, name: str, call: Mapping[str, Any], request: Request) -> Outcome:
        settings = self.settings
        overloaded = Outcome(503, "overloaded", "overloaded")
        if not self._capacity.take(_scale(request)):
            return overloaded
        wait = drawn_ms(settings.p50, settings.p99, self._capacity.utilisation())
        usual = random.random() < settings.base_errors
        broken = self._breaks.get(name)
        if not usual and random.random() < call.get("database", 1.0):
            used = await self._pool.use()
            if used == "starved":
                return Outcome(500, "starved", "no database connection")
            if used == "waited":
                return overloaded
        await asyncio.sleep(wait / 1000)
        if usual:
            return overloaded
        if broken is not None and random.random() < broken.get("share", 1.0):
            return Outcome(broken.get("status", 500), "broken", "", broken.get("log", ""))
        own = request.headers.get("x-own-failure", "")
        if own:
            status, _, words = own.partition(" ")
            return Outcome(int(status) if status.isdecimal() else 500, "own", words)
        return Outcome(call.get("status", 200), "ok")

    def _response(self, status: int, outcome: str, told: Mapping[str, Any]) -> Response:
        place = self._place
        headers = {"X-Pod": place.pod, "X-Node": place.node, "X-Version": place.version}
        if outcome:
            headers["X-Outcome"] = outcome
        return Response(status, json.dumps(told).encode() + b"\n", headers)

    # -- inside ----------------------------------------------------------------------------------

    def _made_pool(self) -> Pool:
        settings, environ = self.settings, os.environ
        low, high = settings.reconnect_every
        return Pool(
            settings.pool,
            Login(
                environ.get("DB_HOST", ""),
                int(environ.get("DB_PORT") or 5432),
                environ.get("DB_USER") or settings.user,
                environ.get(settings.password_from, ""),
                environ.get("DB_NAME") or settings.user,
            ),
            Patience(
                connect=settings.connect_timeout / 1000,
                acquire=settings.acquire_timeout / 1000,
                reconnect_for=settings.reconnect_for / 1000,
                reconnect_every=(low / 1000, high / 1000),
                lifetime=settings.max_lifetime / 1000,
            ),
            lambda level, text: say(level, text, error=level in ("ERROR", "FATAL")),
        )

    def _left(self) -> int:
        say("INFO", "SIGTERM received, draining")
        self._pool.close()
        return 0


def _scale(request: Request) -> float:
    """Return how many requests of the scenario this one stands for."""
    try:
        return min(1_000.0, max(0.0, float(request.headers.get("x-scale", "1"))))
    except ValueError:
        return 1.0


def _spared(unless: Mapping[str, str]) -> bool:
    """Return whether this process's variables spare it what its version breaks."""
    return bool(unless) and all(
        re.search(pattern, os.environ.get(name, "")) for name, pattern in unless.items()
    )


def program(place: Place, _name: str) -> Program:
    """Return the program as the environment wants it."""
    return WebService(settings(WebServiceSettings), place).run
