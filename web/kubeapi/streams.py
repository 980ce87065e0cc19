"""Answers that go on: watches, one JSON line an event, and logs that are followed.

Each holds a thread of the web server until either side ends it; what it carries is not known here.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from web.kubeapi.line import is_gone

if TYPE_CHECKING:
    from sim.session.access import Channel, Frame

WAIT_S = 2.0
"""How often a client is looked at that is sent nothing."""
KEPT = 4096
"""Events that stay encoded: every watcher of a run is sent the same ones."""


class EventEncoder:
    """Watch events as lines of JSON; an object that many watch is encoded once."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._lines: OrderedDict[tuple[str, int], tuple[Any, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, frame: Frame) -> bytes:
        """Return the line of an `event` frame; other frames have none."""
        name, value = frame
        if name != "event":
            return b""
        kind, obj = value["type"], value["object"]
        key = (kind, id(obj))
        with self._lock:
            kept = self._lines.get(key)
        if kept is not None:
            return kept[1]
        text = json.dumps({"type": kind, "object": obj}, ensure_ascii=False, separators=(",", ":"))
        line = (text + "\n").encode("utf-8", "replace")
        with self._lock:
            # With the object, so that its number is not given to another one meanwhile.
            self._lines[key] = (obj, line)
            if len(self._lines) > KEPT:
                self._lines.popitem(last=False)
        return line


def text(frame: Frame) -> bytes:
    """Return the bytes that a frame of a followed log carries."""
    value = frame[1]
    return value if isinstance(value, bytes) else b""


class Streaming:
    """The body of an answer that goes on; closing it closes the channel."""

    def __init__(
        self,
        channel: Channel,
        encoder: Callable[[Frame], bytes],
        sock: socket.socket | None,
        timeout_s: float | None = None,
    ) -> None:
        """Send what *channel* brings, at most for *timeout_s* of wall time."""
        self._channel = channel
        self._encoder = encoder
        self._sock = sock
        self._end = None if timeout_s is None else time.monotonic() + timeout_s

    def __iter__(self) -> Iterator[bytes]:
        """Yield what comes until the channel, the time or the client's patience ends."""
        try:
            yield b""  # the headers leave now: a client waits for them before it waits for events
            while (wait := self._left()) > 0:
                frames = self._channel.read(wait)
                if frames is None:
                    return
                if frames:
                    yield b"".join(map(self._encoder, frames))
                elif is_gone(self._sock):
                    return
        finally:
            # At once: the web server may have to read on before it calls `close`.
            self.close()

    def _left(self) -> float:
        return WAIT_S if self._end is None else min(WAIT_S, self._end - time.monotonic())

    def close(self) -> None:
        """Hang up."""
        self._channel.close()
