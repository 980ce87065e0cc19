"""The prober of a real cluster: what it has told, as a figure of its own beside that of users.

Its probes are few, whole and nobody's loss. How they come here is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.backends.probes import Probes
from sim.evidence import EvidenceLog, ProbeRecord

GOOD = "ok"


class MeasuredProber:
    """Counts probes as they are told, and writes them down by the second."""

    def __init__(self, log: EvidenceLog, application: str, at: Callable[[int], int]) -> None:
        """Write to *log* what is found of *application*; *at* gives a second of the wall's as simulated ms."""
        self._log = log
        self._application = application
        self._at = at
        self._told: dict[int, tuple[int, int]] = {}
        self.probes = Probes(0)

    def start(self, second: int) -> None:
        """Begin with what comes after *second*."""
        self.probes = Probes(self._at(second))
        self._told.clear()

    def count(self, line: Mapping[str, Any]) -> None:
        """Take note of a line of samples."""
        second, count = int(line["at"]), int(line["count"])
        bad = count if line["outcome"] != GOOD else int(line.get("slow", 0))
        made, failed = self._told.get(second, (0, 0))
        self._told[second] = made + count, failed + bad

    def record(self, second: int, now: int) -> None:
        """Write down what has been told up to *second*, late as some of it may have come; it is *now* (ms)."""
        told = [self._told.pop(one) for one in sorted(self._told) if one <= second]
        made, failed = sum(one for one, _ in told), sum(bad for _, bad in told)
        if made:
            self.probes.record(self._at(second), made, failed)
            self._log.append(
                ProbeRecord(at=now, application=self._application, probes=made, failed=failed)
            )
