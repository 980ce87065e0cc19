"""The node lifecycle controller: what a node's conditions mean for its taints and its pods.

Thanks to this file a cordon taints the node, and a silent kubelet makes it Unknown after its grace
period. It must not know kubelets: it is told when heartbeats stop and start again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sim.apimachinery.meta import Key, key_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.conditions import find_condition
from sim.control.placement import taints_of
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

MONITOR_PERIOD_MS = 5_000
"""--node-monitor-period: how often heartbeats are looked at."""
GRACE_PERIOD_MS = 50_000
"""--node-monitor-grace-period since 1.32: silence for this long makes a node Unknown."""

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_BY_CONDITION = (
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
)
_SILENCED = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
"""Conditions that become Unknown with a silent kubelet, in the order they are listed."""
_OURS = frozenset(
    {
        *((key, "NoSchedule") for _, key in _BY_CONDITION),
        *(
            (key, effect)
            for key in (NOT_READY, UNREACHABLE)
            for effect in ("NoSchedule", "NoExecute")
        ),
        (UNSCHEDULABLE, "NoSchedule"),
    }
)
"""Taints that follow from conditions; any other is left alone."""


class NodeLifecycleController(Controller):
    """Turns conditions into taints, silence into conditions, and a lost node into unready pods."""

    name: ClassVar[str] = "node-controller"

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
        self._pods_by_node = pods_by_node
        self._silent_since: dict[str, int] = {}
        nodes.on_change(self._node_changed)

    def adopt(self) -> None:
        """Queue the nodes whose taints do not say what their conditions say."""
        for key, node in self._nodes.objects.items():
            if _taints(node, self.timestamp()) != list(taints_of(node)):
                self.enqueue(key)

    # -- heartbeats ------------------------------------------------------------------------------

    def heartbeat(self, node: str, last: int | None) -> None:
        """Take note of a kubelet that stopped renewing its lease at *last* (ms), or resumed (None)."""
        if last is None:
            self.heartbeat_resumed(node)
        else:
            self.heartbeat_stopped(node, last)

    def heartbeat_stopped(self, node: str, last: int | None = None) -> None:
        """Take note that the kubelet of *node* renewed its lease for the last time at *last* (ms).

        Without *last* that was now. The node becomes Unknown when the grace period is over.
        """
        since = self.now if last is None else last
        self._silent_since[node] = since
        self.enqueue_after(Key("", node), self._next_monitor(since + GRACE_PERIOD_MS) - self.now)

    def heartbeat_resumed(self, node: str) -> None:
        """Take note that the kubelet of *node* renews its lease again; it reports Ready itself."""
        self._silent_since.pop(node, None)

    def _next_monitor(self, at: int) -> int:
        """Return the first look at heartbeats not before *at*; their phase is drawn."""
        phase = self.stream.at("monitor-phase").integer(0, MONITOR_PERIOD_MS - 1)
        return at + (phase - at) % MONITOR_PERIOD_MS

    def _is_overdue(self, node: str) -> bool:
        since = self._silent_since.get(node)
        return since is not None and self.now >= since + GRACE_PERIOD_MS

    # -- nodes -----------------------------------------------------------------------------------

    def _node_changed(self, change: Change) -> None:
        name = change.key.name
        if change.type == "DELETED":
            self._silent_since.pop(name, None)
            text = f"Node {name} event: Removing Node {name} from Controller"
            self.event(change.new, "Normal", "RemovingNode", text)
            return
        if change.type == "ADDED":
            text = f"Node {name} event: Registered Node {name} in Controller"
            self.event(change.new, "Normal", "RegisteredNode", text)
        elif change.old is not None and _turned_unready(change.new, change.old):
            text = f"Node {name} status is now: NodeNotReady"
            self.event(change.new, "Normal", "NodeNotReady", text)
        self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Write the conditions, taints and pods' readiness that follow from the node *key*."""
        node = self._nodes.get(*key)
        if node is None:
            return
        if self._is_overdue(key.name):
            if _ready_status(node) != "Unknown":
                node = self._silence(key, node)
        elif (since := self._silent_since.get(key.name)) is not None:
            # An earlier look was due already, for a silence that ended in time.
            due = self._next_monitor(since + GRACE_PERIOD_MS)
            self.enqueue_after(key, due - self.now)
        wanted = _taints(node, self.timestamp())
        if wanted != list(taints_of(node)):
            self._write_taints(key)
        if _ready_status(node) != "True":
            self._mark_pods(key.name)

    def _silence(self, key: Key, node: Obj) -> Obj:
        now = self.timestamp()

        def silence(old: Obj) -> Obj:
            held = old.get("status") or {}
            listed = [
                _unknown(condition, now) if condition["type"] in _SILENCED else condition
                for condition in held.get("conditions") or ()
            ]
            return {**old, "status": {**held, "conditions": listed}}

        return self.api.modify("nodes", *key, silence, status=True) or node

    def _write_taints(self, key: Key) -> None:
        now = self.timestamp()

        def write(old: Obj) -> Obj:
            wanted = _taints(old, now)
            spec = {field: value for field, value in old["spec"].items() if field != "taints"}
            return {**old, "spec": {**spec, "taints": wanted} if wanted else spec}

        self.api.modify("nodes", *key, write)

    def _mark_pods(self, node: str) -> None:
        """Set Ready to False on the node's pods: their endpoints leave, their phase stays."""
        now = self.timestamp()

        def mark(old: Obj) -> Obj:
            held = old["status"]
            listed = [
                {**condition, "status": "False", "lastTransitionTime": now}
                if condition["type"] == "Ready"
                else condition
                for condition in held["conditions"]
            ]
            return {**old, "status": {**held, "conditions": listed}}

        for pod in self._pods_by_node.get(node):
            if pods.is_ready(pod):
                self.api.modify("pods", *key_of(pod), mark, status=True)
                self.event(pod, "Warning", "NodeNotReady", "Node is not ready")


def _ready_status(node: Obj) -> str:
    condition = find_condition(node, "Ready")
    # A node that has said nothing yet is not condemned for it.
    return str(condition["status"]) if condition is not None else "True"


def _turned_unready(new: Obj, old: Obj) -> bool:
    return _ready_status(new) != "True" and _ready_status(old) == "True"


def _unknown(condition: Obj, now: str) -> Obj:
    return {
        **condition,
        "status": "Unknown",
        "lastTransitionTime": now,
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
    }


def _wanted(node: Obj) -> Iterable[tuple[str, str]]:
    """Yield the (key, effect) pairs that follow from the node's conditions and spec."""
    ready = _ready_status(node)
    if ready != "True":
        key = UNREACHABLE if ready == "Unknown" else NOT_READY
        yield key, "NoSchedule"
        yield key, "NoExecute"
    for type_, key in _BY_CONDITION:
        condition = find_condition(node, type_)
        if condition is not None and condition["status"] == "True":
            yield key, "NoSchedule"
    if node["spec"].get("unschedulable"):
        yield UNSCHEDULABLE, "NoSchedule"


def _taints(node: Obj, now: str) -> list[Obj]:
    """Return the node's taints as they should be; those that stay keep place and time."""
    wanted = list(_wanted(node))
    kept = [
        taint
        for taint in taints_of(node)
        if (taint["key"], taint["effect"]) not in _OURS or (taint["key"], taint["effect"]) in wanted
    ]
    there = {(taint["key"], taint["effect"]) for taint in kept}
    added = [
        {"key": key, "effect": effect, "timeAdded": now}
        for key, effect in wanted
        if (key, effect) not in there
    ]
    return [*kept, *added]
