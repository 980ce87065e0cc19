"""Pods of nodes that no longer exist, collected, and the oldest of very many finished ones.

Thanks to this file `kubectl delete node` ends in replaced pods. It must not know owners
(pkg/controller/podgc).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.conditions import set_pod_condition
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

QUARANTINE_MS = 40_000
"""A node has to be gone this long before its pods go (podgc quarantineTime)."""
FINISHED = Key("", "")
PERIOD_MS = 20_000
"""The real collector looks this often; the moment within a period is drawn."""


class PodGarbageCollector(Controller):
    """Deletes at once what was bound to a node that has gone. A key is a node, "" the finished."""

    name: ClassVar[str] = "pod-garbage-collector"
    threshold: ClassVar[int] = 12_500
    """So many finished pods are kept (--terminated-pod-gc-threshold)."""

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
        self._by_node = pods_by_node
        self._finished: dict[Key, None] = {}
        """In the order of their ends."""
        nodes.on_change(self._node_changed)
        pod_informer.on_change(self._pod_changed)

    def _node_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            delay = self.stream.at("period", change.key, self.now).integer(0, PERIOD_MS)
            self.enqueue_after(change.key, QUARANTINE_MS + delay)

    def _pod_changed(self, change: Change) -> None:
        """Queue the node that a new pod names and that is not there; count who has ended."""
        if change.type == "DELETED":
            self._finished.pop(change.key, None)
        elif pods.is_finished(change.new):
            self._finished[change.key] = None
            if len(self._finished) > self.threshold:
                self.enqueue_after(FINISHED, PERIOD_MS)
        if change.type == "ADDED":
            node = change.new["spec"].get("nodeName")
            if node and self._nodes.get("", node) is None:
                self.enqueue_after(Key("", node), QUARANTINE_MS)

    def reconcile(self, key: Key) -> None:
        """Fail and remove the pods of the node *key* if it has not come back."""
        if key == FINISHED:
            for finished in list(self._finished)[: len(self._finished) - self.threshold]:
                self.api.delete("pods", *finished, grace_s=0)
            return
        if self._nodes.get(*key) is not None:
            return
        for pod_key in self._by_node.keys(key.name):
            self._collect(pod_key)

    def _collect(self, key: Key) -> None:
        now = self.timestamp()

        def fail(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = set_pod_condition(
                held.get("conditions") or [],
                "DisruptionTarget",
                "True",
                now,
                reason="DeletionByPodGC",
                message="PodGC: node no longer exists",
            )
            phase = pods.phase(old) if pods.is_finished(old) else "Failed"
            return {**old, "status": {**held, "conditions": listed, "phase": phase}}

        self.api.modify("pods", *key, fail, status=True)
        self.api.delete("pods", *key, grace_s=0)
