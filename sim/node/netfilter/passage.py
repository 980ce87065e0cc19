"""The way of a new connection through its own machine's tables and routes, and the far machine's.

It is asked only where a hand has been at work; otherwise `Network` knows the answer faster. This file
must not know who listens at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sim.node.netfilter.ruleset import Ruleset
from sim.node.netfilter.walk import Branch, Packet, walk

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine
    from sim.node.network import Network

MOST_HOPS = 4
REFUSING = frozenset(
    ("icmp-port-unreachable", "tcp-reset", "icmp-proto-unreachable", "icmp-admin-prohibited")
)
"""Answers on which connect(2) fails at once; the others tell of a host that is not there."""
BEFORE = ("raw", "mangle", "nat")
AFTER_ROUTING = ("mangle", "filter")


class End(NamedTuple):
    """Where a share of new connections ends."""

    share: float
    kind: str
    """`ok`: delivered; `refused`, `timeout`, `unreachable`: not."""
    ip: str = ""
    port: int = 0
    machine: Machine | None = None
    """Whose pod or own port it is, for `ok`."""
    source: str = ""
    """The address it comes from, as the far end sees it."""


class Origin(NamedTuple):
    """Where packets come from, for who has no container at hand."""

    machine: Machine | None
    """None: from outside the cluster."""
    ip: str
    pod_uid: str = ""
    """Empty for a pod like any other."""


class _Step(NamedTuple):
    """One machine on the way, for the answer to come back by."""

    machine: Machine
    hook: str
    """`OUTPUT`, `INPUT` or `FORWARD`, as the request met it."""
    into: str
    out: str
    source: str
    """Where the request came from, as rules saw it here."""


class _Going(NamedTuple):
    """A share of the packets on its way."""

    share: float
    packet: Packet
    steps: tuple[_Step, ...] = ()


def passage(
    network: Network,
    source: Origin | Machine | Container,
    ip: str,
    port: int,
    protocol: str,
    *,
    icmp: int = -1,
    state: str = "NEW",
) -> list[End]:
    """Return where packets from *source* to *ip*:*port* end, with shares that add up to 1.

    A source without a machine is somebody outside; packets come in by the wire of who has *ip*.
    """
    proto = protocol.lower()
    packet = Packet(source.ip, ip, proto, 0, port, icmp=icmp, state=state)
    way = _Way(network)
    machine = source.machine
    if machine is None:
        found = network.machine_at(ip) or network.pod_range_of(ip)
        if found is None or not found.links.is_up("eth0"):
            return [End(1.0, "timeout", ip, port)]
        return list(way.arriving(found, _Going(1.0, packet._replace(into="eth0")), 0))
    if isinstance(source, Origin) or (source is not machine and not source.host_network):  # type: ignore[union-attr]
        if not machine.links.pod_attached(source.pod_uid):  # type: ignore[union-attr]
            return [End(1.0, "unreachable", ip, port)]
        start = _Going(1.0, packet._replace(into="cni0"))
        return list(way.arriving(machine, start, 0))
    return list(way.leaving(machine, _Going(1.0, packet)))


class _Way:
    """Follows packets from machine to machine."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rulesets: dict[str, Ruleset] = {}

    def _rules(self, machine: Machine) -> Ruleset:
        if machine.name not in self._rulesets:
            self._rulesets[machine.name] = machine.ruleset()
        return self._rulesets[machine.name]

    def leaving(self, machine: Machine, going: _Going) -> Iterator[End]:
        """Follow a packet made on *machine* itself."""
        going, refused = self._tracked(machine, going)
        if refused is not None:
            yield refused
        local = machine.links.addresses()
        out = "lo" if going.packet.dst in local else machine.links.route(going.packet.dst).device
        going = going._replace(packet=going.packet._replace(out=out))
        for end, one in self._hooks(machine, going, "OUTPUT", (*BEFORE, "filter"), local):
            if end is not None:
                yield end
                continue
            step = _Step(machine, "OUTPUT", "", out, one.packet.src)
            if one.packet.dst in local:
                inner = one._replace(packet=one.packet._replace(into="lo", out=""))
                yield from self._input(machine, inner._replace(steps=(step,)), local)
            else:
                yield from self._onward(machine, one._replace(steps=(*one.steps, step)), local, 0)

    def arriving(self, machine: Machine, going: _Going, hops: int) -> Iterator[End]:
        """Follow a packet that *machine* receives, by its wire or from one of its pods."""
        if hops or going.packet.into == "cni0":
            going, refused = self._tracked(machine, going)
            if refused is not None:
                yield refused
        local = machine.links.addresses()
        for end, one in self._hooks(machine, going, "PREROUTING", BEFORE, local):
            if end is not None:
                yield end
            elif one.packet.dst in local:
                yield from self._input(machine, one, local)
            else:
                yield from self._forward(machine, one, local, hops)

    def _tracked(self, machine: Machine, going: _Going) -> tuple[_Going, End | None]:
        """Return (what the flow table takes in, what it has no room for)."""
        lost = machine.flows.overflow(machine.env.now)
        if not lost or going.packet.state != "NEW":
            return going, None
        full = End(going.share * lost, "timeout", going.packet.dst, going.packet.dport)
        return going._replace(share=going.share * (1.0 - lost)), full

    def _input(self, machine: Machine, going: _Going, local: frozenset[str]) -> Iterator[End]:
        for end, one in self._hooks(machine, going, "INPUT", AFTER_ROUTING, local):
            if end is not None:
                yield end
                continue
            step = _Step(machine, "INPUT", one.packet.into, "", one.packet.src)
            yield self._delivered(machine, one._replace(steps=(*one.steps, step)))

    def _forward(
        self, machine: Machine, going: _Going, local: frozenset[str], hops: int
    ) -> Iterator[End]:
        route = machine.links.route(going.packet.dst)
        if not machine.links.forwarding:
            yield _lost(going)
            return
        if route.kind != "unicast":
            yield _unrouted(going, route.kind)
            return
        into = going.packet.into
        going = going._replace(packet=going.packet._replace(out=route.device))
        for end, one in self._hooks(machine, going, "FORWARD", AFTER_ROUTING, local):
            if end is not None:
                yield end
                continue
            step = _Step(machine, "FORWARD", into, route.device, one.packet.src)
            yield from self._onward(machine, one._replace(steps=(*one.steps, step)), local, hops)

    def _onward(
        self, machine: Machine, going: _Going, local: frozenset[str], hops: int
    ) -> Iterator[End]:
        """Route a packet out of *machine*: to a pod of its own, or over the wire."""
        network, packet = self._network, going.packet
        route = machine.links.route(packet.dst)
        if route.kind != "unicast":
            yield _unrouted(going, route.kind)
            return
        if not machine.links.is_up(route.device):
            yield _unrouted(going, "down")
            return
        packet = packet._replace(out=route.device)
        for end, one in self._hooks(
            machine, going._replace(packet=packet), "POSTROUTING", ("mangle", "nat"), local
        ):
            if end is not None:
                yield end
                continue
            found = network.find_pod(packet.dst, packet.dport)
            owner = network.machine_at(packet.dst)
            if owner is None and found is not None:
                owner = found.machine
            if owner is None and packet.dst in (machine.links.gateway, machine.links.site_dns):
                yield self._answered(one, None)
            elif owner is None:
                missing = network.pod_range_of(packet.dst)
                kind = (
                    "unreachable"
                    if missing is not None or _near(machine, packet.dst)
                    else "timeout"
                )
                yield End(one.share, kind, packet.dst, packet.dport)
            elif owner is machine:
                yield self._delivered(machine, one)
            elif not _finds(machine, owner, packet.dst):
                yield _lost(one)
            elif hops >= MOST_HOPS or not owner.links.is_up("eth0"):
                yield End(one.share, "unreachable", packet.dst, packet.dport)
            else:
                over = one.packet._replace(into="eth0", out="", mark=0)
                yield from self.arriving(owner, one._replace(packet=over), hops + 1)

    def _hooks(
        self,
        machine: Machine,
        going: _Going,
        hook: str,
        tables: tuple[str, ...],
        local: frozenset[str],
    ) -> Iterator[tuple[End | None, _Going]]:
        """Yield what tables do at one hook: (how it ends, it), or (None, it going on)."""
        rules = self._rules(machine)
        live = [going]
        for table in tables:
            following: list[_Going] = []
            for one in live:
                for branch in walk(rules, table, hook, one.packet, local):
                    went = one._replace(share=one.share * branch.share, packet=branch.packet)
                    if branch.verdict in ("DROP", "REJECT"):
                        yield _stopped(went, branch), went
                    else:
                        following.append(_rewritten(went, branch, machine))
            live = following
        for one in live:
            yield None, one

    def _delivered(self, machine: Machine, going: _Going) -> End:
        """Let the answer come back; what stops it leaves the caller waiting."""
        if not machine.links.attached(going.packet.dst):
            return End(going.share, "unreachable", going.packet.dst, going.packet.dport)
        return self._answered(going, machine)

    def _answered(self, going: _Going, machine: Machine | None) -> End:
        packet = going.packet
        for step in reversed(going.steps):
            if not self._lets_back(step, packet):
                return _lost(going)
        return End(going.share, "ok", packet.dst, packet.dport, machine, packet.src)

    def _lets_back(self, step: _Step, packet: Packet) -> bool:
        machine = step.machine
        local = machine.links.addresses()
        back = Packet(
            packet.dst, step.source, packet.proto, packet.dport, 0, step.out, step.into,
            "ESTABLISHED", icmp=0 if packet.icmp == 8 else packet.icmp, translated=packet.translated,
        )  # fmt: skip
        hook = {"OUTPUT": "INPUT", "INPUT": "OUTPUT"}.get(step.hook, "FORWARD")
        first = ("raw", "OUTPUT") if hook == "OUTPUT" else ("raw", "PREROUTING")
        stages = (first, ("mangle", first[1]), ("mangle", hook), ("filter", hook))
        if step.source not in local:
            route = machine.links.route(step.source)
            network = self._network
            owner = network.machine_at(step.source) or network.pod_range_of(step.source)
            strayed = owner not in (None, machine) and not _finds(machine, owner, step.source)
            if route.kind != "unicast" or not machine.links.is_up(route.device) or strayed:
                return False
            back = back._replace(out=route.device)
        rules = self._rules(machine)
        for table, chain in stages:
            share = sum(
                branch.share
                for branch in walk(rules, table, chain, back, local)
                if branch.verdict not in ("DROP", "REJECT")
            )
            if share < 0.5:
                return False
        return True


