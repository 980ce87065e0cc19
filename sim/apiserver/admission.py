"""What admission adds to a new pod: service account and its token, priority, default tolerations.

The plugins ServiceAccount, Priority and DefaultTolerationSeconds, as kube-apiserver runs them by
default. This file must not know who creates pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import forbidden
from sim.apimachinery.wire import Obj
from sim.apiserver.suffixes import draw_suffix

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API's image of a static pod; admission leaves those alone."""
TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
"""Priority classes that every cluster has."""

_TOLERATED_S = 300
_TOLERATIONS = tuple(
    {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": _TOLERATED_S}
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
)
_TOKEN_SOURCES: list[Obj] = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {
        "configMap": {
            "items": [{"key": "ca.crt", "path": "ca.crt"}],
            "name": "kube-root-ca.crt",
        }
    },
    {
        "downwardAPI": {
            "items": [
                {
                    "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                    "path": "namespace",
                }
            ]
        }
    },
]


def admit_pod(registry: Registry, pod: Obj) -> Obj:
    """Return *pod* as admission lets it in.

    Raises:
        ApiError: Forbidden, if its priority class does not exist.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    added = _priority(registry, pod)
    tolerations = _tolerations(spec.get("tolerations") or [])
    if tolerations is not None:
        added["tolerations"] = tolerations
    if MIRROR not in (metadata.get("annotations") or {}):
        added |= _service_account(registry, metadata, spec)
    added = {key: value for key, value in added.items() if spec.get(key) != value}
    return {**pod, "spec": {**spec, **added}} if added else pod


def _priority(registry: Registry, pod: Obj) -> dict[str, Any]:
    spec = pod["spec"]
    if "priority" in spec and "preemptionPolicy" in spec:
        return {}
    name = spec.get("priorityClassName", "")
    added: dict[str, Any] = {"preemptionPolicy": "PreemptLowerPriority"}
    if not name:
        return {**added, "priority": 0}
    found = registry.store.get("priorityclasses", "", name)
    if found is not None:
        policy = found.get("preemptionPolicy", "PreemptLowerPriority")
        return {"preemptionPolicy": policy, "priority": found["value"]}
    if name not in SYSTEM_PRIORITIES:
        why = f"no PriorityClass with name {name} was found"
        raise forbidden("pods", pod["metadata"]["name"], why)
    return {**added, "priority": SYSTEM_PRIORITIES[name]}


def _tolerations(held: list[Obj]) -> list[Obj] | None:
    """Return *held* with the two default tolerations, or None where it has its own for both."""
    missing = [
        wanted
        for wanted in _TOLERATIONS
        if not any(
            one.get("key") in (wanted["key"], None, "")
            and one.get("effect") in ("NoExecute", None, "")
            for one in held
        )
    ]
    return [*held, *missing] if missing else None


def _service_account(registry: Registry, metadata: Obj, spec: Obj) -> dict[str, Any]:
    account = spec.get("serviceAccountName") or "default"
    added: dict[str, Any] = {"serviceAccountName": account, "serviceAccount": account}
    volumes = spec.get("volumes") or []
    has_token = any(volume.get("name", "").startswith("kube-api-access-") for volume in volumes)
    if has_token or spec.get("automountServiceAccountToken") is False:
        return added
    draw = registry.stream.at("token-volume", metadata.get("namespace"), metadata["name"])
    name = f"kube-api-access-{draw_suffix(draw)}"
    token = {"name": name, "projected": {"defaultMode": 420, "sources": _TOKEN_SOURCES}}
    mount = {"mountPath": TOKEN_MOUNT, "name": name, "readOnly": True}
    added["volumes"] = [*volumes, token]
    for field in ("containers", "initContainers"):
        if spec.get(field):
            added[field] = [
                {**one, "volumeMounts": [*(one.get("volumeMounts") or ()), mount]}
                for one in spec[field]
            ]
    return added
