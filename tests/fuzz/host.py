"""What this machine sees of a run: every file, process and connection that Python is asked for.

The interpreter reports them (PEP 578). A run may read code and its packages' data, and start
jq's worker; nothing else.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
READABLE = tuple(
    f"{Path(place).resolve()}{os.sep}"
    for place in sorted(
        {
            sys.prefix,
            *sysconfig.get_paths().values(),
            *(str(ROOT / part) for part in ("sim", "scenarios", "tests")),
            "/usr/share/zoneinfo",
        }
    )
)
"""Where code and the data of packages lie; `sim` reads its own schemas there."""
FORBIDDEN = (
    "os.chmod", "os.chown", "os.exec", "os.fork", "os.link", "os.mkdir", "os.posix_spawn",
    "os.remove", "os.rename", "os.rmdir", "os.spawn", "os.symlink", "os.system", "os.truncate",
    "pty.spawn", "shutil.", "socket.bind", "socket.connect", "socket.getaddrinfo",
    "socket.gethostby", "subprocess.Popen", "ctypes.dlopen", "urllib.Request", "webbrowser.open",
)  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


WORKER = str(ROOT / "sim" / "bash" / "tools" / "jq" / "worker_process.py")
"""The one place that may start a process: jq's worker, which has nothing of this machine."""


def _starts_worker() -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == WORKER:
            return True
        frame = frame.f_back
    return False


class HostAccessError(BaseException):
    """A run reached for this machine; not an Exception, so that nothing in between swallows it."""


class Hearing:
    """Hears what the interpreter reports, and refuses while it guards."""

    def __init__(self) -> None:
        """Start listening; a hook stays for the life of the process."""
        self._guards = False
        self.refused: list[str] = []
        sys.addaudithook(self._hear)

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Refuse what reaches for the machine meanwhile, and raise at the end if that was swallowed."""
        bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        self._guards = True
        try:
            yield
        finally:
            self._guards = False
            sys.dont_write_bytecode = bytecode
        if self.refused:
            raise HostAccessError("; ".join(self.refused))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._guards:
            return
        if event == "open" and not isinstance(arguments[0], int):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if (arguments[2] or 0) & WRITES or not path.startswith(READABLE):
                self._refuse(f"open {path}")
        elif event in {"os.listdir", "os.scandir"}:
            path = os.path.realpath(os.fsdecode(arguments[0] or ".")) + os.sep
            if not path.startswith(READABLE):
                self._refuse(f"{event} {path}")
        elif event.startswith(FORBIDDEN):
            self._refuse(f"{event} {arguments!r}"[:200])

    def _refuse(self, what: str) -> None:
        if _starts_worker():
            return
        self.refused.append(what)
        raise HostAccessError(what)
