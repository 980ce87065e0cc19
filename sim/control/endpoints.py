"""What stands behind a Service, as an EndpointSlice and as a legacy Endpoints object, pure.

Thanks to this file a world can be built with the very slices the controller would write. It must not
know the API server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address

from sim.apimachinery.meta import is_terminating, labels_of, owner_reference
from sim.apimachinery.wire import Obj
from sim.control import pods

MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
HEADLESS = "service.kubernetes.io/headless"
ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by"


def has_selector(service: Obj) -> bool:
    """True when the Service's endpoints are the controllers' work."""
    spec = service.get("spec") or {}
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def serves(pod: Obj) -> bool:
    """True when the pod has an address and has not ended (endpoint.ShouldPodBeInEndpoints)."""
    return bool((pod.get("status") or {}).get("podIP")) and not pods.is_finished(pod)


def is_headless(service: Obj) -> bool:
    """True when the Service has no address of its own."""
    return bool(service["spec"].get("clusterIP") == "None")


def make_slice(
    service: Obj,
    members: Sequence[Obj],
    zone_of: Callable[[str], str],
    *,
    name: str,
    old: Obj | None = None,
) -> Obj:
    """Return the EndpointSlice *name* of *service* (with apiVersion, kind, uid) for its *members*.

    Endpoints that *old* has keep their place. Without members the slice is the placeholder, which
    has no ports either.
    """
    metadata = service["metadata"]
    labels = {
        **labels_of(service),
        MANAGED_BY: MANAGER,
        SERVICE_NAME: metadata["name"],
    }
    if is_headless(service):
        labels[HEADLESS] = ""
    before = {
        address: place
        for place, endpoint in enumerate((old or {}).get("endpoints") or ())
        for address in endpoint["addresses"]
    }
    ordered = sorted(members, key=lambda pod: before.get(pod["status"]["podIP"], len(before)))
    endpoints = [_endpoint(service, pod, zone_of) for pod in ordered]
    ports = _slice_ports(service, ordered[0]) if ordered else None
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints or None,
        "ports": ports,
    }


def _endpoint(service: Obj, pod: Obj, zone_of: Callable[[str], str]) -> Obj:
    leaving = is_terminating(pod)
    serving = pods.is_ready(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Obj = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": published or (serving and not leaving),
            "serving": serving,
            "terminating": leaving,
        },
    }
    if _has_hostname(service, pod):
        endpoint["hostname"] = pod["spec"]["hostname"]
    node = pod["spec"].get("nodeName")
    if node:
        endpoint["nodeName"] = node
    endpoint["targetRef"] = _target(pod)
    zone = zone_of(node) if node else ""
    if zone:
        endpoint["zone"] = zone
    return endpoint


def _target(pod: Obj) -> Obj:
    metadata = pod["metadata"]
    return {
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _has_hostname(service: Obj, pod: Obj) -> bool:
    spec = pod["spec"]
    name = service["metadata"]["name"]
    return bool(spec.get("hostname")) and spec.get("subdomain") == name


def target_port(port: Obj, pod: Obj) -> int | None:
    """Return the number of a Service port's targetPort on *pod*; None if the pod lacks the name."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"].get("containers") or ():
        for one in container.get("ports") or ():
            same_protocol = one.get("protocol", "TCP") == port.get("protocol", "TCP")
            if one.get("name") == target and same_protocol:
                return int(one["containerPort"])
    return None


def _slice_ports(service: Obj, pod: Obj) -> list[Obj]:
    ports: list[Obj] = []
    for port in service["spec"].get("ports") or ():
        number = target_port(port, pod)
        if number is None:
            continue
        made = {
            "name": port.get("name", ""),
            "port": number,
            "protocol": port.get("protocol", "TCP"),
        }
        if port.get("appProtocol"):
            made["appProtocol"] = port["appProtocol"]
        ports.append(made)
    return ports


def make_endpoints(service: Obj, members: Sequence[Obj]) -> Obj:
    """Return the Endpoints object of *service*: who is ready and who is not, leavers left out."""
    metadata = service["metadata"]
    labels = {**labels_of(service), ENDPOINTS_MANAGED_BY: "endpoint-controller"}
    if is_headless(service):
        labels[HEADLESS] = ""
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    staying = [pod for pod in members if published or not is_terminating(pod)]
    made: Obj = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": labels,
        },
    }
    if staying:
        made["subsets"] = [_subset(service, staying, published=published)]
    return made


def _subset(service: Obj, staying: Sequence[Obj], *, published: bool) -> Obj:
    ready = [pod for pod in staying if published or pods.is_ready(pod)]
    waiting = [pod for pod in staying if not published and not pods.is_ready(pod)]
    subset: Obj = {}
    if ready:
        subset["addresses"] = _addresses(service, ready)
    if waiting:
        subset["notReadyAddresses"] = _addresses(service, waiting)
    ports = [
        {field: value for field, value in port.items() if value != ""}
        for port in _slice_ports(service, staying[0])
    ]
    if ports:
        subset["ports"] = ports
    return subset


def _addresses(service: Obj, members: Sequence[Obj]) -> list[Obj]:
    listed: list[Obj] = []
    for pod in sorted(members, key=lambda pod: _ip_order(pod["status"]["podIP"])):
        address: Obj = {"ip": pod["status"]["podIP"]}
        if _has_hostname(service, pod):
            address["hostname"] = pod["spec"]["hostname"]
        if pod["spec"].get("nodeName"):
            address["nodeName"] = pod["spec"]["nodeName"]
        listed.append({**address, "targetRef": _target(pod)})
    return listed


@lru_cache(maxsize=4096)
def _ip_order(address: str) -> tuple[int, ...]:
    # RepackSubsets sorts by the address's bytes, so 10.244.2.9 stands before 10.244.2.10.
    return tuple(ip_address(address).packed)
