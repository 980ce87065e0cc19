"""The few workers in which libjq runs for everyone: begun when they are needed, and again when they die.

Each is a process and two pipes; what jq means is not known here.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class NoWorker(Exception):  # noqa: N818 - the text that is shown
    """There can be no worker here; the message says why."""


class WorkerDied(Exception):  # noqa: N818 - the text that is shown
    """The request used up what it may; the message says what."""


SIZE = 4
"""Requests that are worked on at once; one that takes all of its time holds up nobody else's."""


class Worker:
    """One process, asked one thing at a time.

    | state   | ask                                    |
    |---------|----------------------------------------|
    | none    | starts one                             |
    | running | answers, or dies and is none           |
    """

    def __init__(self) -> None:
        """Begin without a process."""
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, data: bytes) -> bytes:
        """Return the worker's answer.

        Raises:
            NoWorker: where none can be.
            WorkerDied: if the request took too long or too much memory.
        """
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(struct.pack("!I", len(data)) + data)
            process.stdin.flush()
            head = process.stdout.read(4)
            body = process.stdout.read(struct.unpack("!I", head)[0]) if len(head) == 4 else b""
        except OSError:
            body = b""
        if not body:
            raise WorkerDied(self._buried(process))
        return body

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            # A forked child may not share its parent's worker; the parent waits for it.
            self._process.returncode = 0
            self._process = None
        if self._process is None or self._process.poll() is not None:
            self._process = _start()
            self._owner = os.getpid()
        return self._process

    def _buried(self, process: subprocess.Popen[bytes]) -> str:
        """Take away a process that gave no answer; return what it ended of."""
        try:
            code = process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self._close()
        if code == -signal.SIGPROF:
            return "stopped: the program took more than 2 s"
        return "stopped: the program took more than 256 MB"

    def close(self) -> None:
        """End the process if there is one."""
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        for stream in (process.stdin, process.stdout) if process is not None else ():
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue


def _start() -> subprocess.Popen[bytes]:
    """Start a worker: an interpreter without site packages, environment or descriptors."""
    found = find_spec("jq")
    if found is None or not found.origin or not hasattr(os, "memfd_create"):
        raise NoWorker("not available on this machine; use kubectl -o jsonpath")
    script = Path(__file__).with_name("worker.py")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(script), found.origin],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"TZ": "UTC0"},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )


class Workers:
    """A few workers, of which whoever asks takes the one that was free last.

    A request leaves nothing in a worker, so it does not matter which one answers.
    """

    def __init__(self, size: int = SIZE) -> None:
        """Have up to *size* workers."""
        self._all = tuple(Worker() for _ in range(size))
        self.free_all()

    def free_all(self) -> None:
        """Take all workers as free: in a forked child nobody is there who holds one."""
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in reversed(self._all):
            self._free.put(worker)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a worker, waiting for one if all are at work; raises as `Worker.ask`."""
        data = json.dumps(request).encode()
        worker = self._free.get()
        try:
            body = worker.ask(data)
        finally:
            self._free.put(worker)
        answer: dict[str, Any] = json.loads(body)
        return answer

    def close(self) -> None:
        """End all processes."""
        for worker in self._all:
            worker.close()


WORKERS = Workers()
"""Everyone's workers."""
atexit.register(WORKERS.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WORKERS.free_all)
