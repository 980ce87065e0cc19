"""Pods of nodes that no longer exist, collected.

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
PERIOD_MS = 20_000
"""The real collector looks this often; the moment within a period is drawn."""


class PodGarbageCollector(Controller):
    """Deletes at once what was bound to a node that has gone. A key is a node."""

    name: ClassVar[str] = "pod-garbage-collector"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        nodes: Informer,
        pods_by_node: Index,
    ) -> None:
        super().__init__(env, api, stream)
        self._nodes = nodes
        self._by_node = pods_by_node
        nodes.on_change(self._node_changed)

    def _node_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            delay = self.stream.at("period", change.key, self.now).integer(0, PERIOD_MS)
            self.enqueue_after(change.key, QUARANTINE_MS + delay)

    def reconcile(self, key: Key) -> None:
        """Fail and remove the pods of the node *key* if it has not come back."""
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
