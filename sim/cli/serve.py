"""What `uncordon serve` checks before gunicorn takes its place, and how gunicorn is called.

A mistake is told in one line here; from inside gunicorn it would be a page of tracebacks.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.cli.certificate import Certificate

THREADS = 1000
"""A room that is open in a tab holds a thread; gunicorn makes them as they are needed."""
CONNECTIONS = 2000
REQUEST_LINE = 8190
"""Longest first line of a request, the most that gunicorn limits: a program's words stand in it."""
_FILE = "sqlite:///"
_MAGIC = b"SQLite format 3\0"
_PATIENCE_S = 3.0
"""A server that has just been ended may hold the port for a moment."""


class CannotServeError(RuntimeError):
    """Why the game cannot be served, for the person at the terminal."""


def check(host: str, port: int, data: str, database: str | None) -> None:
    """Raise CannotServeError if the address, the folder or the database cannot be used."""
    _check_folder(Path(data), f"--data {data}")
    if database is None or database.startswith(_FILE):
        path = Path(data) / "uncordon.db" if database is None else Path(database[len(_FILE) :])
        _check_file(path)
    else:
        _check_database(database)
    _check_address(host, port)


def _check_folder(folder: Path, what: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        msg = f"cannot use {what}: {folder} is not a folder"
        raise CannotServeError(msg) from error
    except OSError as error:
        msg = f"cannot use {what}: {error.strerror}"
        raise CannotServeError(msg) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        msg = f"cannot use {what}: it may not be written to"
        raise CannotServeError(msg)


def _check_file(path: Path) -> None:
    """Look at an SQLite file without loading a database library, which takes a third of a second."""
    _check_folder(path.parent, f"the database {path}")
    try:
        with path.open("r+b") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"cannot use the database {path}: {error.strerror}"
        raise CannotServeError(msg) from error
    if head and head != _MAGIC:
        msg = f"cannot use the database {path}: it is not an SQLite file"
        raise CannotServeError(msg)


def _check_database(database: str) -> None:
    from sim.session.storage import RunStore, UnusableDatabaseError  # noqa: PLC0415
    from sim.session.wall import wall_ms  # noqa: PLC0415 - only servers

    try:
        RunStore(database, wall_ms=wall_ms).close()
    except UnusableDatabaseError as error:
        raise CannotServeError(str(error)) from error


def _check_address(host: str, port: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host.strip("[]"), port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < end:
                time.sleep(0.1)
                continue
            msg = f"cannot listen on {host}:{port}: {error.strerror or error}"
            raise CannotServeError(msg) from error
        else:
            return


def certificate(
    host: str, data: str, *, tls: bool, cert: str | None, key: str | None
) -> Certificate | None:
    """Return the certificate to serve with, None for plain HTTP.

    Raises:
        CannotServeError: if it cannot be read or made.
    """
    if not (tls or cert or key):
        return None
    from sim.cli.certificate import given, made  # noqa: PLC0415 - 30 ms that plain HTTP saves

    if bool(cert) != bool(key):
        msg = "--cert and --key go together"
        raise CannotServeError(msg)
    try:
        if cert and key:
            return given(Path(cert), Path(key))
        return made(Path(data), host)
    except OSError as error:
        msg = f"cannot use the certificate: {error}"
        raise CannotServeError(msg) from error
    except ValueError as error:
        msg = f"cannot use --cert {cert}: no PEM certificate in it"
        raise CannotServeError(msg) from error


def command(host: str, port: int, shown: Certificate | None = None) -> list[str]:
    """Return the command line of gunicorn: one worker, since a run lives in one process."""
    address = f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
    options = {
        "--bind": address,
        "--workers": "1",
        "--worker-class": "gthread",
        "--threads": str(THREADS),
        "--worker-connections": str(CONNECTIONS),
        "--limit-request-line": str(REQUEST_LINE),
        "--graceful-timeout": "3",
        "--log-level": "warning",
        "--config": "python:web.gunicorn",
    }
    if shown is not None:
        options |= {"--certfile": str(shown.chain), "--keyfile": str(shown.key)}
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "gunicorn", *words, "web.app:create_app()"]
