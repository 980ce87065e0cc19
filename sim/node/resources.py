"""Requests and limits as the kernel of a node sees them: bytes and oom_score_adj.

This file must not know what the numbers are for.
"""

from __future__ import annotations

from functools import lru_cache

from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj

CRITICAL = ("system-node-critical", "system-cluster-critical")


@lru_cache(maxsize=1024)
def parse_bytes(text: str) -> int:
    """Return the bytes of a quantity, e.g. `128Mi`."""
    return int(parse_quantity(text))


def memory_limit(container: Obj) -> int:
    """Return a container's memory limit in bytes, 0 if it has none."""
    limits = (container.get("resources") or {}).get("limits") or {}
    return parse_bytes(str(limits["memory"])) if "memory" in limits else 0


def memory_request(container: Obj) -> int:
    """Return a container's memory request in bytes; the limit stands in for a missing one."""
    resources = container.get("resources") or {}
    requests = resources.get("requests") or {}
    if "memory" in requests:
        return parse_bytes(str(requests["memory"]))
    return memory_limit(container)


def storage_request(container: Obj) -> int:
    """Return a container's request of ephemeral storage in bytes."""
    resources = container.get("resources") or {}
    asked = (resources.get("requests") or resources.get("limits") or {}).get("ephemeral-storage")
    return parse_bytes(str(asked)) if asked is not None else 0


def oom_score_adjust(pod: Obj, container: Obj, qos: str, node_memory: int) -> int:
    """Return oom_score_adj (kubelet qos/policy.go GetContainerOOMScoreAdjust)."""
    critical = pod["spec"].get("priorityClassName") in CRITICAL[:1]
    if critical or qos == "Guaranteed":
        return -997
    if qos == "BestEffort":
        return 1000
    share = 1000 - 1000 * memory_request(container) // node_memory
    return min(max(share, 3), 999)
