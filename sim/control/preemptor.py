"""Makes room for important pods: evicts the victims, and keeps the room until the pod has come.

Thanks to this file the scheduler need not know why a node gets free. It must not know how pods are
filtered and scored (pkg/scheduler/framework/preemption).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.apimachinery.meta import Key, key_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.conditions import set_pod_condition
from sim.control.fitting import Refusal, Task, refusal_of
from sim.control.ledger import Ledger, NodeInfo
from sim.control.preemption import (
    Candidate,
    Nominations,
    awaits_victims,
    choose_victims,
    may_go,
    priority_of,
)
from sim.reconcile import Informer

NOT_BY_POLICY = "not eligible due to preemptionPolicy=Never."
VICTIMS_LEAVING = "not eligible due to a terminating pod on the nominated node."
SCHEDULER = "default-scheduler"

Tell = Callable[[Obj, str, str, str], None]
"""Records an EventObject: about what, type, reason, message."""


class Preemptor:
    """Preempts for the scheduler."""

    def __init__(
        self, api: ApiServer, tell: Tell, *, pods: Informer, budgets: Informer, ledger: Ledger
    ) -> None:
        self._api = api
        self._tell = tell
        self._pods = pods
        self._budgets = budgets
        self._ledger = ledger
        self._priorities = pods.index(_by_priority)
        self._nominations = Nominations()

    def forget(self, key: Key) -> None:
        """Keep no room any more for a pod that has come or gone."""
        self._nominations.drop(key)

    def totals(self, task: Task, node: str) -> NodeInfo:
        """Return what is taken of *node*, with what is kept for pods no less important."""
        return self._nominations.with_kept(task, node, self._ledger.of(node))

    def cleared_for(self, task: Task, nodes: Mapping[str, Obj]) -> str | None:
        """Return the node that was cleared for the pod, if it fits there now."""
        name = _nominated(task.pod)
        if name not in nodes or refusal_of(task, nodes[name], self.totals(task, name)) is not None:
            return None
        return name

    def make_room(
        self, task: Task, nodes: Mapping[str, Obj], refusals: Mapping[str, Refusal]
    ) -> str | None:
        """Evict less important pods if that helps; *refusals* says why each node will not do.

        Return what it came to, for the message of FailedScheduling: "" if a node is being cleared,
        None if preempting helps nowhere.
        """
        key = key_of(task.pod)
        if task.pod["spec"].get("preemptionPolicy") == "Never":
            return NOT_BY_POLICY
        nominated = _nominated(task.pod)
        refusal = refusals.get(nominated)
        hopeful = refusal is not None and not refusal.is_final
        if hopeful and awaits_victims(task.pod, nominated, self._ledger, self._pods.get):
            return VICTIMS_LEAVING
        mine = priority_of(task.pod)
        if any(int(value) < mine for value in self._priorities.values()):
            worth_it = [nodes[name] for name, one in refusals.items() if not one.is_final]
            budgets = list(self._budgets.objects.values())
            found = choose_victims(task, worth_it, self._ledger, self._pods.get, budgets)
            if found is not None:
                self._preempt(task, found)
                return ""
        if nominated:
            self._nominations.drop(key)
            self._nominate(key, "")
        return None

    def _preempt(self, task: Task, found: Candidate) -> None:
        uid = task.pod["metadata"]["uid"]
        now = self._api.registry.timestamp()

        def mark(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = set_pod_condition(
                held.get("conditions") or [],
                "DisruptionTarget",
                "True",
                now,
                reason="PreemptionByScheduler",
                message=f"{SCHEDULER}: preempting to accommodate a higher priority pod",
            )
            return {**old, "status": {**held, "conditions": listed}}

        self._nominations.put(found.node, task)
        self._nominate(key_of(task.pod), found.node)
        for victim in filter(may_go, found.victims):
            key = key_of(victim)
            self._tell(
                victim, "Normal", "Preempted", f"Preempted by pod {uid} on node {found.node}"
            )
            self._api.modify("pods", *key, mark, status=True)
            self._api.delete("pods", *key)

    def _nominate(self, key: Key, node: str) -> None:
        def change(old: Obj) -> Obj:
            status = {**(old.get("status") or {})}
            status.pop("nominatedNodeName", None)
            return {**old, "status": {**status, **({"nominatedNodeName": node} if node else {})}}

        self._api.modify("pods", *key, change, status=True)


def _nominated(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("nominatedNodeName") or "")


def _by_priority(pod: Obj) -> tuple[str, ...]:
    """Index pods that hold a node by priority, to know whether any is less important."""
    return (str(priority_of(pod)),) if pod["spec"].get("nodeName") else ()
