"""ip: the interfaces, addresses and routes of a node or pod.

Interfaces follow from the pods that are there; this file must not know what travels over them.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.kernelog import link_name
from sim.node.machine import Machine
from sim.node.network import NODE_LOCAL_DNS
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.options import UsageError, program


class Link(NamedTuple):
    """One interface."""

    name: str
    """With `@ifN` of its peer, if it is one end of a pair."""
    flags: str
    mtu: int
    state: str
    mac: str
    address: str = ""
    """With prefix length, e.g. `10.244.3.1/24`; empty for none."""
    broadcast: str = ""
    master: str = ""


def links(proc: Proc) -> list[Link]:
    """Return the place's interfaces, by index."""
    machine, container = machine_of(proc), container_of(proc)
    up = "BROADCAST,MULTICAST,UP,LOWER_UP"
    loop = Link("lo", "LOOPBACK,UP,LOWER_UP", 65536, "UNKNOWN", "00:00:00:00:00:00", "127.0.0.1/8")
    if container is not None and not container.host_network:
        peer = _veth_index(machine, container)
        network = IPv4Network(machine.facts.pod_cidr)
        mac = _mac(machine, container.ip)
        address = f"{container.ip}/{network.prefixlen}"
        return [
            loop,
            Link(f"eth0@if{peer}", up, 1500, "UP", mac, address, str(network.broadcast_address)),
        ]
    own = IPv4Network(f"{machine.internal_ip}/24", strict=False)
    pods = IPv4Network(machine.facts.pod_cidr)
    gateway = str(pods.network_address + 1)
    found = [
        loop,
        Link(
            "eth0", up, 1500, "UP", _mac(machine, machine.internal_ip),
            f"{machine.internal_ip}/24", str(own.broadcast_address),
        ),
        Link(
            "nodelocaldns", "BROADCAST,NOARP", 1500, "DOWN", _mac(machine, NODE_LOCAL_DNS),
            f"{NODE_LOCAL_DNS}/32", NODE_LOCAL_DNS,
        ),
        Link(
            "cni0", up, 1500, "UP", _mac(machine, gateway),
            f"{gateway}/{pods.prefixlen}", str(pods.broadcast_address),
        ),
    ]  # fmt: skip
    for uid in _pods(machine):
        name = f"{link_name(machine, uid)}@if2"
        found.append(Link(name, up, 1500, "UP", _mac(machine, uid), master="cni0"))
    return found


def _pods(machine: Machine) -> list[str]:
    """Return the uids of pods with a network of their own, in the order of their start."""
    found = []
    for pod in machine.kubelet.pods.values():
        status = pod.get("status") or {}
        if status.get("podIP") and not pod["spec"].get("hostNetwork"):
            found.append((status.get("startTime") or "", pod["metadata"]["uid"]))
    return [uid for _, uid in sorted(found)]


def _veth_index(machine: Machine, container: Container) -> int:
    pods = _pods(machine)
    return 5 + (pods.index(container.pod_uid) if container.pod_uid in pods else len(pods))


def _mac(machine: Machine, what: str) -> str:
    digits = machine.stream.at("mac", what).hex(10)
    return ":".join(["02", *(digits[i : i + 2] for i in range(0, 10, 2))])


@program(255)
def ip(proc: Proc) -> int:
    """Show interfaces, addresses, routes and neighbours."""
    words = proc.argv[1:]
    brief = six = False
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        brief = brief or flag in ("-br", "-brief")
        six = six or flag == "-6"
        if flag not in ("-br", "-brief", "-4", "-6", "-o", "-c", "-color", "-d", "-s"):
            raise UsageError(f'Option "{flag}" is unknown, try "ip -help".')
    if not words:
        raise UsageError(
            "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
            "where  OBJECT := { address | link | neighbour | route | rule }"
        )
    what, rest = words[0], words[1:]
    if rest and rest[0] in ("add", "del", "delete", "set", "flush", "replace", "change"):
        raise UsageError(f"ip: {what} {rest[0]} is not supported in this simulator")
    proc.asked()
    rest = [word for word in rest if word not in ("show", "list", "ls", "dev", "s", "l")]
    if "address".startswith(what) or what == "addr":
        return _addresses(proc, rest, brief=brief)
    if "link".startswith(what):
        return _links(proc, rest, brief=brief)
    if "route".startswith(what):
        return 0 if six else _routes(proc, rest)
    if "rule".startswith(what):
        proc.print(
            "0:\tfrom all lookup local", "32766:\tfrom all lookup main",
            "32767:\tfrom all lookup default",
        )  # fmt: skip
        return 0
    if "neighbour".startswith(what) or what == "neigh":
        return _neighbours(proc)
    raise UsageError(f'Object "{what}" is unknown, try "ip help".')


