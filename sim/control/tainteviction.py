"""Pods leave a node whose NoExecute taint they do not, or no longer, tolerate.

Thanks to this file a lost node's pods are replaced after their 300 s of patience. It must not know
why a node is tainted (pkg/controller/tainteviction).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.conditions import set_pod_condition
from sim.control.placement import taints_of, tolerates
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer


class TaintEvictionController(Controller):
    """Deletes the pods that may not stay. A key is a pod on a node with NoExecute taints."""

    name: ClassVar[str] = "taint-eviction-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        nodes: Informer,
        pod_informer: Informer,
        pods_by_node: Index,
    ) -> None:
        super().__init__(env, api, stream)
        self._nodes = nodes
        self._pods = pod_informer
        self._by_node = pods_by_node
        self._doomed: dict[Key, int] = {}
        nodes.on_change(self._node_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Start the clocks of pods on nodes that are tainted from the beginning."""
        for node in self._nodes.objects.values():
            if _evicting(node):
                self._look_at(node)

    def _node_changed(self, change: Change) -> None:
        before = _evicting(change.old) if change.old is not None else []
        if change.type == "DELETED" or _evicting(change.new) == before:
            return
        self._look_at(change.new)

    def _look_at(self, node: Obj) -> None:
        for key in self._by_node.keys(node["metadata"]["name"]):
            self.enqueue(key)

    def _pod_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self._doomed.pop(change.key, None)
            self.queue.forget(change.key)
            return
        node = change.new["spec"].get("nodeName", "")
        was_there = change.old is not None and change.old["spec"].get("nodeName", "") == node
        if node and not was_there and self._taints_on(node):
            self.enqueue(change.key)

    def _taints_on(self, node: str) -> list[Obj]:
        found = self._nodes.get("", node)
        return _evicting(found) if found is not None else []

    def reconcile(self, key: Key) -> None:
        """Delete the pod *key* if its time is up; start, keep or cancel its clock."""
        pod = self._pods.get(*key)
        if pod is None or is_terminating(pod) or pods.is_finished(pod):
            self._doomed.pop(key, None)
            return
        patience = _patience_ms(pod, self._taints_on(pod["spec"].get("nodeName", "")))
        if patience is None:
            if self._doomed.pop(key, None) is not None:
                text = f"Cancelling deletion of Pod {key}"
                self.event(pod, "Normal", "TaintManagerEviction", text)
            return
        due = self._doomed.setdefault(key, self.now + patience)
        if patience and self.now < due:
            self.enqueue_after(key, due - self.now)
            return
        self._doomed.pop(key)
        self._evict(key, pod)

    def _evict(self, key: Key, pod: Obj) -> None:
        self.event(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {key}")
        now = self.timestamp()

        def mark(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = set_pod_condition(
                held.get("conditions") or [],
                "DisruptionTarget",
                "True",
                now,
                reason="DeletionByTaintManager",
                message="Taint manager: deleting due to NoExecute taint",
            )
            return {**old, "status": {**held, "conditions": listed}}

        self.api.modify("pods", *key, mark, status=True)
        self.api.delete("pods", *key)


def _evicting(node: Obj) -> list[Obj]:
    return [taint for taint in taints_of(node) if taint["effect"] == "NoExecute"]


def _patience_ms(pod: Obj, taints: Sequence[Obj]) -> int | None:
    """Return how long the pod bears *taints*: 0 for not at all, None for ever.

    The shortest tolerationSeconds of the tolerations in use counts; one without bears for ever.
    """
    tolerations: Sequence[Obj] = pod["spec"].get("tolerations") or ()
    used: list[Obj] = []
    for taint in taints:
        covering = [one for one in tolerations if tolerates(one, taint)]
        if not covering:
            return 0
        used += covering
    seconds = [int(one["tolerationSeconds"]) for one in used if "tolerationSeconds" in one]
    return max(0, min(seconds)) * 1000 if seconds else None
