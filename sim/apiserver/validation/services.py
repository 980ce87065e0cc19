"""Services, Endpoints and EndpointSlices: types, ports, addresses, and the address that may not change.

It must not know which addresses are free.
"""

from __future__ import annotations

import json
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import (
    check_key,
    check_label_name,
    check_labels,
    check_spelling,
    check_subdomain,
)
from sim.apiserver.validation.values import (
    PROTOCOLS,
    immutable,
    one_of,
    port_number,
    port_of_any_kind,
    structured,
)

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_EXTERNAL = ("LoadBalancer", "NodePort")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
_MAX_AFFINITY = 86_400
"""Seconds that a client may stay with one pod."""
_NOT_EXTERNAL_NAME = "may not be set for ExternalName services"
_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"


def check_service(service: Obj) -> list[Cause]:
    """Return the causes why a Service is refused."""
    spec = service.get("spec") or {}
    kind, headless = spec.get("type", ""), spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    causes: list[Cause] = []
    if not ports and not headless and kind != "ExternalName":
        causes.append(required("spec.ports"))
    if headless and kind in _EXTERNAL:
        rule = f"may not be set to 'None' for {kind} services"
        causes.append(invalid_value("spec.clusterIPs[0]", "None", rule))
    if kind == "ExternalName":
        causes += _check_external_name(spec)
    names: dict[str, None] = {}
    for index, port in enumerate(ports):
        causes += _check_port(f"spec.ports[{index}]", port, names, several=len(ports) > 1)
    causes += check_labels("spec.selector", spec.get("selector"))
    causes += _check_affinity(spec)
    causes += _check_addresses(spec)
    causes += one_of("spec.type", kind, _TYPES)
    causes += _check_port_numbers(kind, ports)
    causes += _check_balancer(spec, kind)
    causes += _check_policies(spec, kind)
    distribution = spec.get("trafficDistribution")
    return causes + one_of("spec.trafficDistribution", distribution, _DISTRIBUTIONS, optional=True)


def _check_external_name(spec: Obj) -> list[Cause]:
    causes = [
        forbidden_value(f"spec.{name}", _NOT_EXTERNAL_NAME)
        for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy")
        if spec.get(name)
    ]
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        return [*causes, required("spec.externalName")]
    return causes + check_subdomain("spec.externalName", name)


def _check_port(field: str, port: Obj, names: dict[str, None], *, several: bool) -> list[Cause]:
    causes: list[Cause] = []
    name = port.get("name", "")
    if name:
        causes += check_label_name(f"{field}.name", name)
        if name in names:
            causes.append(duplicate_value(f"{field}.name", name))
        names[name] = None
    elif several:
        causes.append(required(f"{field}.name"))
    causes += port_number(f"{field}.port", port.get("port", 0))
    causes += one_of(f"{field}.protocol", port.get("protocol"), PROTOCOLS)
    causes += port_of_any_kind(f"{field}.targetPort", port.get("targetPort"))
    if port.get("appProtocol"):
        causes += check_key(f"{field}.appProtocol", port["appProtocol"])
    return causes


def _check_affinity(spec: Obj) -> list[Cause]:
    kind, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    causes = one_of("spec.sessionAffinity", kind, _AFFINITIES)
    if kind == "None" and config is not None:
        detail = "must not be set when session affinity is None"
        causes.append(forbidden_value("spec.sessionAffinityConfig", detail))
    if kind != "ClientIP":
        return causes
    place = "spec.sessionAffinityConfig"
    for step in ("", "clientIP", "timeoutSeconds"):
        if step:
            place, config = f"{place}.{step}", (config or {}).get(step)
        if config is None:
            return [*causes, required(place, "when session affinity type is ClientIP")]
    timeout: Any = config
    if not 0 < timeout <= _MAX_AFFINITY:
        rule = f"must be greater than 0 and less than {_MAX_AFFINITY}"
        causes.append(invalid_value(place, timeout, rule))
    return causes


