"""What `ps`, `free` and `uptime` see on a machine, computed when somebody looks.

This file must not know how anything is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node.kubeproxy.proxy import CPU_SHARES
from sim.node.records import MIB, Memory, Process
from sim.node.units import DAEMONS, daemon_pid

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

SHIM_BYTES = 11 * MIB
PAUSE_BYTES = 700 * 1024
KERNEL_BYTES = 420 * MIB
"""What the kernel itself takes before anything runs."""


def processes(machine: Machine) -> list[Process]:
    """Return every process, by pid."""
    booted = machine.facts.booted_at
    found = [
        Process(
            1, 0, "root", "/lib/systemd/systemd --system --deserialize=42", 13 * MIB, 0.0, booted
        )
    ]
    for index, one in enumerate(DAEMONS):
        pid = daemon_pid(machine, index)
        if one.name == "kubelet":
            pid = machine.kubelet.pid
            if not pid:
                continue
        found.append(
            Process(
                pid,
                1,
                one.user,
                one.command,
                one.memory_mib * MIB,
                one.cpu_per_mille / 10,
                booted + 4_000 + 900 * index,
            )
        )
    sandboxes: dict[str, int] = {}
    for container in machine.containers.values():
        if container.pod_uid not in sandboxes:
            rows = _sandbox(container)
            sandboxes[container.pod_uid] = rows[0].pid
            found.extend(rows)
        if container.state != "running":
            continue
        found.extend(_of_container(container, sandboxes[container.pod_uid]))
    return sorted(found)


def _sandbox(container: Container) -> list[Process]:
    """Return the shim and the pause process, which outlive the containers of their pod."""
    machine = container.machine
    sandbox = machine.sandbox_id(container.pod_uid)
    begun = machine.pod_since(container) + 300
    pid = machine.pid_at(begun) + int(sandbox[:8], 16) % (400 if begun < 0 else 6)
    shim = (
        f"/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id {sandbox} "
        "-address /run/containerd/containerd.sock"
    )
    return [
        Process(pid, 1, "root", shim, SHIM_BYTES, 0.0, begun),
        Process(pid + 20, pid, "65535", "/pause", PAUSE_BYTES, 0.0, begun),
    ]


def _of_container(container: Container, shim: int) -> list[Process]:
    rows: list[Process] = []
    begun = container.started_at or 0
    busy = container_millicores(container) / 10
    proxy = container.machine.proxy
    for index, (command, parent, size) in enumerate(container.behaviour.commands(container)):
        pid = container.pid + 7 * index
        above = shim if parent < 0 else container.pid + 7 * parent
        cpu = busy if index == 0 else 0.0
        spent = proxy.cpu_ms() if index == 0 and proxy.container is container else -1
        rows.append(Process(pid, above, "root", command, size, cpu, begun, container.id, spent))
    return rows


def container_millicores(container: Container) -> int:
    """Return the CPU that a container uses now, in thousandths of a core."""
    if container.state != "running":
        return 0
    using = getattr(container.behaviour, "millicores", None)
    if using is not None:
        return int(using(container))
    if container.machine.proxy.container is container:
        return int(1000 * CPU_SHARES.get(container.machine.proxy.regime, 0.004))
    return container.machine.stream.at("idle-cpu", container.id).integer(1, 22)


def memory(machine: Machine) -> Memory:
    """Return the machine's memory, in bytes."""
    total = machine.facts.memory_bytes
    used = KERNEL_BYTES + sum(one.memory_mib for one in DAEMONS) * MIB
    for container in machine.containers.values():
        if container.state == "running":
            used += container.memory_bytes + SHIM_BYTES + PAUSE_BYTES
    used = min(used, total - 64 * MIB)
    share = machine.stream.at("page-cache").uniform(0.55, 0.8)
    if not machine.page_cache_warm("/"):
        share *= 0.2
    cached = int((total - used) * share)
    return Memory(total, used, total - used - cached, cached, total - used - cached // 12)


def load(machine: Machine) -> tuple[float, float, float]:
    """Return load averages over 1, 5 and 15 minutes."""
    cores = machine.facts.cpu_millicores / 1000
    usual = machine.stream.at("load").uniform(0.08, 0.2) * cores
    proxy = machine.proxy
    extra = {"thrashing": 2.1, "starting": 0.6}.get(proxy.regime, 0.0)
    since = machine.env.now - (proxy.history[-1].at if proxy.history else 0)
    shares = tuple(min(1.0, since / (minutes * 60_000)) for minutes in (1, 5, 15))
    one, five, fifteen = (round(usual + extra * share, 2) for share in shares)
    return one, five, fifteen
