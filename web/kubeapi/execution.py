"""A program in a container, followed from outside: `exec` and `attach` over WebSocket or SPDY.

Both carry the same five streams (stdin, stdout, stderr, error, resize) and end with a Status on the
third. Which program it is, and whether it may run, is decided before anything gets here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from web.kubeapi.line import ClosedError, Line
from web.kubeapi.spdy import DATA, RST_STREAM, SYN_STREAM, Spdy
from web.kubeapi.websocket import WebSocket

if TYPE_CHECKING:
    from sim.session.access import Channel

WEBSOCKET_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
SPDY_PROTOCOLS = ("v4.channel.k8s.io",)
WAIT_S = 2.0
"""How often a client is looked at that neither sends nor is sent anything."""
PATIENCE_S = 30.0
"""How long a client may take to open its streams (`streamCreationTimeout` of the kubelet)."""
LINGER_S = 2.0
"""How long the client may take to read the end before its line is closed."""
STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
CLOSE = 255
"""The channel on which v5 says that another one has ended."""
_MESSAGE = 32 * 1024
MOST_CELLS = 65_535
_NAMES = {"stdout": STDOUT, "stderr": STDERR, "data": STDOUT}


Typed = bytes | tuple[int, int] | None
"""Keys, the (columns, rows) of a window, or the end of input."""


class Streams(Protocol):
    """The streams of one client."""

    def input(self) -> Iterator[Typed]:
        """Yield what the client types, None when it closes stdin, sizes of its window.

        Ends when the client is gone.
        """

    def output(self, stream: int, data: bytes) -> None:
        """Send what the program printed; raises ClosedError."""

    def finish(self, status: bytes) -> None:
        """Send how it ended and nothing more; raises ClosedError."""


def _sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in *data*, a JSON object a line as client-go's TerminalSize."""
    for line in data.splitlines():
        with suppress(ValueError, TypeError, AttributeError):
            size = json.loads(line)
            columns, rows = size.get("Width"), size.get("Height")
            if all(isinstance(one, int) and 1 <= one <= MOST_CELLS for one in (columns, rows)):
                yield columns, rows


def status_of(code: int) -> dict[str, Any]:
    """Return the Status of a program that has ended with *code*."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failure(text: str) -> dict[str, Any]:
    """Return the Status of a program that could not go on because of *text*."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {text}",
        "reason": "InternalError",
        "details": {"causes": [{"message": text}]},
        "code": 500,
    }


def attend(channel: Channel, streams: Streams, line: Line) -> None:
    """Pass bytes between a program and its client until one of them ends."""
    gone = threading.Event()

    def listen() -> None:
        for data in streams.input():
            if data is None:
                channel.close_stdin()
            elif isinstance(data, tuple):
                channel.resize(*data)
            else:
                channel.write(data)
        gone.set()
        channel.close()

    reader = threading.Thread(target=_quietly(listen, gone), name="stdin", daemon=True)
    reader.start()
    try:
        _tell(channel, streams, gone)
        reader.join(LINGER_S)
    except ClosedError:
        pass
    finally:
        channel.close()
        line.close()
        reader.join(LINGER_S)


def _quietly(listen: Callable[[], None], gone: threading.Event) -> Callable[[], None]:
    def run() -> None:
        try:
            with suppress(ClosedError):
                listen()
        finally:
            gone.set()

    return run


def _tell(channel: Channel, streams: Streams, gone: threading.Event) -> None:
    """Send what the program prints and how it ends."""
    status = failure("the program was lost")
    while (frames := channel.read(WAIT_S)) is not None:
        if gone.is_set():
            return
        for name, value in frames:
            if name == "exit":
                status = status_of(value)
            elif name == "error":
                status = failure(value)
            else:
                streams.output(_NAMES[name], value)
    if not gone.is_set():
        streams.finish(json.dumps(status, separators=(",", ":")).encode())


class WebSocketStreams:
    """The streams as messages whose first byte is the channel."""

    def __init__(self, socket: WebSocket, asked: frozenset[int]) -> None:
        """Speak over *socket*; *asked* are the channels that the client wants."""
        self._socket = socket
        self._asked = asked
        # Says that the connection stands before anything is printed, as the real one does.
        first = next((one for one in (STDOUT, STDERR) if one in asked), ERROR)
        socket.send(bytes([first]))

    def input(self) -> Iterator[Typed]:
        """Yield what the client types."""
        with suppress(ClosedError):
            while True:
                message = self._socket.receive()
                if message and message[0] == RESIZE:
                    yield from _sizes(message[1:])
                if not message or STDIN not in self._asked:
                    continue
                if message[0] == STDIN:
                    if message[1:]:
                        yield message[1:]
                elif message[:2] == bytes([CLOSE, STDIN]):
                    yield None

    def output(self, stream: int, data: bytes) -> None:
        """Send what the program printed, if the client asked for it."""
        if stream in self._asked:
            for begin in range(0, len(data), _MESSAGE):
                self._socket.send(bytes([stream]) + data[begin : begin + _MESSAGE])

    def finish(self, status: bytes) -> None:
        """Send the Status and close."""
        self._socket.send(bytes([ERROR]) + status)
        self._socket.close()


class SpdyStreams:
    """The streams as SPDY streams that the client opens one by one."""

    def __init__(self, spdy: Spdy, asked: frozenset[int]) -> None:
        """Wait for the streams in *asked* as they come."""
        self._spdy = spdy
        self._asked = asked
        self._numbers: dict[int, int] = {}
        self._complete = threading.Event()

    def input(self) -> Iterator[Typed]:
        """Accept the client's streams, then yield what it types."""
        names = {"stdin": STDIN, "stdout": STDOUT, "stderr": STDERR}
        names |= {"error": ERROR, "resize": RESIZE}
        for frame in self._spdy.frames():
            if frame.kind == SYN_STREAM:
                kind = names.get(frame.headers.get("streamtype", ""))
                if kind is None:
                    self._spdy.reset(frame.stream)
                    continue
                self._spdy.accept(frame.stream)
                self._numbers[kind] = frame.stream
                if self._asked <= self._numbers.keys():
                    self._complete.set()
            elif frame.stream == self._numbers.get(RESIZE):
                yield from _sizes(frame.data)
            elif frame.stream == self._numbers.get(STDIN):
                if frame.kind == DATA and frame.data:
                    yield frame.data
                if frame.fin or frame.kind == RST_STREAM:
                    yield None
        self._complete.set()

    def output(self, stream: int, data: bytes) -> None:
        """Send what the program printed, if the client asked for it."""
        number = self._number(stream)
        if number is not None and stream in self._asked:
            self._spdy.send(number, data)

    def finish(self, status: bytes) -> None:
        """End the output, send the Status, end the connection."""
        for stream in (STDOUT, STDERR):
            number = self._number(stream)
            if number is not None:
                self._spdy.send(number, b"", fin=True)
        number = self._number(ERROR)
        if number is not None:
            self._spdy.send(number, status, fin=True)

    def _number(self, stream: int) -> int | None:
        if not self._complete.wait(PATIENCE_S):
            raise ClosedError("the client has not opened its streams")
        return self._numbers.get(stream)
