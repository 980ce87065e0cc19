"""What a node's journal holds: stored lines for happenings, lines drawn on read for routine.

Programs on the node print from `query`. This file must not know which units exist.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

KERNEL = "kernel"
"""The ident of lines that come from the kernel's ring buffer."""


class Entry(NamedTuple):
    """One line of the journal."""

    at: int
    """Simulated ms (negative: before the run)."""
    ident: str
    """SYSLOG_IDENTIFIER, e.g. `kubelet`; `kernel` for kernel lines."""
    pid: int | None
    """Printed as `ident[pid]`; None for the kernel."""
    unit: str
    """The systemd unit, e.g. `kubelet.service`; empty for the kernel."""
    priority: int
    """syslog level: 3 error, 4 warning, 6 info."""
    message: str


Routine = Callable[[int, int], list[Entry]]
"""Return the routine lines of a source in [since, until), oldest first; the same for the same window."""


class Journal:
    """One node's journal."""

    def __init__(self, starts_at: int) -> None:
        """Hold nothing yet; *starts_at* (ms) is the boot, before which nothing is known."""
        self.starts_at = starts_at
        self._entries: list[Entry] = []
        self._routines: list[tuple[str, Routine]] = []

    def write(
        self,
        at: int,
        unit_or_ident: str,
        message: str,
        *,
        pid: int | None = None,
        priority: int = 6,
        unit: str | None = None,
    ) -> None:
        """Store *message*; `x.service` is filed under that unit with ident `x`, `kernel` under none.

        Lines about a unit from systemd itself have ident `systemd` and *unit* given.
        """
        ident = unit_or_ident.removesuffix(".service").removesuffix(".timer")
        if unit is None:
            unit = "" if ident == KERNEL else f"{ident}.service"
            if unit_or_ident.endswith(".timer"):
                unit = unit_or_ident
        entry = Entry(at, ident, pid, unit, priority, message)
        entries = self._entries
        if entries and entries[-1].at > at:
            entries.insert(bisect_right(entries, at, key=_at), entry)
        else:
            entries.append(entry)

    def routine(self, unit: str, source: Routine) -> None:
        """Add a source of lines that are computed when somebody reads *unit*."""
        self._routines.append((unit, source))

    def query(
        self,
        unit: str | None = None,
        since: int | None = None,
        until: int | None = None,
        *,
        kernel: bool = False,
        lines: int | None = None,
        now: int | None = None,
    ) -> list[Entry]:
        """Return lines with since <= at <= until, oldest first; *lines* keeps the last ones.

        *now* bounds routine lines when *until* is not given; without both only stored lines come.
        """
        start = self.starts_at if since is None else max(since, self.starts_at)
        end = until if until is not None else now
        entries = self._entries
        low = bisect_left(entries, start, key=_at)
        high = len(entries) if end is None else bisect_right(entries, end, key=_at)
        found = entries[low:high]
        if kernel:
            found = [entry for entry in found if entry.ident == KERNEL]
        elif unit is not None:
            found = [entry for entry in found if entry.unit == unit]
        if not kernel and end is not None:
            drawn: list[Entry] = []
            for owner, source in self._routines:
                if unit is None or unit == owner:
                    drawn.extend(source(start, end + 1))
            if drawn:
                found = sorted([*found, *drawn], key=_at)
        return found if lines is None else found[-lines:] if lines else []


def _at(entry: Entry) -> int:
    return entry.at
