"""One connection that is forwarded to a port in a pod's own network, as the kubelet holds it open.

Whoever listens there answers HTTP requests; one who speaks something else is silent. This file must
not know who forwards.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.node.container import Container
from sim.node.programs.http import Answer, head, served

LONGEST_HEAD = 64 * 1024
"""Characters before the end of a request's headers must have come."""


class Forwarded:
    """A connection to *port* of a pod, whose listener is *container*."""

    def __init__(self, container: Container, port: int) -> None:
        """Connect."""
        self._container = container
        self._port = port
        self._received = ""
        self._unread = ""
        self._over = False
        self._last = False
        """Nothing more will be sent to it."""
        self._busy = False
        self._news: simpy.Event | None = None
        self.error = ""
        container.exited.callbacks.append(lambda _event: self._end())

    @property
    def closed(self) -> bool:
        """True when the far end has closed it and nothing is left to poll."""
        return self._over and not self._unread

    def poll(self) -> str:
        """Return and forget what has come in."""
        unread, self._unread = self._unread, ""
        return unread

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the connection is over."""
        env = self._container.env
        if self._unread or self._over:
            return env.event().succeed()
        if self._news is None:
            self._news = env.event()
        return self._news

    def write(self, text: str) -> None:
        """Send *text*; what is complete is answered in order."""
        if self._over:
            return
        self._received += text
        if not self._busy:
            self._busy = True
            self._container.env.spawn(self._answering())

    def close_stdin(self) -> None:
        """Say that nothing more will be sent; the connection ends once all is answered."""
        self._last = True
        if not self._busy:
            self._end()

    def close(self) -> None:
        """Close it from this side."""
        self._end()

    def _answering(self) -> Generator[simpy.Event, Any, None]:
        while not self._over:
            asked = self._next_request()
            if asked is None:
                break
            method, path, keep = asked
            answer = served(self._container, self._port, method, path)
            if answer is None:
                self._end()
                break
            yield self._container.env.timeout(answer.ms)
            if self._over:
                break
            self._unread += _response(self._container, method, answer, keep=keep)
            self._tell()
            if not keep:
                self._end()
        self._busy = False
        if self._last:
            self._end()

    def _next_request(self) -> tuple[str, str, bool] | None:
        """Return (method, path, whether the connection stays) of a whole request, if one is there."""
        text, blank, rest = self._received.partition("\r\n\r\n")
        if not blank:
            if len(text) > LONGEST_HEAD:
                self._end()
            return None
        first, *lines = text.split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            self._end()
            return None
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = headers.get("content-length", "0")
        size = int(length) if length.isdecimal() else 0
        body = rest.encode("utf-8", "surrogateescape")
        if len(body) < size:
            return None
        self._received = body[size:].decode("utf-8", "surrogateescape")
        wish = headers.get("connection", "").lower()
        keep = wish != "close" and (words[2] != "HTTP/1.0" or wish == "keep-alive")
        return words[0], words[1], keep

    def _end(self) -> None:
        self._over = True
        self._tell()

    def _tell(self) -> None:
        event, self._news = self._news, None
        if event is not None:
            event.succeed()


class Refused:
    """A connection that nobody took; all that it has is the reason."""

    closed = True

    def __init__(self, env: simpy.Environment, error: str) -> None:
        """Fail with *error*, the kubelet's words."""
        self._env = env
        self.error = error

    def poll(self) -> str:
        """Return nothing."""
        return ""

    def wait(self) -> simpy.Event:
        """Return an event that has happened."""
        return self._env.event().succeed()

    def write(self, text: str) -> None:
        """Lose *text*."""

    def close_stdin(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def refusal(network: str, sandbox: str, port: int) -> str:
    """Return the runtime's words for a port on which nobody listens (containerd, portforward)."""
    return (
        f"error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in "
        f'network namespace "{network}": failed to connect to localhost:{port} inside namespace '
        f'"{sandbox}", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial '
        "tcp6: address localhost: no suitable address "
    )


def _response(container: Container, method: str, answer: Answer, *, keep: bool) -> str:
    text = head(answer, container.machine)
    if not keep:
        text += "Connection: close\r\n"
    return f"{text}\r\n" + ("" if method == "HEAD" else answer.body)
