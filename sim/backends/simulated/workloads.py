"""Deployments, DaemonSets and Services that have been running for a while, as the store holds them.

What is put here looks as if the controllers and kubelets had made it; who it belongs to and how much
of it there is, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.apiserver.lifecycle import qos_class
from sim.backends.plan import HASH_ALPHABET, Plan, PlannedNode, draw_address
from sim.control.controllerrevision import make_revision
from sim.control.daemonset import daemon_pod
from sim.control.endpoints import make_endpoints, make_slice
from sim.control.naming import SUFFIX_ALPHABET, SUFFIX_LENGTH, PodNames
from sim.control.pods import pod_from_template
from sim.control.replicaset_of import make_replicaset
from sim.node.kubelet.status import (
    Instance,
    View,
    conditions_of,
    container_status,
    write_conditions,
)

READY_AFTER_MS = 4_000
"""From a container's start to Ready, for what was started in the past."""
SCHEDULED_BEFORE_MS = 1_500
"""From creation to the container's start, for what was started in the past."""


@dataclass(frozen=True, slots=True)
class Running:
    """A workload as it stands in the store."""

    owner: Obj
    """The Deployment or DaemonSet."""
    pods: tuple[Obj, ...]
    nodes: tuple[PlannedNode, ...]
    """Where each pod runs."""


