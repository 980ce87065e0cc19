"""The DaemonSet controller: one pod on every node that fits, replaced node by node.

Thanks to this file a changed template takes down one node's pod after the other as soon as the last
replacement counts as available. It must not know what the pods do, nor bind them to their nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import (
    Key,
    annotations_of,
    controller_of,
    is_terminating,
    key_of,
    labels_of,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.claims import claim
from sim.control.controllerrevision import Revisions, hash_of
from sim.control.daemon_roll import Stand, is_pair, replacing_step, roll_limits, surging_step
from sim.control.naming import PodNames
from sim.control.placement import first_untolerated, matches_node, taints_of
from sim.control.rollout import status_count
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

GENERATION_LABEL = "pod-template-generation"
GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"

TOLERATIONS: tuple[Obj, ...] = (
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/pid-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"},
)
"""What every daemon pod tolerates (pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations)."""
_HOST_NETWORK: Obj = {
    "key": "node.kubernetes.io/network-unavailable",
    "operator": "Exists",
    "effect": "NoSchedule",
}


class _Verdict(NamedTuple):
    """Whether a daemon pod belongs on a node."""

    should_run: bool
    may_stay: bool


def daemon_tolerations(spec: Obj) -> list[Obj]:
    """Return the tolerations of a daemon pod whose template has *spec*."""
    given: Sequence[Obj] = spec.get("tolerations") or ()
    wanted = [*TOLERATIONS, _HOST_NETWORK] if spec.get("hostNetwork") else list(TOLERATIONS)
    return [*given, *(one for one in wanted if one not in given)]


def daemon_pod(daemonset: Obj, node: str, hash_: str, name: str) -> Obj:
    """Return the pod of *daemonset* (with apiVersion, kind and uid) that is meant for *node*."""
    pod = pods.pod_from_template(daemonset["spec"]["template"], daemonset, name)
    labels = {**(pod["metadata"].get("labels") or {}), pods.REVISION_LABEL: hash_}
    generation = annotations_of(daemonset).get(GENERATION_ANNOTATION)
    if generation is not None:
        labels[GENERATION_LABEL] = generation
    template_spec: Obj = daemonset["spec"]["template"]["spec"]
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = template_spec.get("affinity") or {}
    node_affinity = {
        **(affinity.get("nodeAffinity") or {}),
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
    }
    spec = {
        **template_spec,
        "affinity": {**affinity, "nodeAffinity": node_affinity},
        "tolerations": daemon_tolerations(template_spec),
    }
    return {**pod, "metadata": {**pod["metadata"], "labels": labels}, "spec": spec}


class DaemonSetController(Controller):
    """Places, replaces and counts the pods of DaemonSets."""

    name = "daemonset-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        daemonsets: Informer,
        nodes: Informer,
        pod_informer: Informer,
        pods_by_owner: Index,
        free_pods: Index,
        revisions_by_owner: Index,
        free_revisions: Index,
        names: PodNames,
    ) -> None:
        super().__init__(env, api, stream)
        self._sets = daemonsets
        self._nodes = nodes
        self._pods_by_owner = pods_by_owner
        self._free_pods = free_pods
        self._revisions = Revisions(api, revisions_by_owner, free_revisions, pods_by_owner)
        self._names = names
        daemonsets.on_change(self._set_changed)
        nodes.on_change(self._node_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Count the pods that are there already, and queue the sets that are not as specified."""
        for key, daemonset in self._sets.objects.items():
            self._revisions.adopt(daemonset)
            owned = self._pods_by_owner.get(daemonset["metadata"]["uid"])
            self._names.count_existing(key.namespace, key.name, len(owned))
            placed = {_node_of(pod) for pod in owned}
            fitting = {node for node in self._node_names() if self._verdict(daemonset, node)[0]}
            generation = daemonset["metadata"].get("generation", 1)
            if placed != fitting or status_count(daemonset, "observedGeneration") < generation:
                self.enqueue(key)

    def _set_changed(self, change: Change) -> None:
        if change.type != "DELETED":
            self.enqueue(change.key)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.new)
        if owner is not None and owner["kind"] == "DaemonSet":
            self.enqueue(Key(change.key.namespace, owner["name"]))

    def _node_changed(self, change: Change) -> None:
        """Queue every set when a node comes, goes, or changes what decides who may run on it."""
        if change.old is not None and change.type == "MODIFIED":
            same_labels = labels_of(change.new) == labels_of(change.old)
            if same_labels and list(taints_of(change.new)) == list(taints_of(change.old)):
                return
        for key in self._sets.objects:
            self.enqueue(key)

    def _node_names(self) -> list[str]:
        return sorted(key.name for key in self._nodes.objects)

    def _verdict(self, daemonset: Obj, node_name: str) -> _Verdict:
        node = self._nodes.get("", node_name)
        if node is None:
            return _Verdict(should_run=False, may_stay=False)
        spec: Obj = daemonset["spec"]["template"]["spec"]
        if spec.get("nodeName", node_name) != node_name or not matches_node(spec, node):
            return _Verdict(should_run=False, may_stay=False)
        tolerations = daemon_tolerations(spec)
        blocking = first_untolerated(tolerations, taints_of(node), ("NoSchedule", "NoExecute"))
        if blocking is None:
            return _Verdict(should_run=True, may_stay=True)
        evicting = first_untolerated(tolerations, taints_of(node), ("NoExecute",))
        return _Verdict(should_run=False, may_stay=evicting is None)

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Put a pod where one is missing, take the next step of a roll, and write the status."""
        daemonset = self._sets.get(*key)
        if daemonset is None or is_terminating(daemonset):
            return
        self._claim(daemonset)
        current = hash_of(self._revisions.current(daemonset))
        failure: ApiError | None = None
        try:
            self._manage(daemonset, current)
        except ApiError as error:
            failure = error
        strategy = daemonset["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") == "RollingUpdate":
            self._roll(daemonset, current)
        owned = self._pods_by_owner.get(daemonset["metadata"]["uid"])
        live = {current, *(labels_of(pod).get(pods.REVISION_LABEL, "") for pod in owned)}
        self._revisions.clean_up(daemonset, sorted(live))
        self._write_status(daemonset, current)
        if failure is not None:
            raise failure

    def _claim(self, daemonset: Obj) -> None:
        """Take in pods that carry the set's labels and that nobody owns."""
        free = [
            pod
            for pod in self._free_pods.get(daemonset["metadata"]["namespace"])
            if pods.is_active(pod)
        ]
        if free:
            owned = self._pods_by_owner.get(daemonset["metadata"]["uid"])
            claim(self.api, "pods", daemonset, owned, free)

    def _by_node(self, daemonset: Obj) -> dict[str, list[Obj]]:
        placed: dict[str, list[Obj]] = {}
        for pod in self._pods_by_owner.get(daemonset["metadata"]["uid"]):
            placed.setdefault(_node_of(pod), []).append(pod)
        return placed

    def _manage(self, daemonset: Obj, hash_: str) -> None:
        placed = self._by_node(daemonset)
        missing: list[str] = []
        for node in self._node_names():
            there = placed.pop(node, [])
            verdict = self._verdict(daemonset, node)
            if verdict.should_run and not there:
                missing.append(node)
            elif verdict.may_stay:
                self._tidy(daemonset, node, there)
            else:
                self._delete(daemonset, there)
        for stranded in placed.values():
            self._delete(daemonset, stranded)
        for node in missing:
            self._create(daemonset, node, hash_)

    def _tidy(self, daemonset: Obj, node: str, there: Sequence[Obj]) -> None:
        """Delete finished pods and all but the oldest running one of a node."""
        running: list[Obj] = []
        for pod in there:
            if is_terminating(pod):
                continue
            if pods.is_finished(pod):
                word = pods.phase(pod).lower()
                where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']} on node {node}"
                text = f"Found {word} daemon pod {where}, will try to kill it"
                type_ = "Warning" if word == "failed" else "Normal"
                self.event(daemonset, type_, f"{word.capitalize()}DaemonPod", text)
                self._delete(daemonset, [pod])
            else:
                running.append(pod)
        running.sort(key=pods.created)
        # A surging roll has the old pod and the new one on a node for a while.
        kept = 2 if roll_limits(daemonset, 1).surge and is_pair(running) else 1
        self._delete(daemonset, running[kept:])

    def _create(self, daemonset: Obj, node: str, hash_: str) -> None:
        key = key_of(daemonset)
        name = self._names.next(key.namespace, key.name)
        try:
            self.api.create("pods", daemon_pod(daemonset, node, hash_, name))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                text = f"Error creating: {error.message}"
                self.event(daemonset, "Warning", "FailedCreate", text)
            raise
        self.event(daemonset, "Normal", "SuccessfulCreate", f"Created pod: {name}")

    def _delete(self, daemonset: Obj, doomed: Sequence[Obj]) -> None:
        for pod in doomed:
            if is_terminating(pod):
                continue
            key = key_of(pod)
            if self.api.delete("pods", *key) is not None:
                self.event(daemonset, "Normal", "SuccessfulDelete", f"Deleted pod: {key.name}")

    # -- rolling update --------------------------------------------------------------------------

    def _roll(self, daemonset: Obj, hash_: str) -> None:
        """Take the next step of a roll, on the nodes in a drawn order."""
        placed = self._by_node(daemonset)
        wanted = [node for node in self._node_names() if self._verdict(daemonset, node).should_run]
        stands = [
            self._stand(daemonset, node, placed.get(node, ()), hash_)
            for node in self._drawn_order(daemonset, hash_, wanted)
        ]
        limits = roll_limits(daemonset, len(wanted))
        step = surging_step(stands, limits) if limits.surge else replacing_step(stands, limits)
        self._delete(daemonset, step.delete)
        for node in step.create:
            self._create(daemonset, node, hash_)

    def _stand(self, daemonset: Obj, node: str, there: Sequence[Obj], hash_: str) -> Stand:
        staying = [pod for pod in there if not is_terminating(pod)]
        return Stand(
            node,
            fresh=[pod for pod in staying if self._is_current(pod, hash_)],
            stale=[pod for pod in staying if not self._is_current(pod, hash_)],
            available=[
                pod["metadata"]["uid"] for pod in staying if self._is_available(daemonset, pod)
            ],
        )

    def _drawn_order(self, daemonset: Obj, hash_: str, nodes: Sequence[str]) -> list[str]:
        # kube-controller-manager walks a Go map here, in any order; ours is drawn once for a roll
        # so that the roll can be followed.
        stream = self.stream.at("roll-order", key_of(daemonset), hash_)
        return sorted(nodes, key=lambda node: stream.at(node).bits())

    @staticmethod
    def _is_current(pod: Obj, hash_: str) -> bool:
        return labels_of(pod).get(pods.REVISION_LABEL) == hash_

    def _is_available(self, daemonset: Obj, pod: Obj) -> bool:
        seconds = int(daemonset["spec"].get("minReadySeconds", 0))
        return pods.is_available(pod, seconds, self.api.epoch, self.now)

    # -- status ----------------------------------------------------------------------------------

    def _write_status(self, daemonset: Obj, hash_: str) -> None:
        placed = self._by_node(daemonset)
        desired = current = misscheduled = ready = updated = available = 0
        for node in self._node_names():
            there = sorted(placed.get(node, ()), key=pods.created)
            if not self._verdict(daemonset, node).should_run:
                misscheduled += bool(there)
                continue
            desired += 1
            if there:
                current += 1
                ready += pods.is_ready(there[0])
                available += self._is_available(daemonset, there[0])
                updated += self._is_current(there[0], hash_)
        status: Obj = {
            "currentNumberScheduled": current,
            "numberMisscheduled": misscheduled,
            "desiredNumberScheduled": desired,
            "numberReady": ready,
            "observedGeneration": daemonset["metadata"].get("generation", 1),
        }
        optional = {
            "updatedNumberScheduled": updated,
            "numberAvailable": available,
            "numberUnavailable": desired - available,
        }
        status.update((field, count) for field, count in optional.items() if count)
        old = daemonset.get("status") or {}
        if "collisionCount" in old:
            status["collisionCount"] = old["collisionCount"]
        key = key_of(daemonset)
        if old != status:
            self.api.modify("daemonsets", *key, lambda obj: {**obj, "status": status}, status=True)
        seconds = int(daemonset["spec"].get("minReadySeconds", 0))
        if seconds and ready != available:
            self.enqueue_after(key, seconds * 1000)


def _node_of(pod: Obj) -> str:
    """Return the node a daemon pod is on or, before it is bound, meant for."""
    node = pod["spec"].get("nodeName")
    if node:
        return str(node)
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name":
                return str(field["values"][0])
    return ""
