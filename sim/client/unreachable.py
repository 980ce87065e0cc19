"""A server that does not answer: where it should be and why, on one line.

Why is told in the words of Go's net package, which people know from kubectl. Nothing here connects.
"""

from __future__ import annotations

import errno
import re
import socket
from typing import Any
from urllib.parse import urlsplit


class UnreachableError(ConnectionError):
    """The API server could not be asked; the message says on one line where it should be, and why."""

    def __init__(self, place: str, why: str) -> None:
        """Say that nobody answers at *place* (`10.0.0.1:6443`) because of *why*."""
        super().__init__(f"{place}: {why}")
        self.place = place
        self.why = why

    @property
    def refused(self) -> bool:
        """Whether somebody answered, and said no."""
        return self.why.endswith("connection refused")

    @property
    def dialling(self) -> str:
        """The same as Go has it: `dial tcp 10.0.0.1:6443: i/o timeout`."""
        dialled = self.why.startswith(("connect: ", "i/o "))
        return f"dial tcp {self.place}: {self.why}" if dialled else self.why


def unreachable(server: str, error: BaseException) -> UnreachableError:
    """Return what *error* says, which came in place of an answer of *server* (an URL)."""
    url = urlsplit(server)
    port = url.port or (443 if url.scheme == "https" else 80)
    return UnreachableError(url.netloc if url.port else f"{url.netloc}:{port}", _words(error))


def _root(error: BaseException) -> BaseException:
    """Return what lies at the bottom of *error*, which libraries have wrapped several times."""
    seen: list[BaseException] = []
    below: Any = error
    while isinstance(below, BaseException) and below not in seen:
        seen.append(below)
        inner = [one for one in below.args if isinstance(one, BaseException)]
        below = next(iter(inner), None) or below.__cause__ or below.__context__
    return seen[-1]


def _words(error: BaseException) -> str:
    """Return why, as Go's net package says it, on one line."""
    root = _root(error)
    verified = getattr(root, "verify_message", "")
    if verified:
        return f"tls: failed to verify certificate: {verified.rstrip('.')}"
    match root:
        case ConnectionRefusedError():
            return "connect: connection refused"
        case ConnectionResetError():
            return "read: connection reset by peer"
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return "i/o timeout"
        case OSError(errno=errno.EHOSTUNREACH):
            return "connect: no route to host"
        case OSError(errno=errno.ENETUNREACH):
            return "connect: network is unreachable"
    if "timeout" in type(error).__name__.lower() or "timed out" in str(root):
        return "i/o timeout"
    # The first line of what a library says, without the object that it begins with.
    text = re.sub(
        r"^<[^>]*>: |^HTTPS?ConnectionPool\([^)]*\): ", "", str(root) or type(root).__name__
    )
    return " ".join(text.split())[:200]
