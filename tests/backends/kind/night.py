"""A run on a real cluster, let go on with the wall's time, with somebody at its terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from sim.backends.kind.backend import KindBackend, on_cluster
from sim.evidence import OutputRecord
from sim.scenario.loader import load_scenario
from sim.session import run as runs
from sim.session.inputs import Input
from sim.session.run import Run

STEP_S = 0.05
PATIENCE_S = 60.0


class RealNight:
    """One evening of a scenario, without its fault."""

    def __init__(self, context: str) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(runs, "schedule", lambda *_: None)
            scenario = load_scenario("scenarios/payments-0247")
            self.run = Run(scenario, 0, backend=on_cluster(context, "tests"))
        backend = self.run._backend
        assert isinstance(backend, KindBackend)
        self.backend = backend

    @property
    def now(self) -> int:
        """What the clock of the run should show."""
        return time.time_ns() // 1_000_000 - self.backend.epoch.unix_ms

    def live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.run.advance(self.now)
            time.sleep(STEP_S)

    def enter(self, line: str) -> None:
        self._input("command", line=line)

    def interrupt(self) -> None:
        self._input("interrupt")

    def type(self, line: str, *more: str, pause: float = 1.0) -> str:
        """Enter lines, the later ones into what runs; return what came on the screen until the end."""
        begun = len(self.run.log)
        self.enter(line)
        for one in more:
            self.live(pause)
            self.enter(one)
        end = time.monotonic() + PATIENCE_S
        while self.run.workstation.busy("t1"):
            assert time.monotonic() < end, f"it does not end: {self.screen(begun)}"
            self.live(STEP_S)
        return self.screen(begun)

    def screen(self, begun: int) -> str:
        records: Sequence[object] = list(self.run.log)[begun:]
        return "".join(one.text for one in records if isinstance(one, OutputRecord))

    def close(self) -> None:
        self.run.close()

    def _input(self, kind: str, **payload: str) -> None:
        self.run.apply(Input(at=self.now, kind=kind, payload={**payload, "terminal": "t1"}))
