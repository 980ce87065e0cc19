"""Clients of what is no plain HTTP any more: a WebSocket's and a SPDY connection's other side."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import websocket

from tests.web.kubeapi.scripted import PATIENCE_S
from web.kubeapi.spdy import Codec, Frame

OPENED: list[socket.socket] = []
"""What a test has opened; the library leaves some open, so a fixture closes them all."""


def connected(address: tuple[str, int], path: str, *protocols: str) -> websocket.WebSocket:
    url = f"ws://{address[0]}:{address[1]}{path}"
    OPENED.append(socket.create_connection(address, PATIENCE_S))
    made: websocket.WebSocket = websocket.create_connection(
        url, subprotocols=list(protocols), timeout=PATIENCE_S, socket=OPENED[-1]
    )
    return made


def messages(client: websocket.WebSocket) -> list[bytes]:
    """Return every message up to the server's good-bye."""
    found = []
    while True:
        opcode, part = client.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            client.close()
            return found
        found.append(part)


class SpdyClient:
    """The other side of a SPDY connection."""

    def __init__(self, address: tuple[str, int], path: str, protocol: str) -> None:
        self.sock = socket.create_connection(address, PATIENCE_S)
        self.codec = Codec()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
            f"X-Stream-Protocol-Version: {protocol}\r\nContent-Length: 0\r\n\r\n"
        )
        self.sock.sendall(head.encode())
        self.head = b""
        while b"\r\n\r\n" not in self.head:
            self.head += self.sock.recv(1)

    def open(self, stream: int, **headers: str) -> None:
        self.sock.sendall(self.codec.open(stream, headers))

    def close(self) -> None:
        self.sock.close()

    def frames(self) -> Iterator[Frame]:
        while got := self.sock.recv(65536):
            yield from self.codec.feed(got)


Dial = Callable[..., SpdyClient]
