"""What a machine has: nothing is installed or changed here."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 10
_KUBECTL = re.compile(r"kubectl(?:[.-]v?1\.\d+(?:\.\d+)?)?")


def report() -> Iterator[str]:
    """Yield a line per thing that playing or testing needs."""
    yield f"ok       Python {platform.python_version()}"
    vendor = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor" / "xterm.mjs"
    yield _line(vendor.exists(), "browser assets", "make run fetches them from npm")
    for name, why in (
        ("chromium", "browser tests"),
        ("docker", "the image"),
        ("kind", "real clusters"),
    ):
        yield _line(shutil.which(name) is not None, name, f"needed only for {why}")
    yield from _kubectls()
    yield _line(
        any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "PostgreSQL server",
        "needed only for its tests",
    )
    yield _line(
        importlib.util.find_spec("psycopg") is not None,
        "psycopg",
        "needed only for runs in PostgreSQL",
    )


def _kubectls() -> Iterator[str]:
    """Yield a line per kubectl, the first being what a shell starts; all in PATH and the tests' own."""
    beside = Path(sys.executable).parent
    folders = [*map(Path, os.get_exec_path()), beside, beside.parent / "kubectl-1.36" / "bin"]
    found: dict[Path, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("kubectl*")):
            if _KUBECTL.fullmatch(path.name) and os.access(path, os.X_OK):
                found.setdefault(path.resolve(), path.absolute())
    if not found:
        yield _line(
            there=False, what="kubectl", why="needed only for your own kubectl against a run"
        )
    for path in found.values():
        yield f"ok       kubectl {_version(path)} ({path})"


def _version(kubectl: Path) -> str:
    """Return what *kubectl* says of itself, e.g. `v1.37.1`."""
    try:
        done = subprocess.run(
            [kubectl, "version", "--client", "--output=json"],
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
        return str(json.loads(done.stdout)["clientVersion"]["gitVersion"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return "of an unknown version"


def _line(there: bool, what: str, why: str) -> str:
    return f"ok       {what}" if there else f"missing  {what} ({why})"
