"""Fields that the API server fills in, so that what is read back looks as it does on a real cluster.

Filling returns the very same object when nothing is missing, so copies of one template stay shared.
One function a kind, entered in the table at the end; this file must not know other objects.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from sim.apimachinery.errors import bad_request
from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj


def fill(obj: Obj, /, **missing: Any) -> Obj:
    """Return *obj* with those fields added that it lacks (or that are null)."""
    lacking = {key: value for key, value in missing.items() if obj.get(key) is None}
    return {**obj, **lacking} if lacking else obj


def each(items: list[Obj], change: Callable[[Obj], Obj]) -> list[Obj]:
    """Return *items* changed one by one, or the very same list if none changed."""
    changed = [change(one) for one in items]
    same = all(new is old for new, old in zip(changed, items, strict=True))
    return items if same else changed


def within(obj: Obj, field: str, change: Callable[[Any], Any]) -> Obj:
    """Return *obj* with *change* applied to the field if it is there."""
    held = obj.get(field)
    if held is None:
        return obj
    new = change(held)
    return obj if new is held else {**obj, field: new}


# -- pods ----------------------------------------------------------------------------------------


def _quantities(amounts: Obj) -> Obj:
    try:
        exact = {name: canonical(amount) for name, amount in amounts.items()}
    except ValueError as error:
        raise bad_request(str(error)) from None
    return amounts if exact == amounts else exact


def resources(held: Obj) -> Obj:
    """Return resource requirements with canonical quantities."""
    return within(within(held, "limits", _quantities), "requests", _quantities)


def _http(action: Obj) -> Obj:
    return fill(action, path="/", scheme="HTTP")


def _probe(probe: Obj) -> Obj:
    filled = fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    filled = within(filled, "httpGet", _http)
    return within(filled, "grpc", lambda action: fill(action, service=""))


def _env(env: Obj) -> Obj:
    def value_from(source: Obj) -> Obj:
        return within(source, "fieldRef", lambda ref: fill(ref, apiVersion="v1"))

    return within(env, "valueFrom", value_from)


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    return "Always" if name.partition(":")[2] in ("", "latest") else "IfNotPresent"


def _container(container: Obj) -> Obj:
    filled = fill(
        container,
        imagePullPolicy=_pull_policy(str(container.get("image", ""))),
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )
    filled = within(filled, "resources", resources)
    filled = within(filled, "ports", lambda ports: each(ports, lambda p: fill(p, protocol="TCP")))
    filled = within(filled, "env", lambda env: each(env, _env))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        filled = within(filled, probe, _probe)
    return filled


_MODE = 420
"""0644, of files from ConfigMaps, Secrets and projections."""


def _projection(source: Obj) -> Obj:
    return within(source, "serviceAccountToken", lambda token: fill(token, expirationSeconds=3600))


def _volume(volume: Obj) -> Obj:
    filled = volume
    for source in ("configMap", "secret", "downwardAPI", "projected"):
        filled = within(filled, source, lambda held: fill(held, defaultMode=_MODE))
    filled = within(filled, "hostPath", lambda held: fill(held, type=""))
    return within(
        filled, "projected", lambda held: within(held, "sources", lambda s: each(s, _projection))
    )


def pod_spec(spec: Obj) -> Obj:
    """Return a pod's or template's spec with defaults."""
    filled = fill(
        spec,
        dnsPolicy="ClusterFirst",
        restartPolicy="Always",
        schedulerName="default-scheduler",
        securityContext={},
        terminationGracePeriodSeconds=30,
    )
    if filled.get("serviceAccountName") and not filled.get("serviceAccount"):
        filled = fill(filled, serviceAccount=filled["serviceAccountName"])
    for field in ("containers", "initContainers"):
        filled = within(filled, field, lambda held: each(held, _container))
    return within(filled, "volumes", lambda held: each(held, _volume))


def _limits_as_requests(container: Obj) -> Obj:
    held = container.get("resources") or {}
    limits, requests = held.get("limits") or {}, held.get("requests") or {}
    if all(name in requests for name in limits):
        return container
    return {**container, "resources": {**held, "requests": {**limits, **requests}}}


def _pod(pod: Obj) -> Obj:
    def spec(held: Obj) -> Obj:
        filled = fill(pod_spec(held), enableServiceLinks=True)
        return within(filled, "containers", lambda some: each(some, _limits_as_requests))

    return within(pod, "spec", spec)


def _template(template: Obj) -> Obj:
    filled = fill(template, metadata={})
    return within(filled, "spec", pod_spec)


# -- workloads -----------------------------------------------------------------------------------


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
        return within(within(filled, "strategy", strategy), "template", _template)

    return within(obj, "spec", spec)


def _replicaset(obj: Obj) -> Obj:
    return within(obj, "spec", lambda held: within(fill(held, replicas=1), "template", _template))


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
        return within(within(filled, "updateStrategy", strategy), "template", _template)

    return within(obj, "spec", spec)


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
        return within(within(filled, "updateStrategy", strategy), "template", _template)

    return within(obj, "spec", spec)


def _job_spec(held: Obj) -> Obj:
    filled = fill(
        held,
        backoffLimit=6,
        completionMode="NonIndexed",
        completions=1,
        parallelism=1,
        podReplacementPolicy="TerminatingOrFailed",
        suspend=False,
    )
    return within(filled, "template", _template)


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
            lambda job: within(job, "spec", lambda inner: within(inner, "template", _template)),
        )

    return within(obj, "spec", spec)


# -- everything else -----------------------------------------------------------------------------


def _service(obj: Obj) -> Obj:
    def port(held: Obj) -> Obj:
        return fill(held, protocol="TCP", targetPort=held.get("port"))

    def spec(held: Obj) -> Obj:
        filled = fill(held, sessionAffinity="None", type="ClusterIP")
        if filled["type"] != "ExternalName":
            filled = fill(filled, internalTrafficPolicy="Cluster")
        if filled["type"] in ("NodePort", "LoadBalancer"):
            filled = fill(filled, externalTrafficPolicy="Cluster")
        if filled["type"] == "LoadBalancer":
            filled = fill(filled, allocateLoadBalancerNodePorts=True)
        return within(filled, "ports", lambda ports: each(ports, port))

    return within(obj, "spec", spec)


def _secret(obj: Obj) -> Obj:
    filled = fill(obj, type="Opaque")
    plain = filled.get("stringData")
    if plain is None:
        return filled
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in plain.items()}
    merged = {**filled, "data": {**(filled.get("data") or {}), **encoded}}
    del merged["stringData"]
    return merged


def _claim(obj: Obj) -> Obj:
    filled = within(obj, "spec", lambda held: fill(held, volumeMode="Filesystem"))
    return fill(filled, status={"phase": "Pending"})


def _autoscaler(obj: Obj) -> Obj:
    return within(obj, "spec", lambda held: fill(held, minReplicas=1))


def _priorityclass(obj: Obj) -> Obj:
    return fill(obj, preemptionPolicy="PreemptLowerPriority")


def _storageclass(obj: Obj) -> Obj:
    return fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _node(obj: Obj) -> Obj:
    return fill(obj, spec={}, status={})


_DEFAULTS: dict[str, Callable[[Obj], Obj]] = {
    "cronjobs": _cronjob,
    "daemonsets": _daemonset,
    "deployments": _deployment,
    "horizontalpodautoscalers": _autoscaler,
    "jobs": _job,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "pods": _pod,
    "priorityclasses": _priorityclass,
    "replicasets": _replicaset,
    "replicationcontrollers": _replicaset,
    "secrets": _secret,
    "services": _service,
    "statefulsets": _statefulset,
    "storageclasses": _storageclass,
}


def apply_defaults(resource: str, obj: Obj) -> Obj:
    """Return *obj* with the defaults of its kind.

    Raises:
        ApiError: BadRequest, if a quantity does not parse.
    """
    default = _DEFAULTS.get(resource)
    return obj if default is None else default(obj)
