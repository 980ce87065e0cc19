"""Cluster IPs and node ports of Services: drawn, unique, given back when the Service goes.

Draws are named by the Service, so another Service never shifts them. This file must not know pods.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from sim.apimachinery.errors import Cause, invalid, invalid_value
from sim.apimachinery.wire import Obj
from sim.kernel import Stream

SERVICE_CIDR = IPv4Network("10.96.0.0/12")
"""kubeadm's default --service-cluster-ip-range."""
NODE_PORTS = (30000, 32767)
"""kube-apiserver's default --service-node-port-range."""


class Addresses:
    """What Services hold."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ips: dict[str, str] = {}
        self._ports: dict[int, str] = {}

    def assign(self, service: Obj) -> Obj:
        """Return *service* with the addresses that it asks for or gets.

        Raises:
            ApiError: Invalid, if an address that it asks for is taken.
        """
        spec = dict(service.get("spec") or {})
        key = f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}"
        if spec.get("type", "ClusterIP") == "ExternalName":
            return service
        wanted = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
        if wanted and wanted != "None" and self._ips.get(wanted, key) != key:
            detail = "failed to allocate IP " + wanted + ": provided IP is already allocated"
            raise self._refused(service, invalid_value("spec.clusterIPs", [wanted], detail))
        address = wanted or self._draw_ip(key)
        spec["clusterIP"] = address
        spec["clusterIPs"] = [address]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            spec["ports"] = [
                self._with_node_port(service, port, key) for port in spec.get("ports") or ()
            ]
        return {**service, "spec": spec, "status": service.get("status") or {"loadBalancer": {}}}

    def reassign(self, new: Obj, old: Obj) -> Obj:
        """Return *new* with the addresses of *old* kept where it names none."""
        spec, held = dict(new.get("spec") or {}), old.get("spec") or {}
        if spec.get("type") != "ExternalName" and held.get("clusterIP"):
            for field in ("clusterIP", "clusterIPs"):
                if not spec.get(field):
                    spec[field] = held[field]
        ports = {(one.get("name", ""), one.get("port")): one for one in held.get("ports") or ()}
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            spec["ports"] = [_with_earlier_port(port, ports) for port in spec.get("ports") or ()]
        return self.assign({**new, "spec": spec})

    def note(self, service: Obj) -> None:
        """Take note of what a stored Service holds."""
        key = f"{service['metadata'].get('namespace', '')}/{service['metadata']['name']}"
        spec = service.get("spec") or {}
        address = spec.get("clusterIP")
        if address and address != "None":
            self._ips[address] = key
        for port in spec.get("ports") or ():
            if "nodePort" in port:
                self._ports[port["nodePort"]] = key

    def release(self, service: Obj) -> None:
        """Give back what a removed Service held."""
        spec = service.get("spec") or {}
        self._ips.pop(spec.get("clusterIP", ""), None)
        for port in spec.get("ports") or ():
            self._ports.pop(port.get("nodePort", 0), None)

    def _draw_ip(self, key: str) -> str:
        draws = self._stream.at("ip", key)
        attempt = 0
        while True:
            offset = draws.integer(256, SERVICE_CIDR.num_addresses - 2, attempt)
            address = str(IPv4Address(int(SERVICE_CIDR.network_address) + offset))
            if address not in self._ips:
                return address
            attempt += 1

    def _with_node_port(self, service: Obj, port: Obj, key: str) -> Obj:
        asked = port.get("nodePort")
        if asked:
            if self._ports.get(asked, key) != key:
                detail = "provided port is already allocated"
                raise self._refused(service, invalid_value("spec.ports[0].nodePort", asked, detail))
            return port
        draws = self._stream.at("port", key, port.get("port"))
        attempt = 0
        while (drawn := draws.integer(*NODE_PORTS, attempt)) in self._ports:
            attempt += 1
        return {**port, "nodePort": drawn}

    @staticmethod
    def _refused(service: Obj, cause: Cause) -> Exception:
        return invalid("Service", service["metadata"]["name"], [cause])


def _with_earlier_port(port: Obj, earlier: dict[tuple[Any, Any], Obj]) -> Obj:
    """Return *port* with the node port that the same port had before, unless it names one."""
    before = earlier.get((port.get("name", ""), port.get("port")), {})
    if "nodePort" in port or "nodePort" not in before:
        return port
    return {**port, "nodePort": before["nodePort"]}
