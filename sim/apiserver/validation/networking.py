"""Ingresses, their classes, and network policies.

It must not know which Services exist.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_label_name, check_spelling, check_subdomain
from sim.apiserver.validation.selectors import check_selector
from sim.apiserver.validation.values import (
    immutable,
    one_of,
    port_number,
    structured,
)

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_WRONG_PARTS = ("//", "/./", "/../", "%2f", "%2F")
_WRONG_ENDS = ("/..", "/.")
_DIRECTIONS = ("Ingress", "Egress")


def check_ingress(obj: Obj) -> list[Cause]:
    """Return the causes why an Ingress is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    rules, default = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and default is None:
        why = "either `defaultBackend` or `rules` must be specified"
        causes.append(structured("spec", rules or None, why))
    if default is not None:
        causes += _check_backend("spec.defaultBackend", default)
    for index, rule in enumerate(rules):
        causes += _check_rule(f"spec.rules[{index}]", rule)
    for index, tls in enumerate(spec.get("tls") or ()):
        here = f"spec.tls[{index}]"
        for nth, host in enumerate(tls.get("hosts") or ()):
            spelled = spelling.wildcard_subdomain if "*" in host else spelling.subdomain
            causes += check_spelling(f"{here}.hosts[{nth}]", host, spelled)
        if tls.get("secretName"):
            causes += check_subdomain(f"{here}.secretName", tls["secretName"])
    if spec.get("ingressClassName") is not None:
        causes += check_subdomain("spec.ingressClassName", spec["ingressClassName"])
    return causes


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _check_rule(field: str, rule: Obj) -> list[Cause]:
    causes: list[Cause] = []
    host, http = rule.get("host", ""), rule.get("http")
    if host:
        if _is_address(host):
            why = "must be a DNS name, not an IP address"
            causes.append(invalid_value(f"{field}.host", host, why))
        spelled = spelling.wildcard_subdomain if "*" in host else spelling.subdomain
        causes += check_spelling(f"{field}.host", host, spelled)
    if http is None:
        return causes
    paths = http.get("paths") or []
    if not paths:
        causes.append(required(f"{field}.http.paths"))
    for index, path in enumerate(paths):
        causes += _check_path(f"{field}.http.paths[{index}]", path)
    return causes


def _check_path(field: str, held: Obj) -> list[Cause]:
    kind, path = held.get("pathType"), held.get("path", "")
    if kind is None:
        return [required(f"{field}.pathType", "pathType must be specified")]
    causes: list[Cause] = []
    here = f"{field}.path"
    if kind not in _PATH_TYPES:
        causes.append(unsupported_value(f"{field}.pathType", kind, _PATH_TYPES))
    elif not path.startswith("/") and (path or kind != "ImplementationSpecific"):
        causes.append(invalid_value(here, path, "must be an absolute path"))
    if kind in ("Exact", "Prefix"):
        causes += [
            invalid_value(here, path, f"must not contain '{one}'")
            for one in _WRONG_PARTS
            if one in path
        ]
        causes += [
            invalid_value(here, path, f"cannot end with '{one}'")
            for one in _WRONG_ENDS
            if path.endswith(one)
        ]
    return causes + _check_backend(f"{field}.backend", held.get("backend") or {})


def _check_backend(field: str, backend: Obj) -> list[Cause]:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        return [invalid_value(field, "", "cannot set both resource and service backends")]
    if resource is not None:
        return [
            required(f"{field}.resource.{name}")
            for name in ("kind", "name")
            if not resource.get(name)
        ]
    if service is None:
        return [invalid_value(field, "", "resource or service backend is required")]
    causes: list[Cause] = []
    if not service.get("name"):
        causes.append(required(f"{field}.service.name"))
    else:
        causes += check_label_name(f"{field}.service.name", service["name"])
    port = service.get("port") or {}
    if port.get("name") and port.get("number"):
        causes.append(invalid_value(field, "", "cannot set both port name & port number"))
    elif port.get("name"):
        here = f"{field}.service.port.name"
        causes += check_spelling(here, port["name"], spelling.port_name)
    elif port.get("number"):
        causes += port_number(f"{field}.service.port.number", port["number"])
    else:
        causes.append(required(field, "port name or number is required"))
    return causes


def check_ingress_class(obj: Obj) -> list[Cause]:
    """Return the causes why an IngressClass is refused."""
    controller = (obj.get("spec") or {}).get("controller", "")
    if not controller:
        return [required("spec.controller")]
    return check_spelling("spec.controller", controller, spelling.prefixed_path)


def check_ingress_class_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why an IngressClass may not change its controller."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    return immutable("spec.controller", given.get("controller"), held.get("controller"))


def check_policy(obj: Obj) -> list[Cause]:
    """Return the causes why a NetworkPolicy is refused."""
    spec = obj.get("spec") or {}
    causes = check_selector("spec.podSelector", spec.get("podSelector"))
    for way, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(way) or ()):
            here = f"spec.{way}[{index}]"
            for nth, port in enumerate(rule.get("ports") or ()):
                causes += _check_policy_port(f"{here}.ports[{nth}]", port)
            for nth, peer in enumerate(rule.get(peers) or ()):
                causes += _check_peer(f"{here}.{peers}[{nth}]", peer)
    for index, kind in enumerate(spec.get("policyTypes") or ()):
        causes += one_of(f"spec.policyTypes[{index}]", kind, _DIRECTIONS)
    return causes


def _check_policy_port(field: str, held: Obj) -> list[Cause]:
    causes = one_of(
        f"{field}.protocol", held.get("protocol"), ("TCP", "UDP", "SCTP"), optional=True
    )
    port, end = held.get("port"), held.get("endPort")
    if isinstance(port, int):
        causes += port_number(f"{field}.port", port)
        if end is not None:
            if end < port:
                why = "must be greater than or equal to `port`"
                causes.append(invalid_value(f"{field}.endPort", end, why))
            causes += port_number(f"{field}.endPort", end)
        return causes
    if end is not None:
        state = "not specified" if port is None else "non-numeric"
        why = f"may not be specified when `port` is {state}"
        causes.append(invalid_value(f"{field}.endPort", end, why))
    if port is not None:
        causes += check_spelling(f"{field}.port", port, spelling.port_name)
    return causes


def _check_peer(field: str, peer: Obj) -> list[Cause]:
    held = [one for one in ("podSelector", "namespaceSelector", "ipBlock") if one in peer]
    causes: list[Cause] = []
    for name in ("podSelector", "namespaceSelector"):
        causes += check_selector(f"{field}.{name}", peer.get(name))
    block = peer.get("ipBlock")
    if block is not None:
        causes += _check_block(f"{field}.ipBlock", block)
    if not held:
        causes.append(required(field, "must specify a peer"))
    elif len(held) > 1 and block is not None:
        causes.append(forbidden_value(field, "may not specify both ipBlock and another peer"))
    return causes


def _check_block(field: str, block: Obj) -> list[Cause]:
    cidr = block.get("cidr", "")
    if not cidr:
        return [required(f"{field}.cidr")]
    causes = check_spelling(f"{field}.cidr", cidr, spelling.network)
    if causes:
        return causes
    whole = ip_network(cidr)
    for index, text in enumerate(block.get("except") or ()):
        here = f"{field}.except[{index}]"
        wrong = check_spelling(here, text, spelling.network)
        causes += wrong
        if wrong:
            continue
        part = ip_network(text)
        inside = part.version == whole.version and part.network_address in whole
        if not inside or part.prefixlen <= whole.prefixlen:
            causes.append(invalid_value(here, text, "must be a strict subset of `cidr`"))
    return causes
