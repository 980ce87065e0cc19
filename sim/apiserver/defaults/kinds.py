"""Fields that the API server fills in of everything but pods and what makes pods.

It must not know other objects.
"""

from __future__ import annotations

from base64 import b64encode

from sim.apimachinery.wire import Obj
from sim.apiserver.defaults.pods import quantities
from sim.apiserver.filling import each, fill, within


def service_defaults(obj: Obj) -> Obj:
    """Return a Service with defaults."""

    def port(held: Obj) -> Obj:
        return fill(held, protocol="TCP", targetPort=held.get("port"))

    def spec(held: Obj) -> Obj:
        filled = fill(held, sessionAffinity="None", type="ClusterIP")
        if filled["sessionAffinity"] == "ClientIP":
            filled = fill(filled, sessionAffinityConfig={"clientIP": {"timeoutSeconds": 10800}})
        if filled["type"] != "ExternalName":
            filled = fill(filled, internalTrafficPolicy="Cluster")
        if filled["type"] in ("NodePort", "LoadBalancer"):
            filled = fill(filled, externalTrafficPolicy="Cluster")
        if filled["type"] == "LoadBalancer":
            filled = fill(filled, allocateLoadBalancerNodePorts=True)
        return within(filled, "ports", lambda ports: each(ports, port))

    return within(obj, "spec", spec)


def secret_defaults(obj: Obj) -> Obj:
    """Return a Secret, its stringData encoded with defaults."""
    filled = fill(obj, type="Opaque")
    plain = filled.get("stringData")
    if plain is None:
        return filled
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in plain.items()}
    merged = {**filled, "data": {**(filled.get("data") or {}), **encoded}}
    del merged["stringData"]
    return merged


def claim_defaults(obj: Obj) -> Obj:
    """Return a PersistentVolumeClaim with defaults."""
    filled = within(obj, "spec", lambda held: fill(held, volumeMode="Filesystem"))
    return fill(filled, status={"phase": "Pending"})


_UP = {
    "policies": [
        {"periodSeconds": 15, "type": "Pods", "value": 4},
        {"periodSeconds": 15, "type": "Percent", "value": 100},
    ],
    "selectPolicy": "Max",
    "stabilizationWindowSeconds": 0,
}
_DOWN = {
    "policies": [{"periodSeconds": 15, "type": "Percent", "value": 100}],
    "selectPolicy": "Max",
}
_CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}


def autoscaler_defaults(obj: Obj) -> Obj:
    """Return a HorizontalPodAutoscaler with defaults."""

    def behavior(held: Obj) -> Obj:
        filled = fill(held, scaleUp={}, scaleDown={})
        filled = within(filled, "scaleUp", lambda rules: fill(rules, **_UP))
        return within(filled, "scaleDown", lambda rules: fill(rules, **_DOWN))

    def spec(held: Obj) -> Obj:
        filled = fill(held, minReplicas=1)
        if not filled.get("metrics"):
            filled = {**filled, "metrics": [_CPU]}
        return within(filled, "behavior", behavior)

    return within(obj, "spec", spec)


def volume_defaults(obj: Obj) -> Obj:
    """Return a PersistentVolume with defaults."""

    def spec(held: Obj) -> Obj:
        filled = fill(held, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
        filled = within(filled, "hostPath", lambda source: fill(source, type=""))
        return within(filled, "capacity", quantities)

    return fill(within(obj, "spec", spec), status={"phase": "Pending"})


def limits_defaults(obj: Obj) -> Obj:
    """Return a LimitRange with defaults: limits from maxima, requests from limits and minima."""

    def limit(held: Obj) -> Obj:
        filled = held
        for name in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
            filled = within(filled, name, quantities)
        if filled.get("type") != "Container":
            return filled
        most, least = filled.get("max") or {}, filled.get("min") or {}
        limits = {**most, **(filled.get("default") or {})}
        requests = {**least, **limits, **(filled.get("defaultRequest") or {})}
        return fill_amounts(fill_amounts(filled, "default", limits), "defaultRequest", requests)

    return within(obj, "spec", lambda spec: within(spec, "limits", lambda held: each(held, limit)))


def fill_amounts(held: Obj, field: str, amounts: Obj) -> Obj:
    """Return *held* with *amounts* in *field*, the very same if they stand there or are none."""
    return held if not amounts or held.get(field) == amounts else {**held, field: amounts}


def quota_defaults(obj: Obj) -> Obj:
    """Return a ResourceQuota with canonical quantities."""
    return within(obj, "spec", lambda spec: within(spec, "hard", quantities))


def policy_defaults(obj: Obj) -> Obj:
    """Return a NetworkPolicy with defaults."""

    def rule(held: Obj) -> Obj:
        return within(
            held, "ports", lambda ports: each(ports, lambda port: fill(port, protocol="TCP"))
        )

    def spec(held: Obj) -> Obj:
        types = ["Ingress", "Egress"] if held.get("egress") else ["Ingress"]
        filled = held if held.get("policyTypes") else {**held, "policyTypes": types}
        for way in ("ingress", "egress"):
            filled = within(filled, way, lambda rules: each(rules, rule))
        return filled

    return within(obj, "spec", spec)


_RBAC = "rbac.authorization.k8s.io"


def binding_defaults(obj: Obj) -> Obj:
    """Return a RoleBinding or ClusterRoleBinding with defaults."""

    def subject(held: Obj) -> Obj:
        if held.get("kind") in ("User", "Group") and not held.get("apiGroup"):
            return {**held, "apiGroup": _RBAC}
        return held

    filled = within(
        obj, "roleRef", lambda role: role if role.get("apiGroup") else {**role, "apiGroup": _RBAC}
    )
    return within(filled, "subjects", lambda held: each(held, subject))


def webhooks_defaults(obj: Obj) -> Obj:
    """Return a webhook configuration with defaults."""
    mutating = obj.get("kind") == "MutatingWebhookConfiguration"

    def hook(held: Obj) -> Obj:
        filled = fill(
            held,
            failurePolicy="Fail",
            matchPolicy="Equivalent",
            namespaceSelector={},
            objectSelector={},
            timeoutSeconds=10,
        )
        if mutating:
            filled = fill(filled, reinvocationPolicy="Never")
        filled = within(
            filled,
            "clientConfig",
            lambda client: within(client, "service", lambda to: fill(to, port=443)),
        )
        return within(
            filled, "rules", lambda rules: each(rules, lambda rule: fill(rule, scope="*"))
        )

    return within(obj, "webhooks", lambda held: each(held, hook))


def endpoints_defaults(obj: Obj) -> Obj:
    """Return Endpoints with defaults."""

    def subset(held: Obj) -> Obj:
        return within(
            held, "ports", lambda ports: each(ports, lambda port: fill(port, protocol="TCP"))
        )

    return within(obj, "subsets", lambda held: each(held, subset))


def slice_defaults(obj: Obj) -> Obj:
    """Return an EndpointSlice with defaults."""
    return within(
        obj,
        "ports",
        lambda ports: each(ports, lambda port: fill(port, name="", protocol="TCP")),
    )


def priorityclass_defaults(obj: Obj) -> Obj:
    """Return a PriorityClass with defaults."""
    return fill(obj, preemptionPolicy="PreemptLowerPriority")


def storageclass_defaults(obj: Obj) -> Obj:
    """Return a StorageClass with defaults."""
    return fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def node_defaults(obj: Obj) -> Obj:
    """Return a node with defaults."""
    return fill(obj, spec={}, status={})
