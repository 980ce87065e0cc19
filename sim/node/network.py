"""Connections between pods, nodes and Service addresses, as the sender's kernel would see them.

A ClusterIP goes through the rules of the *sender's* node; a pod address goes straight. This file
must not know who writes the rules or why a container listens.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, cast

import simpy

from sim.kernel import Environment, Stream
from sim.node import dns
from sim.node.connection import Connect, Connection, PodAddress
from sim.node.kubeproxy.rules import Dnat, EndpointRule, Reject
from sim.node.links import NODE_LOCAL_DNS
from sim.node.netfilter.passage import End, Origin, passage
from sim.node.policies import DNS_PORT, Peer, Policies
from sim.node.probed import probed_ports

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

__all__ = ["Connect", "Connection", "Network", "PodAddress"]

SYN_TIMEOUT_MS = 127_000
"""connect(2) gives up after tcp_syn_retries 6: 1+2+4+8+16+32+64 s."""

ARP_TIMEOUT_MS = 3_070
"""EHOSTUNREACH when nobody on the link has the address: three ARP requests, 1 s apart."""

NODE_PORTS = {22: "ssh", 10250: "kubelet"}
"""What every node listens on besides kube-proxy and host-network pods: sshd and the kubelet."""

CONTROL_PLANE_PORTS = (2379, 6443)
"""etcd and the API server."""

STALL_MS = 10_000
"""How long a client waits for an answer on a connection whose packets are lost (ours)."""

HEALTHZ_PORT = 10256
"""kube-proxy's /healthz."""

