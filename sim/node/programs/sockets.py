"""What listens and is connected in a place; `ss`, `netstat` and port scans read it.

Sockets follow from containers, kube-proxy and open connections; this file must not know who opened
them, nor how they are listed.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.links import NODE_LOCAL_DNS
from sim.node.machine import Machine
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.http import API_PORT


class Socket(NamedTuple):
    """One socket."""

    state: str
    local: str
    port: int
    peer: str = "0.0.0.0"
    peer_port: int = 0
    owner: str = ""
    pid: int = 0
    netid: str = "tcp"
    """`tcp`, `udp`, `u_str` ..."""
    fd: int = 3

    @property
    def six(self) -> bool:
        """Whether it is an IPv6 socket; `*` is one that takes both kinds."""
        return self.local in ("*", "[::]")


def listeners(proc: Proc) -> list[Socket]:
    """Return what listens on TCP in the place, by port."""
    return listening(machine_of(proc), container_of(proc))


def connected(proc: Proc) -> list[Socket]:
    """Return the established connections opened from the place."""
    return established(machine_of(proc), container_of(proc))


def listening(machine: Machine, container: Container | None) -> list[Socket]:
    """Return what listens on TCP in a node's or a container's network, by port."""
    anyone = "0.0.0.0"
    if container is not None and not container.host_network:
        peers = [
            one
            for one in machine.containers.values()
            if one.pod_uid == container.pod_uid and one.state == "running"
        ]
        return [socket for one in peers for socket in _of_container(one, anyone, own=container)]
    pids: dict[str, int] = {}
    for process in machine.processes():
        name = process.command.split(" ")[0].rpartition("/")[2].rstrip(":")
        pids.setdefault(name, process.pid)
    cache = next((name for name in ("node-cache", "node-local-dns") if name in pids), "")
    found = [Socket("LISTEN", NODE_LOCAL_DNS, 53, owner=cache, pid=pids.get(cache, 0))]
    if machine.daemons.runs("ssh"):
        pid = pids.get("sshd", 0)
        found.append(Socket("LISTEN", anyone, 22, owner="sshd", pid=pid))
        found.append(Socket("LISTEN", "[::]", 22, "[::]", owner="sshd", pid=pid, fd=4))
    if machine.daemons.runs("kubelet"):
        pid = pids.get("kubelet", 0)
        found.append(Socket("LISTEN", "127.0.0.1", 10248, owner="kubelet", pid=pid))
        found.append(Socket("LISTEN", "*", 10250, "*", owner="kubelet", pid=pid))
    if machine.proxy.running:
        pid = pids.get("kube-proxy", 0)
        found.append(Socket("LISTEN", "127.0.0.1", 10249, owner="kube-proxy", pid=pid))
        found.append(Socket("LISTEN", "*", 10256, "*", owner="kube-proxy", pid=pid))
    known = {socket.port for socket in found}
    for one in machine.containers.values():
        if one.host_network and one.state == "running":
            found.extend(
                socket for socket in _of_container(one, "*", own=one) if socket.port not in known
            )
    return sorted(found, key=lambda socket: (socket.six, socket.port))


def _of_container(one: Container, local: str, *, own: Container) -> list[Socket]:
    name = one.argv[0].rpartition("/")[2][:15]
    found = []
    for port in one.spec.get("ports") or ():
        number = int(port["containerPort"])
        if port.get("protocol", "TCP") == "TCP" and one.behaviour.listening(number):
            # A pod's containers share their sockets, not their processes.
            owner = (name, one.pid) if one.host_network else (name, 1) if one is own else ("", 0)
            found.append(Socket("LISTEN", local, number, local, 0, *owner))
    return found


def established(machine: Machine, container: Container | None) -> list[Socket]:
    """Return the established connections opened from a node's or a container's network."""
    found = []
    for link in machine.network.connections(machine):
        source = link.source
        if container is None:
            # The sockets of a pod are in its own network namespace.
            inside = isinstance(source, Machine) or source.host_network
        else:
            inside = source is container
        if not inside:
            continue
        address = source.internal_ip if isinstance(source, Machine) else source.ip
        drawn = machine.stream.at("port", address, link.ip, link.port, link.opened_at)
        local = drawn.integer(32768, 60999)
        found.append(Socket("ESTAB", address, local, link.ip, link.port))
    if container is None or container.host_network:
        found += _own_connections(machine)
    return found


def _own_connections(machine: Machine) -> list[Socket]:
    """Return the connections that a node's own daemons keep, and the login's."""
    draw = machine.stream.at("own-connections")
    control = [one for one in machine.network.machines.values() if one.facts.control_plane]
    ip, api = machine.internal_ip, control[0].internal_ip if control else ""
    gateway = f"{ip.rpartition('.')[0]}.1"
    pids = {p.command.split(" ")[0].rpartition("/")[2]: p.pid for p in machine.processes()}
    found = [Socket("ESTAB", ip, 22, gateway, draw.integer(40000, 60999), "sshd")]
    for turn, owner in enumerate(("kubelet", "kube-proxy"), start=1):
        if api and owner in pids:
            port = draw.integer(32768, 60999, turn)
            found.append(Socket("ESTAB", ip, port, api, API_PORT, owner, pids[owner]))
    return found


def datagrams(proc: Proc) -> list[Socket]:
    """Return the UDP sockets of the place."""
    return receiving(machine_of(proc), container_of(proc))


def receiving(machine: Machine, container: Container | None) -> list[Socket]:
    """Return the UDP sockets of a node's or a container's network."""
    if container is not None and not container.host_network:
        found = []
        for one in machine.containers.values():
            if one.pod_uid != container.pod_uid or one.state != "running":
                continue
            for port in one.spec.get("ports") or ():
                if port.get("protocol") == "UDP":
                    number = int(port["containerPort"])
                    name = one.argv[0].rpartition("/")[2][:15]
                    found.append(Socket("UNCONN", "*", number, "*", 0, name, 1, "udp"))
        return found
    pids = {p.command.split(" ")[0].rpartition("/")[2]: p.pid for p in machine.processes()}
    rows = [
        ("127.0.0.1", 323, "chronyd", 5),
        (NODE_LOCAL_DNS, 53, "node-cache", 12),
        (f"{machine.internal_ip}%eth0", 68, "systemd-networkd", 18),
    ]
    return [
        Socket("UNCONN", ip, port, "0.0.0.0", 0, name if name in pids else "", pids.get(name, 0),
               "udp", fd)
        for ip, port, name, fd in rows
    ]  # fmt: skip


def unix_sockets(proc: Proc) -> list[Socket]:
    """Return the listening Unix sockets of a node, by path; a pod has none."""
    container = container_of(proc)
    if container is not None and not container.host_network:
        return []
    machine = machine_of(proc)
    pids = {p.command.split(" ")[0].rpartition("/")[2]: p.pid for p in machine.processes()}
    rows = [
        ("/run/systemd/private", "systemd", 17),
        ("/run/systemd/journal/stdout", "systemd-journald", 6),
        ("/run/dbus/system_bus_socket", "dbus-daemon", 3),
        ("/run/containerd/containerd.sock.ttrpc", "containerd", 11),
        ("/run/containerd/containerd.sock", "containerd", 12),
        ("/var/lib/kubelet/pod-resources/kubelet.sock", "kubelet", 18),
        ("/var/lib/kubelet/device-plugins/kubelet.sock", "kubelet", 21),
    ]
    draw = machine.stream.at("inodes")
    return [
        Socket("LISTEN", path, draw.at(path).integer(12_000, 60_000), "*", 0, name,
               1 if name == "systemd" else pids.get(name, 0), "u_str", fd)
        for path, name, fd in rows
    ]  # fmt: skip
