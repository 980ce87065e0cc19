"""The entries of a node's connection tracking table, one by one.

What is modelled connection by connection stands first; the rest is drawn from what pods of the node
call, and stays the same for as long as nothing changes. This file must not know who reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sim.node.calls import Traffic, sources, traffic
from sim.node.connection import Connection
from sim.node.kubeproxy.rules import Dnat, Reject

if TYPE_CHECKING:
    from sim.node.machine import Machine

NUMBERS = {"tcp": 6, "udp": 17}
SLOTS = 1_024
"""Into which the kinds of flows are sorted by how many there are of each."""
SEEN_AGAIN_MS = 20_000
"""Within which an open connection has sent something after the table was emptied (ours)."""


class Flow(NamedTuple):
    """One entry of the table."""

    proto: str
    seconds: int
    """Until it expires."""
    state: str
    """Of TCP; empty for UDP."""
    src: str
    dst: str
    sport: int
    dport: int
    back: tuple[str, str, int, int]
    """Source, destination and ports of the answers."""
    mark: str = "[ASSURED]"
    """`[ASSURED]`, `[UNREPLIED]` or empty."""
    link: Connection | None = None
    """The open connection behind it, if it is modelled."""

    def line(self, *, extended: bool = False) -> str:
        """Return it as -L prints it."""
        head = "ipv4     2 " if extended else ""
        state = f"{self.state} " if self.state else ""
        first = f"src={self.src} dst={self.dst} sport={self.sport} dport={self.dport} "
        src, dst, sport, dport = self.back
        second = f"src={src} dst={dst} sport={sport} dport={dport} "
        unreplied = "[UNREPLIED] " if self.mark == "[UNREPLIED]" else ""
        assured = "[ASSURED] " if self.mark == "[ASSURED]" else ""
        return (
            f"{head}{self.proto:<8} {NUMBERS[self.proto]} {self.seconds} {state}{first}{unreplied}"
            f"{second}{assured}mark=0 use=1"
        )


def tracked_count(machine: Machine) -> int:
    """Return how many entries the table has: `conntrack -C`."""
    flows = machine.flows
    return max(flows.count(machine.env.now), min(len(_open(machine)), flows.maximum))


def tracked(machine: Machine) -> Iterator[Flow]:
    """Yield the entries of the table."""
    count = tracked_count(machine)
    links = _open(machine)[:count]
    now = machine.env.now
    for link in links:
        source = link.source
        address = machine.internal_ip if source is machine else source.ip
        local = machine.stream.at("port", address, link.ip, link.port, link.opened_at).integer(
            32768, 60999
        )
        far, _, port = link.endpoint.rpartition(":")
        back = (far, address, int(port), local)
        left = 86_400 - (now // 1000 + local) % 30
        yield Flow("tcp", left, "ESTABLISHED", address, link.ip, local, link.port, back, link=link)
    yield from _drawn(machine, count - len(links))


def _open(machine: Machine) -> list[Connection]:
    """Return the open connections that the table knows: those that were used since it was emptied."""
    links = list(machine.network.connections(machine))
    since = machine.flows.flushed_at
    if since is None:
        return links
    idle = machine.env.now - since
    return [
        link
        for link in links
        if link.opened_at > since or link.opened_at * 7_919 % SEEN_AGAIN_MS < idle
    ]


class _Kind(NamedTuple):
    """Flows that look alike."""

    proto: str
    dst: str
    port: int
    ends: tuple[tuple[str, int], ...]
    """Who answers, or answered when there still was a way."""
    lost: bool
    """Nobody answers new ones."""
    sources: list[str]


def _drawn(machine: Machine, count: int) -> Iterator[Flow]:
    """Yield *count* entries of the pods' ordinary calls, by what the node's rules make of them now."""
    slots = _slots(machine) if count else []
    seconds = machine.env.now // 1000
    for number in range(count):
        # A cheap, fixed scramble: thousands of entries are wanted at once.
        mixed = (number * 2_654_435_761 + 97) & 0xFFFFFFFF
        proto, dst, port, ends, lost, callers = slots[(mixed >> 5) % SLOTS]
        src = callers[(mixed >> 7) % len(callers)]
        sport = 32768 + (mixed >> 11) % 28_232
        if not ends or (lost and (proto == "udp" or mixed % 5 >= 2)):
            wait = 120 - (seconds + mixed) % 120
            state = "SYN_SENT" if proto == "tcp" else ""
            back = (dst, src, port, sport)
            yield Flow(proto, wait, state, src, dst, sport, port, back, "[UNREPLIED]")
            continue
        far, answering = ends[(mixed >> 3) % len(ends)]
        back = (far, src, answering, sport)
        if proto == "udp":
            yield Flow("udp", 30 - (seconds + mixed) % 30, "", src, dst, sport, port, back, "")
        elif mixed % 5 < 2:
            wait = 86_400 - (seconds + mixed) % 300
            yield Flow("tcp", wait, "ESTABLISHED", src, dst, sport, port, back)
        else:
            wait = 120 - (seconds + mixed) % 120
            yield Flow("tcp", wait, "TIME_WAIT", src, dst, sport, port, back)


def _slots(machine: Machine) -> list[_Kind]:
    """Return the kinds of flows, each as often as it has its share."""
    callers = sources(machine) or [machine.internal_ip]
    kinds = [
        (one.per_s, kind)
        for one in traffic(machine)
        if one.packet.state == "NEW" and (kind := _kind(machine, one, callers)) is not None
    ]
    total = sum(per_s for per_s, _ in kinds)
    slots: list[_Kind] = []
    reached = 0.0
    for per_s, kind in kinds:
        reached += per_s
        slots.extend([kind] * (round(SLOTS * reached / total) - len(slots)))
    return slots


def _kind(machine: Machine, one: Traffic, callers: list[str]) -> _Kind | None:
    packet = one.packet
    who = callers if packet.into == "cni0" else [packet.src]
    if not machine.network.is_service_ip(packet.dst):
        ends: tuple[tuple[str, int], ...] = ((packet.dst, packet.dport),)
        return _Kind(packet.proto, packet.dst, packet.dport, ends, False, who)
    state = machine.proxy.state
    verdict = state.lookup(packet.dst, packet.dport, packet.proto.upper())
    if isinstance(verdict, Reject):
        return None  # a refused flow is never confirmed
    rule = state.snapshot.rules.get((packet.dst, packet.dport, packet.proto.upper()))
    ends = tuple((end.ip, end.port) for end in rule.endpoints) if rule is not None else ()
    lost = not isinstance(verdict, Dnat)
    return _Kind(packet.proto, packet.dst, packet.dport, ends, lost, who)
