"""What admission adds to a new pod: service account and its token, priority, default tolerations.

The plugins ServiceAccount, Priority, RuntimeClass and DefaultTolerationSeconds, as kube-apiserver
runs them by default. This file must not know who creates pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import forbidden
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes
from sim.apiserver.suffixes import draw_suffix

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API's image of a static pod; admission leaves those alone."""
TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
DEFAULT_ACCOUNT = "default"

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


def check_account(registry: Registry, attributes: Attributes) -> None:
    """Refuse a pod whose service account does not exist.

    `default` is taken for granted: its controller makes it again within moments.

    Raises:
        ApiError: Forbidden.
    """
    pod = attributes.new
    if pod is None or MIRROR in (pod["metadata"].get("annotations") or {}):
        return
    name = pod["spec"].get("serviceAccountName") or DEFAULT_ACCOUNT
    if name == DEFAULT_ACCOUNT:
        return
    if registry.store.get("serviceaccounts", attributes.namespace, name) is None:
        raise attributes.refused(
            f"error looking up service account {attributes.namespace}/{name}: "
            f'serviceaccount "{name}" not found'
        )


def check_priority(registry: Registry, attributes: Attributes) -> None:
    """Refuse a priority that its class does not have; raises ApiError Forbidden."""
    pod = attributes.new
    if pod is None or "priority" not in pod["spec"]:
        return
    spec = pod["spec"]
    computed = _priority(registry, {**pod, "spec": {**spec, "preemptionPolicy": None}}, given=False)
    if spec["priority"] != computed["priority"]:
        raise attributes.refused(
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {computed['priority']} from the given "
            "PriorityClass name"
        )


def check_default_class(registry: Registry, attributes: Attributes) -> None:
    """Refuse a second PriorityClass that is everybody's default; raises ApiError Forbidden."""
    new = attributes.new
    if new is None or not new.get("globalDefault"):
        return
    for one in registry.store.list("priorityclasses"):
        name = one["metadata"]["name"]
        if one.get("globalDefault") and name != attributes.name:
            raise attributes.refused(
                f"PriorityClass {name} is already marked as default. Only one default can exist"
            )


def give_runtime(registry: Registry, attributes: Attributes) -> Obj | None:
    """Return the pod with the overhead and nodes of its runtime class, None if it names none.

    Raises:
        ApiError: Forbidden, if the class does not exist.
    """
    pod = attributes.new
    name = pod["spec"].get("runtimeClassName") if pod is not None else None
    if pod is None or not name:
        return None
    found = registry.store.get("runtimeclasses", "", name)
    if found is None:
        raise attributes.refused(f'pod rejected: RuntimeClass "{name}" not found')
    spec = dict(pod["spec"])
    overhead = (found.get("overhead") or {}).get("podFixed")
    if overhead:
        spec["overhead"] = overhead
    scheduling = found.get("scheduling") or {}
    if scheduling.get("nodeSelector"):
        spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), **scheduling["nodeSelector"]}
    if scheduling.get("tolerations"):
        held = spec.get("tolerations") or []
        spec["tolerations"] = [
            *held,
            *(one for one in scheduling["tolerations"] if one not in held),
        ]
    return {**pod, "spec": spec}


def _priority(registry: Registry, pod: Obj, *, given: bool = True) -> dict[str, Any]:
    spec = pod["spec"]
    if given and "priority" in spec and "preemptionPolicy" in spec:
        return {}
    name = spec.get("priorityClassName", "")
    added: dict[str, Any] = {"preemptionPolicy": "PreemptLowerPriority"}
    if not name:
        default = _global_default(registry)
        if default is None:
            return {**added, "priority": 0}
        name = default
        added["priorityClassName"] = name
    found = registry.store.get("priorityclasses", "", name)
    if found is not None:
        policy = found.get("preemptionPolicy", "PreemptLowerPriority")
        return {**added, "preemptionPolicy": policy, "priority": found["value"]}
    if name not in SYSTEM_PRIORITIES:
        why = f"no PriorityClass with name {name} was found"
        raise forbidden("pods", pod["metadata"]["name"], why)
    return {**added, "priority": SYSTEM_PRIORITIES[name]}


def _global_default(registry: Registry) -> str | None:
    marked = [one for one in registry.store.list("priorityclasses") if one.get("globalDefault")]
    if not marked:
        return None
    return str(min(marked, key=lambda one: int(one["value"]))["metadata"]["name"])


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
    account = spec.get("serviceAccountName") or DEFAULT_ACCOUNT
    added: dict[str, Any] = {"serviceAccountName": account, "serviceAccount": account}
    found = registry.store.get("serviceaccounts", metadata.get("namespace", ""), account) or {}
    if found.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
        added["imagePullSecrets"] = found["imagePullSecrets"]
    volumes = spec.get("volumes") or []
    has_token = any(volume.get("name", "").startswith("kube-api-access-") for volume in volumes)
    wants = spec.get("automountServiceAccountToken")
    wants = found.get("automountServiceAccountToken") if wants is None else wants
    if has_token or wants is False:
        return added
    draw = registry.stream.at("token-volume", metadata.get("namespace"), metadata["name"])
    name = f"kube-api-access-{draw_suffix(draw)}"
    token = {"name": name, "projected": {"defaultMode": 420, "sources": _TOKEN_SOURCES}}
    mount = {"mountPath": TOKEN_MOUNT, "name": name, "readOnly": True}
    added["volumes"] = [*volumes, token]
    for field in ("containers", "initContainers"):
        if spec.get(field):
            added[field] = [_mounted(one, mount) for one in spec[field]]
    return added


def _mounted(container: Obj, mount: Obj) -> Obj:
    held = container.get("volumeMounts") or []
    if any(one.get("mountPath") == TOKEN_MOUNT for one in held):
        return container
    return {**container, "volumeMounts": [*held, mount]}
