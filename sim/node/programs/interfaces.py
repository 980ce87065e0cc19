"""The interfaces of a node or pod as programs show them: addresses, flags and counters.

Interfaces follow from the pods that are there and from `Links`; this file must not know any listing.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.kernelog import link_name
from sim.node.links import NODE_LOCAL_DNS
from sim.node.machine import Machine
from sim.node.programs.host import container_of, machine_of

BITS_A_FLOW = 640
"""Bits per second that a tracked flow moves, on an average over a node's life (ours)."""
PACKET_BYTES = 412
POD_SHARE = 0.04
"""What one pod moves, of all that its node does (ours)."""


class Link(NamedTuple):
    """One interface."""

    number: int
    name: str
    peer: str = ""
    """`@ifN` of its other end, if it is one end of a pair."""
    mtu: int = 1500
    state: str = "UP"
    mac: str = "00:00:00:00:00:00"
    addresses: tuple[str, ...] = ()
    """With prefix lengths, e.g. `10.244.3.1/24`."""
    master: str = ""
    six: str = ""
    """Its link-local IPv6 address, with prefix length."""
    netns: str = ""
    holder: str = ""
    """The uid of the pod that has one end of it."""
    pod: bool = False
    """Whether it is inside a pod."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Return what stands between < and >."""
        if self.name == "lo":
            return ("LOOPBACK", "UP", "LOWER_UP") if self.state != "DOWN" else ("LOOPBACK",)
        if self.name == "nodelocaldns":
            return ("BROADCAST", "NOARP")
        if self.state == "DOWN":
            return ("BROADCAST", "MULTICAST")
        return ("BROADCAST", "MULTICAST", "UP", "LOWER_UP")

    @property
    def queue(self) -> str:
        """Return its queueing discipline."""
        if self.name == "eth0" and not self.peer:
            return "fq_codel"
        return "noop" if self.name == "nodelocaldns" else "noqueue"


def links(proc: Proc) -> list[Link]:
    """Return the place's interfaces, by index."""
    machine, container = machine_of(proc), container_of(proc)
    if container is not None and not container.host_network:
        return pod_links(machine, container)
    return node_links(machine)


def pod_links(machine: Machine, container: Container) -> list[Link]:
    """Return the interfaces inside a pod."""
    peer = 5 + _place(machine, container.pod_uid)
    prefix = machine.links.pods.prefixlen
    mac = mac_of(machine, container.ip)
    state = "UP" if machine.links.pod_attached(container.pod_uid) else "LOWERLAYERDOWN"
    return [
        Link(1, "lo", "", 65536, "UNKNOWN", addresses=("127.0.0.1/8",), six="::1/128",
             pod=True),
        Link(2, "eth0", f"@if{peer}", 1500, state, mac, (f"{container.ip}/{prefix}",),
             six=_local_six(mac), netns=" link-netnsid 0", holder=container.pod_uid, pod=True),
    ]  # fmt: skip


def node_links(machine: Machine) -> list[Link]:
    """Return the interfaces of a machine."""
    held = machine.links

    def made(number: int, name: str, mac: str, *addresses: str, **more: str) -> Link:
        up = held.is_up(name)
        state = "DOWN" if not up or name == "nodelocaldns" else "UP"
        six = _local_six(mac) if up and name != "nodelocaldns" else ""
        return Link(
            number,
            name,
            more.get("peer", ""),
            held.mtu.get(name, 1500),
            state,
            mac,
            (*addresses, *held.extra.get(name, ())),
            more.get("master", ""),
            six,
            more.get("netns", ""),
            more.get("holder", ""),
        )

    found = [
        Link(1, "lo", "", 65536, "UNKNOWN" if held.is_up("lo") else "DOWN",
             addresses=("127.0.0.1/8", *held.extra.get("lo", ())), six="::1/128"),
        made(2, "eth0", mac_of(machine, machine.internal_ip),
             f"{machine.internal_ip}/{held.wire.prefixlen}"),
        made(3, "nodelocaldns", mac_of(machine, NODE_LOCAL_DNS), f"{NODE_LOCAL_DNS}/32"),
        made(4, "cni0", mac_of(machine, held.bridge_ip), f"{held.bridge_ip}/{held.pods.prefixlen}"),
    ]  # fmt: skip
    for number, uid in enumerate(pods(machine)):
        found.append(
            made(5 + number, link_name(machine, uid), mac_of(machine, uid), master="cni0",
                 peer="@if2", netns=f" link-netnsid {number}", holder=uid)
        )  # fmt: skip
    return found


