"""All controllers of the control plane, wired to shared informers and started together.

Thanks to this file a loaded world that is consistent is taken over without a single write. It must
not know how any of them works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apiserver.server import ApiServer
from sim.control.claims import orphans
from sim.control.daemonset import DaemonSetController
from sim.control.deployment import DeploymentController
from sim.control.endpointslice import EndpointSliceController
from sim.control.gc import GarbageCollector, watched_resources
from sim.control.naming import PodNames
from sim.control.nodelifecycle import NodeLifecycleController
from sim.control.podgc import PodGarbageCollector
from sim.control.replicaset import ReplicaSetController
from sim.control.scheduler import Scheduler
from sim.control.spreading import PodIndexes
from sim.control.statefulset import StatefulSetController
from sim.control.tainteviction import TaintEvictionController
from sim.control.volumeprotection import VolumeProtectionController
from sim.kernel import Environment, Stream
from sim.reconcile import Informer
from sim.reconcile.informer import by_label, by_namespace, by_node, by_owner


@dataclass(frozen=True, slots=True)
class Controllers:
    """The running controllers; a backend keeps this to reach the few that are told things."""

    informers: Mapping[str, Informer]
    """By resource, e.g. `informers["pods"]`; shared by all."""
    deployment: DeploymentController
    replicaset: ReplicaSetController
    daemonset: DaemonSetController
    statefulset: StatefulSetController
    endpointslice: EndpointSliceController
    scheduler: Scheduler
    nodelifecycle: NodeLifecycleController
    """Told by kubelets when their heartbeat stops and resumes."""
    tainteviction: TaintEvictionController
    podgc: PodGarbageCollector
    gc: GarbageCollector
    volumeprotection: VolumeProtectionController


def start_controllers(
    env: Environment,
    api: ApiServer,
    stream: Stream,
    *,
    pinned_names: Mapping[str, Sequence[str]] | None = None,
    pinned_hashes: Mapping[str, str] | None = None,
) -> Controllers:
    """Start every controller on what *api* holds now; call it after the world has been loaded.

    *pinned_names* maps an owner's name to the suffixes of its pods in order of their making;
    *pinned_hashes* maps `namespace/deployment:revision` to a pod-template-hash. What is already as
    specified is left alone; what is not is queued.
    """
    stream = stream.at("control")
    names = PodNames(stream, pinned_names)
    informers = {resource: Informer(api, resource) for resource in watched_resources()}
    pods, nodes, sets = informers["pods"], informers["nodes"], informers["replicasets"]
    pods_by_owner = pods.index(by_owner)
    pods_by_node = pods.index(by_node)
    pod_indexes = PodIndexes(pods.index(by_label), pods.index(by_namespace))
    sets_by_owner = sets.index(by_owner)
    revisions_by_owner = informers["controllerrevisions"].index(by_owner)
    controllers = Controllers(
        informers=informers,
        deployment=DeploymentController(
            env,
            api,
            stream,
            deployments=informers["deployments"],
            replicasets=sets,
            replicasets_by_owner=sets_by_owner,
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            pinned_hashes=pinned_hashes,
        ),
        replicaset=ReplicaSetController(
            env,
            api,
            stream,
            replicasets=sets,
            replicasets_by_owner=sets_by_owner,
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            orphans=pods.index(orphans),
            names=names,
        ),
        daemonset=DaemonSetController(
            env,
            api,
            stream,
            daemonsets=informers["daemonsets"],
            nodes=nodes,
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            revisions_by_owner=revisions_by_owner,
            names=names,
        ),
        statefulset=StatefulSetController(
            env,
            api,
            stream,
            statefulsets=informers["statefulsets"],
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            revisions_by_owner=revisions_by_owner,
        ),
        endpointslice=EndpointSliceController(
            env,
            api,
            stream,
            services=informers["services"],
            slices=informers["endpointslices"],
            nodes=nodes,
            pod_informer=pods,
            pods_by_label=pod_indexes.by_label,
        ),
        scheduler=Scheduler(
            env,
            api,
            stream,
            nodes=nodes,
            pod_informer=pods,
            replicasets=sets,
            pods_by_owner=pods_by_owner,
            pod_indexes=pod_indexes,
        ),
        nodelifecycle=NodeLifecycleController(
            env, api, stream, nodes=nodes, pods_by_node=pods_by_node
        ),
        tainteviction=TaintEvictionController(
            env, api, stream, nodes=nodes, pod_informer=pods, pods_by_node=pods_by_node
        ),
        podgc=PodGarbageCollector(env, api, stream, nodes=nodes, pods_by_node=pods_by_node),
        gc=GarbageCollector(env, api, stream, informers=informers.values()),
        volumeprotection=VolumeProtectionController(
            env,
            api,
            stream,
            claims=informers["persistentvolumeclaims"],
            volumes=informers["persistentvolumes"],
            pod_informer=pods,
        ),
    )
    _adopt(controllers)
    return controllers


def _adopt(controllers: Controllers) -> None:
    """Let each controller look once at what is there; nothing is written by looking."""
    controllers.deployment.adopt()
    controllers.replicaset.adopt()
    controllers.daemonset.adopt()
    controllers.statefulset.adopt()
    controllers.endpointslice.adopt()
    controllers.scheduler.adopt()
    controllers.nodelifecycle.adopt()
    controllers.tainteviction.adopt()
