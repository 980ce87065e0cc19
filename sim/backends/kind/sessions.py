"""One program on a node, behind pipes or behind a terminal, as an Execution.

A thread reads each stream and one writes, so that nobody here ever blocks. What runs, and where, is
not known.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import queue
import signal
import struct
import subprocess
import termios
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

import simpy

from sim.client.farterminal import FarTerminal
from sim.kernel import Environment

LOOK_MS = 50
"""How long a waiter sleeps when nothing is there."""
_CHUNK = 64 * 1024
_CLOSING_S = 2.0
_GREETING_S = 5.0
_WAITING = 64
"""So many chunks are held; then whoever writes has to wait, as on a pipe."""
UNREACHABLE = 255
"""ssh's own exit code for its own errors, ssh(1)."""
_REFUSALS = (
    "Error response from daemon:",
    "Error: No such container",
    "Cannot connect to the Docker",
)


class NodeSession(ABC):
    """A program on a node; fulfils `sim.client.doors.Execution`."""

    work = 0
    """The node itself pays for it."""
    lost = False

    def __init__(self, env: Environment, *, node: str, end: Callable[[str], None]) -> None:
        """Prepare; *end* sends a signal (`INT`) to everything that runs in the session."""
        self.node = node
        """As it was called."""
        self.on = node
        """As the cluster calls it."""
        self._env = env
        self._end = end
        self._came: queue.Queue[tuple[str, bytes]] = queue.Queue(_WAITING)
        self._typed: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._readers: list[threading.Thread] = []
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}
        self._kept: list[tuple[str, str]] = []
        self._code: int | None = None
        self._said = False
        self._over = False
        self._process: subprocess.Popen[bytes]

    # -- what Execution asks ---------------------------------------------------------------------

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs or has left output to poll."""
        self._gather()
        if not self._over and self._is_over() and not self._kept:
            code = self._ended(self._process.wait())
            self._code = code if self._code is None else self._code
        return self._code if self._over else None

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (`stdout`|`stderr`, text) pairs."""
        self._gather()
        found, self._kept = self._kept, []
        return found

    def wait(self) -> simpy.Event:
        """Return an event after which `poll` may have something."""
        ready = self._kept or not self._came.empty() or self._is_over()
        return self._env.timeout(0 if ready else LOOK_MS)

    def write(self, text: str) -> None:
        """Hand *text* to the program's standard input."""
        self._typed.put(text.encode("utf-8", "surrogateescape"))

    @property
    def raw(self) -> bool:
        """Whether the program reads keys one by one."""
        return False

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals while `raw`."""
        return not self.raw

    def complete(self, line: str) -> list[str]:
        """Return nothing: the far shell is not asked."""
        return []

    @abstractmethod
    def close_stdin(self) -> None:
        """Close the program's standard input."""

    @abstractmethod
    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""

    @abstractmethod
    def suspend(self) -> None:
        """Send SIGTSTP, as Ctrl-Z does."""

    @abstractmethod
    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""

    def close(self) -> None:
        """End it and all that it has started."""
        if self._over:
            return
        self._end("KILL")
        with suppress(ProcessLookupError):
            self._process.kill()
        end = time.monotonic() + _CLOSING_S
        while any(one.is_alive() for one in self._readers) and time.monotonic() < end:
            # A reader may wait for room in the queue.
            self._gather()
            self._readers[0].join(0.02)
        self._kept.clear()
        self._ended(self._process.wait())

    # -- inside ----------------------------------------------------------------------------------

    def _read(self, stream: str, source: Callable[[], bytes]) -> None:
        self._decoders[stream] = codecs.getincrementaldecoder("utf-8")("surrogateescape")

        def reading() -> None:
            with suppress(OSError, ValueError):
                while part := source():
                    self._came.put((stream, part))

        reader = threading.Thread(target=reading, name=f"node-{stream}", daemon=True)
        self._readers.append(reader)
        reader.start()

    def _write(self, into: Callable[[bytes], object], close: Callable[[], object]) -> None:
        def writing() -> None:
            with suppress(OSError, ValueError):
                while (part := self._typed.get()) is not None:
                    into(part)
            with suppress(OSError, ValueError):
                close()

        threading.Thread(target=writing, name="node-stdin", daemon=True).start()

    def _is_over(self) -> bool:
        # In this order: what a reader put before it ended is seen.
        return not any(one.is_alive() for one in self._readers) and self._came.empty()

    def _gather(self) -> None:
        with suppress(queue.Empty):
            while True:
                stream, part = self._came.get_nowait()
                text = self._decoders[stream].decode(part)
                if not self._said and text.startswith(_REFUSALS):
                    # Docker's word for a node that is not there; ssh has its own.
                    text = f"ssh: connect to host {self.node} port 22: No route to host\n"
                    self._said, self._code = True, UNREACHABLE
                self._said = self._said or bool(text)
                if text := self._shown(text):
                    self._kept.append((stream, text))

    def _shown(self, text: str) -> str:
        return text

    def _ended(self, code: int) -> int:
        self._over = True
        self._typed.put(None)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        # A signal, as a shell counts it; docker tells the program's own code as it is.
        return code if code >= 0 else 128 - code


