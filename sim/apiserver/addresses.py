"""Cluster IPs and node ports of Services: drawn, unique, given back when the Service goes.

Draws are named by the Service, so another Service never shifts them. This file must not know pods.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Any

from sim.apimachinery.errors import Cause, invalid, invalid_value
from sim.apimachinery.wire import Obj
from sim.kernel import Stream

SERVICE_CIDR = IPv4Network("10.96.0.0/12")
"""kubeadm's default --service-cluster-ip-range."""
NODE_PORTS = (30000, 32767)
"""kube-apiserver's default --service-node-port-range."""
_ON_NODES = ("LoadBalancer", "NodePort")
"""Types of Services that have ports on the nodes."""


class Addresses:
    """What Services hold."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ips: dict[str, str] = {}
        self._ports: dict[int, str] = {}
        self._held: dict[str, tuple[str, tuple[int, ...]]] = {}

    def assign(self, service: Obj) -> Obj:
        """Return *service* with the addresses that it asks for or gets.

        Raises:
            ApiError: Invalid, if an address that it asks for is taken or not one of the cluster's.
        """
        spec = dict(service.get("spec") or {})
        key = f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}"
        if spec.get("type", "ClusterIP") == "ExternalName":
            return service
        wanted = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
        if wanted and wanted != "None":
            self._check_ip(service, wanted, key)
        address = wanted or self._draw_ip(key)
        spec["clusterIP"] = address
        spec["clusterIPs"] = spec.get("clusterIPs") or [address]
        # Without a selector somebody else keeps the endpoints, who may do so for both families.
        both = address == "None" and not spec.get("selector") and "ipFamilyPolicy" not in spec
        spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if both else ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "RequireDualStack" if both else "SingleStack")
        if spec.get("type") in _ON_NODES:
            spec["ports"] = self._with_node_ports(service, spec, key)
        if _is_checked(spec) and not spec.get("healthCheckNodePort"):
            spec["healthCheckNodePort"] = self._draw_port(key, "healthcheck")
        return {**service, "spec": spec, "status": service.get("status") or {"loadBalancer": {}}}

    def reassign(self, new: Obj, old: Obj) -> Obj:
        """Return *new* with the addresses of *old* kept where it names none.

        What the new type has no use for goes, unless the writer has changed it too.
        """
        held = old.get("spec") or {}
        spec = _without_useless(dict(new.get("spec") or {}), held)
        if spec.get("type") != "ExternalName" and held.get("clusterIP"):
            for field in ("clusterIP", "clusterIPs"):
                if not spec.get(field):
                    spec[field] = held[field]
        if spec.get("type") in _ON_NODES:
            ports = spec.get("ports") or ()
            used = {one.get("nodePort") for one in ports}
            earlier = {one.get("name", ""): one.get("nodePort") for one in held.get("ports") or ()}
            spec["ports"] = [_with_earlier_port(port, earlier, used) for port in ports]
        if _is_checked(spec) and _is_checked(held):
            spec.setdefault("healthCheckNodePort", held.get("healthCheckNodePort", 0))
        return self.assign({**new, "spec": spec})

    def note(self, service: Obj) -> None:
        """Take note of what a stored Service holds, and of nothing else any more."""
        key = f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}"
        self._forget(key)
        spec = service.get("spec") or {}
        address = spec.get("clusterIP")
        if address and address != "None":
            self._ips[address] = key
        ports = [one["nodePort"] for one in spec.get("ports") or () if one.get("nodePort")]
        if spec.get("healthCheckNodePort"):
            ports.append(spec["healthCheckNodePort"])
        for port in ports:
            self._ports[port] = key
        self._held[key] = (address or "", tuple(ports))

    def release(self, service: Obj) -> None:
        """Give back what a removed Service held."""
        self._forget(f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}")

    def _forget(self, key: str) -> None:
        address, ports = self._held.pop(key, ("", ()))
        self._ips.pop(address, None)
        for port in ports:
            self._ports.pop(port, None)

    def _check_ip(self, service: Obj, wanted: str, key: str) -> None:
        if self._ips.get(wanted) == key:
            return
        why = ""
        if self._ips.get(wanted, key) != key:
            why = "provided IP is already allocated"
        elif _is_outside(wanted):
            why = "the provided network does not match the current range"
        if why:
            given = (service.get("spec") or {}).get("clusterIPs") or [wanted]
            detail = f"failed to allocate IP {wanted}: {why}"
            raise self._refused(service, invalid_value("spec.clusterIPs", given, detail))

    def _draw_ip(self, key: str) -> str:
        draws = self._stream.at("ip", key)
        attempt = 0
        while True:
            offset = draws.integer(256, SERVICE_CIDR.num_addresses - 2, attempt)
            address = str(IPv4Address(int(SERVICE_CIDR.network_address) + offset))
            if address not in self._ips:
                return address
            attempt += 1

    def _with_node_ports(self, service: Obj, spec: Obj, key: str) -> list[Obj]:
        """Return the ports with one on the nodes each; the same number has the same, TCP and UDP."""
        ports: list[Obj] = []
        allocates = spec.get("allocateLoadBalancerNodePorts", True)
        named = {
            port.get("port"): port["nodePort"] for port in spec["ports"] if port.get("nodePort")
        }
        for index, port in enumerate(spec["ports"]):
            if port.get("nodePort"):
                self._check_port(service, index, port["nodePort"], key)
                ports.append(port)
            elif not allocates:
                ports.append(port)
            else:
                number = port.get("port")
                taken = {(one.get("protocol"), one.get("nodePort")) for one in ports}
                drawn = named.get(number)
                if drawn is None or (port.get("protocol"), drawn) in taken:
                    drawn = named[number] = self._draw_port(key, number)
                ports.append({**port, "nodePort": drawn})
        return ports

    def _check_port(self, service: Obj, index: int, asked: int, key: str) -> None:
        holder = self._ports.get(asked)
        if holder == key:
            return
        detail = "" if holder is None else "provided port is already allocated"
        first, last = NODE_PORTS
        if not first <= asked <= last:
            detail = (
                "provided port is not in the valid range. The range of valid ports is "
                f"{first}-{last}"
            )
        if detail:
            cause = invalid_value(f"spec.ports[{index}].nodePort", asked, detail)
            raise self._refused(service, cause)

    def _draw_port(self, key: str, number: Any) -> int:
        draws = self._stream.at("port", key, number)
        attempt = 0
        while (drawn := draws.integer(*NODE_PORTS, attempt)) in self._ports:
            attempt += 1
        return drawn

    @staticmethod
    def _refused(service: Obj, cause: Cause) -> Exception:
        return invalid("Service", service["metadata"]["name"], [cause])


def _is_outside(address: str) -> bool:
    """Return whether *address* is none of the cluster's; what is no address is for validation."""
    try:
        return ip_address(address) not in SERVICE_CIDR
    except ValueError:
        return False


