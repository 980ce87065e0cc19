"""/proc/net of a node or a pod: the figures that ip, ss and conntrack show. Must not know who reads."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from sim.node.container import Container
from sim.node.links import Route
from sim.node.machine import Machine
from sim.node.programs.interfaces import Link, counters, node_links, pod_links
from sim.node.programs.netstate import routes_of, spoken_to, totals
from sim.node.programs.sockets import Socket, established, listening, receiving
from sim.node.tracked import tracked

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
        "/proc/net/arp": lambda: _arp(machine, own),
        "/proc/net/dev": lambda: _dev(machine, own),
        "/proc/net/tcp": lambda: _tcp(machine, own, six=False),
        "/proc/net/tcp6": lambda: _tcp(machine, own, six=True),
        "/proc/net/udp": lambda: _udp(machine, own),
        "/proc/net/snmp": lambda: _snmp(machine, own),
        "/proc/net/sockstat": lambda: _sockstat(machine, own),
    }
    files["/proc/net/route"] = lambda: _route(routes_of(machine, own))
    if own is None:
        files["/proc/net/nf_conntrack"] = lambda: "".join(
            f"{flow.line(extended=True).replace(' use=1', ' zone=0 use=2')}\n"
            for flow in tracked(machine)
        )
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


def _route(routes: list[Route]) -> str:
    rows = [_ROUTE_HEAD]
    for one in routes:
        if one.kind != "unicast":
            continue
        flags = 3 if one.gateway else 1
        rows.append(
            f"{one.device}\t{_hex(str(one.to.network_address))}\t{_hex(one.gateway)}\t{flags:04X}\t0\t0\t"
            f"{one.metric}\t{_hex(str(one.to.netmask))}\t0\t0\t0"
        )
    return "\n".join(f"{row:<127}" for row in rows) + "\n"


def _arp(machine: Machine, container: Container | None) -> str:
    rows = ["IP address       HW type     Flags       HW address            Mask     Device"]
    for ip, device, mac, _ in spoken_to(machine, container):
        flags = "0x2" if mac else "0x0"
        rows.append(
            f"{ip:<16} 0x1         {flags:<10}  {mac or '00:00:00:00:00:00'}     *        {device}"
        )
    return "\n".join(rows) + "\n"


def _tcp(machine: Machine, container: Container | None, *, six: bool) -> str:
    wide = 32 if six else 8
    head = "  sl  local_address                         remote_address                       " if six else (
        "  sl  local_address rem_address  "
    )  # fmt: skip
    rows = [f"{head} st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"]
    for one in [*listening(machine, container), *established(machine, container)]:
        if one.six != six:
            continue
        local, peer = (
            f"{'0' * 32 if six else _hex(_plain(ip))}:{port:04X}"
            for ip, port in ((one.local, one.port), (one.peer, one.peer_port))
        )
        assert len(local) == wide + 5
        state = "0A" if one.state == "LISTEN" else "01"
        rows.append(
            f"{len(rows) - 1:>4}: {local} {peer} {state} 00000000:00000000 00:00000000 00000000"
            f"     0        0 {_inode(machine, one)} 1 0000000000000000 100 0 0 10 "
            f"{0 if one.state == 'LISTEN' else -1}"
        )
    return "\n".join(f"{row:<149}" for row in rows) + "\n"


def _udp(machine: Machine, container: Container | None) -> str:
    rows = [
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
        " inode ref pointer drops             "
    ]
    rows.extend(
        f"{(one.port + 1_000) % 65_536:>5}: {_hex(_plain(one.local))}:{one.port:04X} 00000000:0000"
        f" 07 00000000:00000000 00:00000000 00000000     0        0 {_inode(machine, one)} 2"
        " 0000000000000000 0"
        for one in sorted(receiving(machine, container), key=lambda one: one.port)
    )
    return "\n".join(f"{row:<127}" for row in rows) + "\n"


def _plain(ip: str) -> str:
    return "0.0.0.0" if ip in ("*", "[::]") else ip.partition("%")[0]


def _inode(machine: Machine, one: Socket) -> int:
    return machine.stream.at("inode", one.local, one.port, one.peer_port).integer(14_000, 90_000)


def _snmp(machine: Machine, container: Container | None) -> str:
    n = totals(machine, container)
    ip = {
        "Forwarding": 1 if machine.links.forwarding else 2, "DefaultTTL": 64,
        "InReceives": n["IpInReceives"], "InHdrErrors": 0, "InAddrErrors": 0,
        "ForwDatagrams": n["IpForwDatagrams"], "InUnknownProtos": 0, "InDiscards": 0,
        "InDelivers": n["IpInDelivers"], "OutRequests": n["IpOutRequests"],
        "OutDiscards": n["IpOutDiscards"], "OutNoRoutes": 0, "ReasmTimeout": 0, "ReasmReqds": 0,
        "ReasmOKs": 0, "ReasmFails": 0, "FragOKs": 0, "FragFails": 0, "FragCreates": 0,
    }  # fmt: skip
    tcp = {
        "RtoAlgorithm": 1, "RtoMin": 200, "RtoMax": 120_000, "MaxConn": -1,
        "ActiveOpens": n["TcpActiveOpens"], "PassiveOpens": n["TcpPassiveOpens"],
        "AttemptFails": n["TcpAttemptFails"], "EstabResets": n["TcpEstabResets"],
        "CurrEstab": len(established(machine, container)), "InSegs": n["TcpInSegs"],
        "OutSegs": n["TcpOutSegs"], "RetransSegs": n["TcpRetransSegs"], "InErrs": n["TcpInErrs"],
        "OutRsts": n["TcpOutRsts"], "InCsumErrors": 0,
    }  # fmt: skip
    udp = {
        "InDatagrams": n["UdpInDatagrams"], "NoPorts": n["UdpNoPorts"],
        "InErrors": n["UdpInErrors"], "OutDatagrams": n["UdpOutDatagrams"], "RcvbufErrors": 0,
        "SndbufErrors": 0, "InCsumErrors": 0, "IgnoredMulti": 0, "MemErrors": 0,
    }  # fmt: skip
    return "".join(
        f"{name}: {' '.join(held)}\n{name}: {' '.join(map(str, held.values()))}\n"
        for name, held in (("Ip", ip), ("Tcp", tcp), ("Udp", udp))
    )