class PipeSession(NodeSession):
    """A program without a terminal: standard output and error apart."""

    def __init__(
        self,
        env: Environment,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        node: str,
        end: Callable[[str], None],
        stdin: bool,
    ) -> None:
        """Start *argv*, which runs the program there."""
        super().__init__(env, node=node, end=end)
        self._process = subprocess.Popen(
            argv,
            env=dict(environ),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for name in ("stdout", "stderr"):
            source: IO[bytes] = getattr(self._process, name)
            self._read(name, lambda source=source: os.read(source.fileno(), _CHUNK))  # type: ignore[misc]
        typed = self._process.stdin
        if typed is not None:
            descriptor = typed.fileno()
            self._write(lambda part: _write_all(descriptor, part), typed.close)

    def close_stdin(self) -> None:
        """Close the program's standard input."""
        self._typed.put(None)

    def interrupt(self) -> None:
        """Interrupt all that runs in the session: there is no terminal to type Ctrl-C into."""
        self._end("INT")
        self._end("TERM")
        with suppress(ProcessLookupError):
            self._process.terminate()

    def suspend(self) -> None:
        """Do nothing: a program without a terminal hears of no Ctrl-Z."""

    def resize(self, columns: int, rows: int) -> None:
        """Do nothing: there is no terminal."""


class TerminalSession(NodeSession):
    """A program with a terminal of its own on the node.

    A login shell there neither echoes nor edits: that is done on this side, line by line, until a
    program takes the whole screen. Any other program gets the keys as they are.
    """

    def __init__(
        self,
        env: Environment,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        node: str,
        end: Callable[[str], None],
        entered: Callable[[str], None] | None,
    ) -> None:
        """Start *argv*; a shell that is given whole lines has *entered*, which hears each."""
        super().__init__(env, node=node, end=end)
        self._far = FarTerminal(echoes=False) if entered is not None else None
        self._entered = entered
        self._master, slave = pty.openpty()
        # Else this end would echo what is typed before docker has made it raw.
        tty.setraw(slave)
        self._set_size(80, 24)
        self._process = subprocess.Popen(
            argv, env=dict(environ), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self._greeted = threading.Event()
        self._read("stdout", self._next)
        self._write(self._type, lambda: None)

    @property
    def raw(self) -> bool:
        """Whether keys go there one by one."""
        return self._far is None or self._far.full

    def write(self, text: str) -> None:
        """Type *text*."""
        if self._entered is not None and not self.raw:
            for line in text.splitlines():
                self._entered(line)
        super().write(text)

    def close_stdin(self) -> None:
        """Type Ctrl-D."""
        self._typed.put(b"\x04")

    def interrupt(self) -> None:
        """Type Ctrl-C."""
        self._typed.put(b"\x03")

    def suspend(self) -> None:
        """Type Ctrl-Z."""
        self._typed.put(b"\x1a")

    def resize(self, columns: int, rows: int) -> None:
        """Tell docker, which tells the node."""
        self._set_size(columns, rows)
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGWINCH)

    def _next(self) -> bytes:
        part = os.read(self._master, _CHUNK)
        self._greeted.set()
        return part

    def _type(self, part: bytes) -> None:
        if self._far is not None:
            # Until its first word the shell there may not have switched its echo off.
            self._greeted.wait(_GREETING_S)
        _write_all(self._master, part)

    def _set_size(self, columns: int, rows: int) -> None:
        size = struct.pack("HHHH", max(1, rows), max(1, columns), 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _shown(self, text: str) -> str:
        return text if self._far is None else self._far.shown(text)

    def _ended(self, code: int) -> int:
        with suppress(OSError):
            os.close(self._master)
        return super()._ended(code)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
