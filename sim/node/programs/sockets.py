"""ss and conntrack: what listens and is connected, and the kernel's flow table.

Sockets follow from containers, kube-proxy and open connections; this file must not know who opened
them.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.machine import Machine
from sim.node.network import NODE_LOCAL_DNS
from sim.node.programs.host import (
    administers_network,
    changed,
    container_of,
    is_root,
    machine_of,
)
from sim.node.programs.http import API_PORT
from sim.node.programs.options import parse, program
from sim.node.programs.portnames import port_name
from sim.node.programs.procps import visible


class Socket(NamedTuple):
    """One listening or connected TCP socket."""

    state: str
    local: str
    port: int
    peer: str = "0.0.0.0"
    peer_port: int = 0
    owner: str = ""
    pid: int = 0


def listeners(proc: Proc) -> list[Socket]:
    """Return what listens on TCP in the place, by port."""
    machine, container = machine_of(proc), container_of(proc)
    anyone = "0.0.0.0"
    if container is not None and not container.host_network:
        peers = [
            one
            for one in machine.containers.values()
            if one.pod_uid == container.pod_uid and one.state == "running"
        ]
        return [socket for one in peers for socket in _of_container(one, anyone, own=container)]
    pids: dict[str, int] = {}
    for process in visible(proc) if container is None else machine.processes():
        name = process.command.split(" ")[0].rpartition("/")[2].rstrip(":")
        pids.setdefault(name, process.pid)
    found = [
        Socket("LISTEN", "127.0.0.1", 10248, owner="kubelet", pid=pids.get("kubelet", 0)),
        Socket("LISTEN", NODE_LOCAL_DNS, 53, owner="node-cache", pid=pids.get("node-cache", 0)),
        Socket("LISTEN", anyone, 22, owner="sshd", pid=pids.get("sshd", 0)),
        Socket("LISTEN", "*", 10250, "*", owner="kubelet", pid=pids.get("kubelet", 0)),
    ]
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
    return sorted(found, key=lambda socket: (socket.local == "*", socket.port))


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


def connected(proc: Proc) -> list[Socket]:
    """Return the established connections opened from the place."""
    machine, container = machine_of(proc), container_of(proc)
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


@program(255)
def ss(proc: Proc) -> int:
    """Show sockets."""
    options = parse(
        proc, "stulnpaeiom46HO",
        ("summary", "tcp", "udp", "listening", "numeric", "processes", "all", "no-header"),
    )  # fmt: skip
    proc.asked()
    listening, established = listeners(proc), connected(proc)
    if options.has("-s", "--summary"):
        return _summary(proc, len(listening), len(established))
    if options.has("-l", "--listening"):
        shown = listening
    elif options.has("-a", "--all"):
        shown = listening + established
    else:
        shown = established
    numeric = options.has("-n", "--numeric")
    # Whose sockets they are can be told only to root.
    with_owner = options.has("-p", "--processes") and is_root(proc)
    rows = [("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process")]
    for s in shown if options.has("-t", "--tcp") or not options.has("-u", "--udp") else ():
        queue = "4096" if s.state == "LISTEN" else "0"
        local = f"{s.local}:{_port(s.port, numeric=numeric)}"
        peer = f"{s.peer}:{_port(s.peer_port, numeric=numeric)}"
        owner = f'users:(("{s.owner}",pid={s.pid},fd=3))' if with_owner and s.pid else ""
        rows.append((s.state, "0", queue, local, peer, owner))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    for row in rows[1:] if options.has("-H", "--no-header") else rows:
        proc.print(
            f"{row[0]:<{widths[0]}} {row[1]:<6} {row[2]:<6} {row[3]:>{widths[3]}}"
            f" {row[4]:>{widths[4]}} {row[5]:<{widths[5]}}".rstrip()
            + " "
        )
    return 0


def _port(port: int, *, numeric: bool) -> str:
    if not port:
        return "*"
    return str(port) if numeric else port_name(port) or str(port)


def _summary(proc: Proc, listening: int, established: int) -> int:
    total = listening + established
    proc.print(
        f"Total: {total + 40}",
        f"TCP:   {total} (estab {established}, closed 0, orphaned 0, timewait 0)",
        "",
        "Transport Total     IP        IPv6",
        "RAW\t  0         0         0        ",
        "UDP\t  4         3         1        ",
        f"TCP\t  {total:<10}{total:<10}0        ",
        f"INET\t  {total + 4:<10}{total + 3:<10}1        ",
        "FRAG\t  0         0         0        ",
        "",
    )
    return 0


@program(1)
def conntrack(proc: Proc) -> int:
    """Show or empty the connection tracking table."""
    name = "conntrack v1.4.7 (conntrack-tools)"
    machine = machine_of(proc)
    options = parse(proc, "LCSFDEd:s:p:o:", ("dump", "count", "stats", "flush", "delete", "dport="))
    if not administers_network(proc):
        proc.stderr.write(
            f"{name}: Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability"
            " to do this\n"
        )
        return 1
    proc.asked()
    if options.has("-C", "--count"):
        proc.print(str(machine.flows.count(proc.env.now)))
        return 0
    if options.has("-S", "--stats"):
        for cpu in range(max(1, machine.facts.cpu_millicores // 1000)):
            proc.print(
                f"cpu={cpu}   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0"
                " error=0 search_restart=0 clash_resolve=0 chaintoolong=0 "
            )
        return 0
    if options.has("-F", "--flush"):
        machine.network.flush_conntrack(machine)
        changed(proc, "conntrack", "-F")
        proc.stderr.write(f"{name}: connection tracking table has been emptied.\n")
        return 0
    if options.has("-L", "--dump"):
        return _flows(proc, machine, options.value("-d"), name)
    proc.stderr.write(f"{name}: -L, -C, -S and -F are supported in this simulator\n")
    return 2


def _flows(proc: Proc, machine: Machine, destination: str, name: str) -> int:
    """Print the flows that are modelled one by one; the footer says how many more are counted."""
    count = 0
    for link in machine.network.connections(machine):
        if destination and link.ip != destination:
            continue
        source = link.source
        address = source.internal_ip if isinstance(source, Machine) else source.ip
        local = machine.stream.at("port", address, link.ip, link.port, link.opened_at).integer(
            32768, 60999
        )
        far, _, port = link.endpoint.rpartition(":")
        count += 1
        proc.print(
            f"tcp      6 86399 ESTABLISHED src={address} dst={link.ip} sport={local}"
            f" dport={link.port} src={far} dst={address} sport={port} dport={local}"
            " [ASSURED] mark=0 use=1"
        )
    proc.stderr.write(f"{name}: {count} flow entries have been shown.\n")
    held = machine.flows.count(proc.env.now)
    if not destination and held > count:
        proc.stderr.write(f"{name}: {held - count} more are only counted here; see -C\n")
    return 0
