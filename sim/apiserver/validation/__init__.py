"""Whether an object may exist: what validation refuses, in Kubernetes' own words.

One file a family of kinds, entered in the table below; the cluster's own components are trusted and
skip it. This file must not change objects.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.apimachinery.errors import Cause, invalid
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import configuration, nodes, pods, services, workloads
from sim.apiserver.validation.names import check_metadata

Check = Callable[[Obj], list[Cause]]
ChangeCheck = Callable[[Obj, Obj], list[Cause]]

_CHECKS: dict[str, Check] = {
    "configmaps": configuration.check_config,
    "cronjobs": workloads.check_cronjob,
    "daemonsets": workloads.check_daemonset,
    "deployments": workloads.check_deployment,
    "horizontalpodautoscalers": workloads.check_autoscaler,
    "jobs": workloads.check_job,
    "nodes": nodes.check_node,
    "poddisruptionbudgets": workloads.check_budget,
    "pods": pods.check_pod,
    "replicasets": workloads.check_replicaset,
    "secrets": configuration.check_secret,
    "services": services.check_service,
    "statefulsets": workloads.check_statefulset,
}
_CHANGES: dict[str, ChangeCheck] = {
    "configmaps": configuration.check_immutable,
    "daemonsets": workloads.check_selector_kept,
    "deployments": workloads.check_selector_kept,
    "jobs": workloads.check_job_kept,
    "pods": pods.check_kept,
    "replicasets": workloads.check_selector_kept,
    "secrets": configuration.check_immutable,
    "services": services.check_kept,
    "statefulsets": workloads.check_statefulset_kept,
}


def validate_create(info: ResourceInfo, obj: Obj) -> None:
    """Refuse a new object that Kubernetes would refuse.

    Raises:
        ApiError: Invalid, with every cause.
    """
    check = _CHECKS.get(info.plural)
    causes = check_metadata(info, obj) + (check(obj) if check else [])
    if causes:
        raise invalid(info.kind, obj["metadata"]["name"], causes, info.group)


def validate_update(info: ResourceInfo, new: Obj, old: Obj) -> None:
    """Refuse a change that Kubernetes would refuse.

    Raises:
        ApiError: Invalid, with every cause.
    """
    check, kept = _CHECKS.get(info.plural), _CHANGES.get(info.plural)
    causes = check_metadata(info, new) + (kept(new, old) if kept else [])
    if check and not (info.plural == "pods" and causes):
        causes += check(new)
    if causes:
        raise invalid(info.kind, new["metadata"]["name"], causes, info.group)
