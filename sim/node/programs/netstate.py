"""What a place's kernel knows of its network: routes, who was spoken to, and what it has counted.

`ip`, `route`, `arp`, `netstat`, `nstat` and /proc/net read it. This file must not know how any of them
prints.
"""

from __future__ import annotations

from sim.node.container import Container
from sim.node.links import EVERYTHING, Route
from sim.node.machine import Machine
from sim.node.programs.interfaces import PACKET_BYTES, counters, mac_of, node_links, pod_links


def routes_of(machine: Machine, container: Container | None) -> list[Route]:
    """Return the main table of the place."""
    if container is None or container.host_network:
        return machine.links.routes()
    held = machine.links
    return [
        Route(EVERYTHING, device="eth0", gateway=held.bridge_ip),
        Route(held.pods, device="eth0", source=container.ip, proto="kernel", scope="link"),
    ]


def spoken_to(machine: Machine, container: Container | None) -> list[tuple[str, str, str, str]]:
    """Return (address, device, hardware address, state) of who was spoken to on the links."""
    if container is not None and not container.host_network:
        gateway = machine.links.bridge_ip
        return [(gateway, "eth0", mac_of(machine, gateway), "REACHABLE")]
    rows = []
    if machine.links.is_up("eth0"):
        gateway = machine.links.gateway
        rows.append((gateway, "eth0", mac_of(machine, gateway), "REACHABLE"))
        for other in machine.network.machines.values():
            if other is not machine:
                state = "REACHABLE" if other.links.is_up("eth0") else "FAILED"
                mac = mac_of(other, other.internal_ip) if state == "REACHABLE" else ""
                rows.append((other.internal_ip, "eth0", mac, state))
    if machine.links.is_up("cni0"):
        for pod in machine.kubelet.pods.values():
            ip = (pod.get("status") or {}).get("podIP")
            if ip and not pod["spec"].get("hostNetwork"):
                drawn = machine.stream.at("neighbour", ip).integer(0, 9)
                state = "REACHABLE" if drawn < 4 else "STALE"
                rows.append((ip, "cni0", mac_of(machine, ip), state))
    return sorted(rows, key=lambda row: (row[1], tuple(int(part) for part in row[0].split("."))))


def totals(machine: Machine, container: Container | None) -> dict[str, int]:
    """Return the kernel's counters that follow from its interfaces and flow table."""
    own = container is not None and not container.host_network
    held = counters(
        machine, (pod_links(machine, container) if container and own else node_links(machine))[1]
    )
    inside = container is not None and not container.host_network
    received, sent = held.rx_packets, held.tx_packets
    opens = received // 40
    full = 0 if inside else machine.flows.dropped(machine.env.now)
    return {
        "IpInReceives": received, "IpForwDatagrams": 0 if inside else received * 7 // 10,
        "IpInDelivers": received if inside else received * 3 // 10, "IpOutRequests": sent,
        "IpOutDiscards": full, "TcpActiveOpens": opens, "TcpPassiveOpens": opens * 9 // 10,
        "TcpAttemptFails": opens // 900, "TcpEstabResets": opens // 300,
        "TcpInSegs": received * 9 // 10, "TcpOutSegs": sent * 9 // 10,
        "TcpRetransSegs": sent // 4_000, "TcpInErrs": 0, "TcpOutRsts": opens // 150,
        "UdpInDatagrams": received // 12, "UdpNoPorts": 14, "UdpInErrors": 0,
        "UdpOutDatagrams": received // 12, "TcpExtListenOverflows": 0, "TcpExtListenDrops": 0,
        "TcpExtTCPTimeouts": sent // 9_000, "TcpExtTCPLostRetransmit": sent // 60_000,
        "IpExtInOctets": received * PACKET_BYTES, "IpExtOutOctets": sent * (PACKET_BYTES - 30),
    }  # fmt: skip
