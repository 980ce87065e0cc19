"""What a scenario does to its cluster: one file a family of faults, entered in one table."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Protocol

import simpy

from sim.backends.simulated import SimulatedBackend
from sim.faults.replaceothers import replace_others
from sim.faults.replacepod import replace_pod
from sim.faults.rollout import roll_out
from sim.faults.setpassword import set_password
from sim.faults.setsecret import set_secret
from sim.scenario import Scenario

__all__ = ["FAMILIES", "schedule"]


class Family(Protocol):
    """Carries one entry of a timeline out, at the instant at which it is called."""

    def __call__(self, fault: Any, backend: SimulatedBackend) -> None:
        """Inject *fault* into *backend*'s cluster."""


FAMILIES: Mapping[str, Family] = {
    "replace-others": replace_others,
    "replace-pod": replace_pod,
    "rollout": roll_out,
    "set-password": set_password,
    "set-secret": set_secret,
}
"""Families by the name that a timeline uses."""


def schedule(scenario: Scenario, seed: int, backend: SimulatedBackend) -> None:
    """Let every entry of the scenario's timeline happen at its time on *seed*, the past at once.

    Raises:
        ValueError: if *backend* was built for another scenario or seed.
    """
    plan = backend.plan
    if plan.scenario.digest != scenario.digest or plan.seed != seed:
        msg = f"the backend plays {plan.scenario.slug} on seed {plan.seed}"
        raise ValueError(msg)
    past = [one for one in scenario.timeline if plan.fault_at(one.id) < backend.env.now]
    for fault in sorted(past, key=lambda one: plan.fault_at(one.id)):
        FAMILIES[fault.fault](fault, backend)
    for fault in scenario.timeline:
        if fault not in past:
            backend.env.spawn(_injecting(fault, backend))


def _injecting(fault: Any, backend: SimulatedBackend) -> Generator[simpy.Event, Any, None]:
    yield backend.env.at(backend.plan.fault_at(fault.id))
    FAMILIES[fault.fault](fault, backend)
