"""Small programs that say where and who one is, clear the screen, or say honestly what is missing."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.timing import CLEAR


def clear(proc: Proc) -> Running:
    """Clear the screen."""
    proc.stdout.write(CLEAR)
    return 0
    yield


def whoami(proc: Proc) -> Running:
    """Print the user's name."""
    proc.print(proc.environ.get("USER", "root"))
    return 0
    yield


def hostname(proc: Proc) -> Running:
    """Print the host's name."""
    proc.print(proc.environ.get("HOSTNAME", "localhost"))
    return 0
    yield


def uname(proc: Proc) -> Running:
    """Print the system's name, or all of it with `-a`."""
    host = proc.environ.get("HOSTNAME", "localhost")
    proc.print(f"Linux {host} x86_64 GNU/Linux" if "-a" in proc.argv else "Linux")
    return 0
    yield


def which(proc: Proc) -> Running:
    """Print where programs are."""
    code = 0
    for name in proc.argv[1:]:
        if name in proc.programs:
            proc.print(f"/usr/bin/{name}")
        else:
            code = 1
    return code
    yield


def editor(proc: Proc) -> Running:
    """Say how files are written without a full-screen editor."""
    return proc.fail(
        "no full-screen editor here; write a file with  cat > FILE  and Ctrl-D, or echo"
    )
    yield


def jq(proc: Proc) -> Running:
    """Say what to use instead."""
    return proc.fail("not available here yet; use kubectl -o jsonpath or -o custom-columns", 127)
    yield
