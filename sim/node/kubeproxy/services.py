"""What every kube-proxy would program now: one snapshot of Services and endpoints for the cluster.

It is kept once and shared by all nodes. This file must not know which node has programmed what.

Rules of endpoint choice: https://kubernetes.io/docs/reference/networking/virtual-ips/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sim.apimachinery.wire import Obj
from sim.node.kubeproxy.rules import (
    LONG_AGO,
    EndpointRule,
    ServiceKey,
    ServiceRule,
    ServiceSnapshot,
)

if TYPE_CHECKING:
    from sim.apiserver import ApiServer

OWNER_LABEL = "kubernetes.io/service-name"
Name = tuple[str, str]


class ServiceWatch:
    """Follows Services and EndpointSlices for all kube-proxies."""

    def __init__(self, api: ApiServer) -> None:
        """Know nothing before `start`."""
        self._api = api
        self.snapshot = ServiceSnapshot()
        self._slices: dict[Name, dict[str, Obj]] = {}
        self._keys: dict[Name, tuple[ServiceKey, ...]] = {}
        self._listeners: list[Callable[[], None]] = []

    def start(self) -> None:
        """Read what exists and follow the API from now on."""
        for one in self._api.list("endpointslices"):
            self._file(one)
        rules: dict[ServiceKey, ServiceRule] = {}
        for service in self._api.list("services"):
            rules |= self._rules_of(service)
        self.snapshot = ServiceSnapshot(1, rules)
        self._api.subscribe("services", self._service_written)
        self._api.subscribe("endpointslices", self._slice_written)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call *listener* after each change of the snapshot."""
        self._listeners.append(listener)

    def _service_written(self, type_: str, service: Obj, _old: Obj | None) -> None:
        name = _name(service)
        if type_ == "DELETED":
            self._replace(name, {})
        else:
            self._replace(name, None, service)

    def _slice_written(self, type_: str, one: Obj, _old: Obj | None) -> None:
        name = _owner(one)
        if name is None:
            return
        if type_ == "DELETED":
            self._slices.get(name, {}).pop(one["metadata"]["name"], None)
        else:
            self._file(one)
        service = self._api.get("services", *name)
        if service is not None:
            self._replace(name, None, service)

    def _replace(
        self, name: Name, new: dict[ServiceKey, ServiceRule] | None, service: Obj | None = None
    ) -> None:
        before = self._keys.get(name, ())
        if new is None and service is not None:
            new = self._rules_of(service)
        elif not new:
            self._keys.pop(name, None)
        found = new or {}
        held = self.snapshot.rules
        if len(found) == len(before) and all(held.get(key) == found[key] for key in found):
            return
        rules = dict(held)
        for key in before:
            rules.pop(key, None)
        rules.update(found)
        self.snapshot = ServiceSnapshot(self.snapshot.version + 1, rules)
        for listener in self._listeners:
            listener()

    def _rules_of(self, service: Obj) -> dict[ServiceKey, ServiceRule]:
        spec, metadata = service["spec"], service["metadata"]
        name = _name(service)
        address = spec.get("clusterIP")
        rules: dict[ServiceKey, ServiceRule] = {}
        made_at = self._api.env.now if self.snapshot.version else LONG_AGO
        if address and address != "None" and spec.get("type") != "ExternalName":
            affinity = 0
            if spec.get("sessionAffinity") == "ClientIP":
                config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
                affinity = int(config.get("timeoutSeconds", 10_800))
            for port in spec.get("ports") or ():
                rule = ServiceRule(
                    metadata["namespace"],
                    metadata["name"],
                    port.get("name", ""),
                    port.get("protocol", "TCP"),
                    address,
                    int(port["port"]),
                    self._endpoints(name, port.get("name", "")),
                    int(port.get("nodePort") or 0),
                    spec.get("internalTrafficPolicy") == "Local",
                    affinity,
                    made_at,
                )
                rules[rule.key] = rule
        self._keys[name] = tuple(rules)
        return rules

    def _endpoints(self, name: Name, port_name: str) -> tuple[EndpointRule, ...]:
        """Return ready endpoints, or those that still serve while they end if there is none."""
        ready: set[EndpointRule] = set()
        ending: set[EndpointRule] = set()
        for one in self._slices.get(name, {}).values():
            ports = [p["port"] for p in one.get("ports") or () if p.get("name", "") == port_name]
            for endpoint in one.get("endpoints") or ():
                conditions = endpoint.get("conditions") or {}
                terminating = bool(conditions.get("terminating"))
                if conditions.get("ready", True):
                    group = ready
                elif terminating and conditions.get("serving"):
                    group = ending
                else:
                    continue
                node = endpoint.get("nodeName", "")
                for address in endpoint["addresses"]:
                    group |= {EndpointRule(address, int(p), node, terminating) for p in ports}
        return _ordered(ready or ending)

    def _file(self, one: Obj) -> None:
        name = _owner(one)
        if name is not None and one.get("addressType", "IPv4") == "IPv4":
            self._slices.setdefault(name, {})[one["metadata"]["name"]] = one


def _ordered(endpoints: Iterable[EndpointRule]) -> tuple[EndpointRule, ...]:
    return tuple(sorted(endpoints, key=lambda one: (one.ip, one.port)))


def _name(obj: Obj) -> Name:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _owner(one: Obj) -> Name | None:
    service = (one["metadata"].get("labels") or {}).get(OWNER_LABEL)
    return (one["metadata"]["namespace"], service) if service else None
