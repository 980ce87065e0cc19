"""The scenario's world built on a real cluster: nodes marked, objects made, waited for until users are served.

What is made is decided elsewhere; here it is noted in the journal first, then sent, and may be sent again
after a crash. This file must not know how users fare.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sim.apimachinery.wire import Obj
from sim.backends.base import BackendLostError
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.image import provide, workload_image
from sim.backends.kind.manifests import (
    Facts,
    NodeFacts,
    deployment_of,
    host_folders,
    labelled,
    node_changes,
    waves_for,
)
from sim.backends.kind.nodes import END_ALL, PUT_SUDO, SUDO, TAKE_SUDO
from sim.backends.kind.recipes import recipes
from sim.backends.kind.tools import ToolError, Tools
from sim.backends.kind.undo import Delete, OnNode, Patch, Undo
from sim.backends.kind.undoing import LABEL, OURS, is_ours
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.rest import JSON_PATCH, MERGE, ApiStatusError, RestClient
from sim.kernel import Epoch

Progress = Callable[[str], None]
HANDS = 6
"""Requests under way at once: four hundred Services take seconds so."""
HEALTHY_S = 240.0
LOOK_S = 1.0
HASH_S = 20.0
"""How long the controllers may take to make a ReplicaSet."""
SCRATCH = "uncordon-scratch"
"""A namespace that is there for a moment."""
_PLURALS = {"Endpoints": "endpoints", "NetworkPolicy": "networkpolicies"}
_CLUSTER_SCOPED = ("Namespace", "PersistentVolume", "Node")


_REMOVE = 'rm -rf "$1"; rmdir "${1%/*}" 2>/dev/null; true'
"""Removes a folder, and the one that the kubelet has made for it unless there is more in it."""


class SiteError(BackendLostError):
    """The world could not be built; the message is one sentence."""


@dataclass(slots=True)
class Site:
    """One scenario's world on one cluster."""

    plan: CutPlan
    cluster: KindCluster
    world: Transport
    """The world's own door."""
    tools: Tools
    epoch: Epoch
    """When simulated time 0 is, as well as is known before the world is built."""
    token: str = ""
    own_python: bool = False
    """Make the programs' image of this machine's Python: nothing can be pulled here."""
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    patience_s: float = HEALTHY_S
    _rest: RestClient = field(init=False)

    def __post_init__(self) -> None:
        """Speak to the API server through the world's door."""
        self._rest = RestClient(self.world)

    def build(self, progress: Progress) -> None:
        """Make everything and wait until all of it is ready.

        Raises:
            SiteError: if that cannot be; what has been done stands in the journal.
        """
        try:
            self._build(progress)
        except (ApiStatusError, UnreachableError, ToolError) as error:
            msg = f"the world could not be built on {self.cluster.context}: {error}"
            raise SiteError(msg) from error

    def _build(self, progress: Progress) -> None:
        plan = self.plan
        provide(
            self.cluster,
            self.tools,
            progress,
            recipes=recipes(plan, workload_image()),
            own_python=self.own_python,
        )
        progress("nodes: labels, taints, sudo")
        self._mark_nodes()
        first = waves_for(plan, self.facts())[0]
        self._note(first)
        teams = sum(one["kind"] == "Namespace" for one in first)
        progress(f"namespaces of {teams} teams")
        self._send([one for one in first if one["kind"] in _CLUSTER_SCOPED])
        self._settle_addresses(first)
        # Again: what is told to pods has the addresses in it.
        first, *others = waves_for(plan, self.facts())
        services = sum(one["kind"] == "Service" for one in first)
        progress(f"{services} Services with endpoints, Secrets, earlier releases")
        for late in (False, True):
            held = [one for one in first if one["kind"] not in _CLUSTER_SCOPED]
            self._send([one for one in held if (one["kind"] == "Endpoints") == late])
        for wave in others:
            self._send(wave)
            self._await([one for one in wave if one["kind"] == "Deployment"], progress)
        progress("everything is ready")
        self._learn()

    def facts(self) -> Facts:
        """Return what objects depend on; Services that are not ours are counted."""
        foreign = [one for one in self._rest.items("/api/v1/services") if not is_ours(one)]
        return Facts(
            nodes=tuple(
                NodeFacts(name=node.name, pool=node.pool, zone=node.zone)
                for node in self.plan.nodes
            ),
            services=len(foreign),
            epoch=self.epoch,
            token=self.token,
        )

    def release_of(self, application: str, offset: int = 0) -> Obj:
        """Return the Deployment of *application* in the history's revision at *offset*."""
        return deployment_of(self.plan, self.facts(), application, offset)

    def not_ready(self) -> list[str]:
        """Return what is not ready of our Deployments: `payments/payment-service 3/4`."""
        selector = (("labelSelector", f"{LABEL}={OURS}"),)
        return _unready(self._rest.items("/apis/apps/v1/deployments", selector))

    # -- nodes -----------------------------------------------------------------------------------

    def _mark_nodes(self) -> None:
        journal = self.cluster.journal
        changes = node_changes(self.plan, self.facts(), self._rest.items("/api/v1/nodes"))
        steps: list[tuple[str, Undo]] = [
            (f"sessions on {node}", OnNode(node, ("sh", "-c", END_ALL)))
            for node in self.cluster.aliases.nodes.values()
        ]
        for one in changes:
            path = f"/api/v1/nodes/{one.node}"
            steps.append((f"labels and taints of {one.node}", Patch(path, one.undo, JSON_PATCH)))
            steps.append((f"sudo on {one.node}", OnNode(one.node, ("sh", "-c", TAKE_SUDO))))
        plane = self.plan.nodes[0].name
        steps += [
            (f"{folder} on {plane}", OnNode(plane, ("sh", "-c", _REMOVE, "sh", folder)))
            for folder in host_folders(self.plan)
        ]
        journal.did_all(steps)
        for one in changes:
            self._rest.patch(f"/api/v1/nodes/{one.node}", one.patch, MERGE)
            self.tools.docker("exec", "-i", one.node, "sh", "-c", PUT_SUDO, stdin=SUDO)

    # -- objects ---------------------------------------------------------------------------------

    def _note(self, objects: Iterable[Obj]) -> None:
        """Write into the journal what takes all of *objects* away: their namespaces, and volumes."""
        held = [one for one in objects if one["kind"] in _CLUSTER_SCOPED]
        for one in held:
            there = self._find(path_of(one))
            if there is not None and not is_ours(there):
                what = f"{one['kind'].lower()} {one['metadata']['name']}"
                msg = f"{self.cluster.context} has a {what} that is not ours; take another cluster"
                raise SiteError(msg)
        self.cluster.journal.did_all(
            [
                (f"{one['kind'].lower()} {one['metadata']['name']}", Delete(path_of(one)))
                for one in held
            ]
        )

    def _send(self, objects: Sequence[Obj]) -> None:
        """Make *objects*, several at once; one of ours that is there is made what it should be."""
        with ThreadPoolExecutor(HANDS) as hands:
            for _ in hands.map(self._make, objects):
                pass

    def _make(self, obj: Obj) -> Obj:
        path = path_of(obj)
        try:
            return self._rest.create(path.rpartition("/")[0], obj)
        except ApiStatusError as error:
            # Of a Service that is there the server complains that its address is taken.
            there = self._find(path) if error.code in (409, 422) else None
            if there is None:
                raise
        if not is_ours(there):
            msg = f"{self.cluster.context} has {path.rsplit('/', 2)[1]} {obj['metadata']['name']}, not ours"
            raise SiteError(msg)
        wanted = obj
        if obj["kind"] == "Service" and "clusterIP" in obj["spec"]:
            spec = {name: value for name, value in obj["spec"].items() if name != "clusterIP"}
            wanted = {**obj, "spec": spec}
        return self._rest.patch(path, wanted, MERGE)

    def _settle_addresses(self, objects: Sequence[Obj]) -> None:
        """Make the applications' Services; where an address is taken, let the cluster choose."""
        names = {(one.namespace, one.name) for one in self.plan.scenario.applications}
        for obj in objects:
            metadata = obj["metadata"]
            if obj["kind"] != "Service" or (metadata["namespace"], metadata["name"]) not in names:
                continue
            try:
                made = self._make(obj)
            except ApiStatusError as error:
                if error.code != 422:
                    raise
                spec = {name: value for name, value in obj["spec"].items() if name != "clusterIP"}
                made = self._make({**obj, "spec": spec})
            self.plan.addresses[metadata["name"]] = made["spec"]["clusterIP"]

    # -- waiting, learning -----------------------------------------------------------------------

    def _await(self, deployments: Sequence[Obj], progress: Progress) -> None:
        end, told = self.steady() + self.patience_s, ""
        wanted = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in deployments}
        selector = (("labelSelector", f"{LABEL}={OURS}"),)
        while True:
            found = [
                one
                for one in self._rest.items("/apis/apps/v1/deployments", selector)
                if (one["metadata"]["namespace"], one["metadata"]["name"]) in wanted
            ]
            waiting = _unready(found)
            if not waiting:
                return
            line = f"wait for {', '.join(waiting)}"
            if line != told:
                progress(line)
                told = line
            if self.steady() > end:
                why = self._why(waiting[0].split(" ")[0])
                msg = f"not ready after {self.patience_s:.0f} s: {', '.join(waiting)}{why}"
                raise SiteError(msg)
            self.sleep(LOOK_S)

    def _why(self, deployment: str) -> str:
        """Return in parentheses why a pod of `namespace/name` does not run, if the cluster says it."""
        namespace, _, name = deployment.partition("/")
        for pod in self._rest.items(f"/api/v1/namespaces/{namespace}/pods"):
            if (pod["metadata"].get("labels") or {}).get("app") != name:
                continue
            status = pod.get("status") or {}
            for one in status.get("containerStatuses") or ():
                waiting = (one.get("state") or {}).get("waiting") or {}
                if waiting.get("reason"):
                    return f" ({pod['metadata']['name']}: {waiting['reason']})"
            for one in status.get("conditions") or ():
                if one["type"] == "PodScheduled" and one["status"] == "False":
                    return f" ({pod['metadata']['name']}: {one.get('message', '')})"
        return ""

    def _learn(self) -> None:
        """Read revision and hashes of the application with a history."""
        history = self.plan.scenario.history
        if not history.revisions:
            return
        application = self.plan.scenario.application(history.application)
        path = f"/apis/apps/v1/namespaces/{application.namespace}"
        deployment = self._rest.get(f"{path}/deployments/{application.name}")
        notes = deployment["metadata"].get("annotations") or {}
        current = int(notes["deployment.kubernetes.io/revision"])
        self.plan.revision = current + 1
        for one in self._rest.items(f"{path}/replicasets"):
            number = (one["metadata"].get("annotations") or {}).get(
                "deployment.kubernetes.io/revision"
            )
            label = (one["metadata"].get("labels") or {}).get("pod-template-hash")
            owners = one["metadata"].get("ownerReferences") or ()
            ours = any(owner["uid"] == deployment["metadata"]["uid"] for owner in owners)
            if number and label and ours:
                self.plan.hashes[int(number) - self.plan.revision] = label
        self.plan.hashes[0] = self._hash_of_release(application.name)

    def _hash_of_release(self, application: str) -> str:
        """Return the pod-template-hash that the next release will get: it depends on its template only."""
        # A name of its own: the one of an earlier run may be on its way out.
        name = f"{SCRATCH}-{self.token}" if self.token else SCRATCH
        place = f"/api/v1/namespaces/{name}"
        self.cluster.journal.did(f"namespace {name}", Delete(place))
        self._make(labelled({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        release = self.release_of(application)
        # Without its change-cause: the hash is of the template, and nobody is to read tonight's release here.
        metadata = {**release["metadata"], "namespace": name, "annotations": {}}
        spec = {**release["spec"], "replicas": 0}
        self._make({**release, "metadata": metadata, "spec": spec})
        end = self.steady() + HASH_S
        label = ""
        while not label and self.steady() < end:
            for one in self._rest.items(f"/apis/apps/v1/namespaces/{name}/replicasets"):
                label = (one["metadata"].get("labels") or {}).get("pod-template-hash", "")
            self.sleep(0 if label else 0.2)
        self._rest.delete(place)
        return str(label)

    def _find(self, path: str) -> Obj | None:
        try:
            found: Obj = self._rest.get(path)
        except ApiStatusError as error:
            if error.code == 404:
                return None
            raise
        return found


def path_of(obj: Obj) -> str:
    """Return where *obj* lives in the API."""
    version, kind, metadata = obj["apiVersion"], obj["kind"], obj["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    namespace = metadata.get("namespace")
    place = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{place}/{plural}/{metadata['name']}"


def _unready(deployments: Iterable[Obj]) -> list[str]:
    found = []
    for one in deployments:
        wanted: Any = one["spec"].get("replicas", 1)
        status = one.get("status") or {}
        fresh = status.get("observedGeneration", 0) >= one["metadata"].get("generation", 0)
        ready = min(status.get("availableReplicas", 0), status.get("updatedReplicas", 0))
        if ready < wanted or not fresh:
            name = f"{one['metadata']['namespace']}/{one['metadata']['name']}"
            found.append(f"{name} {ready if fresh else 0}/{wanted}")
    return found
