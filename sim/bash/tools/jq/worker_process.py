"""The one worker in which libjq runs for everyone: begun when it is first needed, and again when it dies.

It holds a lock, a process and two pipes; what jq means is not known here.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class NoWorker(Exception):  # noqa: N818 - the text that is shown
    """There can be no worker here; the message says why."""


class WorkerDied(Exception):  # noqa: N818 - the text that is shown
    """The request used up what it may; the message says what."""


class Worker:
    """One process, asked one thing at a time.

    | state   | ask                                    |
    |---------|----------------------------------------|
    | none    | starts one                             |
    | running | answers, or dies and is none           |
    """

    def __init__(self) -> None:
        """Begin without a process."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the worker's answer.

        Raises:
            NoWorker: where none can be.
            WorkerDied: if the request took too long or too much memory.
        """
        data = json.dumps(request).encode()
        with self._lock:
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
        answer: dict[str, Any] = json.loads(body)
        return answer

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
        with self._lock:
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


WORKER = Worker()
"""Everyone's worker: a request leaves nothing in it."""
atexit.register(WORKER.close)
