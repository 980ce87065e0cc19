"""One session with a database, from the client's side: logged in, asked, lost.

This file must not know pools.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable

from sim.workload import pgwire
from sim.workload.dialling import Streams, Unconnected, dial_stubbornly, hang_up

_GONE = (OSError, asyncio.IncompleteReadError)


class Refused(Exception):  # noqa: N818 - the server's word
    """The server answers, and does not let us in."""

    def __init__(self, told: pgwire.Problem) -> None:
        """Keep the server's words."""
        super().__init__(told.message)
        self.told = told


class Lost(Exception):  # noqa: N818 - something that happens
    """The session ended."""


class Session:
    """A session; whoever has one asks one thing at a time."""

    def __init__(self, streams: Streams, ip: str, lost: Callable[[Session], None]) -> None:
        """Speak over *streams*, where the login is done; call *lost* once when it ends by itself."""
        self._reader, self._writer = streams
        self.ip = ip
        self.busy = False
        self._answers: asyncio.Queue[pgwire.Message | None] = asyncio.Queue()
        self._lost = lost
        self._closed = False
        self._listening = asyncio.ensure_future(self._listen())

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        user: str,
        password: str,
        database: str,
        seconds: float,
        lost: Callable[[Session], None],
    ) -> Session:
        """Dial and log in.

        Raises:
            Unconnected: if nobody takes the connection, or nobody speaks on it.
            Refused: if the server does not let us in.
        """
        began = asyncio.get_running_loop().time()
        streams = await dial_stubbornly(host, port, seconds)
        left = seconds - (asyncio.get_running_loop().time() - began)
        ip = str(streams[1].get_extra_info("peername")[0])
        try:
            await asyncio.wait_for(_log_in(streams, user, password, database), max(left, 0.001))
        except TimeoutError:
            hang_up(streams[1])
            raise Unconnected("ETIMEDOUT") from None
        except _GONE:
            hang_up(streams[1])
            raise Unconnected("ECONNREFUSED") from None
        except Refused:
            hang_up(streams[1])
            raise
        return cls(streams, ip, lost)

    async def ask(self, statement: str, seconds: float) -> list[list[str]]:
        """Send a statement and return its rows.

        Raises:
            Lost: if the session ends, or nothing is heard for *seconds*.
            Refused: if the server refuses the statement.
        """
        self.busy = True
        try:
            self._writer.write(pgwire.packed("Q", statement.encode() + b"\0"))
            return await asyncio.wait_for(self._result(), seconds)
        except (OSError, TimeoutError):
            self._end()
            raise Lost from None
        finally:
            self.busy = False

    def close(self) -> None:
        """End it in order."""
        self._closed = True
        self._listening.cancel()
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.write(pgwire.packed("X"))
        hang_up(self._writer)

    async def _result(self) -> list[list[str]]:
        rows: list[list[str]] = []
        refused: pgwire.Problem | None = None
        while True:
            message = await self._answers.get()
            if message is None:
                raise Lost
            if message.kind == "D":
                rows.append(pgwire.cells_of(message.body))
            elif message.kind == "E":
                refused = pgwire.problem_of(message.body)
            elif message.kind == "Z":
                if refused is not None:
                    raise Refused(refused)
                return rows

    async def _listen(self) -> None:
        try:
            while True:
                self._answers.put_nowait(await pgwire.read(self._reader))
        except _GONE:
            self._end()

    def _end(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._answers.put_nowait(None)
        hang_up(self._writer)
        self._lost(self)


async def _log_in(streams: Streams, user: str, password: str, database: str) -> None:
    reader, writer = streams
    writer.write(pgwire.startup(user, database))
    while True:
        message = await pgwire.read(reader)
        if message.kind == "E":
            raise Refused(pgwire.problem_of(message.body))
        if message.kind == "R" and struct.unpack("!I", message.body[:4])[0]:
            writer.write(pgwire.packed("p", password.encode() + b"\0"))
        elif message.kind == "Z":
            return
