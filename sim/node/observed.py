"""The packets that pass a machine or a pod at the moment, drawn with the rates of the model.

Flows come from open connections, from what pods call, from probes and from users' requests; the
draws are the same for the same moment. This file must not know how a packet is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sim.kernel import Stream
from sim.node.kubeproxy.rules import Dnat, Reject
from sim.node.links import NODE_LOCAL_DNS
from sim.node.netfilter.passage import Origin

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

CALLS_PER_S = 0.4
"""New connections to Services that a pod opens each second, on an average (ours)."""
LEAST_GAP_MS, MOST_GAP_MS = 20, 4_000


class Seen(NamedTuple):
    """One packet."""

    after_ms: int
    """Since the packet before."""
    device: str
    incoming: bool
    proto: str
    src: str
    sport: int
    dst: str
    dport: int
    flags: str
    """Of TCP, as tcpdump writes them: `S`, `S.`, `R.`, `P.`, `.`, `F.`; text of others."""
    length: int = 0


def packets(machine: Machine, container: Container | None) -> Iterator[Seen]:
    """Yield packets without end, from now on."""
    stream = machine.stream.at("observed", machine.env.now, container.id if container else "")
    callers = _callers(machine, container)
    for number in range(1 << 30):
        draw = stream.at(number)
        rate = CALLS_PER_S * max(1, len(callers))
        gap = int(min(MOST_GAP_MS, max(LEAST_GAP_MS, draw.uniform(100, 1900) / rate)))
        yield from _exchange(machine, container, callers, draw, gap)


def _callers(machine: Machine, container: Container | None) -> list[str]:
    if container is not None and not container.host_network:
        return [container.ip]
    found = [
        (pod.get("status") or {}).get("podIP")
        for pod in machine.kubelet.pods.values()
        if not pod["spec"].get("hostNetwork")
    ]
    return [ip for ip in found if ip] or [machine.internal_ip]


def _exchange(
    machine: Machine, container: Container | None, callers: list[str], draw: Stream, gap: int
) -> Iterator[Seen]:
    inside = container is not None and not container.host_network
    device = "eth0" if inside else "cni0"
    src = callers[draw.at("who").integer(0, len(callers) - 1)]
    sport = draw.at("port").integer(32768, 60999)
    kind = draw.at("kind").integer(0, 9)
    if kind < 3:
        yield from _question(machine, src, sport, device, gap, draw)
        return
    if kind == 3 and not inside and machine.links.is_up("eth0"):
        yield from _heartbeat(machine, sport, gap, draw)
        return
    rules = machine.proxy.state.snapshot.rules
    wanted = [rule for rule in rules.values() if rule.protocol == "TCP"]
    if not wanted:
        return
    rule = wanted[draw.at("rule").integer(0, len(wanted) - 1)]
    verdict = machine.proxy.state.lookup(rule.cluster_ip, rule.port)
    syn = Seen(gap, device, not inside, "tcp", src, sport, rule.cluster_ip, rule.port, "S")
    yield syn
    if isinstance(verdict, Reject):
        yield Seen(0, device, inside, "icmp", rule.cluster_ip, 0, src, 0,
                   f"{rule.cluster_ip} tcp port {rule.port} unreachable", 68)  # fmt: skip
        return
    if not isinstance(verdict, Dnat) or not _passes(machine, src, verdict):
        for wait in (1_024, 2_048):  # the same SYN again, without an answer
            yield syn._replace(after_ms=wait)
        return
    back = Seen(1, device, inside, "tcp", rule.cluster_ip, rule.port, src, sport, "S.")
    yield back
    yield syn._replace(after_ms=0, flags=".")
    yield syn._replace(after_ms=0, flags="P.", length=draw.at("asked").integer(80, 480))
    yield back._replace(
        after_ms=draw.at("wait").integer(1, 9),
        flags="P.",
        length=draw.at("told").integer(120, 1448),
    )
    yield syn._replace(after_ms=0, flags=".")
    yield syn._replace(after_ms=1, flags="F.")
    yield back._replace(after_ms=1, flags="F.")
    yield syn._replace(after_ms=0, flags=".")


def _passes(machine: Machine, src: str, verdict: Dnat) -> bool:
    network = machine.network
    if not network.meddled:
        return True
    end = verdict.endpoints[0]
    ends = network.ways(Origin(machine, src), end.ip, end.port)
    return any(one.kind == "ok" for one in ends)


def _question(
    machine: Machine, src: str, sport: int, device: str, gap: int, draw: Stream
) -> Iterator[Seen]:
    rules = sorted(machine.proxy.state.snapshot.rules.values(), key=lambda one: one.title)
    if not rules:
        return
    rule = rules[draw.at("name").integer(0, len(rules) - 1)]
    name = f"{rule.name}.{rule.namespace}.svc.{machine.network.cluster_domain}."
    number = draw.at("id").integer(1024, 65535)
    inside = device == "eth0"
    size = len(name) + 17
    asked = Seen(gap, device, not inside, "udp", src, sport, NODE_LOCAL_DNS, 53,
                 f"{number}+ A? {name} ({size})", size)  # fmt: skip
    yield asked
    if not machine.network.asks_dns(Origin(machine, src)):
        yield asked._replace(after_ms=5_000)
        return
    yield Seen(0, device, inside, "udp", NODE_LOCAL_DNS, 53, src, sport,
               f"{number}*- 1/0/0 A {rule.cluster_ip} ({size * 2 + 10})", size * 2 + 10)  # fmt: skip


def _heartbeat(machine: Machine, sport: int, gap: int, draw: Stream) -> Iterator[Seen]:
    control = [one for one in machine.network.machines.values() if one.facts.control_plane]
    if not control:
        return
    own, api = machine.internal_ip, control[0].internal_ip
    port = machine.stream.at("own-connections").integer(32768, 60999, 1)
    yield Seen(
        gap, "eth0", False, "tcp", own, port, api, 6443, "P.", draw.at("sent").integer(90, 900)
    )
    if machine.kubelet.deaf:
        return
    yield Seen(2, "eth0", True, "tcp", api, 6443, own, port, "P.", draw.at("got").integer(90, 1448))
    yield Seen(0, "eth0", False, "tcp", own, port, api, 6443, ".")
