"""The scheduler: each unbound pod gets a node, or a reason why there is none.

Thanks to this file pods land where filters and scores put them, in the order in which they came, and
waiting ones are tried again when something changes. It must not know kubelets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sim.apimachinery.meta import Key, controller_of, is_terminating, key_of, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.affinity import company_of, refuses_company
from sim.control.conditions import set_pod_condition
from sim.control.fitting import (
    Refusal,
    Task,
    explain,
    named_node,
    nowhere,
    refusal_of,
    score_nodes,
)
from sim.control.ledger import Ledger, demand_of
from sim.control.placement import taints_of
from sim.control.preemptor import Preemptor
from sim.control.spreading import PodIndexes, spreads_of
from sim.control.volumebinding import VolumeBinding, claim_names
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

PROFILE = "default-scheduler"
INITIAL_BACKOFF_MS = 1000
MAX_BACKOFF_MS = 10_000
"""podInitialBackoffSeconds and podMaxBackoffSeconds of kube-scheduler's configuration."""
FLUSH_MS = 300_000
"""A pod is tried again after this time even if nothing has changed (flushUnschedulablePods)."""
ENOUGH_NODES = 100
"""Up to this many nodes all are looked at (minFeasibleNodesToFind)."""


@dataclass(slots=True)
class _Waiting:
    """A pod that did not fit."""

    attempts: int
    at: int
    """When it was last tried, in ms."""