def _is_checked(spec: Obj) -> bool:
    """Return whether a load balancer asks each node whether it has a ready pod."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _is_reached(spec: Obj) -> bool:
    """Return whether a Service has addresses of its own outside, on nodes or elsewhere."""
    outside = spec.get("type") == "ClusterIP" and bool(spec.get("externalIPs"))
    return spec.get("type") in _ON_NODES or outside


def _without_useless(spec: Obj, held: Obj) -> Obj:
    """Return *spec* without what a Service of its type has no use for and nobody has changed."""
    useless: list[str] = []
    if spec.get("type") == "ExternalName" != held.get("type"):
        useless += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
        useless.append("internalTrafficPolicy")
    if _is_checked(held) and not _is_checked(spec):
        useless.append("healthCheckNodePort")
    if held.get("type") == "LoadBalancer" != spec.get("type"):
        useless += ["allocateLoadBalancerNodePorts", "loadBalancerClass"]
    if _is_reached(held) and not _is_reached(spec):
        useless.append("externalTrafficPolicy")
    for field in useless:
        if spec.get(field) == held.get(field):
            spec.pop(field, None)
    if held.get("type") in _ON_NODES and spec.get("type") not in _ON_NODES:
        ports, before = spec.get("ports") or (), held.get("ports") or ()
        if [one.get("nodePort") for one in ports] == [one.get("nodePort") for one in before]:
            spec["ports"] = [
                {key: value for key, value in one.items() if key != "nodePort"} for one in ports
            ]
    return spec


def _with_earlier_port(port: Obj, earlier: dict[str, Any], used: set[Any]) -> Obj:
    """Return *port* with the node port that the port of its name had, unless it names one."""
    before = earlier.get(port.get("name", ""))
    if port.get("nodePort") or not before or before in used:
        return port
    used.add(before)
    return {**port, "nodePort": before}