def _check_addresses(spec: Obj) -> list[Cause]:
    if spec.get("type") == "ExternalName":
        return []
    causes: list[Cause] = []
    first, every = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    if first and every and every[0] != first:
        rule = "first value must match `clusterIP`"
        causes.append(structured("spec.clusterIPs", every, rule))
    families = spec.get("ipFamilies") or []
    for index, family in enumerate(families):
        here = f"spec.ipFamilies[{index}]"
        causes += one_of(here, family, _FAMILIES)
        if family in families[:index]:
            causes.append(duplicate_value(here, family))
    policy = spec.get("ipFamilyPolicy")
    causes += one_of("spec.ipFamilyPolicy", policy, _FAMILY_POLICIES, optional=True)
    for index, address in enumerate(every):
        if index or address != "None":
            causes += check_spelling(f"spec.clusterIPs[{index}]", address, spelling.address)
    if "None" in every and len(every) > 1:
        rule = "'None' must be the first and only value"
        causes.append(structured("spec.clusterIPs", every, rule))
    if len(every) > 2:
        causes.append(structured("spec.clusterIPs", every, "may only hold up to 2 values"))
    for index, address in enumerate(spec.get("externalIPs") or ()):
        here = f"spec.externalIPs[{index}]"
        causes += check_spelling(here, address, spelling.address) or check_spelling(
            here, address, spelling.special_address
        )
    return causes


