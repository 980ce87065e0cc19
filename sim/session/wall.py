"""The wall's two clocks, for whoever lets a cluster go on; nothing of a cluster is known here."""

from __future__ import annotations

import time


def wall_ms() -> int:
    """Return Unix time in ms, for what is stored and compared between machines."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Return ms from an unknown start that nobody can set back, for the clocks of runs."""
    return time.monotonic_ns() // 1_000_000


def sleep(seconds: float) -> None:
    """Let the wall go on."""
    time.sleep(seconds)