def _chosen(proc: Proc, names: list[str]) -> list[tuple[int, Link]]:
    found = list(enumerate(links(proc), 1))
    if not names:
        return found
    chosen = [(i, link) for i, link in found if link.name.partition("@")[0] == names[0]]
    if not chosen:
        proc.stderr.write(f'Device "{names[0]}" does not exist.\n')
    return chosen


def _addresses(proc: Proc, names: list[str], *, brief: bool) -> int:
    found = _chosen(proc, names)
    for index, link in found:
        if brief:
            addresses = f"{link.address} ::1/128" if link.name == "lo" else link.address
            proc.print(f"{link.name:<16} {link.state:<14} {addresses} ")
            continue
        proc.print(*_described(index, link, " group default qlen 1000"))
        if link.address:
            scope = "host" if link.name == "lo" else "global"
            around = f" brd {link.broadcast}" if link.broadcast else ""
            label = link.name.partition("@")[0]
            proc.print(
                f"    inet {link.address}{around} scope {scope} {label}",
                "       valid_lft forever preferred_lft forever",
            )
    return 0 if found else 1


def _described(index: int, link: Link, tail: str) -> list[str]:
    kind = "loopback" if link.name == "lo" else "ether"
    everybody = "00:00:00:00:00:00" if link.name == "lo" else "ff:ff:ff:ff:ff:ff"
    master = f" master {link.master}" if link.master else ""
    queue = "fq_codel" if link.name == "eth0" else "noqueue" if link.state != "DOWN" else "noop"
    return [
        f"{index}: {link.name}: <{link.flags}> mtu {link.mtu} qdisc {queue}{master}"
        f" state {link.state}{tail}",
        f"    link/{kind} {link.mac} brd {everybody}",
    ]


def _links(proc: Proc, names: list[str], *, brief: bool) -> int:
    found = _chosen(proc, names)
    for index, link in found:
        if brief:
            proc.print(f"{link.name:<16} {link.state:<14} {link.mac} <{link.flags}> ")
        else:
            proc.print(*_described(index, link, " mode DEFAULT group default qlen 1000"))
    return 0 if found else 1


def _routes(proc: Proc, rest: list[str]) -> int:
    machine, container = machine_of(proc), container_of(proc)
    if rest and rest[0] == "get":
        raise UsageError("ip: route get is not supported in this simulator")
    pods = IPv4Network(machine.facts.pod_cidr)
    gateway = str(pods.network_address + 1)
    if container is not None and not container.host_network:
        proc.print(f"default via {gateway} dev eth0 ")
        proc.print(f"{pods} dev eth0 proto kernel scope link src {container.ip} ")
        return 0
    own = IPv4Network(f"{machine.internal_ip}/24", strict=False)
    rows = [
        f"default via {own.network_address + 1} dev eth0 proto dhcp src {machine.internal_ip} metric 100 "
    ]
    for other in machine.network.machines.values():
        if other is machine:
            rows.append(f"{pods} dev cni0 proto kernel scope link src {gateway} ")
        else:
            rows.append(f"{other.facts.pod_cidr} via {other.internal_ip} dev eth0 ")
    rows.append(f"{own} dev eth0 proto kernel scope link src {machine.internal_ip} metric 100 ")
    proc.print(*rows)
    return 0


def _neighbours(proc: Proc) -> int:
    machine = machine_of(proc)
    if container_of(proc) is not None:
        gateway = str(IPv4Network(machine.facts.pod_cidr).network_address + 1)
        proc.print(f"{gateway} dev eth0 lladdr {_mac(machine, gateway)} REACHABLE ")
        return 0
    for other in machine.network.machines.values():
        if other is not machine:
            proc.print(
                f"{other.internal_ip} dev eth0 lladdr {_mac(other, other.internal_ip)} REACHABLE "
            )
    return 0
