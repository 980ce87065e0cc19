"""Who has to go so that a more important pod fits, and from which node.

Thanks to this file high priority means a place. It writes nothing: totals and pods come in, a node
with its victims goes out (pkg/scheduler/framework/preemption, plugins/defaultpreemption). Only room
and ports are won by preempting; spread and affinity are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import Key, is_terminating, key_of, labels_of
from sim.apimachinery.wire import Obj
from sim.control.fitting import Task, refusal_of
from sim.control.ledger import Ledger, NodeInfo
from sim.control.pods import is_finished

Lookup = Callable[[str, str], Obj | None]
"""(namespace, name) -> the pod."""


class Candidate(NamedTuple):
    """A node on which the pod fits once *victims* are gone."""

    node: str
    victims: tuple[Obj, ...]
    violations: int
    """How many of them a disruption budget would have kept."""


def priority_of(pod: Obj) -> int:
    """Return spec.priority."""
    return int(pod["spec"].get("priority") or 0)


def choose_victims(
    task: Task, nodes: Sequence[Obj], ledger: Ledger, pod_of: Lookup, budgets: Sequence[Obj]
) -> Candidate | None:
    """Return the node where preempting hurts least, or None if it helps nowhere."""
    candidates = [
        found
        for node in nodes
        if (found := _victims_on(task, node, ledger, pod_of, budgets)) is not None
    ]
    return min(candidates, key=_harm) if candidates else None


def awaits_victims(pod: Obj, node: str, ledger: Ledger, pod_of: Lookup) -> bool:
    """True while less important pods are still leaving the *node* that *pod* is nominated to."""
    mine = priority_of(pod)
    on_node = (pod_of(*key) for key in ledger.of(node).pods)
    return any(
        one is not None and is_terminating(one) and priority_of(one) < mine for one in on_node
    )


def _victims_on(
    task: Task, node: Obj, ledger: Ledger, pod_of: Lookup, budgets: Sequence[Obj]
) -> Candidate | None:
    name = node["metadata"]["name"]
    info = ledger.of(name)
    mine = priority_of(task.pod)
    lesser: list[Obj] = []
    left = NodeInfo()
    for key, demand in info.pods.items():
        pod = pod_of(*key)
        if pod is not None and priority_of(pod) < mine:
            lesser.append(pod)
        else:
            left.add(key, demand)
    if not lesser or refusal_of(task, node, left) is not None:
        return None
    violating, others = _by_budget(sorted(lesser, key=_importance), budgets)
    victims: list[Obj] = []
    violations = 0
    # Each is given its place back while the pod still fits, the most important first.
    for kept_by_budget, group in ((True, violating), (False, others)):
        for one in group:
            key = key_of(one)
            left.add(key, info.pods[key])
            if refusal_of(task, node, left) is not None:
                left.remove(key)
                victims.append(one)
                violations += kept_by_budget
    return Candidate(name, tuple(victims), violations)


def _importance(pod: Obj) -> tuple[int, str]:
    """Order the most important pods first: by priority, then those that have run longest."""
    return (-priority_of(pod), _started(pod))


def _started(pod: Obj) -> str:
    status = pod.get("status") or {}
    return str(status.get("startTime") or pod["metadata"].get("creationTimestamp", ""))


def _by_budget(pods: Sequence[Obj], budgets: Sequence[Obj]) -> tuple[list[Obj], list[Obj]]:
    """Return (pods that a budget would keep, the others), each in the order given."""
    left = [(one, int((one.get("status") or {}).get("disruptionsAllowed", 0))) for one in budgets]
    violating: list[Obj] = []
    others: list[Obj] = []
    for pod in pods:
        breaks = False
        for place, (budget, allowed) in enumerate(left):
            if not _covers(budget, pod):
                continue
            disrupted = (budget.get("status") or {}).get("disruptedPods") or {}
            if pod["metadata"]["name"] in disrupted:
                continue
            left[place] = (budget, allowed - 1)
            breaks = breaks or allowed <= 0
        (violating if breaks else others).append(pod)
    return violating, others


def _covers(budget: Obj, pod: Obj) -> bool:
    if budget["metadata"]["namespace"] != pod["metadata"]["namespace"] or not labels_of(pod):
        return False
    selector = (budget.get("spec") or {}).get("selector")
    return bool(selector) and match_label_selector(selector).matches(labels_of(pod))


def _harm(candidate: Candidate) -> tuple[int, int, int, int, tuple[int, ...]]:
    """Order candidates: fewest violations, least important victims, fewest, youngest."""
    priorities = [priority_of(one) for one in candidate.victims]
    highest = max(priorities, default=0)
    oldest = min(
        (_started(one) for one in candidate.victims if priority_of(one) == highest), default=""
    )
    # The latest start is best; text of equal form sorts as time does.
    youngest_first = tuple(-ord(letter) for letter in oldest)
    return (candidate.violations, highest, sum(priorities), len(priorities), youngest_first)


class Nominations:
    """Pods that wait for their victims to leave, with the room that is kept for them."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[Key, Task]] = {}

    def put(self, node: str, task: Task) -> None:
        """Keep room on *node* for the pod of *task*."""
        key = key_of(task.pod)
        self.drop(key)
        self._by_node.setdefault(node, {})[key] = task

    def drop(self, key: Key) -> None:
        """Keep no room for *key* any more."""
        for node, held in list(self._by_node.items()):
            if held.pop(key, None) is not None and not held:
                del self._by_node[node]

    def with_kept(self, task: Task, node: str, info: NodeInfo) -> NodeInfo:
        """Return the totals of *node* as the pod of *task* sees them: with what is kept for others."""
        held = self._by_node.get(node)
        if not held:
            return info
        mine, own = priority_of(task.pod), key_of(task.pod)
        kept: Mapping[Key, Task] = {
            key: one
            for key, one in held.items()
            if key != own and key not in info.pods and priority_of(one.pod) >= mine
        }
        if not kept:
            return info
        seen = NodeInfo()
        for key, demand in info.pods.items():
            seen.add(key, demand)
        for key, one in kept.items():
            seen.add(key, one.demand)
        return seen


def may_go(pod: Obj) -> bool:
    """True for a victim that is not on its way out already."""
    return not is_terminating(pod) and not is_finished(pod)
