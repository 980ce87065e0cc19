"""How many pods a PodDisruptionBudget lets go, counted at the moment of the question.

The status that a controller keeps may lag; an eviction must not. This file must not write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import controller_of
from sim.apimachinery.resources import by_kind
from sim.apimachinery.wire import Obj

if TYPE_CHECKING:
    from sim.apiserver.store import Store


class Budget(NamedTuple):
    """What a budget comes to now."""

    healthy: int
    desired: int
    expected: int

    @property
    def allowed(self) -> int:
        """Return how many of its pods may be evicted."""
        return max(0, self.healthy - self.desired) if self.expected else 0


def is_ready(pod: Obj) -> bool:
    """True when the pod's Ready condition is."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            return bool(condition.get("status") == "True")
    return False


def covered(pdb: Obj, pods: list[Obj]) -> list[Obj]:
    """Return the pods that *pdb* selects."""
    selector = match_label_selector((pdb.get("spec") or {}).get("selector"))
    return [pod for pod in pods if selector.matches(pod["metadata"].get("labels") or {})]


def count_budget(store: Store, pdb: Obj) -> Budget:
    """Return what *pdb* comes to with the pods that are stored."""
    namespace = pdb["metadata"]["namespace"]
    pods = covered(pdb, store.list("pods", namespace))
    living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    healthy = sum(map(is_ready, living))
    spec = pdb.get("spec") or {}
    if "maxUnavailable" in spec:
        expected = _expected(store, namespace, pods)
        return Budget(
            healthy, max(0, expected - _share(spec["maxUnavailable"], expected)), expected
        )
    least = spec.get("minAvailable", 1)
    if isinstance(least, int):
        return Budget(healthy, least, len(pods))
    expected = _expected(store, namespace, pods)
    return Budget(healthy, _share(least, expected), expected)


def _share(value: int | str, whole: int) -> int:
    """Return a count or percentage of *whole*, rounded up."""
    if isinstance(value, int):
        return value
    return -(-int(value.rstrip("%")) * whole // 100)


def _expected(store: Store, namespace: str, pods: list[Obj]) -> int:
    """Return how many pods the owners of *pods* want to have."""
    wanted: dict[str, int] = {}
    for pod in pods:
        owner = controller_of(pod)
        if owner is None:
            wanted[pod["metadata"]["uid"]] = 1
            continue
        try:
            resource = by_kind(owner["kind"]).plural
        except KeyError:
            resource = ""
        found = store.get(resource, namespace, owner["name"])
        above = controller_of(found) if found else None
        if found is None:
            continue
        if above is not None and above["kind"] == "Deployment":
            top = store.get("deployments", namespace, above["name"])
            found = top or found
        wanted[found["metadata"]["uid"]] = int((found.get("spec") or {}).get("replicas", 1))
    return sum(wanted.values())