def pods(machine: Machine) -> list[str]:
    """Return the uids of pods with a network of their own, in the order of their start."""
    found = []
    for pod in machine.kubelet.pods.values():
        status = pod.get("status") or {}
        if status.get("podIP") and not pod["spec"].get("hostNetwork"):
            found.append((status.get("startTime") or "", pod["metadata"]["uid"]))
    return [uid for _, uid in sorted(found)]


def _place(machine: Machine, uid: str) -> int:
    known = pods(machine)
    return known.index(uid) if uid in known else len(known)


def mac_of(machine: Machine, what: str) -> str:
    """Return the hardware address of an interface, by its address or its pod's uid."""
    digits = machine.stream.at("mac", what).hex(10)
    return ":".join(["02", *(digits[i : i + 2] for i in range(0, 10, 2))])


def _local_six(mac: str) -> str:
    """Return the link-local address that follows from a hardware address (RFC 4291)."""
    first, *rest = (int(part, 16) for part in mac.split(":"))
    b = [first ^ 2, *rest]
    groups = (b[0] << 8 | b[1], b[2] << 8 | 0xFF, 0xFE00 | b[3], b[4] << 8 | b[5])
    return "fe80::" + ":".join(f"{group:x}" for group in groups) + "/64"


def broadcast(address: str) -> str:
    """Return the broadcast address of `10.244.3.1/24`; empty for a /32 or loopback."""
    network = IPv4Network(address, strict=False)
    if network.prefixlen >= 31 or address.startswith("127."):
        return ""
    return str(network.broadcast_address)


class Counters(NamedTuple):
    """What an interface has moved since it is there."""

    rx_bytes: int
    rx_packets: int
    tx_bytes: int
    tx_packets: int


def counters(machine: Machine, link: Link) -> Counters:
    """Return the counters of an interface: even growth with the traffic that the node is used to.

    A pod's own end of its link has received what the node's end has sent.
    """
    if link.name == "nodelocaldns" or machine.flows.usual == 0:
        return Counters(0, 0, 0, 0)
    if link.holder:
        share, since = POD_SHARE, _pod_since(machine, link.holder)
        draw = machine.stream.at("traffic", "pod", link.holder)
    elif link.name == "lo" and link.pod:
        return Counters(0, 0, 0, 0)
    else:
        share = 0.02 if link.name == "lo" else 1.0
        since = machine.facts.booted_at
        draw = machine.stream.at("traffic", link.name, link.mac)
    alive = max(0, machine.env.now - since)
    rates = (draw.at("rx").uniform(0.8, 1.2), draw.at("tx").uniform(0.8, 1.2))
    rx, tx = (
        int(alive * share * rate * machine.flows.usual * BITS_A_FLOW / 8 / 1000) for rate in rates
    )
    if link.name == "lo":
        return Counters(rx, rx // PACKET_BYTES, rx, rx // PACKET_BYTES)
    received, sent = rx // PACKET_BYTES, tx // (PACKET_BYTES - 30)
    return Counters(tx, sent, rx, received) if link.pod else Counters(rx, received, tx, sent)


def _pod_since(machine: Machine, uid: str) -> int:
    for pod in machine.kubelet.pods.values():
        if pod["metadata"]["uid"] == uid:
            stamp = (pod.get("status") or {}).get("startTime")
            return machine.env.now if stamp is None else machine.epoch.since(stamp)
    return machine.env.now