class Scheduler(Controller):
    """Binds pods to nodes, one after the other."""

    name: ClassVar[str] = PROFILE
    latency_ms = (5, 50)

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        nodes: Informer,
        pod_informer: Informer,
        replicasets: Informer,
        pods_by_owner: Index,
        pod_indexes: PodIndexes,
        claims: Informer,
        volumes: Informer,
        classes: Informer,
        budgets: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._nodes = nodes
        self._pods = pod_informer
        self._replicasets = replicasets
        self._pods_by_owner = pods_by_owner
        self._indexes = pod_indexes
        self._guards = pod_informer.index(refuses_company)
        self._ledger = Ledger(pod_informer)
        self._preemptor = Preemptor(
            api, self.event, pods=pod_informer, budgets=budgets, ledger=self._ledger
        )
        self._waiting: dict[Key, _Waiting] = {}
        self._last_due = 0
        self._next_start = 0
        self._ordered: dict[str, Obj] | None = None
        self._volumes = VolumeBinding(
            api,
            claims=claims,
            volumes=volumes,
            classes=classes,
            waiting=self._waiting_for_volumes,
            retry=self.enqueue,
        )
        nodes.on_change(self._node_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Queue the pods that have no node."""
        for key, pod in self._pods.objects.items():
            if _is_mine(pod):
                self.enqueue(key)

    def enqueue(self, key: Key) -> None:
        """Queue a pod behind those that came before it."""
        if key in self.queue and key not in self._waiting:
            return
        self._rounds[key] += 1
        drawn = self._latency.at(key, self._rounds[key]).integer(*self.latency_ms)
        self._last_due = max(self.now + drawn, self._last_due)
        self.queue.add(key, self._last_due - self.now)

    # -- what makes pods be tried ----------------------------------------------------------------

    def _pod_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self._waiting.pop(change.key, None)
            self._preemptor.forget(change.key)
            self.queue.forget(change.key)
            if change.new["spec"].get("nodeName"):
                self._retry_waiting()
        elif change.type == "ADDED":
            if _is_mine(change.new):
                self.enqueue(change.key)
        elif change.old is not None:
            self._pod_modified(change, change.old)

    def _pod_modified(self, change: Change, old: Obj) -> None:
        new = change.new
        if new["spec"].get("nodeName"):
            self._waiting.pop(change.key, None)
            if not old["spec"].get("nodeName"):
                self._preemptor.forget(change.key)
            if pods.is_finished(new) and not pods.is_finished(old):
                self._retry_waiting()
        elif _is_mine(new):
            asks_same = new["spec"] == old["spec"] and labels_of(new) == labels_of(old)
            if not asks_same:
                self.enqueue(change.key)

    def _node_changed(self, change: Change) -> None:
        self._ordered = None
        if change.type == "DELETED":
            return
        old = change.old
        if change.type == "ADDED" or old is None or _offer(change.new) != _offer(old):
            self._retry_waiting()

    def _retry_waiting(self) -> None:
        """Try the pods that did not fit again, each after its back-off."""
        for key, waiting in self._waiting.items():
            backoff = min(INITIAL_BACKOFF_MS << min(waiting.attempts - 1, 4), MAX_BACKOFF_MS)
            rest = waiting.at + backoff - self.now
            if rest > 0:
                self.queue.add(key, rest)
            else:
                self.enqueue(key)

    def _nodes_in_order(self) -> dict[str, Obj]:
        if self._ordered is None:
            self._ordered = {key.name: node for key, node in sorted(self._nodes.objects.items())}
        return self._ordered

    # -- one attempt -----------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Bind the pod *key* to the best node, or say why there is none."""
        pod = self._pods.get(*key)
        if pod is None or not _is_mine(pod):
            self._waiting.pop(key, None)
            return
        if pod["spec"].get("schedulingGates"):
            text = "Scheduling is blocked due to non-empty scheduling gates"
            self._set_scheduled(key, "False", "SchedulingGated", text)
            return
        nodes = self._nodes_in_order()
        wanted = claim_names(pod)
        problem = self._volumes.problem(pod, wanted) if wanted else ""
        if problem:
            self._refuse(pod, nowhere(problem, len(nodes)))
            return
        task = self._task(pod, nodes)
        feasible, refusals, skipped = self._filter(task, nodes, wanted)
        if feasible:
            node = self._best(task, feasible)
            if wanted and not self._volumes.settle(pod, wanted, nodes[node]):
                # It is tried again, on the node chosen now, when its volumes are there.
                self._waiting.setdefault(key, _Waiting(1, self.now))
                return
            self._waiting.pop(key, None)
            self._bind(pod, node)
            return
        outcome = self._preemptor.make_room(task, nodes, refusals)
        text = explain(list(refusals.values()), len(nodes), skipped, preemption=outcome)
        self._refuse(pod, text)

    def _refuse(self, pod: Obj, text: str) -> None:
        """Say why the pod fits nowhere, and let it wait for a change."""
        key = key_of(pod)
        waiting = self._waiting.setdefault(key, _Waiting(0, 0))
        waiting.attempts += 1
        waiting.at = self.now
        self._set_scheduled(key, "False", "Unschedulable", text)
        self.event(pod, "Warning", "FailedScheduling", text)
        self.queue.add(key, FLUSH_MS)

    def _waiting_for_volumes(self) -> Sequence[Obj]:
        return [pod for key in self._waiting if (pod := self._pods.objects.get(key)) is not None]

    def _task(self, pod: Obj, nodes: dict[str, Obj]) -> Task:
        owner = controller_of(pod)
        siblings: Counter[str] = Counter()
        owner_selector: Obj | None = None
        if owner is not None and owner["kind"] == "ReplicaSet":
            siblings.update(
                one["spec"].get("nodeName", "")
                for one in self._pods_by_owner.get(owner["uid"])
                if pods.is_active(one)
            )
            above = self._replicasets.get(pod["metadata"]["namespace"], owner["name"])
            owner_selector = above["spec"].get("selector") if above is not None else None
        return Task(
            pod,
            demand_of(pod),
            spreads_of(pod, nodes, self._indexes, owner_selector),
            company_of(pod, nodes, self._indexes, self._guards.get("")),
            siblings,
        )

    def _filter(
        self, task: Task, nodes: dict[str, Obj], claims: Sequence[str]
    ) -> tuple[list[Obj], dict[str, Refusal], int]:
        """Return the nodes that will do, why others will not, and how many were not asked."""
        only = named_node(task.pod["spec"]) or self._preemptor.cleared_for(task, nodes)
        if only is not None:
            nodes_to_ask = [nodes[only]] if only in nodes else []
            enough = 1
        else:
            nodes_to_ask = list(nodes.values())
            enough = _enough(len(nodes_to_ask))
            if enough < len(nodes_to_ask):
                start = self._next_start % len(nodes_to_ask)
                nodes_to_ask = nodes_to_ask[start:] + nodes_to_ask[:start]
        feasible: list[Obj] = []
        refusals: dict[str, Refusal] = {}
        for node in nodes_to_ask:
            name = node["metadata"]["name"]
            refusal = refusal_of(task, node, self._preemptor.totals(task, name))
            if claims and refusal is None:
                reason = self._volumes.reason_against(task.pod, claims, node)
                refusal = Refusal((reason,), is_final=True) if reason else None
            if refusal is not None:
                refusals[name] = refusal
                continue
            feasible.append(node)
            if len(feasible) >= enough:
                break
        if only is None:
            self._next_start += len(feasible) + len(refusals)
        return feasible, refusals, len(nodes) - len(nodes_to_ask)

    def _best(self, task: Task, feasible: list[Obj]) -> str:
        if len(feasible) == 1:
            return str(feasible[0]["metadata"]["name"])
        scores = score_nodes(task, feasible, self._ledger)
        highest = max(scores)
        best = [
            str(node["metadata"]["name"])
            for node, score in zip(feasible, scores, strict=True)
            if score == highest
        ]
        # kube-scheduler draws among equals too.
        return self.stream.at("tie", key_of(task.pod)).choice(best)

    def _bind(self, pod: Obj, node: str) -> None:
        now = self.timestamp()

        def bind(old: Obj) -> Obj:
            status = old.get("status") or {}
            listed = set_pod_condition(status.get("conditions") or [], "PodScheduled", "True", now)
            spec = {**old["spec"], "nodeName": node}
            return {**old, "spec": spec, "status": {**status, "conditions": listed}}

        key = key_of(pod)
        if self.api.modify("pods", *key, bind, owned=False) is not None:
            text = f"Successfully assigned {key.namespace}/{key.name} to {node}"
            self.event(pod, "Normal", "Scheduled", text)

    def _set_scheduled(self, key: Key, status: str, reason: str, text: str) -> None:
        now = self.timestamp()

        def change(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = set_pod_condition(
                held.get("conditions") or [],
                "PodScheduled",
                status,
                now,
                reason=reason,
                message=text,
            )
            return {**old, "status": {**held, "conditions": listed}}

        self.api.modify("pods", *key, change, status=True)


def _is_mine(pod: Obj) -> bool:
    spec = pod["spec"]
    return (
        not spec.get("nodeName")
        and spec.get("schedulerName", PROFILE) == PROFILE
        and not is_terminating(pod)
        and not pods.is_finished(pod)
    )


def _offer(node: Obj) -> tuple[object, ...]:
    """Return what of a node decides whether a pod fits."""
    return (
        labels_of(node),
        list(taints_of(node)),
        bool((node.get("spec") or {}).get("unschedulable")),
        (node.get("status") or {}).get("allocatable"),
    )


def _enough(nodes: int) -> int:
    """Return how many feasible nodes are enough to choose from (numFeasibleNodesToFind)."""
    if nodes <= ENOUGH_NODES:
        return nodes
    percentage = max(5, 50 - nodes // 125)
    return max(ENOUGH_NODES, nodes * percentage // 100)
