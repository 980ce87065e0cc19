"""ResourceQuota: what a namespace may hold, what it holds, and what a new object adds.

The arithmetic is shared with the quota controller, which keeps `status.used`. As pkg/quota/v1 and
apiserver's plugin resourcequota. This file must not write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from sim.apimachinery.quantity import canonical, format_quantity, parse_quantity
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes
from sim.apiserver.admission.limits import is_binary
from sim.apiserver.admission.quotascope import fits_scopes

if TYPE_CHECKING:
    from sim.apiserver.store import Store

Usage = dict[str, Fraction]
Listed = Callable[[str, str], list[Obj]]
"""(resource, namespace) -> its objects."""

COUNTED = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
    }
)
"""Resources of the core group that a quota counts under their own name too."""
COMPUTE = ("cpu", "memory", "ephemeral-storage")
MUST_ASK = frozenset(
    {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
)
"""Once one of these is limited, every container has to say how much of it it wants."""
CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def check_quota(store: Store, attributes: Attributes) -> dict[str, dict[str, str]]:
    """Refuse what would exceed a quota of the namespace.

    Returns:
        By name of each quota that counts the object: what it has in use with it.

    Raises:
        ApiError: Forbidden.
    """
    new, info = attributes.new, attributes.info
    quotas = store.list("resourcequotas", attributes.namespace)
    charged: dict[str, dict[str, str]] = {}
    if new is None or not quotas:
        return charged
    added = usage_of(info, new)
    if attributes.old is not None:
        before = usage_of(info, attributes.old)
        added = {key: value - before.get(key, 0) for key, value in added.items()}
    for quota in quotas:
        hard = hard_of(quota)
        if not fits_scopes(quota, info.plural, new):
            continue
        if attributes.old is None and info.plural == "pods":
            _check_asks(attributes, quota, new, hard)
        rising = {key: value for key, value in added.items() if key in hard and value > 0}
        if rising:
            used = _check_fits(store, attributes, quota, hard, rising)
            charged[quota["metadata"]["name"]] = {
                key: show(key, used.get(key, Fraction()) + amount) for key, amount in rising.items()
            }
    return charged


def _check_asks(attributes: Attributes, quota: Obj, pod: Obj, hard: Mapping[str, Fraction]) -> None:
    """Refuse a pod with containers that do not say what the quota counts."""
    missing: dict[str, list[str]] = {}
    for container in (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())):
        asked = _container_usage(container)
        for resource in MUST_ASK & hard.keys():
            if resource not in asked:
                missing.setdefault(resource, []).append(container["name"])
    if missing:
        parts = [f"{key} for: {','.join(sorted(missing[key]))}" for key in sorted(missing)]
        name = quota["metadata"]["name"]
        raise attributes.refused(f"failed quota: {name}: must specify {'; '.join(parts)}")


def _check_fits(
    store: Store, attributes: Attributes, quota: Obj, hard: Usage, rising: Usage
) -> Usage:
    """Return what is in use before; raises ApiError Forbidden where *rising* is too much."""
    used = count_usage(store.list, quota, {attributes.info.key: attributes.info})
    over = [key for key in sorted(rising) if used.get(key, 0) + rising[key] > hard[key]]
    if not over:
        return used
    listed = [
        ",".join(f"{key}={show(key, amounts.get(key, Fraction()))}" for key in over)
        for amounts in (rising, used, hard)
    ]
    raise attributes.refused(
        f"exceeded quota: {quota['metadata']['name']}, requested: {listed[0]}, "
        f"used: {listed[1]}, limited: {listed[2]}"
    )


def hard_of(quota: Obj) -> Usage:
    """Return what *quota* limits."""
    hard = (quota.get("spec") or {}).get("hard") or {}
    return {key: parse_quantity(value) for key, value in hard.items()}


def show(resource: str, amount: Fraction) -> str:
    """Return *amount* as a quantity."""
    return format_quantity(amount, binary=is_binary(resource))


def shown_hard(quota: Obj) -> dict[str, str]:
    """Return the limits in canonical form, as status.hard has them."""
    hard = (quota.get("spec") or {}).get("hard") or {}
    return {key: canonical(value) for key, value in hard.items()}


def count_usage(listed: Listed, quota: Obj, infos: Mapping[str, ResourceInfo]) -> Usage:
    """Return how much of its limits *quota* has in use, by the objects of *infos* in its namespace."""
    wanted = hard_of(quota).keys()
    used: Usage = {}
    for key, info in infos.items():
        for obj in listed(key, quota["metadata"]["namespace"]):
            if not fits_scopes(quota, info.plural, obj):
                continue
            for resource, amount in usage_of(info, obj).items():
                if resource in wanted:
                    used[resource] = used.get(resource, Fraction()) + amount
    return used


def usage_of(info: ResourceInfo, obj: Obj) -> Usage:
    """Return what *obj* counts for."""
    full = f"{info.plural}.{info.group}" if info.group else info.plural
    usage: Usage = {f"count/{full}": Fraction(1)}
    if info.group:
        return usage
    match info.plural:
        case "pods":
            usage |= _pod_usage(obj)
        case "services":
            usage |= _service_usage(obj)
        case "persistentvolumeclaims":
            usage |= _claim_usage(obj)
        case plural if plural in COUNTED:
            usage[plural] = Fraction(1)
    return usage


def _pod_usage(pod: Obj) -> Usage:
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return {}
    spec = pod["spec"]
    usage: Usage = {}
    for container in spec.get("containers") or ():
        for key, amount in _container_usage(container).items():
            usage[key] = usage.get(key, Fraction()) + amount
    for container in spec.get("initContainers") or ():
        for key, amount in _container_usage(container).items():
            usage[key] = max(usage.get(key, Fraction()), amount)
    return {"pods": Fraction(1), **usage}


def _container_usage(container: Obj) -> Usage:
    """Return one container's amounts under every name that a quota may use."""
    resources = container.get("resources") or {}
    usage: Usage = {}
    for resource, text in (resources.get("requests") or {}).items():
        amount = parse_quantity(text)
        if resource in COMPUTE:
            usage[resource] = amount
        usage[f"requests.{resource}"] = amount
    for resource, text in (resources.get("limits") or {}).items():
        if resource in COMPUTE:
            usage[f"limits.{resource}"] = parse_quantity(text)
    return usage


def _service_usage(service: Obj) -> Usage:
    spec = service.get("spec") or {}
    type_ = spec.get("type", "ClusterIP")
    ports: Iterable[Obj] = spec.get("ports") or ()
    balancer = type_ == "LoadBalancer"
    no_node_ports = balancer and spec.get("allocateLoadBalancerNodePorts") is False
    nodes = 0
    if type_ in ("NodePort", "LoadBalancer"):
        nodes = sum(1 for port in ports if not no_node_ports or port.get("nodePort"))
    return {
        "services": Fraction(1),
        "services.nodeports": Fraction(nodes),
        "services.loadbalancers": Fraction(int(balancer)),
    }


def _claim_usage(claim: Obj) -> Usage:
    spec = claim.get("spec") or {}
    usage: Usage = {"persistentvolumeclaims": Fraction(1)}
    annotations = claim["metadata"].get("annotations") or {}
    class_ = annotations.get(CLASS_ANNOTATION) or spec.get("storageClassName") or ""
    if class_:
        usage[f"{class_}{CLASS_SUFFIX}persistentvolumeclaims"] = Fraction(1)
    text = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if text is not None:
        usage["requests.storage"] = parse_quantity(text)
        if class_:
            usage[f"{class_}{CLASS_SUFFIX}requests.storage"] = parse_quantity(text)
    return usage
