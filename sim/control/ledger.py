"""What the pods on each node have asked for, kept as running totals.

Thanks to this file scheduling one pod adds up nothing. It must not know what fits, only what is
taken and what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from sim.apimachinery.meta import Key
from sim.apimachinery.quantity import millis, units
from sim.apimachinery.wire import Obj
from sim.control import pods
from sim.reconcile import Change, Informer

DEFAULT_CPU = 100
"""Millicores that scoring assumes of a container that asks for none (schedutil)."""
DEFAULT_MEMORY = 200 * 1024 * 1024
"""Bytes that scoring assumes of a container that asks for none."""
DEFAULT_MAX_PODS = 110
"""Pods a node takes when its status does not say (kubelet maxPods)."""


class Demand(NamedTuple):
    """What one pod takes from a node."""

    amounts: Mapping[str, int]
    """By resource: cpu in millicores, others in units, e.g. `{"cpu": 250, "memory": 134217728}`."""
    score_cpu: int
    """Millicores with the default for containers that ask for none."""
    score_memory: int
    """Bytes, likewise."""
    ports: tuple[tuple[str, int], ...]
    """Host ports, e.g. `(("TCP", 10249),)`."""


@lru_cache(maxsize=4096)
def amount_of(resource: str, text: str) -> int:
    """Return a quantity in the unit that demands are added up in."""
    return millis(text) if resource == "cpu" else units(text)


def demand_of(pod: Obj) -> Demand:
    """Return what *pod* asks for: its containers together, or its largest init container."""
    spec = pod["spec"]
    amounts: Counter[str] = Counter()
    score_cpu = score_memory = 0
    ports: list[tuple[str, int]] = []
    for container in spec.get("containers") or ():
        requests = _requests(container)
        amounts.update(requests)
        score_cpu += requests.get("cpu", DEFAULT_CPU)
        score_memory += requests.get("memory", DEFAULT_MEMORY)
        ports += _host_ports(container)
    for container in spec.get("initContainers") or ():
        requests = _requests(container)
        if container.get("restartPolicy") == "Always":
            amounts.update(requests)
        for resource, amount in requests.items():
            amounts[resource] = max(amounts[resource], amount)
        score_cpu = max(score_cpu, requests.get("cpu", 0))
        score_memory = max(score_memory, requests.get("memory", 0))
    for resource, text in (spec.get("overhead") or {}).items():
        amounts[resource] += amount_of(resource, text)
    return Demand(dict(amounts), score_cpu, score_memory, tuple(ports))


def _requests(container: Obj) -> dict[str, int]:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {resource: amount_of(resource, str(text)) for resource, text in requests.items()}


def _host_ports(container: Obj) -> list[tuple[str, int]]:
    return [
        (port.get("protocol", "TCP"), int(port["hostPort"]))
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]


class NodeInfo:
    """One node's totals."""

    __slots__ = ("pods", "ports", "score_cpu", "score_memory", "taken")

    def __init__(self) -> None:
        self.pods: dict[Key, Demand] = {}
        self.taken: Counter[str] = Counter()
        self.ports: Counter[tuple[str, int]] = Counter()
        self.score_cpu = 0
        self.score_memory = 0

    def add(self, key: Key, demand: Demand) -> None:
        """Count a pod in."""
        self.pods[key] = demand
        self._count(demand, 1)

    def remove(self, key: Key) -> None:
        """Count a pod out if it was in."""
        demand = self.pods.pop(key, None)
        if demand is not None:
            self._count(demand, -1)

    def _count(self, demand: Demand, sign: int) -> None:
        for resource, amount in demand.amounts.items():
            self.taken[resource] += sign * amount
        for port in demand.ports:
            self.ports[port] += sign
        self.score_cpu += sign * demand.score_cpu
        self.score_memory += sign * demand.score_memory


class Ledger:
    """The totals of every node, following the pods."""

    def __init__(self, pod_informer: Informer) -> None:
        self._infos: dict[str, NodeInfo] = {}
        self._load(pod_informer.objects.items())
        pod_informer.on_change(self._pod_changed)

    def of(self, node: str) -> NodeInfo:
        """Return the totals of *node*."""
        info = self._infos.get(node)
        if info is None:
            info = self._infos[node] = NodeInfo()
        return info

    def _load(self, listed: Iterable[tuple[Key, Obj]]) -> None:
        for key, pod in listed:
            node = _holds(pod)
            if node:
                self.of(node).add(key, demand_of(pod))

    def _pod_changed(self, change: Change) -> None:
        before = _holds(change.old) if change.old is not None else ""
        after = _holds(change.new) if change.type != "DELETED" else ""
        if before == after:
            return
        if before:
            self.of(before).remove(change.key)
        if after:
            self.of(after).add(change.key, demand_of(change.new))


def _holds(pod: Obj) -> str:
    """Return the node on which the pod takes something; "" when unbound or finished."""
    return "" if pods.is_finished(pod) else str(pod["spec"].get("nodeName", ""))


def allocatable(node: Obj, resource: str) -> int:
    """Return how much of *resource* the pods of *node* may have."""
    status = node.get("status") or {}
    amounts = status.get("allocatable") or status.get("capacity") or {}
    text = amounts.get(resource)
    if text is None:
        return DEFAULT_MAX_PODS if resource == "pods" else 0
    return amount_of(resource, str(text))