KUBELET_HEALTHZ_PORT = 10248
"""The kubelet's /healthz, on the loopback only."""


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
        self.meddled: dict[str, Machine] = {}
        """Machines on which a hand changed rules, interfaces or routes; empty in most runs."""
        self.on_change: list[Callable[[], None]] = []
        """Called after such a change."""
        self._ranges: dict[tuple[int, int], Machine] = {}
        self._masks: dict[int, None] = {}
        self._unprobed: dict[str, None] = {}
        """Pods that their kubelet's packets do not get to, by address."""

    def attach(self, machine: Machine) -> None:
        """Connect *machine*."""
        self.machines[machine.name] = machine
        self._by_ip[machine.facts.internal_ip] = machine
        pods = IPv4Network(machine.facts.pod_cidr)
        mask = int(pods.netmask)
        self._masks[mask] = None
        self._ranges[mask, int(pods.network_address)] = machine

    def machine_at(self, ip: str) -> Machine | None:
        """Return the machine whose own address *ip* is."""
        return self._by_ip.get(ip)

    def pod_range_of(self, ip: str) -> Machine | None:
        """Return the machine in whose range of pod addresses *ip* lies."""
        number = int(IPv4Address(ip))
        for mask in self._masks:
            found = self._ranges.get((mask, number & mask))
            if found is not None:
                return found
        return None

    def pod_uid_at(self, ip: str) -> str | None:
        """Return the uid of the pod that has the address *ip*."""
        pod = self.policies.peer_at(ip).pod if self.policies is not None else None
        return None if pod is None else str(pod["metadata"]["uid"])

    # -- what a hand changed ---------------------------------------------------------------------

    def note(self, machine: Machine) -> None:
        """Take note that a hand changed *machine*'s rules, interfaces, routes or flow table."""
        full = machine.flows.overflow(self.env.now) > 0
        if machine.proxy.state.plain and not machine.links.edited and not full:
            if self.meddled.pop(machine.name, None) is None:
                return
        else:
            self.meddled[machine.name] = machine
        for listener in tuple(self.on_change):
            listener()
        self._cut_open_connections()
        self._look_at_kubelets(machine)
        self._look_at_probes(machine)

    def limit_flows(self, machine: Machine, maximum: int) -> None:
        """Set how many flows *machine* tracks (sysctl net.netfilter.nf_conntrack_max)."""
        machine.flows.maximum = maximum
        full = machine.flows.overflow(self.env.now) > 0
        machine.flows.full_since = self.env.now if full else None
        if full:
            text = "nf_conntrack: nf_conntrack: table full, dropping packet"
            machine.journal.write(self.env.now, "kernel", text, priority=4)
        self.note(machine)

    def ways(
        self, source: Origin | Machine | Container, ip: str, port: int, protocol: str = "TCP"
    ) -> list[End]:
        """Return where new connections end, with shares, listeners and policies left aside."""
        return passage(self, source, ip, port, protocol)

    def fate(self, source: Machine | Container, ip: str, port: int) -> str:
        """Return `ok`, `refused` or `timeout`: what rules and policies do to most new connections."""
        if not self.meddled:
            verdict = source.machine.proxy.state.lookup(ip, port)
            if isinstance(verdict, Dnat):
                ends = [(one.ip, one.port) for one in verdict.endpoints]
                return "ok" if self.lets_through(source, ends) else "timeout"
            return "refused" if isinstance(verdict, Reject) else "timeout"
        ends_ = self.ways(source, ip, port)
        best = max(ends_, key=lambda end: (end.kind == "ok", end.share))
        if best.kind == "ok":
            return "ok" if self.lets_through(source, [(best.ip, best.port)]) else "timeout"
        return "refused" if best.kind == "refused" else "timeout"

    def _by_passage(
        self, source: Machine | Container, ip: str, port: int, at: int | None, protocol: str
    ) -> Connect:
        """Return how a new connection ends where rules, links and routes may be anything."""
        ends = self.ways(source, ip, port, protocol)
        end = ends[0]
        if len(ends) > 1:
            when = self.env.now if at is None else at
            drawn = self.stream.at("way", _identity(source), ip, port, when).uniform(0.0, 1.0)
            for end in ends:
                drawn -= end.share
                if drawn < 0:
                    break
        endpoint = f"{end.ip}:{end.port}"
        if end.kind == "timeout":
            return Connect("timeout", SYN_TIMEOUT_MS, endpoint)
        if end.kind == "unreachable":
            return Connect("unreachable", ARP_TIMEOUT_MS, endpoint)
        if end.kind == "refused":
            return Connect("refused", 0 if self.is_service_ip(ip) else 1, endpoint)
        return self._direct(source, source.machine, end.ip, end.port, protocol)

    def _look_at_kubelets(self, changed: Machine) -> None:
        """Tell kubelets, and who else on a node watches the API server, whether they reach it."""
        control = next((one for one in self.machines.values() if one.facts.control_plane), None)
        if control is None:
            return
        concerned = self.machines.values() if changed is control else (changed,)
        for machine in concerned:
            reaches = machine is control or self._passes(
                machine, control.facts.internal_ip, CONTROL_PLANE_PORTS[1]
            )
            machine.kubelet.cut_off(not reaches)
            machine.proxy.cut_off(not reaches)

    def _look_at_probes(self, machine: Machine) -> None:
        """Have probes of *machine*'s pods looked at again where their packets fare otherwise now."""
        cut: dict[str, None] = {}
        for key, pod in machine.kubelet.pods.items():
            ip = (pod.get("status") or {}).get("podIP")
            if pod["spec"].get("hostNetwork") or not ip:
                continue
            if not all(self.probe_passes(machine, ip, port) for port in probed_ports(pod)):
                cut[ip] = None
            elif ip not in self._unprobed:
                continue
            for container in machine.kubelet.running(key):
                container.on_health()
        gone = [ip for ip in self._unprobed if self.pod_range_of(ip) is machine]
        self._unprobed = {**{ip: None for ip in self._unprobed if ip not in gone}, **cut}

    def probe_passes(self, machine: Machine, ip: str, port: int = 0) -> bool:
        """Return True if the kubelet's probes get to a pod of its node and are answered."""
        if machine.name not in self.meddled:
            return True
        return any(end.kind == "ok" for end in self.ways(machine, ip, port))

    def lets_in(self, machine: Machine, port: int) -> bool:
        """Return True if somebody outside the cluster can open a connection to *port* of a node."""
        if machine.name not in self.meddled:
            return True
        ends = self.ways(Origin(None, machine.links.gateway), machine.facts.internal_ip, port)
        return any(end.kind == "ok" for end in ends)

    def api_reaches(self, machine: Machine, port: int) -> bool:
        """Return True if the API server can open a connection to *port* of a node."""
        if not self.meddled:
            return True
        control = next((one for one in self.machines.values() if one.facts.control_plane), None)
        if control is machine:
            return True
        source = control or Origin(None, machine.links.gateway)
        ends = self.ways(source, machine.facts.internal_ip, port)
        return sum(end.share for end in ends if end.kind == "ok") > 0.5

    def _passes(self, source: Machine | Container, ip: str, port: int) -> bool:
        """Return True if packets of an established connection still pass both ways."""
        if not self.meddled:
            return True
        ends = passage(self, source, ip, port, "TCP", state="ESTABLISHED")
        return sum(end.share for end in ends if end.kind == "ok") > 0.5

    def _cut_open_connections(self) -> None:
        """Lose connections whose packets do not get through any more, once their ends notice."""
        for key in sorted(self._connections):
            for link in list(self._connections[key]):
                if _identity(link.source) == key and link.open and not self._alive(link):
                    self.env.spawn(self._stalling(link))

    def _alive(self, link: Connection) -> bool:
        ip, _, port = link.endpoint.rpartition(":")
        return self._passes(link.source, ip, int(port))

    def _stalling(self, link: Connection) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(STALL_MS)
        if link.open and not self._alive(link):
            self._lose(link, tell=True)

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
        if self.meddled:
            return self._by_passage(source, ip, port, at, protocol)
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

    def links_to(self, container: Container) -> list[Connection]:
        """Return the open connections that others have to *container*, oldest first."""
        return [one for one in self._connections.get(container.id, ()) if one.far is container]

    def lose(self, link: Connection) -> None:
        """Close *link* from its far side; the near one is told."""
        self._lose(link, tell=True)

    def flush_conntrack(self, machine: Machine) -> int:
        """Forget every flow of *machine* (`conntrack -F`) and return how many there were.

        A connection that went through a ClusterIP goes on only if the rules of now send it to the
        same endpoint again (nf_conntrack_tcp_loose picks it up in mid-stream).
        """
        self.forget(machine, list(self.connections(machine)))
        return machine.flows.flush(self.env.now)

    def forget(self, machine: Machine, links: Iterable[Connection]) -> None:
        """Forget single flows of *machine* (`conntrack -D`)."""
        for link in links:
            if not self.is_service_ip(link.ip):
                continue
            verdict = machine.proxy.state.lookup(link.ip, link.port)
            if self.meddled and self.fate(link.source, link.ip, link.port) == "ok":
                continue
            if isinstance(verdict, Dnat):
                chosen = self._choose(_identity(link.source), link.ip, link.port, verdict, None)
                if f"{chosen.ip}:{chosen.port}" == link.endpoint:
                    continue
            self._lose(link, tell=True)

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
        if (address := dns.address_of(name)) is not None:
            return address
        if name == "localhost":
            return "127.0.0.1"
        if source is machine or not self.reaches_dns(source):
            return None
        return dns.resolve(machine.api, name, namespace, self.cluster_domain)

    def reaches_dns(self, source: Machine | Container) -> bool:
        """Return True unless NetworkPolicies keep *source* from asking for names."""
        if not self.asks_dns(source):
            return False
        policies = self.policies
        if policies is None or not policies.active:
            return True
        return policies.reaches_dns(self._peer(source, source.machine), NODE_LOCAL_DNS)

    def asks_dns(self, source: Origin | Machine | Container) -> bool:
        """Return True unless rules or links keep questions for names from the place's resolver."""
        machine = source.machine
        if not self.meddled or machine is None:
            return True
        inside = source is not machine and not getattr(source, "host_network", False)
        server = NODE_LOCAL_DNS if inside else machine.links.site_dns
        ends = passage(self, source, server, DNS_PORT, "UDP")
        return any(end.kind == "ok" for end in ends)

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
        if port in NODE_PORTS:
            runs = node.daemons.runs(NODE_PORTS[port])
            return Connect("ok" if runs else "refused", away, endpoint)
        if node.facts.control_plane and port in CONTROL_PLANE_PORTS:
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
        shares = source is machine or cast("Container", source).host_network
        if port == KUBELET_HEALTHZ_PORT and shares:
            runs = machine.daemons.runs("kubelet")
            return Connect("ok" if runs else "refused", 0, f"127.0.0.1:{port}")
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
