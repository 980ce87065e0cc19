"""Text on its way between programs: pipes, and the places where output ends up.

A write never blocks (`drain` is where a writer waits for its reader), and a write that nobody can
read any more raises `BrokenPipe`. This file must not know what the text means.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import simpy

Waiting = Generator[simpy.Event, Any, Any]
"""What `yield from` takes: a generator that yields kernel events."""

PIPE_BYTES = 64 * 1024
"""How much a pipe holds before `drain` waits: Linux' default, pipe(7)."""


class BrokenPipe(Exception):  # noqa: N818 - named for the condition, like Python's BrokenPipeError
    """The reader is gone: the writer ends quietly with 141, as after SIGPIPE."""


class OutputLimit(Exception):  # noqa: N818 - a condition that ends the job, not a defect
    """More output than a place takes; the message is the line that the reader is shown."""


class Sink:
    """Where a program's output goes; this one throws it away, as /dev/null does."""

    tty: bool = False
    """True for a terminal: `ls` prints columns there."""

    def write(self, text: str) -> None:
        """Take *text* at once.

        Raises:
            BrokenPipe: if nobody will ever read it.
            OutputLimit: if the place is full for good.
        """

    def drain(self) -> Waiting:
        """Wait until the reader has caught up; a writer without end must call it."""
        return
        yield

    def close(self) -> None:
        """Say that nothing more will come from this writer."""


class CallSink(Sink):
    """Hands every piece of text to a function."""

    def __init__(
        self, call: Callable[[str], None], *, tty: bool = False, limit: int | None = None
    ) -> None:
        """Call *call* with each piece, for at most *limit* characters in all."""
        self._call = call
        self._left = limit
        self.tty = tty

    def write(self, text: str) -> None:
        """Hand *text* over; what is above the limit is cut."""
        if self._left is None:
            self._call(text)
            return
        fits = text[: self._left]
        self._left -= len(fits)
        if fits:
            self._call(fits)
        if len(fits) < len(text):
            msg = (
                "output is longer than one command may print; narrow it with grep, head or -o name"
            )
            raise OutputLimit(msg)


class Capture(Sink):
    """Keeps what is written, as `$(...)` needs it."""

    def __init__(self, limit: int = 16 << 20) -> None:
        """Keep at most *limit* characters."""
        self._parts: list[str] = []
        self._left = limit

    def write(self, text: str) -> None:
        """Keep *text*."""
        self._left -= len(text)
        if self._left < 0:
            msg = "output is too long to be kept"
            raise OutputLimit(msg)
        self._parts.append(text)

    @property
    def text(self) -> str:
        """Return everything written so far."""
        return "".join(self._parts)


