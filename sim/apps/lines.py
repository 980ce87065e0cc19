"""The shape of an application's log lines; this file must not know what they tell."""

from __future__ import annotations

from sim.kernel import Epoch


def line(epoch: Epoch, at: int, level: str, text: str) -> str:
    """Return `2026-11-20T02:43:12.345Z LEVEL: text`."""
    whole, ms = divmod(epoch.at(at), 1000)
    return f"{epoch.rfc3339(whole * 1000 - epoch.unix_ms)[:-1]}.{ms:03d}Z {level}: {text}"
