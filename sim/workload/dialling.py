"""Connections: opened within a time, and when not, told by the errno's name.

This file must not know what is said over them.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass

WORDS = {
    "ECONNREFUSED": "connection refused",
    "ETIMEDOUT": "connection timed out",
    "EHOSTUNREACH": "host unreachable",
    "ENOTFOUND": "host not found",
}
KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


@dataclass(slots=True)
class Unconnected(Exception):  # noqa: N818 - a result as much as an error
    """A connection that could not be made."""

    errno: str
    """One of WORDS."""

    @property
    def outcome(self) -> str:
        """Return it in the samples' words."""
        return {"ECONNREFUSED": "refused", "ETIMEDOUT": "timeout"}.get(self.errno, "unreachable")


AGAIN_S = 2.0
"""After this long without a word another attempt is begun."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def dial(host: str, port: int, seconds: float) -> Streams:
    """Return a new connection.

    Raises:
        Unconnected: if there is none within *seconds*.
    """
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), seconds)
    except TimeoutError:
        raise Unconnected("ETIMEDOUT") from None
    except socket.gaierror:
        raise Unconnected("ENOTFOUND") from None
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "EHOSTUNREACH")
        raise Unconnected(name if name in WORDS else "EHOSTUNREACH") from None
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE:
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return reader, writer


async def dial_stubbornly(host: str, port: int, seconds: float) -> Streams:
    """Return a new connection as `dial` does, but begin anew beside an attempt that nobody answers.

    A packet that meets a node's rules while they are being rewritten may be lost with all that follow it on the same
    ports; another attempt has other ports. The first word of any attempt counts.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    attempts: list[asyncio.Task[Streams]] = []
    chosen: asyncio.Task[Streams] | None = None
    try:
        while (left := until - loop.time()) > 0:
            attempts.append(asyncio.ensure_future(dial(host, port, left)))
            await asyncio.wait(
                attempts, timeout=min(AGAIN_S, left), return_when=asyncio.FIRST_COMPLETED
            )
            chosen = next((one for one in attempts if one.done()), None)
            if chosen is not None:
                return chosen.result()
        raise Unconnected("ETIMEDOUT")
    finally:
        for one in attempts:
            if one is not chosen and not one.cancel() and one.exception() is None:
                hang_up(one.result()[1])


def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close without waiting."""
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()
