"""Streams from a real API server: a thread reads each, whoever waits finds what has come in a queue.

Waiting is done in the environment's time: `wait` fires at once if there is something, and looks
again a moment later otherwise. Whoever paces the environment must let its time go with the wall's.
"""

from __future__ import annotations

import json
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import simpy

from sim.apimachinery.wire import WatchEvent
from sim.client.farterminal import FarTerminal
from sim.kernel import Environment

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from websocket import WebSocket

LOOK_MS = 50
"""How long a waiter sleeps when nothing is there."""
STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
CLOSE = 255
_CHUNK = 64 * 1024


class _Inbox:
    """What a thread has read and nobody has taken."""

    def __init__(self, env: Environment, read: Callable[[], Iterable[Any]], name: str) -> None:
        self._env = env
        self._unread: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.over = threading.Event()
        self._read = read
        threading.Thread(target=self._fill, name=name, daemon=True).start()

    def _fill(self) -> None:
        try:
            for one in self._read():
                self._unread.put(one)
        except Exception:
            pass
        finally:
            self.over.set()

    @property
    def closed(self) -> bool:
        return self.over.is_set() and self._unread.empty()

    def take(self) -> list[Any]:
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._unread.get_nowait())
        return found

    def wait(self) -> simpy.Event:
        ready = self.over.is_set() or not self._unread.empty()
        return self._env.timeout(0 if ready else LOOK_MS)


class _HttpStream(ABC):
    """A response that goes on."""

    def __init__(self, env: Environment, answer: BaseHTTPResponse) -> None:
        self._answer = answer
        self._inbox = _Inbox(env, self._read, type(self).__name__)

    @abstractmethod
    def _read(self) -> Iterable[Any]:
        """Return what comes in, until it ends."""

    @property
    def closed(self) -> bool:
        """True when the server has ended the stream and nothing is left to poll."""
        return self._inbox.closed

    def wait(self) -> simpy.Event:
        """Return an event after which `poll` may have something."""
        return self._inbox.wait()

    def close(self) -> None:
        """End the stream from this side."""
        with suppress(OSError, ValueError, RuntimeError):
            self._answer.shutdown()
        self._inbox.over.wait(1.0)
        self._answer.close()


class RemoteWatch(_HttpStream):
    """An open watch."""

    def _read(self) -> Iterable[WatchEvent]:
        rest = b""
        for part in self._answer.stream(_CHUNK):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                if line:
                    event = json.loads(line)
                    yield WatchEvent(event["type"], event["object"])

    def poll(self) -> list[WatchEvent]:
        """Return and forget what has come in."""
        return self._inbox.take()


class RemoteText(_HttpStream):
    """A log that is followed."""

    def _read(self) -> Iterable[bytes]:
        yield from self._answer.stream(_CHUNK)

    def poll(self) -> str:
        """Return and forget what has come in."""
        return b"".join(self._inbox.take()).decode("utf-8", "surrogateescape")


class _SocketStream:
    """A WebSocket whose messages begin with a channel's number."""

    def __init__(self, env: Environment, socket: WebSocket) -> None:
        self._socket = socket
        self._sending = threading.Lock()
        self._inbox = _Inbox(env, self._read, type(self).__name__)

    def _read(self) -> Iterable[bytes]:
        try:
            while message := self._socket.recv():
                yield message if isinstance(message, bytes) else message.encode()
        finally:
            self._socket.shutdown()  # type: ignore[no-untyped-call]

    def _send(self, message: bytes) -> None:
        # Whoever has gone takes nothing; that it has gone is seen by reading.
        with self._sending, suppress(OSError, self._closed_error()):
            self._socket.send_binary(message)

    @staticmethod
    def _closed_error() -> type[Exception]:
        from websocket import WebSocketException  # noqa: PLC0415 - as for the socket itself

        found: type[Exception] = WebSocketException
        return found

    def wait(self) -> simpy.Event:
        """Return an event after which `poll` may have something."""
        return self._inbox.wait()

    def close(self) -> None:
        """End it from this side."""
        with suppress(OSError, self._closed_error()):
            self._socket.close(timeout=1)


