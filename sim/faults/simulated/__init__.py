"""Families of faults in the simulated cluster: what only begins things there, laws do the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sim.backends.simulated import SimulatedBackend
from sim.faults.simulated.replaceothers import replace_others
from sim.faults.simulated.replacepod import replace_pod
from sim.faults.simulated.rollout import roll_out
from sim.faults.simulated.setpassword import set_password
from sim.faults.simulated.setsecret import set_secret


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
