"""As much of HTTP/1.1 as these programs speak: one request a connection, served and asked.

This file must not know what is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from sim.workload.dialling import Streams, hang_up

MOST_BYTES = 1 << 20
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks."""

    method: str
    path: str
    """Without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What they get."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"


Answer = Callable[[Request], Awaitable[Response]]


class Broken(Exception):  # noqa: N818 - the connection is, not the program
    """The other end went away in the middle."""


class Server:
    """Serves one port."""

    def __init__(self, answer: Answer) -> None:
        """Answer with *answer*."""
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, port: int, host: str | None = None) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def stop(self, seconds: float) -> None:
        """Take nothing new, and let what is under way end, so long at most."""
        if self._server is not None:
            self._server.close()
        if self._open:
            await asyncio.wait(set(self._open), timeout=seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            request = await asyncio.wait_for(_read_request(reader), PATIENCE_S)
            response = await self._answer(request)
            writer.write(_response(response, head=request.method == "HEAD"))
            await writer.drain()
        except (Broken, OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            hang_up(writer)


async def ask(
    streams: Streams, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> Response:
    """Send a request over a new connection and return the answer.

    Raises:
        Broken: if the connection ends before the answer does.
    """
    reader, writer = streams
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        first, got = await _read_head(reader)
        status = int(first.split(" ", 2)[1])
        length = got.get("content-length")
        content = await (reader.read(MOST_BYTES) if length is None else _body(reader, length))
    except (OSError, ValueError, IndexError, asyncio.IncompleteReadError):
        raise Broken from None
    finally:
        hang_up(writer)
    return Response(status, content, got, got.get("content-type", ""))


async def _read_request(reader: asyncio.StreamReader) -> Request:
    first, headers = await _read_head(reader)
    method, target, _ = first.split(" ", 2)
    parts = urlsplit(target)
    body = await _body(reader, headers.get("content-length", "0"))
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Broken from None
    first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return first, headers


async def _body(reader: asyncio.StreamReader, length: str) -> bytes:
    return await reader.readexactly(min(int(length), MOST_BYTES))


def _response(response: Response, *, head: bool) -> bytes:
    try:
        words = HTTPStatus(response.status).phrase
    except ValueError:
        words = "Unknown"
    lines = [
        f"HTTP/1.1 {response.status} {words}",
        f"Content-Type: {response.kind}",
        f"Content-Length: {len(response.body)}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head else response.body)