class RemoteExecution(_SocketStream):
    """A program in a container of a real cluster."""

    def __init__(self, env: Environment, socket: WebSocket, *, tty: bool = False) -> None:
        """Follow the program behind *socket*; *tty*: it has a terminal there."""
        self._far = FarTerminal(echoes=True) if tty else None
        self._kept: list[tuple[str, str]] = []
        self._code: int | None = None
        self._errors = b""
        self.lost = False
        super().__init__(env, socket)

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs or has left output to poll."""
        self._gather()
        if self._inbox.over.is_set() and self._code is None and self._inbox.closed:
            self._code = _exit_code(self._errors)
            if complaint := _complaint(self._errors):
                self._kept.append(("stderr", complaint))
                self.lost = True
            self.close()
        return self._code

    def _gather(self) -> None:
        names = {STDOUT: "stdout", STDERR: "stderr"}
        for message in self._inbox.take():
            if message[0] == ERROR:
                self._errors += message[1:]
            elif message[0] in names and message[1:]:
                text = message[1:].decode("utf-8", "surrogateescape")
                if self._far is not None:
                    text = self._far.shown(text)
                self._kept.append((names[message[0]], text))

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (`stdout`|`stderr`, text) pairs."""
        self._gather()
        found, self._kept = self._kept, []
        return found

    def write(self, text: str) -> None:
        """Hand *text* to the program's standard input."""
        if self._far is not None:
            self._far.typed(text)
        self._send(bytes([STDIN]) + text.encode("utf-8", "surrogateescape"))

    def close_stdin(self) -> None:
        """Close the program's standard input; only v5 can say so."""
        if self._socket.getsubprotocol() == "v5.channel.k8s.io":
            self._send(bytes([CLOSE, STDIN]))

    def interrupt(self) -> None:
        """Type Ctrl-C, which is an interrupt where the program has a terminal."""
        self._send(bytes([STDIN, 3]))

    work = 0
    """The cluster's own machines pay for it."""

    @property
    def raw(self) -> bool:
        """Whether a program has the whole screen there; else lines are edited on this side."""
        return self._far is not None and self._far.full

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals while `raw`."""
        return not self.raw

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""
        size = json.dumps({"Width": columns, "Height": rows}, separators=(",", ":"))
        self._send(bytes([RESIZE]) + size.encode())

    def suspend(self) -> None:
        """Type Ctrl-Z."""
        self._send(bytes([STDIN, 26]))

    def complete(self, line: str) -> list[str]:
        """Return nothing: the far shell is not asked."""
        return []


def _exit_code(errors: bytes) -> int:
    """Return the code that a Status tells; a program that was lost has 1, as in kubectl."""
    try:
        status = json.loads(errors)
    except ValueError:
        return 1
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    return 1


def _complaint(errors: bytes) -> str:
    """Return in kubectl's words why a program could not be run at all; empty if it was."""
    try:
        status = json.loads(errors)
    except ValueError:
        return ""
    causes = (status.get("details") or {}).get("causes") or ()
    told = any(cause.get("reason") == "ExitCode" for cause in causes)
    if status.get("status") == "Success" or told or not status.get("message"):
        return ""
    return f"error: {status['message']}\n"


class RemoteConnection(_SocketStream):
    """One connection to a port of a pod of a real cluster."""

    def __init__(self, env: Environment, socket: WebSocket) -> None:
        """Speak to the one port behind *socket*."""
        self._text = ""
        self._error = b""
        self._begun: set[int] = set()
        super().__init__(env, socket)

    @property
    def closed(self) -> bool:
        """True when the far end has closed it and nothing is left to poll."""
        return self._inbox.closed and not self._text

    @property
    def error(self) -> str:
        """Why it broke; empty while it has not."""
        self._gather()
        return self._error.decode(errors="replace")

    def _gather(self) -> None:
        for message in self._inbox.take():
            channel, part = message[0], message[1:]
            if channel not in self._begun:
                # The first two bytes of each channel are the port's number.
                self._begun.add(channel)
                part = part[2:]
            if channel == 0:
                self._text += part.decode("utf-8", "surrogateescape")
            elif channel == 1:
                self._error += part

    def poll(self) -> str:
        """Return and forget what has come in."""
        self._gather()
        found, self._text = self._text, ""
        return found

    def write(self, text: str) -> None:
        """Send *text* to the far end."""
        self._send(bytes([0]) + text.encode("utf-8", "surrogateescape"))

    def close_stdin(self) -> None:
        """Say that nothing more will be sent: there is no way to, so the far end keeps listening."""
