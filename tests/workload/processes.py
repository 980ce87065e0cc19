"""The workload's programs as real processes on loopback, with nothing but the standard library in reach."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.workload.settings import packed

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0
"""A busy machine is slow; nobody waits so long elsewhere."""


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    text: str


class Running:
    """One program, its lines as they come."""

    def __init__(self, program: str, *arguments: str, settings: Any = None, **environ: str) -> None:
        told = {"UNCORDON_WORKLOAD": packed(settings or {})}
        # -S: no site-packages, so that an import from outside the standard library fails.
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-m", "sim.workload", program, *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **told, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._heard = threading.Condition()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str) -> str:
        """Return the first line that matches; fails when the program ends or time is up."""

        def found() -> str | None:
            return next((one for one in list(self.lines) if re.search(pattern, one)), None)

        with self._heard:
            self._heard.wait_for(lambda: found() or self._ended, PATIENCE_S)
        line = found()
        assert line is not None, f"no line {pattern!r} in:\n{self.text}"
        return line

    def wait_for_lines(self, count: int) -> None:
        """Wait until it has written so many lines."""
        with self._heard:
            self._heard.wait_for(lambda: len(self.lines) >= count or self._ended, PATIENCE_S)
        assert len(self.lines) >= count, self.text

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.code()

    def code(self) -> int:
        """Return the exit code once it has ended."""
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    _ended = False

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._heard:
                self.lines.append(line.rstrip("\n"))
                self._heard.notify_all()
        self.process.stdout.close()
        with self._heard:
            self._ended = True
            self._heard.notify_all()


@contextlib.contextmanager
def running(
    program: str, *arguments: str, settings: Any = None, **environ: str
) -> Iterator[Running]:
    """Run a program for a while."""
    one = Running(program, *arguments, settings=settings, **environ)
    try:
        yield one
    finally:
        one.process.kill()
        one.code()


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def ask(port: int, call: str, body: bytes = b"", **headers: str) -> Answer:
    """Return the answer to `GET /path`."""
    method, _, path = call.partition(" ")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        method=method,
        data=body or None,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as got:
            return Answer(got.status, dict(got.headers), got.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read().decode())


def database_settings(folder: Path, port: int, **more: Any) -> dict[str, Any]:
    """Return the settings of a database that is quick."""
    return {
        "port": port,
        "version": "16.9",
        "users": [{"name": "payments", "password": "right"}, {"name": "ledger"}],
        "startup": [10, 20],
        "shutdown": 10,
        "log_statement": "ddl",
        "socket": str(folder),
        **more,
    }


def service_settings(port: int, **more: Any) -> dict[str, Any]:
    """Return the settings of a web service that is quick."""
    return {
        "name": "payment-service",
        "port": port,
        "calls": [
            {"call": "POST /v1/payments", "status": 201, "database": 1.0},
            {"call": "GET /v1/payments/status", "status": 200, "database": 0.0},
        ],
        "p50": 1,
        "p99": 2,
        "startup": [5, 10],
        "warmup": 5,
        "drain": 10,
        "acquire_timeout": 300,
        "reconnect_for": 900,
        "reconnect_every": [30, 60],
        "pool": 4,
        "user": "payments",
        "lines_per_second": 1000,
        **more,
    }


@contextlib.contextmanager
def database(folder: Path, port: int, **more: Any) -> Iterator[Running]:
    """Run a database until it accepts connections, and on."""
    settings = database_settings(folder, port, **more)
    with running("database", settings=settings, PGDATA=str(folder / "data")) as one:
        one.wait_for("ready to accept connections")
        yield one


@contextlib.contextmanager
def service(
    port: int, at: int, environ: Mapping[str, str] | None = None, **more: Any
) -> Iterator[Running]:
    """Run a web service against the database on port *at*, without waiting for anything."""
    known = {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(at),
        "DB_PASSWORD": "right",
        "VERSION": "3.18.2",
        "POD_NAME": "payment-service-1-a",
        "NODE_NAME": "node-worker-1",
    }
    settings = service_settings(port, **more)
    with running("web-service", settings=settings, **{**known, **(environ or {})}) as one:
        yield one
