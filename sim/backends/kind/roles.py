"""Figures of a real cluster that roles may speak of, read from it once its world stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sim.client.rest import RestClient
from sim.scenario.real import proxy_limit

if TYPE_CHECKING:
    from sim.backends.kind.backend import KindBackend

_RULES = "iptables -t nat -L KUBE-SERVICES -n | wc -l"
LOOKS = 30
"""How often nodes are asked until all of them have the same rules."""
LOOK_S = 2.0


def measures(backend: KindBackend) -> dict[str, str]:
    """Return the figures of the world as it was built."""
    rest = RestClient(backend.world)
    return {
        "services": str(len(rest.items("/api/v1/services"))),
        "rules-complete": _rules(backend),
        "proxy-limit": proxy_limit(backend.scenario),
        "control-plane": backend.plan.nodes[0].name,
    }


def _rules(backend: KindBackend) -> str:
    """Return how many rules a node has when its kube-proxy has caught up.

    Those of Services that are just gone, or just made, are on some nodes only; the same figure on all
    nodes twice is what they settle on.
    """
    before: list[str] = []
    for look in range(LOOKS):
        if look:
            time.sleep(LOOK_S)
        found = [
            backend.cluster.tools.docker("exec", node.name, "sh", "-c", _RULES).out.strip()
            for node in backend.plan.nodes
        ]
        if found == before and len(set(found)) == 1:
            break
        before = found
    return found[0]
