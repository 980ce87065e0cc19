"""A container's log: stored lines for what happened, lines drawn on read for routine requests.

Reading stores nothing, so how often a log is read leaves no trace. This file must not know what lines say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import simpy

from sim.kernel import Environment, Epoch

ROTATED_LINES = 4000
"""How many drawn lines the newest file holds: kubectl shows nothing older than containerLogMaxSize."""

FOLLOW_STEP_MS = 1000
"""How often a followed log looks for drawn lines."""

STORED_LINES = 50_000
"""A container that prints more than this loses its oldest lines, as log rotation does."""


LINE_HEAD = 45
"""What the runtime writes beside the text of a line: time, stream, `F` and a newline."""


class LogLine(NamedTuple):
    """One line of a container's output."""

    at: int
    """Simulated ms."""
    text: str
    stream: str = "stdout"

    def stamped(self, epoch: Epoch) -> str:
        """Return the line as `--timestamps` prints it: RFC 3339 with nanoseconds, a blank, the text."""
        whole, ms = divmod(epoch.at(self.at), 1000)
        below = crc32(f"{self.at} {self.text}".encode()) % 1_000_000
        second = epoch.rfc3339(whole * 1000 - epoch.unix_ms)[:-1]
        return f"{second}.{ms:03d}{below:06d}Z {self.text}"


DrawnLine = tuple[int, str, str]
"""(simulated ms, text, stream): the fields of a LogLine."""

Drawn = Callable[[int, int, int | None], Sequence[DrawnLine]]
"""Return drawn lines in [since, until), the last *limit* of them; see `Behaviour.routine`."""


class LogBuffer:
    """The log of one container instance."""

    def __init__(self, drawn: Drawn, starts_at: int) -> None:
        """Begin a log at *starts_at*; *drawn* gives the routine lines of a window."""
        self.starts_at = starts_at
        self.ends_at: int | None = None
        """When the container ended; nothing is drawn after it."""
        self._drawn = drawn
        self._lines: list[LogLine] = []
        self.stored_bytes = 0
        """About how much of the disk the stored lines take."""
        self._listeners: list[Callable[[LogLine], None]] = []

    def write(self, at: int, text: str, stream: str = "stdout") -> None:
        """Store every line of *text*."""
        for part in text.split("\n"):
            line = LogLine(at, part, stream)
            self._lines.append(line)
            self.stored_bytes += len(part) + LINE_HEAD
            for listener in tuple(self._listeners):
                listener(line)
        if len(self._lines) > STORED_LINES:
            gone = self._lines[: STORED_LINES // 4]
            del self._lines[: STORED_LINES // 4]
            self.stored_bytes -= sum(len(line.text) + LINE_HEAD for line in gone)

    def clear(self, now: int) -> None:
        """Forget everything before *now*: the file was emptied."""
        self._lines.clear()
        self.stored_bytes = 0
        self.starts_at = max(self.starts_at, now)

    def backdate(self, at: int, text: str) -> None:
        """Store a line that was written before the run began."""
        index = bisect_left(self._lines, at + 1, key=_at)
        self._lines.insert(index, LogLine(at, text))

    def listen(self, listener: Callable[[LogLine], None]) -> Callable[[], None]:
        """Call *listener* with each stored line from now on; the answer stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def drawn(self, since: int, until: int, limit: int | None = ROTATED_LINES) -> list[LogLine]:
        """Return routine lines in [since, until) of the container's life."""
        end = until if self.ends_at is None else min(until, self.ends_at)
        start = max(since, self.starts_at)
        if start >= end:
            return []
        return [LogLine(*line) for line in self._drawn(start, end, limit)]

    def read(self, now: int, *, since: int | None = None, tail: int | None = None) -> list[LogLine]:
        """Return lines up to *now*, oldest first: from *since* on, the last *tail* of them."""
        if tail == 0:
            return []
        start = self.starts_at if since is None else since
        stored = self._lines[bisect_left(self._lines, start, key=_at) :]
        limit = ROTATED_LINES if tail is None else min(tail, ROTATED_LINES)
        drawn = self.drawn(start, now + 1, limit)
        lines = sorted([*stored, *drawn], key=_at) if drawn and stored else drawn or stored
        return lines if tail is None else lines[-tail:]


class LogFollower:
    """An open `logs -f`; satisfies the API server's text stream."""

    def __init__(
        self,
        env: Environment,
        log: LogBuffer,
        *,
        first: str,
        render: Callable[[LogLine], str],
        routine: bool,
    ) -> None:
        """Begin with the text *first*; *routine* says whether lines are also drawn with time."""
        self._env = env
        self._log = log
        self._render = render
        self._parts = [first] if first else []
        self._news: simpy.Event | None = None
        self._done = False
        self._routine = routine
        self._stop = log.listen(self._stored)
        self._seen = env.now + 1
        if routine and log.ends_at is None:
            env.spawn(self._drawing())

    @property
    def closed(self) -> bool:
        """True when the container has ended, or the reader left, and nothing is left to poll."""
        return self._done and not self._parts

    def poll(self) -> str:
        """Return and forget what has come in."""
        text = "".join(self._parts)
        self._parts.clear()
        return text

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the stream closes."""
        if self._parts or self._done:
            return self._env.event().succeed()
        if self._news is None:
            self._news = self._env.event()
        return self._news

    def finish(self) -> None:
        """Take the last lines of a container that has just ended, and end the stream."""
        self._draw()
        self.close()

    def close(self) -> None:
        """End the stream."""
        self._done = True
        self._stop()
        self._tell()

    def _stored(self, line: LogLine) -> None:
        self._draw()
        self._parts.append(self._render(line))
        self._tell()

    def _drawing(self) -> Generator[simpy.Event, Any, None]:
        while not self._done:
            yield self._env.timeout(FOLLOW_STEP_MS)
            if self._draw():
                self._tell()

    def _draw(self) -> bool:
        """Take what was drawn since the last look; return True if there was anything."""
        if not self._routine or self._done:
            return False
        lines = self._log.drawn(self._seen, self._env.now + 1)
        self._seen = self._env.now + 1
        self._parts.extend(self._render(line) for line in lines)
        return bool(lines)

    def _tell(self) -> None:
        event, self._news = self._news, None
        if event is not None:
            event.succeed()


def _at(line: LogLine) -> int:
    return line.at
