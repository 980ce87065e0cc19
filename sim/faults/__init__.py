"""What a scenario does to its cluster: one file a family of faults, one folder a backend.

A scenario says in its timelines what happens when; here each entry is carried out when it is due.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import simpy

from sim.backends.base import Backend
from sim.backends.simulated import SimulatedBackend
from sim.faults import simulated
from sim.scenario import Scenario
from sim.scenario.timeline import KIND

__all__ = ["schedule"]


def schedule(scenario: Scenario, seed: int, backend: Backend) -> None:
    """Let every entry of the timeline happen at its time on *seed*, the past at once.

    The timeline is the one that *backend* plays, see `Scenario.on`.

    Raises:
        ValueError: if *backend* was built for another scenario or seed.
        BackendLostError: if its cluster cannot have what the timeline says.
    """
    plan = backend.plan
    if plan.scenario.digest != scenario.digest or plan.seed != seed:
        msg = f"the backend plays {plan.scenario.slug} on seed {plan.seed}"
        raise ValueError(msg)
    timeline = plan.scenario.timeline
    past = [one for one in timeline if plan.fault_at(one.id) < backend.env.now]
    past.sort(key=lambda one: plan.fault_at(one.id))
    due = [one for one in timeline if one not in past]
    if backend.name == KIND:
        _in_reality(past, due, backend)
    else:
        _in_the_model(past, due, cast(SimulatedBackend, backend))


def _in_the_model(past: list[Any], due: list[Any], backend: SimulatedBackend) -> None:
    for fault in past:
        simulated.FAMILIES[fault.fault](fault, backend)
    for fault in due:
        backend.env.spawn(_injecting(fault, backend))


def _injecting(fault: Any, backend: SimulatedBackend) -> Generator[simpy.Event, Any, None]:
    yield backend.env.at(backend.plan.fault_at(fault.id))
    simulated.FAMILIES[fault.fault](fault, backend)


def _in_reality(past: list[Any], due: list[Any], backend: Any) -> None:
    from sim.faults import real  # noqa: PLC0415 - what only a real cluster needs

    real.look_ahead([*past, *due], backend)
    backend.env.spawn(real.catching_up(past, backend))
    for fault in due:
        backend.env.spawn(real.injecting(fault, backend))
