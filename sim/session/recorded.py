"""A run on a real cluster that is over: its evidence, and a desk at which it can still be closed.

Nothing can play it again. It has the face of a run where debriefs look; there is no cluster behind it.
"""

from __future__ import annotations

from typing import Any

from sim.evidence import AlertRecord, EvidenceLog, Record, RunRecord
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario
from sim.session.desk import IncidentDesk
from sim.session.guard import Guard
from sim.session.inputs import BadInputError, Input
from sim.session.outside import Outside
from sim.session.run import Run

OVER = "the cluster of this run has been let go; closing the incident is all that is left"


class _NoTelemetry:
    """Of a cluster that is gone; its last figures are in the evidence."""

    metrics = ()

    def query(self, metric: str, **_asked: Any) -> list[Any]:
        """Return no line of any chart."""
        return []

    def alerts(self) -> list[Any]:
        """Return no alert."""
        return []

    def silence(self, alert: str, duration_ms: int) -> None:
        """Refuse."""
        raise KeyError(alert)

    def changes(self) -> list[Any]:
        """Return no change."""
        return []

    def summary(self) -> dict[str, Any]:
        """Return nothing that could be said at a glance."""
        return {}


class _Nobody:
    """Whoever would watch clients outside: there are none."""

    command = -1

    def __getattr__(self, name: str) -> Any:
        raise BadInputError(OVER)


class RecordedRun(Run):
    """A run that is told by its evidence."""

    def __init__(
        self, scenario: Scenario, seed: int, inputs: list[Input], log: EvidenceLog, now: int
    ) -> None:
        """Take *log* as it is; the clock stands at *now*, where the run ended."""
        record = next(log.of(RunRecord))
        self.scenario = scenario
        self.seed = seed
        self.engine = record.engine
        self.env = Environment()
        self.env.advance(now)
        self.guard = Guard(self.env)
        self.log = log
        self.epoch = Epoch.parse(record.epoch)
        self.inputs = list(inputs)
        self.paused = False
        self.point = ""
        self.roles = record.roles
        self.telemetry = _NoTelemetry()
        self.outside = Outside(self.env, _Nobody())
        self._given = -1
        paged = (one.at for one in log.of(AlertRecord) if one.state == "paged")
        self._paged_at = next(paged, None)
        self._name = record.backend
        self.desk = IncidentDesk(
            self.env,
            scenario,
            self.roles,
            self.telemetry,
            log,
            command=lambda: -1,
            given=lambda: self._given,
            epoch=self.epoch,
        )

    @property
    def backend(self) -> str:
        """What the cluster was."""
        return self._name

    def check(self, given: Input) -> None:
        """Raise BadInputError for anything but closing the incident."""
        if given.kind != "close":
            raise BadInputError(OVER)
        super().check(given)

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go."""

    def finish(self) -> EvidenceLog:
        """Return the evidence, whose last figures are taken to last."""
        return self.log

    def _act(self, given: Input) -> str:
        return self._at_desk(given.kind, given.payload, self.desk)


def recorded(
    scenario: Scenario, seed: int, inputs: list[Input], told: list[Record], now: int
) -> RecordedRun:
    """Return a run of which *told* is the evidence, up to *now*."""
    return RecordedRun(scenario, seed, inputs, EvidenceLog(told), now)
