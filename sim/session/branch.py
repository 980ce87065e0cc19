"""Counterfactual replays of one run that share everything before its page.

A replay needs the world as it stood when the page came. Where the process has a single thread, that
world is made once and each replay continues a copy of it (`fork`); elsewhere each is made anew. The
result is the same to the last digit, because a run is a pure function of its inputs.
"""

from __future__ import annotations

import os
import sys
import threading

from sim.evidence import EvidenceLog, ImpactRecord
from sim.scenario import Scenario
from sim.session.inputs import Input
from sim.session.run import Run, continued, replay


class Branches:
    """Replays one run with some of its inputs left out; answers with users' impact only."""

    def __init__(
        self, scenario: Scenario, seed: int, inputs: list[Input], *, epoch: str = ""
    ) -> None:
        """Get ready to replay *inputs*; nothing is built before it is needed."""
        self._scenario = scenario
        self._seed = seed
        self._inputs = inputs
        self._epoch = epoch
        self._root: Run | None = None

    def __call__(self, without: frozenset[int]) -> EvidenceLog:
        """Return the impact records of the run up to its horizon, without those inputs."""
        if sys.platform != "linux" or threading.active_count() > 1:
            log = replay(
                self._scenario, self._seed, self._inputs, without=without, epoch=self._epoch
            )
            return _impact(log)
        if self._root is None:
            self._root = Run(self._scenario, self._seed, epoch=self._epoch)
            self._root.start()
        return self._forked(self._root, without)

    def _forked(self, root: Run, without: frozenset[int]) -> EvidenceLog:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.close(reading)
                text = _impact(continued(root, self._inputs, without=without)).dumps()
                with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                    pipe.write(text)
                code = 0
            finally:
                # The copy must not run the parent's exit handlers.
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            text = pipe.read()
        _, status = os.waitpid(child, 0)
        if status != 0:
            msg = f"a replay without inputs {sorted(without)} ended with status {status}"
            raise RuntimeError(msg)
        return EvidenceLog.loads(text)


def _impact(log: EvidenceLog) -> EvidenceLog:
    return EvidenceLog(log.of(ImpactRecord))