class Workloads:
    """Loads running workloads into an API server that has not started yet."""

    def __init__(self, api: ApiServer, plan: Plan) -> None:
        """Load into *api* what *plan* describes."""
        self.api = api
        self.plan = plan
        self.epoch = api.epoch
        self.stream = plan.stream.at("genesis")
        self.names = PodNames(plan.stream.at("genesis"), plan.pinned_suffixes)
        self._next_ip = {node.name: 2 for node in plan.nodes}
        self._taken = set(plan.addresses.values())
        self._network = plan.service_network

    def stamp(self, ago: int) -> str:
        """Return the time *ago* ms before the start (RFC 3339)."""
        return self.epoch.rfc3339(-ago)

    # -- pods ------------------------------------------------------------------------------------

    def pod_ip(self, node: PlannedNode) -> str:
        """Return the next free pod address of *node*."""
        host = self._next_ip[node.name]
        self._next_ip[node.name] = host + 1
        return f"{node.pod_cidr.rpartition('.')[0]}.{host}"

    def pod(self, pod: Obj, node: PlannedNode, ago: int, *, restarted_ago: int = 0) -> Obj:
        """Load *pod* as running on *node* since *ago* ms; *restarted_ago*: restarted once, then."""
        metadata = pod["metadata"]
        begun = SCHEDULED_BEFORE_MS - ago
        spec = {**pod["spec"], "nodeName": node.name}
        ip = node.ip if spec.get("hostNetwork") else self.pod_ip(node)
        draw = self.stream.at("container", metadata["namespace"], metadata["name"])
        views = []
        for container in spec["containers"]:
            first = Instance(draw.at(container["name"], 0).digest(), begun, None, 0, "")
            now, last = first, None
            if restarted_ago:
                last = first._replace(finished_at=-restarted_ago, exit_code=1, reason="Error")
                now = Instance(
                    draw.at(container["name"], 1).digest(), 900 - restarted_ago, None, 0, ""
                )
            views.append(
                View(container, True, True, int(bool(restarted_ago)), now, last, waiting="")
            )
        ready_at = self.epoch.rfc3339(
            (900 - restarted_ago if restarted_ago else begun) + READY_AFTER_MS
        )
        conditions = write_conditions(
            (), conditions_of(views, (), "Running", sandbox=True), self.stamp(ago)
        )
        for condition in conditions:
            if condition["type"] in ("Ready", "ContainersReady"):
                condition["lastTransitionTime"] = ready_at
        status = {
            "phase": "Running",
            "conditions": conditions,
            "hostIP": node.ip,
            "hostIPs": [{"ip": node.ip}],
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "startTime": self.stamp(ago),
            "containerStatuses": [container_status(view, self.epoch) for view in views],
            "qosClass": qos_class(spec),
        }
        return self.api.load(
            "pods",
            {
                **pod,
                "metadata": {**metadata, "creationTimestamp": self.stamp(ago)},
                "spec": spec,
                "status": status,
            },
        )

    # -- deployments -----------------------------------------------------------------------------

    def deployment(
        self,
        manifest: Obj,
        nodes: Sequence[PlannedNode],
        *,
        made_ago: int,
        pods_ago: int,
        revision: int = 1,
        template_hash: str = "",
        restarts: Mapping[int, int] | None = None,
        joined: Mapping[int, int] | None = None,
    ) -> Running:
        """Load a Deployment, its newest ReplicaSet and one ready pod on each of *nodes*.

        *restarts* is pod number -> how long ago (ms) it was restarted, *joined* -> how long ago it
        came, where that was later than the others.
        """
        count = len(nodes)
        metadata = manifest["metadata"]
        annotations = {**(metadata.get("annotations") or {})}
        annotations["deployment.kubernetes.io/revision"] = str(revision)
        name = metadata["name"]
        label = template_hash or self._hash(metadata["namespace"], name)
        deployment = self.api.load(
            "deployments",
            {
                **manifest,
                "metadata": {
                    **metadata,
                    "annotations": annotations,
                    "creationTimestamp": self.stamp(made_ago),
                    "generation": revision,
                },
                "status": self._deployment_status(
                    count, revision, made_ago, pods_ago, f"{name}-{label}"
                ),
            },
        )
        # Pods of a first revision may be younger than it, never the other way round.
        rolled_ago = made_ago if revision == 1 else pods_ago
        replicaset = self.replicaset(
            deployment, revision, label, made_ago=rolled_ago, replicas=count
        )
        pods = []
        for number, node in enumerate(nodes):
            pod_name = self.names.next(metadata["namespace"], replicaset["metadata"]["name"])
            pod = pod_from_template(replicaset["spec"]["template"], replicaset, pod_name)
            restarted = (restarts or {}).get(number, 0)
            ago = (joined or {}).get(number, pods_ago - number * 400)
            restarted = restarted if restarted < ago else 0
            pods.append(self.pod(pod, node, ago, restarted_ago=restarted))
        return Running(deployment, tuple(pods), tuple(nodes))

    def past(self, deployment: Obj, tags: Sequence[str], *, made_ago: int, rolled_ago: int) -> None:
        """Load the ReplicaSets of the revisions before the current one, newest first in *tags*.

        They were rolled out at even steps between *made_ago* and *rolled_ago* ms before the start.
        """
        metadata = deployment["metadata"]
        current = int(metadata["annotations"]["deployment.kubernetes.io/revision"])
        container, *others = deployment["spec"]["template"]["spec"]["containers"]
        image = str(container["image"]).rpartition(":")[0]
        step = (made_ago - rolled_ago) // (len(tags) + 1)
        draw = self.stream.at("past-hash", metadata["namespace"], metadata["name"])
        for turn, tag in enumerate(tags, start=1):
            old = {**container, "image": f"{image}:{tag}"}
            template = deployment["spec"]["template"]
            spec = {**template["spec"], "containers": [old, *others]}
            then = {
                **deployment,
                "spec": {**deployment["spec"], "template": {**template, "spec": spec}},
            }
            label = draw.at(turn, "head").text("5678", 1) + draw.at(turn).text(HASH_ALPHABET, 9)
            ago = made_ago if current - turn == 1 else rolled_ago + turn * step
            self.replicaset(then, current - turn, label, made_ago=ago, replicas=0)

    def replicaset(
        self, deployment: Obj, revision: int, label: str, *, made_ago: int, replicas: int
    ) -> Obj:
        """Load the ReplicaSet of *deployment*'s template as *revision*, with *replicas* ready."""
        made = make_replicaset(deployment, revision, replicas=replicas, pinned_hash=label)
        status: Obj = {"replicas": replicas, "observedGeneration": 1, "terminatingReplicas": 0}
        if replicas:
            status |= {
                "fullyLabeledReplicas": replicas,
                "readyReplicas": replicas,
                "availableReplicas": replicas,
            }
        made["metadata"]["creationTimestamp"] = self.stamp(made_ago)
        return self.api.load("replicasets", {**made, "status": status})

    def _deployment_status(
        self, count: int, generation: int, made_ago: int, pods_ago: int, replicaset: str
    ) -> Obj:
        made, ready = self.stamp(made_ago), self.stamp(pods_ago - READY_AFTER_MS)
        return {
            "observedGeneration": generation,
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
            "terminatingReplicas": 0,
            "conditions": [
                {
                    "type": "Available",
                    "status": "True",
                    "lastUpdateTime": ready,
                    "lastTransitionTime": ready,
                    "reason": "MinimumReplicasAvailable",
                    "message": "Deployment has minimum availability.",
                },
                {
                    "type": "Progressing",
                    "status": "True",
                    "lastUpdateTime": ready,
                    "lastTransitionTime": made,
                    "reason": "NewReplicaSetAvailable",
                    "message": f'ReplicaSet "{replicaset}" has successfully progressed.',
                },
            ],
        }

    def _hash(self, namespace: str, name: str) -> str:
        """Draw a pod-template-hash; computing it would cost more than all the rest."""
        draw = self.stream.at("template-hash", namespace, name)
        return draw.text("5678", 1) + draw.at("rest").text(HASH_ALPHABET, 9)

    # -- daemon sets -----------------------------------------------------------------------------

    def daemonset(self, manifest: Obj, *, made_ago: int, after_boot: int) -> Running:
        """Load a DaemonSet with a ready pod on every node, *after_boot* ms younger than its node."""
        metadata = manifest["metadata"]
        count = len(self.plan.nodes)
        daemonset = self.api.load(
            "daemonsets",
            {
                **manifest,
                "metadata": {
                    **metadata,
                    "annotations": {
                        **(metadata.get("annotations") or {}),
                        "deprecated.daemonset.template.generation": "1",
                    },
                    "creationTimestamp": self.stamp(made_ago),
                    "generation": 1,
                },
                "status": {
                    "currentNumberScheduled": count,
                    "numberMisscheduled": 0,
                    "desiredNumberScheduled": count,
                    "numberReady": count,
                    "observedGeneration": 1,
                    "updatedNumberScheduled": count,
                    "numberAvailable": count,
                },
            },
        )
        label = self._hash(metadata["namespace"], metadata["name"])
        revision = make_revision(daemonset, 1, label)
        revision["metadata"]["creationTimestamp"] = self.stamp(made_ago)
        self.api.load("controllerrevisions", revision)
        pods = []
        for node in self.plan.nodes:
            name = self.names.next(metadata["namespace"], metadata["name"])
            pod = daemon_pod(daemonset, node.name, label, name)
            pods.append(self.pod(pod, node, -self.plan.booted_at(node) - after_boot))
        return Running(daemonset, tuple(pods), self.plan.nodes)

    # -- services --------------------------------------------------------------------------------

    def address(self, namespace: str, name: str) -> str:
        """Return a free ClusterIP for a Service."""
        draw = self.stream.at("address", namespace, name)
        attempt = 0
        while (drawn := draw_address(draw.at(attempt), self._network)) in self._taken:
            attempt += 1
        self._taken.add(drawn)
        return drawn

    def service(
        self,
        namespace: str,
        name: str,
        ports: Sequence[Obj],
        running: Running | None,
        *,
        made_ago: int,
        selector: Mapping[str, str],
        labels: Mapping[str, str] | None = None,
        address: str = "",
    ) -> Obj:
        """Load a Service with its EndpointSlice and Endpoints over the pods of *running*."""
        self._taken.add(address)
        cluster_ip = address or self.address(namespace, name)
        service = self.api.load(
            "services",
            {
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": dict(labels or {"app": name}),
                    "creationTimestamp": self.stamp(made_ago),
                },
                "spec": {
                    "ports": list(ports),
                    "selector": dict(selector),
                    "clusterIP": cluster_ip,
                    "clusterIPs": [cluster_ip],
                    "ipFamilies": ["IPv4"],
                    "ipFamilyPolicy": "SingleStack",
                },
                "status": {"loadBalancer": {}},
            },
        )
        if running is not None:
            self._endpoints(service, running, made_ago)
        return service

    def _endpoints(self, service: Obj, running: Running, made_ago: int) -> None:
        metadata = service["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        zones = {node.name: node.zone for node in running.nodes}
        suffix = self.stream.at("slice", namespace, name).text(SUFFIX_ALPHABET, SUFFIX_LENGTH)
        made = make_slice(service, running.pods, zones.__getitem__, name=f"{name}-{suffix}")
        legacy = make_endpoints(service, running.pods)
        for resource, obj in (("endpointslices", made), ("endpoints", legacy)):
            obj["metadata"]["creationTimestamp"] = self.stamp(made_ago)
            self.api.load(resource, obj)
