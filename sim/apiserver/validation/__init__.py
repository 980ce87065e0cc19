"""Whether an object may exist: what validation refuses, in Kubernetes' own words.

One file a family of kinds, entered in the table below; the cluster's own components are trusted and
skip it. This file must not change objects.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.apimachinery.errors import Cause, invalid
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import (
    access,
    autoscaling,
    configuration,
    customresourcedefinitions,
    events,
    jobs,
    networking,
    nodes,
    pods,
    quotas,
    services,
    storage,
    webhooks,
    workloads,
)
from sim.apiserver.validation.names import check_metadata, check_metadata_kept

Check = Callable[[Obj], list[Cause]]
ChangeCheck = Callable[[Obj, Obj], list[Cause]]

_CHECKS: dict[str, Check] = {
    "clusterrolebindings": access.check_cluster_role_binding,
    "clusterroles": access.check_cluster_role,
    "configmaps": configuration.check_config,
    "controllerrevisions": workloads.check_revision,
    "cronjobs": jobs.check_cronjob,
    "customresourcedefinitions": customresourcedefinitions.check_definition,
    "daemonsets": workloads.check_daemonset,
    "deployments": workloads.check_deployment,
    "endpoints": services.check_endpoints,
    "endpointslices": services.check_slice,
    "events": events.check_event,
    "horizontalpodautoscalers": autoscaling.check_autoscaler,
    "ingressclasses": networking.check_ingress_class,
    "ingresses": networking.check_ingress,
    "jobs": jobs.check_job,
    "limitranges": quotas.check_limits,
    "mutatingwebhookconfigurations": webhooks.check_webhooks,
    "networkpolicies": networking.check_policy,
    "nodes": nodes.check_node,
    "persistentvolumeclaims": storage.check_claim,
    "persistentvolumes": storage.check_volume,
    "poddisruptionbudgets": autoscaling.check_budget,
    "pods": pods.check_pod,
    "podtemplates": workloads.check_podtemplate,
    "priorityclasses": quotas.check_priority,
    "replicasets": workloads.check_replicaset,
    "replicationcontrollers": workloads.check_replicationcontroller,
    "resourcequotas": quotas.check_quota,
    "rolebindings": access.check_role_binding,
    "roles": access.check_role,
    "secrets": configuration.check_secret,
    "services": services.check_service,
    "statefulsets": workloads.check_statefulset,
    "storageclasses": storage.check_class,
    "validatingwebhookconfigurations": webhooks.check_webhooks,
}
_CHANGES: dict[str, ChangeCheck] = {
    "clusterrolebindings": access.check_binding_kept,
    "configmaps": configuration.check_immutable,
    "controllerrevisions": workloads.check_revision_kept,
    "customresourcedefinitions": customresourcedefinitions.check_kept,
    "daemonsets": workloads.check_selector_kept,
    "deployments": workloads.check_selector_kept,
    "endpointslices": services.check_slice_kept,
    "ingressclasses": networking.check_ingress_class_kept,
    "jobs": jobs.check_job_kept,
    "nodes": nodes.check_node_kept,
    "persistentvolumeclaims": storage.check_claim_kept,
    "persistentvolumes": storage.check_volume_kept,
    "priorityclasses": quotas.check_priority_kept,
    "replicasets": workloads.check_selector_kept,
    "resourcequotas": quotas.check_quota_kept,
    "rolebindings": access.check_binding_kept,
    "secrets": configuration.check_immutable,
    "services": services.check_service_kept,
    "statefulsets": workloads.check_statefulset_kept,
    "storageclasses": storage.check_class_kept,
}
_CHANGE_FIRST = frozenset(
    {"configmaps", "customresourcedefinitions", "nodes", "secrets", "services"}
)
"""Resources of which the server tells first what may not change, then what is wrong as such."""


def validate_create(info: ResourceInfo, obj: Obj) -> None:
    """Refuse a new object that Kubernetes would refuse.

    Raises:
        ApiError: Invalid, with every cause.
    """
    check = _CHECKS.get(info.key)
    causes = check_metadata(info, obj) + (check(obj) if check else [])
    if causes:
        raise invalid(info.kind, obj["metadata"]["name"], causes, info.group)


def validate_update(info: ResourceInfo, new: Obj, old: Obj) -> None:
    """Refuse a change that Kubernetes would refuse.

    Raises:
        ApiError: Invalid, with every cause.
    """
    causes = check_metadata_kept(new, old)
    if info.key == "pods":
        causes += pods.check_pod_update(new, old)
    else:
        check, kept = _CHECKS.get(info.key), _CHANGES.get(info.key)
        as_such = check(new) if check else []
        changed = kept(new, old) if kept else []
        causes += changed + as_such if info.key in _CHANGE_FIRST else as_such + changed
    if causes:
        raise invalid(info.kind, new["metadata"]["name"], causes, info.group)
