"""Connections between pods, nodes and Service addresses, as the sender's kernel would see them.

A ClusterIP goes through the rules of the *sender's* node; a pod address goes straight. This file
must not know who writes the rules or why a container listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import simpy

from sim.kernel import Environment, Stream
from sim.node import dns
from sim.node.kubeproxy.rules import Dnat, EndpointRule, Reject
from sim.node.policies import Peer, Policies

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

Kind = Literal["ok", "refused", "timeout", "unreachable"]

SYN_TIMEOUT_MS = 127_000
"""connect(2) gives up after tcp_syn_retries 6: 1+2+4+8+16+32+64 s."""

ARP_TIMEOUT_MS = 3_070
"""EHOSTUNREACH when nobody on the link has the address: three ARP requests, 1 s apart."""

NODE_PORTS = (22, 10250)
"""What every node listens on besides kube-proxy and host-network pods: sshd and the kubelet."""

CONTROL_PLANE_PORTS = (2379, 6443)
"""etcd and the API server."""

NODE_LOCAL_DNS = "169.254.20.10"
"""Where NodeLocal DNSCache listens on each node; reached without any Service rule."""

HEALTHZ_PORT = 10256
"""kube-proxy's /healthz."""


@dataclass(frozen=True, slots=True)
class Connect:
    """How one connect(2) ends."""

    kind: Kind
    ms: int
    """How long until the caller knows, without any timeout of its own."""
    endpoint: str = ""
    """`ip:port` that was reached or tried in the end; empty when no rule matched."""
    container: Container | None = None
    """Who answers, for `ok`; None when it is a node's own daemon."""

    @property
    def errno(self) -> str:
        """Return the name of the error, e.g. `ECONNREFUSED`; empty for `ok`."""
        return _ERRNO[self.kind]

    def within(self, limit_ms: int) -> Connect:
        """Return the result for a caller that gives up after *limit_ms*."""
        if self.ms <= limit_ms:
            return self
        return Connect("timeout", limit_ms, self.endpoint)


_ERRNO: Mapping[str, str] = {
    "ok": "",
    "refused": "ECONNREFUSED",
    "timeout": "ETIMEDOUT",
    "unreachable": "EHOSTUNREACH",
}


@dataclass(eq=False)
class Connection:
    """An established connection; survives the loss of rules, not of either end."""

    source: Container | Machine
    ip: str
    """Address that was dialled."""
    port: int
    endpoint: str
    """`ip:port` behind it."""
    far: Container | None
    opened_at: int
    lost: simpy.Event = field(repr=False)
    """Fires when the far container dies or the kernel forgets the way."""
    open: bool = True


class PodAddress(NamedTuple):
    """Who has a pod address."""

    machine: Machine
    listener: Container | None
    """The container that accepts on the port asked for; None: nobody does, the kernel answers RST."""


