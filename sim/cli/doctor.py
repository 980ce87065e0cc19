"""What a machine has: nothing is installed or changed here."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path


def report() -> Iterator[str]:
    """Yield a line per thing that playing or testing needs."""
    yield f"ok       Python {platform.python_version()}"
    vendor = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor" / "xterm.mjs"
    yield _line(vendor.exists(), "browser assets", "make run fetches them from npm")
    for name, why in (
        ("chromium", "browser tests"),
        ("kubectl", "your own kubectl against a run"),
        ("docker", "the image"),
        ("kind", "real clusters"),
    ):
        yield _line(shutil.which(name) is not None, name, f"needed only for {why}")
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


def _line(there: bool, what: str, why: str) -> str:
    return f"ok       {what}" if there else f"missing  {what} ({why})"
