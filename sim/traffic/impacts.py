"""How an application's users fare, written into the evidence whenever that changes.

It must not know who worked it out, or how.
"""

from __future__ import annotations

from sim.evidence import EvidenceLog, ImpactRecord
from sim.traffic.solve import Solution


class Impacts:
    """The impact records of one application."""

    __slots__ = ("_application", "_last", "_log")

    def __init__(self, log: EvidenceLog, application: str) -> None:
        """Write into *log*; nothing yet."""
        self._log = log
        self._application = application
        self._last: tuple[object, ...] = ()

    def record(self, at: int, solution: Solution) -> None:
        """Write down how users fare from *at* on, unless it is as before."""
        impact = (
            solution.arrivals,
            solution.failed,
            solution.errors,
            solution.by_class,
            solution.by_call,
        )
        if impact == self._last:
            return
        self._last = impact
        self._log.append(
            ImpactRecord(
                at=at,
                application=self._application,
                arrivals=solution.arrivals,
                failed=solution.failed,
                errors=solution.errors,
                by=solution.by_class,
                by_call=solution.by_call,
            )
        )
