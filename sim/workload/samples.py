"""What was measured, second by second: kept for a while, read as JSON lines.

The format is described in the package's docstring. This file must not know how anything is measured.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KEPT_S = 900


class Group(NamedTuple):
    """What makes samples one line."""

    call: str
    client: str
    pod: str = ""
    node: str = ""
    version: str = ""
    outcome: str = "ok"
    status: int = 0
    scale: float = 1.0


@dataclass(slots=True)
class Measured:
    """One group in one second."""

    ms: list[int] = field(default_factory=list)
    final: int = 0
    slow: int = 0


class Samples:
    """The samples of one process."""

    def __init__(self, *, source: str, node: str, program: str) -> None:
        """Keep nothing yet; the rest is who speaks."""
        self._who = {"source": source, "node": node, "program": program, "started": time.time()}
        self._seconds: dict[int, dict[Group, Measured]] = {}
        self.open = 0
        """How many are under way."""

    def add(self, group: Group, took_ms: float, *, final: bool = True, slow: bool = False) -> None:
        """Take note of one that has just ended."""
        second = int(time.time())
        if second not in self._seconds:
            self._forget(second - KEPT_S)
        measured = self._seconds.setdefault(second, {}).setdefault(group, Measured())
        measured.ms.append(round(took_ms))
        measured.final += final
        measured.slow += slow

    def read(self, since: int) -> bytes:
        """Return the seconds after *since* that are over, as JSON lines."""
        now = time.time()
        until = int(now) - 1
        lines: list[dict[str, Any]] = [
            {**self._who, "now": round(now, 3), "until": until, "open": self.open}
        ]
        for second in sorted(one for one in self._seconds if since < one <= until):
            for group, measured in self._seconds[second].items():
                lines.append(
                    {
                        "at": second,
                        "call": group.call,
                        "class": group.client,
                        "pod": group.pod,
                        "node": group.node,
                        "version": group.version,
                        "outcome": group.outcome,
                        "status": group.status,
                        "count": len(measured.ms),
                        "final": measured.final,
                        "slow": measured.slow,
                        "scale": group.scale,
                        "ms": sorted(measured.ms),
                    }
                )
        return "".join(json.dumps(line) + "\n" for line in lines).encode()

    def _forget(self, before: int) -> None:
        for second in [one for one in self._seconds if one < before]:
            del self._seconds[second]
