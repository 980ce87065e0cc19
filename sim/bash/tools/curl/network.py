"""What curl needs of the place it runs in: names, connections, and answers to requests.

A node's network and a laptop's local ports both stand behind it; it must not know either.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.bash.process import Proc

ERRORS = {
    "refused": "Connection refused",
    "timeout": "Connection timed out",
    "unreachable": "No route to host",
}
"""strerror(3) of how a connect ends."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request."""

    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def head(self) -> str:
        """Return the request line and headers, each with CRLF, and the blank line."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "".join(f"{line}\r\n" for line in [*lines, ""])


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of one HTTP response."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """Return the first header called *name* (lower case), or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def head(self) -> str:
        """Return the status line and headers, each with CRLF."""
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "".join(f"{line}\r\n" for line in lines)


class TimedOut(Exception):  # noqa: N818 - a condition that curl words
    """Nothing came within the caller's patience."""


class Line(Protocol):
    """An open connection."""

    @property
    def tls(self) -> bool:
        """Whether whoever answers wants TLS first."""

    def ask(
        self, request: Request, *, secure: bool, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Reply | None]:
        """Send *request* and return the head of its answer; None if it is closed without a word.

        Raises:
            TimedOut: if it takes longer than *limit_ms*.
        """

    def read(self, *, limit_ms: int | None) -> Generator[simpy.Event, Any, str | None]:
        """Return the next piece of the answer's body, None at its end.

        Raises:
            TimedOut: if it takes longer than *limit_ms*.
        """

    def close(self) -> None:
        """Close it from this side."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """How a connect ended."""

    kind: str
    """`ok`, `refused`, `timeout` or `unreachable`."""
    ms: int
    gave_up: bool = False
    """The caller's limit came before the kernel's answer."""
    line: Line | None = None


class Network(Protocol):
    """The network of a place."""

    def addresses(self, proc: Proc, host: str) -> list[str]:
        """Return the addresses of *host*; empty if it does not resolve."""

    def connect(
        self, proc: Proc, ip: str, port: int, *, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Dialled]:
        """Connect and wait for the outcome, or *limit_ms*."""
