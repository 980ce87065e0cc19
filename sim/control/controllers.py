"""All controllers of the control plane, wired to shared informers and started together.

Thanks to this file a loaded world that is consistent is taken over without a single write. It must
not know how any of them works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apiserver.server import ApiServer
from sim.control.apiservices import ApiServiceRegistration
from sim.control.claims import orphans
from sim.control.clusterroleaggregation import ClusterRoleAggregationController
from sim.control.cronjob import CronJobController
from sim.control.daemonset import DaemonSetController
from sim.control.deployment import DeploymentController
from sim.control.disruption import SCALED, DisruptionController
from sim.control.endpointslice import EndpointSliceController
from sim.control.endpointslicemirroring import EndpointSliceMirroringController
from sim.control.ephemeralvolume import EphemeralVolumeController
from sim.control.gc import GarbageCollector, watched_resources
from sim.control.hpa import HorizontalController
from sim.control.job import JobController
from sim.control.namespace import NamespaceController
from sim.control.naming import PodNames
from sim.control.nodelifecycle import NodeLifecycleController
from sim.control.persistentvolume import PersistentVolumeController
from sim.control.podgc import PodGarbageCollector
from sim.control.provisioner import Provisioner
from sim.control.replicaset import ReplicaSetController
from sim.control.replicationcontroller import ReplicationControllerController
from sim.control.resourcequota import ResourceQuotaController
from sim.control.rootca import RootCaPublisher
from sim.control.scheduler import Scheduler
from sim.control.serviceaccount import ServiceAccountController
from sim.control.spreading import PodIndexes
from sim.control.statefulset import StatefulSetController
from sim.control.tainteviction import TaintEvictionController
from sim.control.ttlafterfinished import TtlAfterFinishedController
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
    replicationcontroller: ReplicationControllerController
    daemonset: DaemonSetController
    statefulset: StatefulSetController
    endpointslice: EndpointSliceController
    endpointslicemirroring: EndpointSliceMirroringController
    scheduler: Scheduler
    nodelifecycle: NodeLifecycleController
    """Told by kubelets when their heartbeat stops and resumes."""
    tainteviction: TaintEvictionController
    podgc: PodGarbageCollector
    gc: GarbageCollector
    hpa: HorizontalController
    job: JobController
    cronjob: CronJobController
    ttlafterfinished: TtlAfterFinishedController
    namespace: NamespaceController
    ephemeralvolume: EphemeralVolumeController
    persistentvolume: PersistentVolumeController
    provisioner: Provisioner
    volumeprotection: VolumeProtectionController
    serviceaccount: ServiceAccountController
    rootca: RootCaPublisher
    resourcequota: ResourceQuotaController
    disruption: DisruptionController
    clusterroleaggregation: ClusterRoleAggregationController
    apiservices: ApiServiceRegistration


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
    free_pods = pods.index(orphans)
    sets_by_owner = sets.index(by_owner)
    revisions_by_owner = informers["controllerrevisions"].index(by_owner)
    free_revisions = informers["controllerrevisions"].index(orphans)
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
            orphans=free_pods,
            names=names,
        ),
        replicationcontroller=ReplicationControllerController(
            env,
            api,
            stream,
            replicasets=informers["replicationcontrollers"],
            replicasets_by_owner=informers["replicationcontrollers"].index(by_owner),
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            orphans=free_pods,
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
            free_pods=free_pods,
            revisions_by_owner=revisions_by_owner,
            free_revisions=free_revisions,
            names=names,
        ),
        statefulset=StatefulSetController(
            env,
            api,
            stream,
            statefulsets=informers["statefulsets"],
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            free_pods=free_pods,
            revisions_by_owner=revisions_by_owner,
            free_revisions=free_revisions,
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
        endpointslicemirroring=EndpointSliceMirroringController(
            env,
            api,
            stream,
            services=informers["services"],
            endpoints=informers["endpoints"],
            slices=informers["endpointslices"],
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
            claims=informers["persistentvolumeclaims"],
            volumes=informers["persistentvolumes"],
            classes=informers["storageclasses"],
            budgets=informers["poddisruptionbudgets"],
        ),
        nodelifecycle=NodeLifecycleController(
            env, api, stream, nodes=nodes, pods_by_node=pods_by_node
        ),
        tainteviction=TaintEvictionController(
            env, api, stream, nodes=nodes, pod_informer=pods, pods_by_node=pods_by_node
        ),
        podgc=PodGarbageCollector(
            env, api, stream, nodes=nodes, pod_informer=pods, pods_by_node=pods_by_node
        ),
        gc=GarbageCollector(env, api, stream, informers=informers.values()),
        hpa=HorizontalController(
            env,
            api,
            stream,
            autoscalers=informers["horizontalpodautoscalers"],
            pods_by_namespace=pod_indexes.by_namespace,
        ),
        job=JobController(
            env,
            api,
            stream,
            jobs=informers["jobs"],
            pod_informer=pods,
            pods_by_owner=pods_by_owner,
            names=names,
        ),
        cronjob=CronJobController(
            env, api, stream, cronjobs=informers["cronjobs"], jobs=informers["jobs"]
        ),
        ttlafterfinished=TtlAfterFinishedController(env, api, stream, jobs=informers["jobs"]),
        namespace=NamespaceController(env, api, stream, namespaces=informers["namespaces"]),
        ephemeralvolume=EphemeralVolumeController(env, api, stream, pod_informer=pods),
        persistentvolume=PersistentVolumeController(
            env,
            api,
            stream,
            claims=informers["persistentvolumeclaims"],
            volumes=informers["persistentvolumes"],
            classes=informers["storageclasses"],
            pod_informer=pods,
        ),
        provisioner=Provisioner(
            env,
            api,
            stream,
            claims=informers["persistentvolumeclaims"],
            volumes=informers["persistentvolumes"],
            classes=informers["storageclasses"],
            drivers=informers["csidrivers"],
            nodes=nodes,
        ),
        volumeprotection=VolumeProtectionController(
            env,
            api,
            stream,
            claims=informers["persistentvolumeclaims"],
            volumes=informers["persistentvolumes"],
            pod_informer=pods,
        ),
        serviceaccount=ServiceAccountController(
            env,
            api,
            stream,
            namespaces=informers["namespaces"],
            accounts=informers["serviceaccounts"],
            secrets=informers["secrets"],
        ),
        rootca=RootCaPublisher(
            env,
            api,
            stream,
            namespaces=informers["namespaces"],
            configmaps=informers["configmaps"],
        ),
        resourcequota=ResourceQuotaController(
            env, api, stream, quotas=informers["resourcequotas"], informers=informers
        ),
        disruption=DisruptionController(
            env,
            api,
            stream,
            budgets=informers["poddisruptionbudgets"],
            pod_informer=pods,
            pods_by_namespace=pod_indexes.by_namespace,
            scaled={resource: informers[resource] for resource in SCALED},
        ),
        clusterroleaggregation=ClusterRoleAggregationController(
            env, api, stream, roles=informers["clusterroles"]
        ),
        apiservices=ApiServiceRegistration(
            env,
            api,
            stream,
            services=informers["apiservices"],
            definitions=informers["customresourcedefinitions"],
        ),
    )
    _adopt(controllers)
    return controllers


def _adopt(controllers: Controllers) -> None:
    """Let each controller look once at what is there; nothing is written by looking."""
    controllers.deployment.adopt()
    controllers.replicaset.adopt()
    controllers.replicationcontroller.adopt()
    controllers.daemonset.adopt()
    controllers.statefulset.adopt()
    controllers.endpointslice.adopt()
    controllers.endpointslicemirroring.adopt()
    controllers.scheduler.adopt()
    controllers.nodelifecycle.adopt()
    controllers.tainteviction.adopt()
    controllers.hpa.adopt()
    controllers.persistentvolume.adopt()
    controllers.provisioner.adopt()
    controllers.job.adopt()
    controllers.cronjob.adopt()
    controllers.ttlafterfinished.adopt()
    controllers.serviceaccount.adopt()
    controllers.rootca.adopt()
    controllers.resourcequota.adopt()
    controllers.disruption.adopt()
