"""Who uses a cluster: one process at a time, and what a killed one has left running is found and ended.

Two locks, which the kernel gives back when their holders die: one of the process itself, and one
that every program it starts inherits, so that `kind create cluster` is seen to be still at work
after its parent was killed. What the cluster is used for is not known here.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sim.backends.kind.places import WORK, state_folder
from sim.backends.kind.tools import Tools

_ORPHANS_S = 10.0
"""How long what was started by a killed process may take to end."""


USER = "user.lock"
PROGRAMS = "programs.lock"


class BusyError(Exception):
    """Somebody else uses the cluster; the message says who and what to do."""


class Hold:
    """The exclusive use of the cluster behind *context*, as a context manager.

    Two threads of one process exclude each other as two processes do.
    """

    def __init__(self, context: str, what: str, environ: Mapping[str, str] = os.environ) -> None:
        """Say *what* it is used for: `uncordon kind up`, `run 7f3a`."""
        self._context = context
        self._what = what
        self._environ = environ
        self._folder = state_folder(context, environ)
        self._own = self._children = -1
        self._doors: dict[str, socket.socket] = {}
        self.ended_orphans = False
        """Whether programs of a killed process had to be ended first."""

    @property
    def tools(self) -> Tools:
        """Programs that are known to be ours as long as they run."""
        return Tools(self._environ, inherited=[self._children])

    def claim(self, cluster: str) -> None:
        """Claim the cluster with the id *cluster* on this machine, whoever's state folder is used.

        Raises:
            BusyError: if another process has it, perhaps another user's.
        """
        if cluster in self._doors or not sys.platform.startswith("linux"):
            return  # elsewhere there are no names that a process' death gives back
        name = f"\0uncordon-kind-{cluster}"
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            door.bind(name)
            door.listen()
        except OSError as error:
            door.close()
            if error.errno != errno.EADDRINUSE:
                raise
            msg = (
                f"{self._context} is in use{_listener(name)}, which keeps its state in another folder; "
                "wait until it has ended, or end it"
            )
            raise BusyError(msg) from error
        self._doors[cluster] = door

    def __enter__(self) -> Self:
        """Take it.

        Raises:
            BusyError: if another process lives that has it.
        """
        try:
            self._own = self._whoever()
            self._take()
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""
        self._let_go()

    def _whoever(self) -> int:
        """Return the process' own lock, taken; it is the one that others find there."""
        path = self._folder / USER
        while True:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = _opened(path)
            if not _locked(file):
                who = _text(file)
                os.close(file)
                msg = (
                    f"{self._context} is in use by {who or 'another uncordon'}; "
                    "wait until it has ended, or end it"
                )
                raise BusyError(msg)
            # Whoever gave the cluster up may have removed the file between the two calls.
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(file)):
                    return file
            os.close(file)

    def _take(self) -> None:
        os.ftruncate(self._own, 0)
        os.pwrite(self._own, f"{self._what}, process {os.getpid()}\n".encode(), 0)
        path = self._folder / PROGRAMS
        self._children = _opened(path)
        end = time.monotonic() + _ORPHANS_S
        number = signal.SIGTERM
        while not _locked(self._children):
            self.ended_orphans = True
            if time.monotonic() > end:
                msg = (
                    f"programs that a killed uncordon has started still work on {self._context}"
                    f"{_named(_holders(path))}; wait until they have ended, or end them"
                )
                raise BusyError(msg)
            for process in _holders(path):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, number)
            number = signal.SIGKILL
            time.sleep(0.2)
        shutil.rmtree(self._folder / WORK, ignore_errors=True)

    def _let_go(self) -> None:
        for door in self._doors.values():
            door.close()
        self._doors.clear()
        for file in (self._own, self._children):
            if file >= 0:
                os.close(file)
        self._own = self._children = -1


def user_of(context: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return who uses the cluster behind *context* now, `run 7f3a, process 4711`; empty if nobody."""
    try:
        file = os.open(state_folder(context, environ) / USER, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _text(file) or "another uncordon"
    else:
        return ""
    finally:
        os.close(file)


def _text(file: int) -> str:
    return os.pread(file, 500, 0).decode(errors="replace").strip()


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holders(path: Path) -> list[int]:
    """Return the other processes that have the file at *path* open; none where there is no /proc."""
    found = []
    wanted = path.stat()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            for link in (process / "fd").iterdir():
                with suppress(OSError):
                    held = link.stat()
                    if (held.st_dev, held.st_ino) == (wanted.st_dev, wanted.st_ino):
                        found.append(int(process.name))
                        break
    return found


def _listener(name: str) -> str:
    """Return who listens at a name, `by process 4711`, with a blank before; empty if nobody says."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(name)
            told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return ""
    process, _, _ = struct.unpack("3i", told)
    return f" by process {process}"


def _named(processes: list[int]) -> str:
    return f" (processes {', '.join(map(str, processes))})" if processes else ""
