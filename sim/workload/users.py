"""Users and the gateway that takes them in: makes the calls, tries again as a gateway does, measures.

Every call is a new connection to the Service's address, so that the rules of the node decide each time. This file
must not know how the service works.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, time
from typing import Any, NamedTuple

from sim.workload.dialling import Unconnected, dial
from sim.workload.life import Program, Stop
from sim.workload.lines import AccessLog
from sim.workload.samples import Group, Samples
from sim.workload.settings import Place, settings
from sim.workload.web import Broken, Request, Response, Server, ask

MOST_OPEN = 2_000
"""So many requests under way at most; more than that are not begun, and this machine is overloaded."""
LAST_REQUESTS_S = 2.5
WATCH_S = 0.2
"""How often a robot looks at the clock."""
LATE_MS = 1_000
"""What it has missed by more, as on a machine that stood still, or when it is told the time, is not made up for."""
STATUS = {"refused": 503, "timeout": 504, "unreachable": 503, "reset": 502}
WORDS = {
    "refused": "upstream refused the connection",
    "timeout": "upstream timed out",
    "unreachable": "upstream unreachable",
    "reset": "upstream closed the connection",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersSettings:
    """Who calls what, how often; ms and requests per second."""

    host: str
    """Address of the Service."""
    port: int = 80
    listen: int = 8000
    name: str = "gateway"
    calls: tuple[Mapping[str, Any], ...] = ()
    """Each `call`, `rate` here, `scale` (see the samples), `rare`."""
    classes: tuple[Mapping[str, Any], ...] = ()
    """Users: `name`, `share`, `retries`, `agent`. Robots: `name`, `rate`, `call`, `agent`, `spells` (list of
    [from, until] in simulated ms; None: always), `fails` (`share`, `since` in simulated ms or None, `status`,
    `text`)."""
    connect_timeout: int = 1_000
    request_timeout: int = 10_000
    slow_after: int = 2_000
    lines_per_second: float = 3.0
    epoch_ms: int = 0
    """Unix ms of simulated time 0; 0: not known yet, robots with a schedule rest."""


class Errand(NamedTuple):
    """One kind of call by one kind of client."""

    call: str
    client: str
    rate: float
    scale: float
    rare: bool
    agent: str
    retries: int = 0
    spells: Sequence[Sequence[int]] | None = None
    fails: Mapping[str, Any] | None = None


class Ended(NamedTuple):
    """How an attempt ended."""

    outcome: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Users:
    """All of them, in one process."""

    def __init__(self, settings: UsersSettings, place: Place, program: str) -> None:
        """Ask for nothing yet."""
        self.settings = settings
        self.samples = Samples(source=place.pod, node=place.node, program=program)
        self.epoch_ms = settings.epoch_ms
        self.phase = random.random()
        """Where in its own rhythm a robot makes its calls here; gateways that share one take turns."""
        self._log = AccessLog(settings.lines_per_second)
        self._tasks: set[asyncio.Task[None]] = set()
        self._errands = _errands(settings)
        self._serving = False

    async def run(self, stop: Stop) -> int:
        """Make the calls until the signal, and let those under way end."""
        server = Server(self._answer)
        await server.start(self.settings.listen)
        self._serving = True
        making = [
            asyncio.ensure_future(self._make(one) if one.spells is None else self._work(one))
            for one in self._errands
        ]
        await stop.event.wait()
        self._serving = False
        for one in making:
            one.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=LAST_REQUESTS_S)
        await server.stop(0.2)
        return 0

    # -- what others ask of us -------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        if request.path == "/healthz":
            return Response(200 if self._serving else 503, b"ok\n", kind="text/plain")
        if request.path == "/samples":
            since = request.query.get("since", "0")
            number = int(since) if since.isdecimal() else 0
            return Response(200, self.samples.read(number), kind="application/x-ndjson")
        if request.path == "/clock" and request.method == "POST":
            try:
                told = json.loads(request.body)
                epoch_ms, phase = int(told["epoch_ms"]), float(told.get("phase", self.phase))
            except (ValueError, KeyError, TypeError):
                return Response(400, b'{"error": "epoch_ms is missing"}\n')
            self.epoch_ms, self.phase = epoch_ms, phase
            return Response(200, b"{}\n")
        if request.path.startswith("/v1/"):
            headers = {"User-Agent": request.headers.get("user-agent", "-")}
            ended = await self._attempt(f"{request.method} {request.path}", headers)
            return Response(ended.status, ended.body)
        return Response(404, b'{"error": "not found"}\n')

    # -- what we ask of the service --------------------------------------------------------------

    async def _make(self, errand: Errand) -> None:
        """Begin the calls of one errand, on time and a little unevenly."""
        due = monotonic() + random.random() / errand.rate
        while True:
            await asyncio.sleep(max(0.0, due - monotonic()))
            # A machine that stood still does not catch up: that would be a burst no user made.
            # What is rare is nearly even as well: where a handful of requests is counted, chance would decide.
            due = max(due, monotonic() - 1.0) + random.uniform(0.5, 1.5) / errand.rate
            self._begin(errand)

    async def _work(self, errand: Errand) -> None:
        """Make the calls of a robot, which works by the clock."""
        looked = 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            if not self.epoch_ms:
                continue
            at = time() * 1000 - self.epoch_ms
            if 0 < at - looked < LATE_MS:
                for _ in range(calls_due(errand, self.phase, looked, at)):
                    self._begin(errand)
            looked = at

    def _begin(self, errand: Errand) -> None:
        if len(self._tasks) < MOST_OPEN:
            task = asyncio.ensure_future(self._call(errand))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, errand: Errand) -> None:
        self.samples.open += 1
        try:
            for attempt in range(errand.retries + 1):
                last = attempt == errand.retries
                if await self._once(errand, last=last):
                    return
        finally:
            self.samples.open -= 1

    async def _once(self, errand: Errand, *, last: bool) -> bool:
        """Make one attempt, measure and log it; return whether it was answered well."""
        number = f"{random.getrandbits(32):08x}"
        headers = {
            "User-Agent": errand.agent,
            "X-Request-Id": number,
            "X-Scale": f"{errand.scale:g}",
        }
        own = self._own_failure(errand)
        if own:
            headers["X-Own-Failure"] = own
        began = monotonic()
        ended = await self._attempt(errand.call, headers)
        took = (monotonic() - began) * 1000
        good = ended.outcome == "ok"
        group = Group(
            errand.call,
            errand.client,
            ended.headers.get("x-pod", ""),
            ended.headers.get("x-node", ""),
            ended.headers.get("x-version", ""),
            ended.outcome,
            ended.status,
            errand.scale,
        )
        slow = good and took > self.settings.slow_after
        self.samples.add(group, took, final=good or last, slow=slow)
        words = WORDS.get(ended.outcome, "")
        if ended.outcome == "overloaded":
            words = "overloaded"
        self._log.request(
            errand.call,
            ended.status,
            took,
            request=number,
            agent=errand.agent,
            rare=errand.rare,
            good=good,
            words=words,
        )
        return good

    def _own_failure(self, errand: Errand) -> str:
        fails = errand.fails
        if fails is None or random.random() >= fails.get("share", 1.0):
            return ""
        since = fails.get("since")
        if since is not None and (not self.epoch_ms or time() * 1000 - self.epoch_ms < since):
            return ""
        return f"{fails.get('status', 502)} {fails.get('text', '')}"

    async def _attempt(self, call: str, headers: Mapping[str, str]) -> Ended:
        """Ask the service; a connection that nobody takes is tried once more."""
        settings = self.settings
        method, _, path = call.partition(" ")
        whole = {"Host": settings.name, **headers}
        failed = "unreachable"
        for _ in range(2):
            try:
                streams = await dial(settings.host, settings.port, settings.connect_timeout / 1000)
            except Unconnected as error:
                failed = error.outcome
                continue
            try:
                answer = await asyncio.wait_for(
                    ask(streams, method, path, whole), settings.request_timeout / 1000
                )
            except Broken:
                return Ended("reset", STATUS["reset"], {})
            except TimeoutError:
                return Ended("timeout", STATUS["timeout"], {})
            bad = "broken" if answer.status >= 500 else "ok"
            outcome = answer.headers.get("x-outcome", bad)
            return Ended(outcome, answer.status, answer.headers, answer.body)
        return Ended(failed, STATUS[failed], {})


def _errands(settings: UsersSettings) -> list[Errand]:
    """Return who calls what: every class of users every call, a robot its own."""
    calls = {one["call"]: one for one in settings.calls}
    found = []
    for one in settings.classes:
        name, agent = one["name"], one.get("agent") or one["name"]
        if one.get("call"):
            call = calls[one["call"]]
            robot = Errand(
                call["call"],
                name,
                one["rate"],
                1.0,
                True,
                agent,
                0,
                one.get("spells"),
                one.get("fails"),
            )
            found.append(robot)
            continue
        for call in settings.calls:
            rare, retries = bool(call.get("rare")), one.get("retries", 0)
            rate, scale = call["rate"] * one["share"], call.get("scale", 1.0)
            found.append(Errand(call["call"], name, rate, scale, rare, agent, retries))
    return [one for one in found if one.rate > 0]


def calls_due(errand: Errand, phase: float, since: float, until: float) -> int:
    """Return how many calls of a robot fall into (since, until], simulated ms.

    They are even: the first one comes the part *phase* of the time between two after a spell began.
    """
    period, found = 1_000 / errand.rate, 0
    for begin, end in errand.spells or ():
        first, last = (
            math.floor((min(max(at, begin), end) - begin) / period - phase) for at in (since, until)
        )
        found += last - first
    return found


def program(place: Place, name: str) -> Program:
    """Return the program *name* as the environment wants it."""
    return Users(settings(UsersSettings), place, name).run