class Pipe(Sink):
    """A bounded pipe with one reading end; also a program's standard input.

    | writer end | reader end | read gives          | write does        |
    |------------|------------|---------------------|-------------------|
    | open       | open       | text, or waits      | takes the text    |
    | closed     | open       | the rest, then None | nothing           |
    | any        | closed     | None                | raises BrokenPipe |
    """

    def __init__(self, env: simpy.Environment, text: str | None = None) -> None:
        """Open a pipe; with *text* it holds that and its writing end is closed already."""
        self._env = env
        self._parts: deque[str] = deque()
        self._offset = 0
        """How much of the first part has been read."""
        self._size = 0
        self._written = False
        self._abandoned = False
        self._news: simpy.Event | None = None
        self._space: simpy.Event | None = None
        self._hungry = False
        self.unended = False
        """True if the last line that `readline` returned had no newline."""
        if text is not None:
            if text:
                self.write(text)
            self.close()

    @property
    def waiting(self) -> bool:
        """True while a reader waits for text that has not come."""
        return self._hungry

    @property
    def closed(self) -> bool:
        """True when the writing end is closed; text may be left to read."""
        return self._written

    @property
    def over(self) -> bool:
        """True when no more text will come: either end is closed."""
        return self._written or self._abandoned

    def write(self, text: str) -> None:
        """Take *text* into the buffer."""
        if self._abandoned:
            raise BrokenPipe
        if not text or self._written:
            return
        self._parts.append(text)
        self._size += len(text)
        self._tell_reader()

    def drain(self) -> Waiting:
        """Wait until the buffer is at most `PIPE_BYTES`."""
        while self._size > PIPE_BYTES and not self._abandoned:
            if self._space is None:
                self._space = self._env.event()
            yield self._space
        if self._abandoned:
            raise BrokenPipe

    def close(self) -> None:
        """Close the writing end: the reader gets the rest and then the end of file."""
        self._written = True
        self._tell_reader()

    def abandon(self) -> None:
        """Close the reading end: the next write raises BrokenPipe."""
        self._abandoned = True
        self._parts.clear()
        self._size = self._offset = 0
        self._tell_writer()
        self._tell_reader()

    def poll(self) -> str:
        """Return and forget what is there; never blocks, and empty is not the end of file."""
        if self._offset:
            self._parts[0] = self._parts[0][self._offset :]
        text = "".join(self._parts)
        self._parts.clear()
        self._size = self._offset = 0
        self._tell_writer()
        return text

    def read(self) -> Generator[simpy.Event, Any, str | None]:
        """Return what there is, waiting for at least one character; None at the end of file."""
        while not self._parts:
            if self._written or self._abandoned:
                return None
            yield from self._await_news()
        return self.poll()

    def readline(self) -> Generator[simpy.Event, Any, str | None]:
        """Return the next line without its newline; None at the end of file."""
        head: list[str] = []
        while True:
            while self._parts:
                part, start = self._parts[0], self._offset
                newline = part.find("\n", start)
                end = len(part) if newline < 0 else newline
                head.append(part[start:end])
                self._offset = end + 1
                if self._offset >= len(part):
                    self._parts.popleft()
                    self._offset = 0
                self._size -= min(end + 1, len(part)) - start
                if newline >= 0:
                    if self._size <= PIPE_BYTES:
                        self._tell_writer()
                    return "".join(head)
            self._tell_writer()
            if self._written or self._abandoned:
                self.unended = any(head)
                return "".join(head) if self.unended else None
            yield from self._await_news()

    def read_all(self) -> Generator[simpy.Event, Any, str]:
        """Return everything up to the end of file."""
        parts: list[str] = []
        while (part := (yield from self.read())) is not None:
            parts.append(part)
        return "".join(parts)

    def take(self, delimiter: str, limit: int | None) -> str | None:
        """Return the text up to *delimiter*, which is dropped, or *limit* characters.

        Never blocks: None if neither has come yet.
        """
        if not self._parts:
            return None
        text = self._parts[0][self._offset :] + "".join(list(self._parts)[1:])
        self._parts.clear()
        self._parts.append(text)
        self._offset = 0
        end = text.find(delimiter) if delimiter else -1
        if limit is not None and (end < 0 or end > limit) and len(text) >= limit:
            end, after = limit, limit
        elif end < 0:
            # The reader has it in hand: whoever writes must not wait for it to go away.
            self._size = 0
            self._tell_writer()
            return None
        else:
            after = end + len(delimiter)
        self._offset = after
        self._size = max(0, self._size - after)
        if after >= len(text):
            self._parts.clear()
            self._offset = 0
        if self._size <= PIPE_BYTES:
            self._tell_writer()
        return text[:end]

    @property
    def held(self) -> int:
        """How many characters are there to read."""
        return sum(map(len, self._parts)) - self._offset

    @property
    def ready(self) -> bool:
        """True if there is text to read, or the end of file."""
        return bool(self._parts) or self._written or self._abandoned

    def more(self) -> simpy.Event:
        """Return an event that fires when more text comes, or the end of file."""
        if self._news is None:
            self._news = self._env.event()
        return self._news

    def await_more(self) -> Waiting:
        """Wait for more text than there is."""
        if not (self._written or self._abandoned):
            self._tell_writer()
            yield from self._await_news()

    def wait(self) -> simpy.Event:
        """Return an event that fires when there is text to read or the end of file."""
        if self._parts or self._written or self._abandoned:
            return self._env.event().succeed()
        if self._news is None:
            self._news = self._env.event()
        return self._news

    def _await_news(self) -> Waiting:
        if self._news is None:
            self._news = self._env.event()
        self._hungry = True
        try:
            yield self._news
        finally:
            self._hungry = False

    def _tell_reader(self) -> None:
        event, self._news = self._news, None
        if event is not None:
            event.succeed()

    def _tell_writer(self) -> None:
        event, self._space = self._space, None
        if event is not None:
            event.succeed()
