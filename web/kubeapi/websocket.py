"""WebSocket over a line that was taken over: the handshake, whole messages, pings answered.

What the messages mean is not known here. Frames are wsproto's work.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError, generate_accept_token

from web.kubeapi.line import ClosedError, Line

MAX_MESSAGE = 4 * 1024 * 1024
"""Largest message in bytes; clients write what they have read at once, 32 KiB or so."""


def offered(environ: Mapping[str, Any]) -> list[str]:
    """Return the subprotocols that a client offers, best first."""
    return [one.strip() for one in _header(environ, "PROTOCOL").split(",") if one.strip()]


def is_asked(environ: Mapping[str, Any]) -> bool:
    """Return whether a request wants to become a WebSocket."""
    return (
        str(environ.get("HTTP_UPGRADE", "")).lower() == "websocket"
        and _header(environ, "VERSION") == "13"
        and bool(_header(environ, "KEY"))
    )


def choose(environ: Mapping[str, Any], known: Sequence[str]) -> str | None:
    """Return the first subprotocol offered that is *known*; None if there is none."""
    return next((one for one in offered(environ) if one in known), None)


def _header(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(f"HTTP_SEC_WEBSOCKET_{name}", ""))


class WebSocket:
    """A server's side; one thread may receive while another sends."""

    def __init__(self, line: Line, environ: Mapping[str, Any], protocol: str) -> None:
        """Answer the handshake in *environ*, speaking *protocol* from now on."""
        self._line = line
        self._ws = Connection(ConnectionType.SERVER)
        self._sending = threading.Lock()
        self._parts: list[bytes] = []
        self._size = 0
        self._ready: list[bytes] = []
        token = generate_accept_token(_header(environ, "KEY").encode()).decode()
        head = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": token,
            "Sec-WebSocket-Protocol": protocol,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
        line.send(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode("latin-1"))

    def receive(self, timeout_s: float | None = None) -> bytes | None:
        """Return the next message, None after *timeout_s*; raises ClosedError at the end."""
        while not self._ready:
            data = self._line.receive(timeout_s)
            if data is None:
                return None
            self._take(data)
        return self._ready.pop(0)

    def _take(self, data: bytes) -> None:
        try:
            self._ws.receive_data(data)
            events = list(self._ws.events())
        except (LocalProtocolError, RemoteProtocolError) as error:
            raise ClosedError(str(error)) from error
        for event in events:
            if isinstance(event, BytesMessage | TextMessage):
                part = event.data
                self._add(part.encode() if isinstance(part, str) else bytes(part))
                if event.message_finished:
                    self._ready.append(b"".join(self._parts))
                    self._parts, self._size = [], 0
            elif isinstance(event, Ping):
                self._write(event.response())
            elif isinstance(event, CloseConnection):
                if self._ws.state is ConnectionState.REMOTE_CLOSING:
                    self._write(event.response())
                if not self._ready:
                    raise ClosedError("closed by the client")
                return

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MAX_MESSAGE:
            raise ClosedError("message too large")
        self._parts.append(part)

    def send(self, data: bytes) -> None:
        """Send one binary message; raises ClosedError if nobody takes it."""
        self._write(BytesMessage(data))

    def _write(self, event: Any) -> None:
        try:
            # Frames must leave in the order in which they were made; reading has its own state.
            with self._sending:
                self._line.send(self._ws.send(event))
        except LocalProtocolError as error:
            raise ClosedError(str(error)) from error

    def close(self, code: int = 1000) -> None:
        """Say good-bye; the line is closed by whoever took it over."""
        try:
            self._write(CloseConnection(code))
        except ClosedError:
            return
