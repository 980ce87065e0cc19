"""Fields that the API server fills in, so that what is read back looks as it does on a real cluster.

Filling returns the very same object when nothing is missing, so copies of one template stay shared.
One function a kind, entered in the table at the end; here are those of what makes pods, the others
are in `pods.py` and `kinds.py`. This file must not know other objects.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.apimachinery.wire import Obj
from sim.apiserver.defaults.kinds import (
    autoscaler_defaults,
    binding_defaults,
    claim_defaults,
    endpoints_defaults,
    limits_defaults,
    node_defaults,
    policy_defaults,
    priorityclass_defaults,
    quota_defaults,
    secret_defaults,
    service_defaults,
    slice_defaults,
    storageclass_defaults,
    volume_defaults,
    webhooks_defaults,
)
from sim.apiserver.defaults.pods import pod, pod_template
from sim.apiserver.filling import each, fill, within


def _deployment(obj: Obj) -> Obj:
    def strategy(held: Obj) -> Obj:
        filled = fill(held, type="RollingUpdate")
        if filled["type"] != "RollingUpdate":
            return filled
        filled = fill(filled, rollingUpdate={})
        quarter = {"maxSurge": "25%", "maxUnavailable": "25%"}
        return within(filled, "rollingUpdate", lambda rolling: fill(rolling, **quarter))

    def spec(held: Obj) -> Obj:
        filled = fill(
            held, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={}
        )
        return within(within(filled, "strategy", strategy), "template", pod_template)

    return within(obj, "spec", spec)


def _replicaset(obj: Obj) -> Obj:
    return within(
        obj, "spec", lambda held: within(fill(held, replicas=1), "template", pod_template)
    )


def _replicationcontroller(obj: Obj) -> Obj:
    filled = _replicaset(obj)
    spec = filled.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if not labels:
        return filled
    if not spec.get("selector"):
        filled = {**filled, "spec": {**spec, "selector": labels}}
    if not (filled.get("metadata") or {}).get("labels"):
        filled = {**filled, "metadata": {**(filled.get("metadata") or {}), "labels": labels}}
    return filled


def _daemonset(obj: Obj) -> Obj:
    def strategy(held: Obj) -> Obj:
        filled = fill(held, type="RollingUpdate")
        if filled["type"] != "RollingUpdate":
            return filled
        filled = fill(filled, rollingUpdate={})
        return within(
            filled, "rollingUpdate", lambda rolling: fill(rolling, maxSurge=0, maxUnavailable=1)
        )

    def spec(held: Obj) -> Obj:
        filled = fill(held, revisionHistoryLimit=10, updateStrategy={})
        return within(within(filled, "updateStrategy", strategy), "template", pod_template)

    return within(obj, "spec", spec)


def _claim_template(claim: Obj) -> Obj:
    return claim_defaults(fill(claim, apiVersion="v1", kind="PersistentVolumeClaim"))


def _podtemplate(obj: Obj) -> Obj:
    return within(obj, "template", pod_template)


def _statefulset(obj: Obj) -> Obj:
    def strategy(held: Obj) -> Obj:
        filled = fill(held, type="RollingUpdate")
        if filled["type"] != "RollingUpdate":
            return filled
        filled = fill(filled, rollingUpdate={})
        return within(filled, "rollingUpdate", lambda rolling: fill(rolling, partition=0))

    def spec(held: Obj) -> Obj:
        filled = fill(
            held,
            persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
            podManagementPolicy="OrderedReady",
            replicas=1,
            revisionHistoryLimit=10,
            updateStrategy={},
        )
        filled = within(filled, "volumeClaimTemplates", lambda held: each(held, _claim_template))
        return within(within(filled, "updateStrategy", strategy), "template", pod_template)

    return within(obj, "spec", spec)


def _job_spec(held: Obj) -> Obj:
    if held.get("completions") is None and held.get("parallelism") is None:
        held = fill(held, completions=1)
    own_rules = held.get("podFailurePolicy") is not None
    filled = fill(
        held,
        backoffLimit=2**31 - 1 if held.get("backoffLimitPerIndex") is not None else 6,
        completionMode="NonIndexed",
        parallelism=1,
        podReplacementPolicy="Failed" if own_rules else "TerminatingOrFailed",
        suspend=False,
    )
    return within(filled, "template", pod_template)


def _job(obj: Obj) -> Obj:
    return within(obj, "spec", _job_spec)


def _cronjob(obj: Obj) -> Obj:
    def spec(held: Obj) -> Obj:
        filled = fill(
            held,
            concurrencyPolicy="Allow",
            failedJobsHistoryLimit=1,
            successfulJobsHistoryLimit=3,
            suspend=False,
        )
        return within(
            filled,
            "jobTemplate",
            lambda job: within(job, "spec", lambda inner: within(inner, "template", pod_template)),
        )

    return within(obj, "spec", spec)


_DEFAULTS: dict[str, Callable[[Obj], Obj]] = {
    "clusterrolebindings": binding_defaults,
    "cronjobs": _cronjob,
    "daemonsets": _daemonset,
    "deployments": _deployment,
    "endpoints": endpoints_defaults,
    "endpointslices": slice_defaults,
    "horizontalpodautoscalers": autoscaler_defaults,
    "jobs": _job,
    "limitranges": limits_defaults,
    "mutatingwebhookconfigurations": webhooks_defaults,
    "networkpolicies": policy_defaults,
    "nodes": node_defaults,
    "persistentvolumeclaims": claim_defaults,
    "persistentvolumes": volume_defaults,
    "pods": pod,
    "podtemplates": _podtemplate,
    "priorityclasses": priorityclass_defaults,
    "replicasets": _replicaset,
    "replicationcontrollers": _replicationcontroller,
    "resourcequotas": quota_defaults,
    "rolebindings": binding_defaults,
    "secrets": secret_defaults,
    "services": service_defaults,
    "statefulsets": _statefulset,
    "storageclasses": storageclass_defaults,
    "validatingwebhookconfigurations": webhooks_defaults,
}


def apply_defaults(resource: str, obj: Obj) -> Obj:
    """Return *obj* with the defaults of its kind.

    Raises:
        ApiError: BadRequest, if a quantity does not parse.
    """
    default = _DEFAULTS.get(resource)
    return obj if default is None else default(obj)