def _check_port_numbers(kind: str, ports: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    if kind == "ClusterIP":
        causes += [
            forbidden_value(
                f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'"
            )
            for index, port in enumerate(ports)
            if port.get("nodePort")
        ]
    outside: dict[tuple[Any, Any], None] = {}
    inside: dict[tuple[Any, Any], None] = {}
    for index, port in enumerate(ports):
        taken = (port.get("protocol"), port.get("nodePort"))
        if port.get("nodePort") and taken in outside:
            causes.append(duplicate_value(f"spec.ports[{index}].nodePort", port["nodePort"]))
        outside[taken] = None
    for index, port in enumerate(ports):
        own = (port.get("protocol"), port.get("port"))
        if own in inside:
            # Shown as the server's own type is written, which has no names for JSON.
            shown = {
                "Name": "",
                "Protocol": own[0],
                "AppProtocol": None,
                "Port": own[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            text = json.dumps(shown, separators=(",", ":"))
            message = f"Duplicate value: {text}"
            causes.append(Cause("FieldValueDuplicate", message, f"spec.ports[{index}]"))
        inside[own] = None
    return causes


def _check_balancer(spec: Obj, kind: str) -> list[Cause]:
    causes: list[Cause] = []
    ranges = spec.get("loadBalancerSourceRanges") or []
    if ranges:
        field = "spec.LoadBalancerSourceRanges"
        if kind != "LoadBalancer":
            causes.append(forbidden_value(field, _LOAD_BALANCER))
        for index, one in enumerate(ranges):
            causes += check_spelling(f"{field}[{index}]", one.strip(), spelling.network)
    if spec.get("allocateLoadBalancerNodePorts") is not None and kind != "LoadBalancer":
        causes.append(forbidden_value("spec.allocateLoadBalancerNodePorts", _LOAD_BALANCER))
    if spec.get("loadBalancerClass") and kind != "LoadBalancer":
        causes.append(forbidden_value("spec.loadBalancerClass", _LOAD_BALANCER))
    return causes


def _check_policies(spec: Obj, kind: str) -> list[Cause]:
    causes: list[Cause] = []
    outside = spec.get("externalTrafficPolicy")
    reachable = kind in _EXTERNAL or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    if reachable:
        causes += one_of("spec.externalTrafficPolicy", outside, _POLICIES, optional=True)
    elif outside:
        rule = "may only be set for externally-accessible services"
        causes.append(invalid_value("spec.externalTrafficPolicy", outside, rule))
    checked = spec.get("healthCheckNodePort")
    if checked and not (kind == "LoadBalancer" and outside == "Local"):
        rule = (
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        )
        causes.append(invalid_value("spec.healthCheckNodePort", checked, rule))
    inside = spec.get("internalTrafficPolicy")
    return causes + one_of("spec.internalTrafficPolicy", inside, _POLICIES, optional=True)


def check_service_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a Service's addresses may not change like that."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    if "ExternalName" in (given.get("type"), held.get("type")):
        return []
    rule = "may not change once set"
    before = held.get("clusterIPs") or ([held["clusterIP"]] if held.get("clusterIP") else [])
    after = given.get("clusterIPs") or ([given["clusterIP"]] if given.get("clusterIP") else [])
    if given.get("clusterIP") and after and after[0] != given["clusterIP"]:
        after = [given["clusterIP"], *after[1:]]
    causes: list[Cause] = []
    if before and not after:
        causes.append(invalid_value("spec.clusterIPs[0]", "", "primary clusterIP can not be unset"))
    for index, (one, other) in enumerate(zip(before, after, strict=False)):
        if one != other:
            causes.append(structured(f"spec.clusterIPs[{index}]", after, rule))
    families = zip(held.get("ipFamilies") or (), given.get("ipFamilies") or (), strict=False)
    for index, (one, other) in enumerate(families):
        if one != other:
            shown = given["ipFamilies"]
            causes.append(structured(f"spec.ipFamilies[{index}]", shown, rule))
    return causes


# -- endpoints -----------------------------------------------------------------------------------


def check_endpoints(obj: Obj) -> list[Cause]:
    """Return the causes why Endpoints are refused."""
    causes: list[Cause] = []
    for index, subset in enumerate(obj.get("subsets") or ()):
        here = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            detail = "must specify `addresses` or `notReadyAddresses`"
            causes.append(required(here, detail))
        for part in ("addresses", "notReadyAddresses"):
            for nth, one in enumerate(subset.get(part) or ()):
                place, address = f"{here}.{part}[{nth}]", one.get("ip", "")
                causes += check_spelling(f"{place}.ip", address, spelling.address) or (
                    check_spelling(f"{place}.ip", address, spelling.special_address)
                )
                if one.get("hostname"):
                    causes += check_label_name(f"{place}.hostname", one["hostname"])
        ports = subset.get("ports") or []
        for nth, port in enumerate(ports):
            place = f"{here}.ports[{nth}]"
            if port.get("name"):
                causes += check_label_name(f"{place}.name", port["name"])
            elif len(ports) > 1:
                causes.append(required(f"{place}.name"))
            causes += port_number(f"{place}.port", port.get("port", 0))
            causes += one_of(f"{place}.protocol", port.get("protocol", "TCP"), PROTOCOLS)
    return causes


_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MAX_ADDRESSES = 100


def check_slice(obj: Obj) -> list[Cause]:
    """Return the causes why an EndpointSlice is refused."""
    kind = obj.get("addressType")
    causes = one_of("addressType", kind, _ADDRESS_TYPES)
    rule = spelling.subdomain if kind == "FQDN" else spelling.address
    for index, endpoint in enumerate(obj.get("endpoints") or ()):
        here, addresses = f"endpoints[{index}].addresses", endpoint.get("addresses") or []
        if not addresses:
            causes.append(required(here, "must contain at least 1 address"))
        elif len(addresses) > _MAX_ADDRESSES:
            message = f"Too many: {len(addresses)}: must have at most {_MAX_ADDRESSES} items"
            causes.append(Cause("FieldValueTooMany", message, here))
        for nth, address in enumerate(addresses):
            causes += check_spelling(f"{here}[{nth}]", address, rule)
        if endpoint.get("hostname"):
            name = endpoint["hostname"]
            causes += check_label_name(f"endpoints[{index}].hostname", name)
    names: dict[str, None] = {}
    for index, port in enumerate(obj.get("ports") or ()):
        here, name = f"ports[{index}]", port.get("name") or ""
        if name in names:
            causes.append(duplicate_value(f"{here}.name", name))
        names[name] = None
        protocol = port.get("protocol", "TCP")
        if protocol not in PROTOCOLS:
            causes.append(unsupported_value(f"{here}.protocol", protocol, PROTOCOLS))
    return causes


def check_slice_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why an EndpointSlice may not change its kind of addresses."""
    return immutable("addressType", new.get("addressType"), old.get("addressType"))
