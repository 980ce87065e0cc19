"""A connection taken over from HTTP: bytes both ways, from two threads, plain or encrypted.

It must not know what the bytes mean. A socket of `ssl` must not be read and written at the same
time, so each single operation holds a lock, and waiting is done outside of it.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_CHUNK = 64 * 1024


class ClosedError(OSError):
    """The other side is gone."""


class Wire(Protocol):
    """Whatever carries bytes both ways: a line, or a WebSocket over one."""

    def receive(self, timeout_s: float | None = None) -> bytes | None:
        """Return what has come in, None after *timeout_s*; raises ClosedError at the end."""

    def send(self, data: bytes) -> None:
        """Send all of *data*; raises ClosedError if nobody takes it."""

    def close(self) -> None:
        """End it from this side."""


def socket_of(environ: Mapping[str, Any]) -> socket.socket | None:
    """Return the connection's socket as the web server hands it out, if it does."""
    found: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return found


def is_gone(sock: socket.socket | None) -> bool:
    """Return whether the client has closed its side; a client that waits sends nothing."""
    if sock is None or sock.fileno() < 0:
        return sock is not None
    poll = select.poll()
    poll.register(sock, _GONE)
    return bool(poll.poll(0))


class Line:
    """The socket of one connection; one thread may receive while another sends."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over *sock*; whoever had it must not touch it before `close`."""
        self._sock = sock
        self._using = threading.Lock()
        self._sending = threading.Lock()
        self._closed = False
        sock.setblocking(False)
        with suppress(OSError):
            # A prompt must not wait for the acknowledgement of what was printed before.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self, timeout_s: float | None = None) -> bytes | None:
        """Return what has come in, None after *timeout_s*; raises ClosedError at the end."""
        while True:
            try:
                with self._using:
                    data = self._sock.recv(_CHUNK)
            except ssl.SSLWantWriteError:
                if not self._wait(select.POLLOUT, timeout_s):
                    return None
            except _NOT_YET:
                if not self._wait(select.POLLIN, timeout_s):
                    return None
            except (OSError, ValueError) as error:
                raise ClosedError(str(error)) from error
            else:
                if not data:
                    raise ClosedError("the other side has closed")
                return data

    def send(self, data: bytes) -> None:
        """Send all of *data*; raises ClosedError if nobody takes it."""
        rest = memoryview(data)
        with self._sending:
            while rest:
                try:
                    with self._using:
                        # A slice, because `ssl` must be given the very same bytes after a wait.
                        sent = self._sock.send(rest[:_CHUNK])
                except ssl.SSLWantReadError:
                    self._wait(select.POLLIN, None)
                except _NOT_YET:
                    self._wait(select.POLLOUT, None)
                except (OSError, ValueError) as error:
                    raise ClosedError(str(error)) from error
                else:
                    rest = rest[sent:]

    def _wait(self, what: int, timeout_s: float | None) -> bool:
        """Wait until *what* can be done; returns whether it can."""
        if self._closed or self._sock.fileno() < 0:
            raise ClosedError("closed")
        poll = select.poll()
        poll.register(self._sock, what)
        return bool(poll.poll(None if timeout_s is None else max(0, int(timeout_s * 1000))))

    def close(self) -> None:
        """End the connection; a thread that waits in it comes back."""
        self._closed = True
        with suppress(OSError):
            # Not `ssl`'s own: whoever waits in `poll` is woken by the plain socket.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
