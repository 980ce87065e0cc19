"""/proc/net of a node or a pod: the figures that ip, ss and conntrack show. Must not know who reads."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from sim.node.container import Container
from sim.node.machine import Machine
from sim.node.programs.interfaces import Link, counters, node_links, pod_links

_DEV_HEAD = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo"
    " colls carrier compressed\n"
)
_ROUTE_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"


def net_files(machine: Machine, container: Container | None = None) -> dict[str, Callable[[], str]]:
    """Return the files of /proc/net by path."""
    own = container if container is not None and not container.host_network else None
    files: dict[str, Callable[[], str]] = {
        "/proc/net/dev": lambda: _dev(machine, own),
        "/proc/net/sockstat": lambda: _sockstat(machine, own),
    }
    if own is None:
        files["/proc/net/route"] = lambda: _route(machine)
    return files


def _links(machine: Machine, container: Container | None) -> list[Link]:
    return node_links(machine) if container is None else pod_links(machine, container)


def _dev(machine: Machine, container: Container | None) -> str:
    rows = []
    for link in _links(machine, container):
        held = counters(machine, link)
        rows.append(
            f"{link.name:>6}: {held.rx_bytes:>7} {held.rx_packets:>7} {0:>4} {0:>4} {0:>4} {0:>5} {0:>10}"
            f" {0:>9} {held.tx_bytes:>8} {held.tx_packets:>7} {0:>4} {0:>4} {0:>4} {0:>5} {0:>7} {0:>10}\n"
        )
    return _DEV_HEAD + "".join(rows)


def _sockstat(machine: Machine, container: Container | None) -> str:
    def inside(source: object) -> bool:
        if container is not None:
            return source is container
        return isinstance(source, Machine) or bool(getattr(source, "host_network", False))

    used = sum(inside(link.source) for link in machine.network.connections(machine))
    return (
        f"sockets: used {used + 180}\nTCP: inuse {used + 6} orphan 0 tw 0 alloc {used + 9} mem 4\n"
        "UDP: inuse 3 mem 2\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"
    )


def _hex(address: str) -> str:
    return bytes(reversed(IPv4Address(address or "0.0.0.0").packed)).hex().upper()


def _route(machine: Machine) -> str:
    rows = [_ROUTE_HEAD]
    for one in machine.links.routes():
        if one.kind != "unicast":
            continue
        flags = 3 if one.gateway else 1
        rows.append(
            f"{one.device}\t{_hex(str(one.to.network_address))}\t{_hex(one.gateway)}\t{flags:04X}\t0\t0\t"
            f"{one.metric}\t{_hex(str(one.to.netmask))}\t0\t0\t0"
        )
    return "\n".join(f"{row:<127}" for row in rows) + "\n"
