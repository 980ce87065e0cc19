"""What openssl needs of the place it runs in: names, servers with their certificates, and the time.

A node's network and a laptop's local ports both stand behind it; it must not know either.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.bash.process import Proc


class Refusal(Exception):  # noqa: N818 - the lines that the program prints
    """Words that openssl does not take; `str()` goes to standard error."""


@dataclass(frozen=True, slots=True)
class Met:
    """How a connect ended."""

    kind: str
    """`ok`, `refused`, `timeout` or `unreachable`."""
    certificate: str | None = None
    """What the server shows, as PEM; None if it speaks no TLS."""


class Peers(Protocol):
    """The servers that can be reached from a place."""

    def unix_ms(self, proc: Proc) -> int:
        """Return the place's time of day."""

    def address(self, proc: Proc, host: str) -> str | None:
        """Return an address of *host*, or None if it does not resolve."""

    def meet(self, proc: Proc, ip: str, port: int) -> Generator[simpy.Event, Any, Met]:
        """Connect and wait for the outcome."""
