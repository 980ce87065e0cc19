"""Ports of the machine that the operator sits at: who listens there, and connections to them.

`kubectl port-forward` and `kubectl proxy` listen, `curl` and `nc` connect. It must not know either.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.client.doors import Connection
from sim.kernel import Stream

FIRST, LAST = 32768, 60999
"""From which the kernel takes a port when none is named (ip_local_port_range)."""

Accept = Callable[[], Connection | None]
"""Takes a connection; None if it is closed at once."""


class LocalPorts:
    """The listening TCP sockets of 127.0.0.1 and ::1."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: dict[int, Accept] = {}

    def listen(self, port: int, accept: Accept) -> bool:
        """Listen on *port*; return False if somebody does already."""
        if port in self._listeners:
            return False
        self._listeners[port] = accept
        return True

    def close(self, port: int) -> None:
        """Stop listening on *port*."""
        self._listeners.pop(port, None)

    def listening(self, port: int) -> bool:
        """Return whether somebody listens on *port*."""
        return port in self._listeners

    def connect(self, port: int) -> Connection | None:
        """Connect to *port*, on which somebody listens; None if it is closed at once."""
        return self._listeners[port]()

    def free(self, *about: object) -> int:
        """Return a port that nobody has, drawn for *about*."""
        number = Stream("port", *about).integer(FIRST, LAST)
        while number in self._listeners:
            number = FIRST + (number + 1 - FIRST) % (LAST + 1 - FIRST)
        return number
