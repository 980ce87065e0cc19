"""What `ps`, `free` and `uptime` see on a machine, computed when somebody looks.

This file must not know how anything is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node.kubeproxy.proxy import CPU_SHARES
from sim.node.logins import FIRST_SESSION, Login
from sim.node.records import MIB, Memory, Process
from sim.node.units import DAEMONS, daemon_pid

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

SHIM_BYTES = 11 * MIB
PAUSE_BYTES = 700 * 1024
SHELL_BYTES = 5_200 * 1024
SUDO_BYTES = 5_400 * 1024
_SSHD = next(index for index, one in enumerate(DAEMONS) if one.name == "ssh")
KERNEL_THREADS = (
    "kthreadd", "rcu_gp", "rcu_par_gp", "slub_flushwq", "netns", "mm_percpu_wq",
    "rcu_tasks_kthre", "ksoftirqd/0", "rcu_preempt", "migration/0", "cpuhp/0", "kdevtmpfs",
    "kauditd", "khungtaskd", "oom_reaper", "writeback", "kcompactd0", "ksmd", "khugepaged",
    "kblockd", "kswapd0", "kthrotld", "scsi_eh_0", "jbd2/vda1-8", "ext4-rsv-conver",
)  # fmt: skip
"""Those of a Debian 12 on one disk, by pid from 2 on."""
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
    for index, name in enumerate(KERNEL_THREADS):
        above = 0 if index == 0 else 2
        found.append(Process(2 + index, above, "root", f"[{name}]", 0, 0.0, booted))
    for index, one in enumerate(DAEMONS):
        pid = daemon_pid(machine, index)
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
                machine.daemons.state(one.name).since or booted + 4_000 + 900 * index,
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
    for login in machine.logins.alive():
        found.extend(of_login(login, machine))
    return sorted(found)


def of_login(login: Login, machine: Machine) -> list[Process]:
    """Return the processes of one session: sshd's two, its shell and the shells inside that."""
    listener = daemon_pid(machine, _SSHD) or 1
    tty = login.tty or "?"
    line = f"sshd: {login.user}@{login.tty or 'notty'}"
    begun, user = login.at, login.user
    rows = [
        Process(login.pid, listener, "root", f"sshd: {user} [priv]", 11_300 << 10, 0.0, begun),
        Process(login.pid + 6, login.pid, user, line, 6_900 << 10, 0.0, begun),
        Process(login.shell, login.pid + 6, user, "-bash", SHELL_BYTES, 0.0, begun, tty=tty),
    ]
    above = login.shell
    for one in login.inner:
        if one.sudo:
            sudo = Process(one.pid - 1, above, "root", one.sudo, SUDO_BYTES, 0.0, one.at, tty=tty)
            rows.append(sudo)
        shell = Process(one.pid, one.parent, one.user, one.command, SHELL_BYTES, 0.0, one.at)
        rows.append(shell._replace(tty=tty))
        above = one.pid
    return rows


def seen_from(machine: Machine, container: Container | None) -> list[Process]:
    """Return the processes that a place sees, by the pids that they have there.

    A container sees its own from 1 on, its pod's if they share, or the node's (`hostPID`).
    """
    everything = processes(machine)
    if container is None:
        return everything
    pod = machine.kubelet.pods.get((container.namespace, container.pod_name)) or {}
    spec = pod.get("spec") or {}
    if spec.get("hostPID"):
        return everything
    ids = _together(machine, container)
    if spec.get("shareProcessNamespace"):
        ids = {one.id for one in machine.containers.values() if one.pod_uid == container.pod_uid}
    own = sorted(p for p in everything if p.container_id in ids)
    if spec.get("shareProcessNamespace"):
        pause = Process(1, 0, "65535", "/pause", PAUSE_BYTES, 0.0, machine.pod_since(container))
        numbers = {p.pid: 7 + 6 * index for index, p in enumerate(own)}
        return [pause, *(_renumbered(p, numbers) for p in own)]
    numbers = {p.pid: 1 if index == 0 else 6 + index for index, p in enumerate(own)}
    return [_renumbered(p, numbers) for p in own]