def _rewritten(going: _Going, branch: Branch, machine: Machine) -> _Going:
    packet, rule = branch.packet, branch.rule
    if branch.verdict == "DNAT" and rule is not None:
        ip, port = rule.act
        packet = packet._replace(dst=ip or packet.dst, dport=port or packet.dport, translated=True)
    elif branch.verdict == "REDIRECT" and rule is not None:
        packet = packet._replace(
            dst=machine.facts.internal_ip, dport=rule.act[0] or packet.dport, translated=True
        )
    elif branch.verdict == "SNAT" and rule is not None:
        packet = packet._replace(src=rule.act[0])
    elif branch.verdict == "MASQUERADE":
        packet = packet._replace(src=machine.facts.internal_ip)
    return going._replace(packet=packet)


def _stopped(going: _Going, branch: Branch) -> End:
    packet = branch.packet
    how = branch.rule.act[0] if branch.rule is not None and branch.rule.act else ""
    if branch.verdict == "DROP":
        return _lost(going)
    kind = "refused" if how in REFUSING else "unreachable"
    return End(going.share, kind, packet.dst, packet.dport)


def _lost(going: _Going) -> End:
    return End(going.share, "timeout", going.packet.dst, going.packet.dport)


def _unrouted(going: _Going, kind: str) -> End:
    how = "timeout" if kind == "blackhole" else "unreachable"
    return End(going.share, how, going.packet.dst, going.packet.dport)


def _near(machine: Machine, ip: str) -> bool:
    """Return True for an address of the machine's own wire: nobody answers there for it."""
    return ip.rpartition(".")[0] == machine.facts.internal_ip.rpartition(".")[0]


def _finds(machine: Machine, owner: Machine, ip: str) -> bool:
    """Return True if the route of *machine* to *ip* leads to *owner*."""
    gateway = machine.links.route(ip).gateway
    return gateway in ("", owner.facts.internal_ip)
