"""The pages of `describe`, one file a kind, entered in this one table.

The layout is kubectl's own work, so these pages are right on any cluster; a describer asks the API
and must not know who called it.
"""

from __future__ import annotations

from sim.kubectl.describers.common import Describer, Looking
from sim.kubectl.describers.configmap import describe_config_map
from sim.kubectl.describers.cronjob import describe_cron_job
from sim.kubectl.describers.daemonset import describe_daemon_set
from sim.kubectl.describers.deployment import describe_deployment
from sim.kubectl.describers.endpoints import describe_endpoints
from sim.kubectl.describers.endpointslice import describe_endpoint_slice
from sim.kubectl.describers.generic import describe_generic
from sim.kubectl.describers.horizontalpodautoscaler import describe_autoscaler
from sim.kubectl.describers.ingress import describe_ingress
from sim.kubectl.describers.job import describe_job
from sim.kubectl.describers.limitrange import describe_limit_range
from sim.kubectl.describers.namespace import describe_namespace
from sim.kubectl.describers.networkpolicy import describe_network_policy
from sim.kubectl.describers.node import describe_node
from sim.kubectl.describers.persistentvolume import describe_volume
from sim.kubectl.describers.persistentvolumeclaim import describe_claim
from sim.kubectl.describers.pod import describe_pod
from sim.kubectl.describers.poddisruptionbudget import describe_pod_disruption_budget
from sim.kubectl.describers.priorityclass import describe_priority_class
from sim.kubectl.describers.replicaset import describe_replica_set
from sim.kubectl.describers.resourcequota import describe_resource_quota
from sim.kubectl.describers.role import describe_role, describe_role_binding
from sim.kubectl.describers.secret import describe_secret
from sim.kubectl.describers.service import describe_service
from sim.kubectl.describers.serviceaccount import describe_service_account
from sim.kubectl.describers.statefulset import describe_stateful_set
from sim.kubectl.describers.storageclass import describe_storage_class

__all__ = ["DESCRIBERS", "Describer", "Looking", "describer_for"]

DESCRIBERS: dict[tuple[str, str], Describer] = {
    ("", "ConfigMap"): describe_config_map,
    ("", "Endpoints"): describe_endpoints,
    ("", "LimitRange"): describe_limit_range,
    ("", "Namespace"): describe_namespace,
    ("", "Node"): describe_node,
    ("", "PersistentVolume"): describe_volume,
    ("", "PersistentVolumeClaim"): describe_claim,
    ("", "Pod"): describe_pod,
    ("", "ResourceQuota"): describe_resource_quota,
    ("", "Secret"): describe_secret,
    ("", "Service"): describe_service,
    ("", "ServiceAccount"): describe_service_account,
    ("apps", "DaemonSet"): describe_daemon_set,
    ("apps", "Deployment"): describe_deployment,
    ("apps", "ReplicaSet"): describe_replica_set,
    ("apps", "StatefulSet"): describe_stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): describe_autoscaler,
    ("batch", "CronJob"): describe_cron_job,
    ("batch", "Job"): describe_job,
    ("discovery.k8s.io", "EndpointSlice"): describe_endpoint_slice,
    ("networking.k8s.io", "Ingress"): describe_ingress,
    ("networking.k8s.io", "NetworkPolicy"): describe_network_policy,
    ("policy", "PodDisruptionBudget"): describe_pod_disruption_budget,
    ("rbac.authorization.k8s.io", "ClusterRole"): describe_role,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): describe_role_binding,
    ("rbac.authorization.k8s.io", "Role"): describe_role,
    ("rbac.authorization.k8s.io", "RoleBinding"): describe_role_binding,
    ("scheduling.k8s.io", "PriorityClass"): describe_priority_class,
    ("storage.k8s.io", "StorageClass"): describe_storage_class,
}


def describer_for(group: str, kind: str) -> Describer:
    """Return the describer of a kind, or the generic one."""
    return DESCRIBERS.get((group, kind), describe_generic)
