"""Somebody else's application: keeps its connections, opens a few new ones all the time and tells when they fail.

This file must not know why they fail.
"""

from __future__ import annotations

import asyncio
import random
import socket
from dataclasses import dataclass
from time import monotonic

from sim.workload.dialling import Unconnected, dial, hang_up
from sim.workload.life import Program, Stop
from sim.workload.lines import say
from sim.workload.samples import Group, Samples
from sim.workload.settings import Place, settings
from sim.workload.web import Request, Response, Server

STOP_S = 0.8
GO_WORDS = {"refused": "connect: connection refused", "timeout": "i/o timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourSettings:
    """What it dials; ms and connections per second."""

    name: str
    host: str
    port: int
    listen: int = 8080
    rate: float = 0.4
    timeout: int = 3_000


class Neighbour:
    """One process."""

    def __init__(self, settings: NeighbourSettings, place: Place) -> None:
        """Dial nothing yet."""
        self.settings = settings
        self._node = place.node
        self.samples = Samples(source=place.pod, node=place.node, program="neighbour")
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: Stop) -> int:
        """Open connections until the signal."""
        server = Server(self._answer)
        await server.start(self.settings.listen)
        while not await stop.within(random.uniform(0.5, 1.5) / self.settings.rate):
            task = asyncio.ensure_future(self._dial())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(STOP_S)
        await server.stop(0.2)
        return 0

    async def _answer(self, request: Request) -> Response:
        if request.path == "/healthz":
            return Response(200, b"ok\n", kind="text/plain")
        if request.path == "/samples":
            since = request.query.get("since", "0")
            number = int(since) if since.isdecimal() else 0
            return Response(200, self.samples.read(number), kind="application/x-ndjson")
        return Response(404, b'{"error": "not found"}\n')

    async def _dial(self) -> None:
        settings = self.settings
        began = monotonic()
        outcome = "ok"
        self.samples.open += 1
        try:
            _, writer = await dial(settings.host, settings.port, settings.timeout / 1000)
            _shut(writer)
        except Unconnected as error:
            outcome = error.outcome
            words = GO_WORDS.get(outcome, "connect: no route to host")
            where = f"{settings.host}:{settings.port}"
            text = f"dial tcp {where}: {words} (will retry on an established connection)"
            say("ERROR", text, error=True)
        finally:
            self.samples.open -= 1
        call = f"tcp {settings.host}:{settings.port}"
        group = Group(call, settings.name, node=self._node, outcome=outcome)
        self.samples.add(group, (monotonic() - began) * 1000)


def _shut(writer: asyncio.StreamWriter) -> None:
    """Close at once, so that the machine keeps no trace of so many short connections."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    hang_up(writer)


def program(place: Place, _name: str) -> Program:
    """Return the program as the environment wants it."""
    return Neighbour(settings(NeighbourSettings), place).run