def _together(machine: Machine, container: Container) -> set[str]:
    """Return the containers of one process namespace: debuggers are in that of their target."""
    head = container.spec.get("targetContainerName") or container.name
    return {
        one.id
        for one in machine.containers.values()
        if one.pod_uid == container.pod_uid
        and head in (one.name, one.spec.get("targetContainerName"))
    }


def _renumbered(process: Process, numbers: dict[int, int]) -> Process:
    return process._replace(pid=numbers[process.pid], ppid=numbers.get(process.ppid, 0))


def cpu_ms(machine: Machine, process: Process) -> int:
    """Return the CPU time that a process has used, from its share and age if not known better."""
    if process.cpu_ms >= 0:
        return process.cpu_ms
    return int((machine.env.now - process.started_at) * process.cpu_percent / 100)


def average_percent(machine: Machine, process: Process) -> float:
    """Return what ps calls %CPU: the CPU time used over the time it has run."""
    if process.cpu_ms < 0:
        return process.cpu_percent
    return 100 * process.cpu_ms / max(1000, machine.env.now - process.started_at)


def disk_waiters(machine: Machine) -> frozenset[int]:
    """Return the pids that wait for the disk: a kube-proxy that thrashes, and nobody else here."""
    proxy = machine.proxy
    if proxy.regime != "thrashing" or proxy.container is None:
        return frozenset()
    return frozenset({proxy.container.pid})


def state_of(process: Process, waiting: frozenset[int]) -> str:
    """Return the letter of a process' state."""
    if process.pid in waiting:
        return "D"
    if process.name.startswith(("kworker", "rcu_gp", "rcu_par_gp", "netns", "kblockd")):
        return "I"
    return "R" if process.cpu_percent >= 50 else "S"


def cgroup_of(machine: Machine, process: Process) -> str:
    """Return the cgroup that a process is in."""
    container = machine.containers.get(process.container_id)
    if container is not None:
        return container.cgroup
    if process.is_kernel:
        return "/"
    if process.pid == 1:
        return "/init.scope"
    if process.tty != "?" or process.command.startswith("sshd: oncall"):
        sessions = machine.logins.alive()
        number = next(
            (one.number for one in sessions if 0 <= process.pid - one.pid < 8),
            sessions[-1].number if sessions else FIRST_SESSION,
        )
        return f"/user.slice/user-1000.slice/session-{number}.scope"
    for index, one in enumerate(DAEMONS):
        if process.pid == daemon_pid(machine, index):
            return f"/system.slice/{one.name}.service"
    if process.command == "/pause":
        return sandbox_groups(machine).get(process.pid, "/")
    return "/system.slice/containerd.service"


def sandbox_groups(machine: Machine) -> dict[int, str]:
    """Return the cgroup of each sandbox's pause process, by pid: beside the pod's containers."""
    found: dict[int, str] = {}
    for container in machine.containers.values():
        pod = container.cgroup.rpartition("/")[0]
        sandbox = machine.sandbox_id(container.pod_uid)
        found[_sandbox(container)[1].pid] = f"{pod}/cri-containerd-{sandbox}.scope"
    return found


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
    spent = proxy.cpu_ms() if proxy.container is container else _spent(container)
    for index, (command, parent, size) in enumerate(container.behaviour.commands(container)):
        pid = container.pid + 7 * index
        above = shim if parent < 0 else container.pid + 7 * parent
        cpu = busy if index == 0 else 0.0
        used = spent if index == 0 else -1
        rows.append(Process(pid, above, "root", command, size, cpu, begun, container.id, used))
    return rows


def _spent(container: Container) -> int:
    """Return the CPU time that a container has used, in ms; -1 if its share never changes."""
    told = getattr(container.behaviour, "cpu_spent", None)
    if told is not None:
        return int(told(container))
    mean = getattr(container.behaviour, "mean_millicores", None)
    if mean is None:
        return -1
    return int((container.env.now - (container.started_at or 0)) * mean(container) / 1000)


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
