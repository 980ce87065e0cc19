"""Whom the pods of a node call, and how often: one law for conntrack's table, rules' counters, captures.

Rates stand still for a run, so that what is counted from them only grows. This file must not know
which rules packets meet, nor who looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sim.kernel import Stream
from sim.node.kubeproxy.rules import ServiceRule
from sim.node.links import NODE_LOCAL_DNS
from sim.node.netfilter.walk import Packet

if TYPE_CHECKING:
    from sim.node.machine import Machine

CALLED = 40
"""About so many Service ports are called from one node (ours)."""
MOST_SOURCES = 3
DIRECT_SHARE = 0.4
"""New flows beside those to Services, to addresses outside, for each of the usual ones (ours)."""
QUESTION_SHARE = 0.5
"""Questions for names, likewise."""
INCOMING_SHARE = 0.9
"""Flows that come in from other nodes, likewise."""
PROBES_PER_S = 2.0
"""New connections of the kubelet to pods of its node."""
API = "default/kubernetes:https"
OWN_PER_S = 0.04
"""New connections to the API server's Service of what runs in the node's own network."""
FIRST_BYTES = {"tcp": 60, "udp": 78}
"""A SYN with its options, a question with its headers."""
FOLLOWING = ((6.0, 131), (5.0, 604))
"""Packets of a connection after the first and their bytes, there and back (ours)."""


class Call(NamedTuple):
    """A Service port that is called from a node."""

    rule: ServiceRule
    per_s: float
    """New connections."""


class Traffic(NamedTuple):
    """A kind of packets on a node."""

    packet: Packet
    per_s: float
    size: int
    hook: str = "PREROUTING"
    """`OUTPUT` for those made on the node itself."""
    steady: bool = False
    """Whether the flow's other packets are traffic of their own: only this one kind is meant."""


def calls(machine: Machine) -> list[Call]:
    """Return the Service ports that pods of *machine* call, with rates."""
    snapshot = machine.proxy.state.snapshot
    # In steps of a power of two: one more Service must not move the rates of all others.
    around = 1 << snapshot.service_count.bit_length()
    likely = min(1.0, CALLED / around)
    each = machine.flows.per_second / min(CALLED, around)
    found = []
    for rule in snapshot.rules.values():
        if rule.protocol not in ("TCP", "UDP"):
            continue
        draw = machine.stream.at("calls", rule.title)
        if draw.unit() < likely or rule.cluster_ip in machine.called:
            found.append(Call(rule, round(each * draw.uniform(0.1, 1.9, 1), 3)))
    return found


def sources(machine: Machine) -> list[str]:
    """Return the addresses of the node's pods that may call."""
    found = [
        (pod.get("status") or {}).get("podIP")
        for pod in machine.kubelet.pods.values()
        if not pod["spec"].get("hostNetwork")
    ]
    return [ip for ip in found if ip]


def traffic(machine: Machine) -> Iterator[Traffic]:
    """Yield what comes and goes on a node, kind by kind."""
    pods = sources(machine) or [str(machine.links.pods.network_address + 9)]
    rate, called = machine.flows.per_second, 0.0
    for call in calls(machine):
        called += call.per_s
        proto = call.rule.protocol.lower()
        src = _caller(call.rule, pods, machine.stream.at("callers", call.rule.title))
        packet = Packet(src, call.rule.cluster_ip, proto, 40_000, call.rule.port, into="cni0")
        yield Traffic(packet, call.per_s, FIRST_BYTES[proto])
    # What Services do not get goes elsewhere, so that the node's sum is always the same.
    outside = max(0.0, rate * (1 + DIRECT_SHARE) - called)
    gateway = machine.links.gateway
    asked = rate * QUESTION_SHARE
    api = next(
        (one.internal_ip for one in machine.network.machines.values() if one.facts.control_plane),
        gateway,
    )
    some = _some(pods, machine.stream.at("callers"))
    for src in some:
        packet = Packet(src, gateway, "tcp", 40_000, 443, into="cni0")
        yield Traffic(packet, outside / len(some), FIRST_BYTES["tcp"])
        packet = Packet(src, NODE_LOCAL_DNS, "udp", 40_000, 53, into="cni0")
        yield Traffic(packet, asked / len(some), FIRST_BYTES["udp"])
        packet = Packet(gateway, src, "tcp", 40_000, 8080, into="eth0")
        yield Traffic(packet, rate * INCOMING_SHARE / len(some), FIRST_BYTES["tcp"])
        packet = Packet(machine.internal_ip, src, "tcp", 40_000, 8080)
        yield Traffic(packet, PROBES_PER_S / len(some), FIRST_BYTES["tcp"], "OUTPUT")
    own = machine.internal_ip
    yield Traffic(Packet(api, own, "tcp", 40_000, 10250, into="eth0"), 0.1, FIRST_BYTES["tcp"])
    kubernetes = next(
        (rule for rule in machine.proxy.state.snapshot.rules.values() if rule.title == API), None
    )
    if kubernetes is not None:
        packet = Packet(own, kubernetes.cluster_ip, "tcp", 40_000, kubernetes.port)
        yield Traffic(packet, OWN_PER_S, FIRST_BYTES["tcp"], "OUTPUT")
    if api != own:
        watch = Packet(own, api, "tcp", 40_000, 6443, state="ESTABLISHED")
        yield Traffic(watch, 11.0, 318, "OUTPUT", steady=True)
        back = Packet(api, own, "tcp", 6443, 40_000, into="eth0", state="ESTABLISHED")
        yield Traffic(back, 12.0, 702, steady=True)


def _caller(rule: ServiceRule, pods: list[str], draw: Stream) -> str:
    """Return who calls a Service: none of its own endpoints, if there is anybody else."""
    ends = {one.ip for one in rule.endpoints}
    others = [ip for ip in pods if ip not in ends] or pods
    return others[draw.integer(0, len(others) - 1)]


def _some(pods: list[str], draw: Stream) -> list[str]:
    first = draw.integer(0, len(pods) - 1)
    return [pods[(first + number) % len(pods)] for number in range(min(MOST_SOURCES, len(pods)))]
