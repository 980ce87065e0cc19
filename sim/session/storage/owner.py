"""Names a process so that another one can tell whether it still runs; pids alone are re-used.

Nothing here knows what a process owns.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process() -> str:
    """Return `host/pid/start`, which no other process ever has."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_started(pid)}"


def is_here(owner: str) -> bool:
    """Return whether *owner* is or was a process of this machine."""
    return owner.partition("/")[0] == socket.gethostname()


def is_alive(owner: str) -> bool:
    """Return whether *owner*, a process of this machine, still runs."""
    pid, _, started = owner.partition("/")[2].partition("/")
    if not pid.isdecimal():
        return False
    if started:
        return _started(int(pid)) == started
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Return the kernel's start time of *pid*; empty if it has ended, or where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    # A zombie writes nothing any more, even if nobody has reaped it.
    return "" if fields[0] in "ZX" else fields[19]
