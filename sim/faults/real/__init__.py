"""Families of faults on a real cluster: what is injected there is noted first, and taken back.

Each is a process in the environment's time, which follows the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from sim.faults.real import breakdns, denynetwork, starveproxy
from sim.faults.real.breakdns import break_dns
from sim.faults.real.breakprobe import break_probe
from sim.faults.real.denynetwork import deny_network
from sim.faults.real.filldisk import fill_disk
from sim.faults.real.hand import Hand, InjectionError, RealBackend, Steps
from sim.faults.real.replacepod import replace_pod
from sim.faults.real.rollout import roll_out
from sim.faults.real.setpassword import set_password
from sim.faults.real.setsecret import set_secret
from sim.faults.real.starveproxy import starve_proxy

__all__ = ["FAMILIES", "InjectionError", "catching_up", "injecting", "look_ahead"]


class Family(Protocol):
    """Carries one entry of a timeline out, from the instant at which its process begins."""

    def __call__(self, fault: Any, backend: RealBackend, hand: Hand) -> Steps:
        """Inject *fault* into *backend*'s cluster by *hand*."""


FAMILIES: Mapping[str, Family] = {
    "break-dns": break_dns,
    "break-probe": break_probe,
    "deny-network": deny_network,
    "fill-disk": fill_disk,
    "replace-pod": replace_pod,
    "rollout": roll_out,
    "set-password": set_password,
    "set-secret": set_secret,
    "starve-proxy": starve_proxy,
}
"""Families by the name that a timeline uses."""


PREFLIGHTS: Mapping[str, Callable[[Hand], str]] = {
    "break-dns": breakdns.preflight,
    "deny-network": denynetwork.preflight,
    "starve-proxy": starveproxy.preflight,
}
"""Those of them that not every cluster can have."""


def look_ahead(timeline: Iterable[Any], backend: RealBackend) -> None:
    """See that what is to happen can happen, before anybody waits for it; nothing is changed.

    Raises:
        InjectionError: naming the first entry that this cluster cannot have.
    """
    for fault in timeline:
        if fault.fault in PREFLIGHTS:
            hand = Hand(f"{fault.fault} ({fault.id})", backend)
            why = PREFLIGHTS[fault.fault](hand)
            if why:
                raise hand.failed(why)


def injecting(fault: Any, backend: RealBackend) -> Steps:
    """Carry *fault* out when it is due."""
    yield backend.env.at(backend.plan.fault_at(fault.id))
    yield from inject(fault, backend)


def catching_up(past: list[Any], backend: RealBackend) -> Steps:
    """Carry out what was due before the run began, in its order."""
    for fault in past:
        yield from inject(fault, backend)


def inject(fault: Any, backend: RealBackend) -> Steps:
    """Carry *fault* out now."""
    yield from FAMILIES[fault.fault](fault, backend, Hand(f"{fault.fault} ({fault.id})", backend))
