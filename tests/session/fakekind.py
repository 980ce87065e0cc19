"""A real cluster's part played by the simulator: other names, a wall that goes when it is told to."""

from dataclasses import replace

from sim.backends.simulated import SimulatedBackend
from sim.evidence import RunRecord
from sim.session.real import RealSession

OTHER = 1000
"""Added to the seed: the pods of this cluster have other names than those of the simulated night."""


class Wall:
    """A clock that goes on while somebody sleeps."""

    def __init__(self):
        self.ms = 7_000

    def __call__(self) -> int:
        return self.ms

    def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class _Log:
    """Says of the run's first record that it was real."""

    def __init__(self, log):
        self._log = log

    def append(self, record):
        if isinstance(record, RunRecord):
            record = replace(record, backend="kind", seed=record.seed % OTHER)
        self._log.append(record)

    def __getattr__(self, name):
        return getattr(self._log, name)


class FakeKind(SimulatedBackend):
    """Another seed's cluster, which says that it is real; its evening begins a minute before the trouble."""

    def __init__(self, scenario, seed, *, env, log, epoch, other=OTHER):
        super().__init__(scenario, seed + other, env=env, log=_Log(log), epoch=epoch)
        env.advance(self.plan.fault_at(scenario.hurts_from) - 60_000)
        self.plan.seed = seed
        self.closed = False

    def close(self):
        self.closed = True


class FakeGround:
    """Where it stands, and what became of it."""

    def __init__(self, factory=FakeKind):
        self._factory = factory
        self.left = 0
        self.notes = ["node-worker-1 is kind-worker here"]

    def factory(self, scenario, progress):
        progress("setting up")
        return self._factory

    def leave(self, progress):
        self.left += 1
        progress("taken back")


def begin(scenario, store, wall, ground, seed=0, **more):
    return RealSession.begin(
        scenario,
        seed,
        store,
        ground,
        holder=more.pop("holder", "h"),
        wall_ms=wall,
        sleep=wall.sleep,
        progress=more.pop("progress", lambda line: None),
        **more,
    )