class Network:
    """The cluster's network."""

    def __init__(
        self,
        env: Environment,
        stream: Stream,
        *,
        service_cidr: str = "10.96.0.0/12",
        pod_cidr: str = "10.244.0.0/16",
        cluster_domain: str = "cluster.local",
    ) -> None:
        """Join nothing yet; machines attach themselves."""
        self.env = env
        self.stream = stream.at("network")
        self.cluster_domain = cluster_domain
        self.pod_cidr = pod_cidr
        network = IPv4Network(service_cidr)
        self._service_mask = int(network.netmask)
        self._service_net = int(network.network_address)
        self.machines: dict[str, Machine] = {}
        """By node name."""
        self._by_ip: dict[str, Machine] = {}
        self._connections: dict[str, list[Connection]] = {}
        self.find_pod: Callable[[str, int], PodAddress | None] = _nobody
        """Set by the kubelets: who has this pod address and listens on this port."""
        self.policies: Policies | None = None
        """Set by the kubelets: which flows the cluster's NetworkPolicies cut."""

    def attach(self, machine: Machine) -> None:
        """Connect *machine*."""
        self.machines[machine.name] = machine
        self._by_ip[machine.facts.internal_ip] = machine

    def is_service_ip(self, ip: str) -> bool:
        """Return True if *ip* lies in the range of ClusterIPs."""
        try:
            return int(IPv4Address(ip)) & self._service_mask == self._service_net
        except AddressValueError:
            return False

    def connect(
        self,
        source: Machine | Container,
        ip: str,
        port: int,
        *,
        at: int | None = None,
        protocol: str = "TCP",
    ) -> Connect:
        """Return how a new connection from *source* to *ip*:*port* ends; nothing is kept open.

        *at* only moves the draw among endpoints; the rules are those of now.
        """
        machine = source.machine
        if ip.startswith("127."):
            return self._local(source, machine, port)
        if self.is_service_ip(ip):
            return self._service(source, machine, ip, port, at, protocol)
        return self._direct(source, machine, ip, port, protocol)

    def open(self, source: Container | Machine, ip: str, port: int) -> Connection | Connect:
        """Return an established connection, or how the attempt failed."""
        result = self.connect(source, ip, port)
        if result.kind != "ok":
            return result
        lost = self.env.event()
        link = Connection(source, ip, port, result.endpoint, result.container, self.env.now, lost)
        for end in (result.container, source):
            if end is not None:
                self._connections.setdefault(_identity(end), []).append(link)
        return link

    def close(self, link: Connection) -> None:
        """Close *link* from the near side; `lost` never fires then."""
        link.open = False
        for end in (link.far, link.source):
            if end is None:
                continue
            links = self._connections.get(_identity(end))
            if links is not None and link in links:
                links.remove(link)

    def container_died(self, container: Container) -> None:
        """Lose every connection of *container*; the other ends are told."""
        for link in self._connections.pop(container.id, []):
            if link.open:
                self._lose(link, tell=link.far is container)

    def drop_connections(self, container: Container) -> int:
        """Close every connection to *container* from its side; return how many there were."""
        links = [one for one in self._connections.get(container.id, ()) if one.far is container]
        for link in links:
            self._lose(link, tell=True)
        return len(links)

    def flush_conntrack(self, machine: Machine) -> int:
        """Forget every flow of *machine* (`conntrack -F`) and return how many there were.

        A connection that went through a ClusterIP goes on only if the rules of now send it to the
        same endpoint again (nf_conntrack_tcp_loose picks it up in mid-stream).
        """
        for link in list(self.connections(machine)):
            if not self.is_service_ip(link.ip):
                continue
            verdict = machine.proxy.state.lookup(link.ip, link.port)
            if isinstance(verdict, Dnat):
                chosen = self._choose(_identity(link.source), link.ip, link.port, verdict, None)
                if f"{chosen.ip}:{chosen.port}" == link.endpoint:
                    continue
            self._lose(link, tell=True)
        return machine.flows.flush(self.env.now)

    def connections(self, machine: Machine) -> Iterator[Connection]:
        """Yield the connections opened from *machine*, oldest first for each container."""
        for key in sorted(self._connections):
            for link in self._connections[key]:
                if link.source.machine is machine and _identity(link.source) == key:
                    yield link

    def resolve(self, name: str, namespace: str, source: Machine | Container) -> str | None:
        """Return the address of *name*, or None for NXDOMAIN.

        Pods ask the cache on their own node, which keeps answering while its rules are broken;
        a machine itself only knows the other machines.
        """
        machine = source.machine
        if name in self.machines:
            return self.machines[name].facts.internal_ip
        if dns.is_address(name):
            return name
        if name == "localhost":
            return "127.0.0.1"
        if source is machine or not self.reaches_dns(source):
            return None
        return dns.resolve(machine.api, name, namespace, self.cluster_domain)

    def reaches_dns(self, source: Machine | Container) -> bool:
        """Return True unless NetworkPolicies keep *source* from asking for names."""
        policies = self.policies
        if policies is None or not policies.active:
            return True
        return policies.reaches_dns(self._peer(source, source.machine), NODE_LOCAL_DNS)

    def lets_through(self, source: Machine | Container, ends: Iterable[tuple[str, int]]) -> bool:
        """Return True unless NetworkPolicies cut *source* off from every one of *ends*."""
        policies = self.policies
        if policies is None or not policies.active:
            return True
        peer = self._peer(source, source.machine)
        return any(policies.allows(peer, policies.peer_at(ip), port) for ip, port in ends)

    def _peer(self, source: Machine | Container, machine: Machine) -> Peer:
        """Return *source* as one end of a flow; what is in a node's network is the node."""
        if self.policies is None or source is machine or getattr(source, "host_network", True):
            return Peer(machine.facts.internal_ip, None, machine.name)
        container: Any = source
        return self.policies.pod_peer(container.namespace, container.pod_name, container.ip)

    def _service(
        self,
        source: Machine | Container,
        machine: Machine,
        ip: str,
        port: int,
        at: int | None,
        protocol: str,
    ) -> Connect:
        verdict = machine.proxy.state.lookup(ip, port, protocol)
        if isinstance(verdict, Reject):
            return Connect("refused", 0)
        if not isinstance(verdict, Dnat):
            return Connect("timeout", SYN_TIMEOUT_MS)
        chosen = self._choose(_identity(source), ip, port, verdict, at)
        return self._direct(source, machine, chosen.ip, chosen.port, protocol)

    def _choose(self, who: str, ip: str, port: int, verdict: Dnat, at: int | None) -> EndpointRule:
        endpoints = verdict.endpoints
        if len(endpoints) == 1:
            return endpoints[0]
        when = self.env.now if at is None else at
        return self.stream.at("dnat", who, ip, port, when).choice(endpoints)

    def _direct(
        self, source: Machine | Container, machine: Machine, ip: str, port: int, protocol: str
    ) -> Connect:
        endpoint = f"{ip}:{port}"
        policies = self.policies
        if policies is not None and policies.active:
            target = policies.peer_at(ip)
            if not policies.allows(self._peer(source, machine), target, port, protocol):
                return Connect("timeout", SYN_TIMEOUT_MS, endpoint)
        node = self._by_ip.get(ip)
        if node is not None:
            return self._node(machine, node, port)
        found = self.find_pod(ip, port)
        if found is None:
            return Connect("unreachable", ARP_TIMEOUT_MS, endpoint)
        away = 0 if found.machine is machine else 1
        if found.listener is None:
            return Connect("refused", away, endpoint)
        return Connect("ok", away, endpoint, found.listener)

    def _node(self, machine: Machine, node: Machine, port: int) -> Connect:
        endpoint = f"{node.facts.internal_ip}:{port}"
        away = 0 if node is machine else 1
        if port in NODE_PORTS or (node.facts.control_plane and port in CONTROL_PLANE_PORTS):
            return Connect("ok", away, endpoint)
        if port == HEALTHZ_PORT and node.proxy.running:
            return Connect("ok", away, endpoint)
        found = self.find_pod(node.facts.internal_ip, port)
        if found is not None and found.listener is not None:
            return Connect("ok", away, endpoint, found.listener)
        verdict = node.proxy.state.lookup_node_port(port)
        if isinstance(verdict, Dnat):
            chosen = self._choose(machine.id, node.facts.internal_ip, port, verdict, None)
            return self._direct(node, node, chosen.ip, chosen.port, "TCP")
        return Connect("refused", away, endpoint)

    def _local(self, source: Machine | Container, machine: Machine, port: int) -> Connect:
        if source is machine:
            return self._node(machine, machine, port)
        found = self.find_pod(source.ip, port)
        endpoint = f"127.0.0.1:{port}"
        if found is None or found.listener is None:
            return Connect("refused", 0, endpoint)
        return Connect("ok", 0, endpoint, found.listener)

    def _lose(self, link: Connection, *, tell: bool) -> None:
        self.close(link)
        if tell:
            link.lost.succeed()


def _identity(end: Machine | Container) -> str:
    return end.id


def _nobody(_ip: str, _port: int) -> PodAddress | None:
    return None
