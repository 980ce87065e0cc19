"""The machine's own tools, which ours are compared with."""

from __future__ import annotations

import shutil

from tests.conftest import missing


def real(name: str) -> str:
    """Return the path of the real tool *name*; without it the test is skipped, or fails in CI."""
    path = shutil.which(name)
    if path is None:
        missing("tools", f"install what has the program {name}")
        raise AssertionError  # `missing` never returns
    return path
