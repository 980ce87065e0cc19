"""A real PostgreSQL server for tests: its own data, a Unix socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

HOW = "install the package postgresql (and psycopg)"
_numbers = count()


def binaries() -> Path | None:
    """Return the folder of the newest installed server's programs, if there is one."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


@contextmanager
def serving(bin_: Path) -> Iterator[str]:
    """Run a server and yield the folder of its socket."""
    # Not pytest's folder: a socket's path is short, and the server's user must reach it.
    place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            as_user = ["runuser", "-u", "postgres", "--"]
            user = pwd.getpwnam("postgres")
            os.chown(place, user.pw_uid, user.pw_gid)
        data = place / "data"
        initdb = [bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        _run([*as_user, *initdb, "--no-sync", "--locale=C"], place)
        options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"
        control = [*as_user, bin_ / "pg_ctl", "-D", data, "-w", "-t", "60"]
        _run([*control, "-l", place / "log", "-o", options, "start"], place)
        try:
            yield str(place)
        finally:
            _run([*control, "-m", "immediate", "stop"], place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _run(command: list[str | Path], place: Path) -> None:
    subprocess.run(
        [str(word) for word in command],
        cwd=place,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )


def new_database(socket: str) -> str:
    """Make an empty database and return its URL."""
    import psycopg

    name = f"t{next(_numbers)}"
    with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as db:
        db.execute(f"create database {name}")
    return f"postgresql+psycopg://postgres@/{name}?host={socket}"
