"""The files that a node or a container shows: /proc, /sys/fs/cgroup, /etc and the unit files.

Each is made from the model when it is read, so `cat`, `grep` and the like need to know nothing of
machines. This file must not know which program reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.bash.files import FileSystem
from sim.node.containerfiles import ContainerFiles, Mount
from sim.node.kubeproxy.heal import DESCRIPTION, HealPlan
from sim.node.machine import Machine
from sim.node.network import NODE_LOCAL_DNS
from sim.node.programs.identity import kernel_settings
from sim.node.programs.reach import site_dns

if TYPE_CHECKING:
    from sim.node.container import Container

CGROUPS = "/sys/fs/cgroup"
POD_LOGS = "/var/log/pods"
_NO_LIMIT = "max\n"
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


class NodeFiles(FileSystem):
    """The files of a machine; units and cgroups come and go with what they stand for."""

    def __init__(self, machine: Machine, home: str = "/root") -> None:
        """Show the files of *machine*."""
        super().__init__(home=home, generated=_machine_files(machine))
        self._machine = machine
        for directory in (
            "/etc/systemd/system",
            "/lib/systemd/system",
            "/usr/local/sbin",
            CGROUPS,
            POD_LOGS,
            "/etc/kubernetes/pki",
            "/var/lib/kubelet",
        ):
            self.mkdir(directory)

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory, of a pod's logs too."""
        return super().is_dir(path) or (
            path.startswith(POD_LOGS) and any(one.startswith(path + "/") for one in self._logs())
        )

    def _logs(self) -> dict[str, Container]:
        """Return the containers on the machine by the path of their log."""
        return {log_path(one): one for one in self._machine.containers.values()}

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory."""
        return super().exists(path) or self._live(path) is not None

    def read(self, path: str) -> str:
        """Return the text of *path*, made now if it is a unit's or a cgroup's."""
        live = self._live(path)
        return live() if live is not None else super().read(path)

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory, units among them."""
        inside = path.rstrip("/") + "/"
        if path.startswith(POD_LOGS):
            names = (one.removeprefix(inside) for one in self._logs() if one.startswith(inside))
            return sorted({name.partition("/")[0] for name in names})
        units = {
            unit.path.removeprefix(inside)
            for unit in self._machine.units()
            if unit.text and unit.path.startswith(inside)
        }
        heal = self._machine.proxy.heal
        if heal is not None and path == "/usr/local/sbin":
            units.add(heal.plan.unit)
        return sorted({*super().listdir(path), *(name for name in units if "/" not in name)})

    def _live(self, path: str) -> Callable[[], str] | None:
        if path.startswith(CGROUPS):
            directory, _, name = path.removeprefix(CGROUPS).rpartition("/")
            for container in self._machine.containers.values():
                if container.state == "running" and container.cgroup == directory:
                    return cgroup_files(container).get(name)
            return None
        if path.startswith(POD_LOGS):
            logged = self._logs().get(path)
            return None if logged is None else (lambda: runtime_log(logged))
        heal = self._machine.proxy.heal
        if heal is not None and path == f"/usr/local/sbin/{heal.plan.unit}":
            return lambda: _heal_script(heal.plan)
        if path.endswith((".service", ".timer")):
            for unit in self._machine.units():
                if unit.path == path and unit.text:
                    text = unit.text
                    return lambda: text if text.endswith("\n") else f"{text}\n"
        return None


def log_path(container: Container) -> str:
    """Return where the runtime writes the log of *container*."""
    pod = f"{container.namespace}_{container.pod_name}_{container.pod_uid}"
    return f"{POD_LOGS}/{pod}/{container.name}/{container.attempt}.log"


def runtime_log(container: Container) -> str:
    """Return a log in the runtime's own form: time, stream, `F` for a full line, text."""
    lines = container.log.read(container.env.now)
    parts = (line.stamped(container.epoch).partition(" ") for line in lines)
    return "".join(
        f"{stamp} {line.stream} F {text}\n"
        for line, (stamp, _, text) in zip(lines, parts, strict=True)
    )


def _heal_script(plan: HealPlan) -> str:
    return f"""#!/bin/sh
# {DESCRIPTION}: started by {plan.unit}.timer.
idle=${{IDLE_SECONDS:-{plan.idle_ms // 1000}}}
age=$(/usr/local/libexec/kube-proxy-sync-age)
if [ "$age" -lt "$idle" ] || pidof -q kube-proxy; then
  exit 0
fi
for table in nat filter; do
  iptables -t $table -S | awk '$1 == "-N" && $2 ~ /^KUBE-/ {{print $2}}' |
    xargs -n1 iptables -t $table -F
done
sync; echo 3 > /proc/sys/vm/drop_caches
"""


def node_files(machine: Machine, home: str = "/root") -> FileSystem:
    """Return the files of a machine."""
    return NodeFiles(machine, home)


def container_files(container: Container) -> FileSystem:
    """Return the files of a container: its own cgroup and /etc, the machine's /proc."""
    machine = container.machine
    generated = {
        path: make for path, make in _machine_files(machine).items() if path.startswith("/proc/")
    }
    for name, make in cgroup_files(container).items():
        generated[f"{CGROUPS}/{name}"] = make
    generated["/etc/hosts"] = lambda: hosts(container)
    generated["/etc/resolv.conf"] = lambda: resolv_conf(container)
    generated["/etc/hostname"] = lambda: f"{container.hostname}\n"
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    mounts = _mounts(container)
    if all(mount.path != account for mount in mounts):
        generated[f"{account}/namespace"] = lambda: container.namespace
    generated["/etc/passwd"] = lambda: "root:x:0:0:root:/root:/bin/sh\n"
    generated["/etc/group"] = lambda: "root:x:0:\n"
    probed = any("exec" in (container.spec.get(name) or {}) for name in _PROBES)
    context = container.spec.get("securityContext") or {}
    return ContainerFiles(
        mounts,
        generated=generated,
        changed=container.health_changed if probed else _nothing,
        read_only=bool(context.get("readOnlyRootFilesystem")),
    )


def _mounts(container: Container) -> list[Mount]:
    """Return the pod's volumes at the container's places, deepest last."""
    found = []
    for one in container.spec.get("volumeMounts") or ():
        files = container.machine.kubelet.volume(container, one["name"])
        if files is None:
            continue
        volume, base = files
        inner = str(one.get("subPath") or "").strip("/")
        place = f"{base.rstrip('/')}/{inner}" if inner else base.rstrip("/")
        path = one["mountPath"].rstrip("/")
        if path:
            found.append(Mount(path, volume, place, bool(one.get("readOnly"))))
    return sorted(found, key=lambda mount: mount.path.count("/"))


def _nothing() -> None:
    pass


def _machine_files(machine: Machine) -> dict[str, Callable[[], str]]:
    facts = machine.facts
    name, _, version = facts.os_image.partition(" GNU/Linux ")
    number = version.split(" ")[0]
    release = (
        f'PRETTY_NAME="{facts.os_image}"\nNAME="{name} GNU/Linux"\nVERSION_ID="{number}"\n'
        f'VERSION="{version}"\nID={name.lower() or "linux"}\n'
    )
    files: dict[str, Callable[[], str]] = {
        "/etc/hostname": lambda: f"{machine.name}\n",
        "/etc/os-release": lambda: release,
        "/etc/hosts": lambda: (
            f"127.0.0.1\tlocalhost\n{machine.internal_ip}\t{machine.name}\n"
            "::1\tlocalhost ip6-localhost ip6-loopback\n"
        ),
        "/etc/resolv.conf": lambda: f"nameserver {site_dns(machine.internal_ip)}\n",
        "/proc/loadavg": lambda: _loadavg(machine),
        "/proc/meminfo": lambda: _meminfo(machine),
        "/proc/uptime": lambda: _uptime(machine),
        "/proc/version": lambda: (
            f"Linux version {facts.kernel_version} (debian-kernel@lists.debian.org)"
            " #1 SMP PREEMPT_DYNAMIC\n"
        ),
        "/proc/cpuinfo": lambda: "".join(
            f"processor\t: {index}\nmodel name\t: Intel(R) Xeon(R) Platinum\n\n"
            for index in range(max(1, facts.cpu_millicores // 1000))
        ),
    }
    for setting in kernel_settings(machine):
        path = "/proc/sys/" + setting.replace(".", "/")
        files[path] = lambda setting=setting: f"{kernel_settings(machine)[setting]}\n"  # type: ignore[misc]
    return files


def _loadavg(machine: Machine) -> str:
    processes = machine.processes()
    running = max(1, sum(p.cpu_percent >= 50 for p in processes))
    load = " ".join(f"{value:.2f}" for value in machine.load())
    last = max((p.pid for p in processes), default=1)
    return f"{load} {running}/{len(processes)} {last}\n"


def _uptime(machine: Machine) -> str:
    up = (machine.env.now - machine.facts.booted_at) / 1000
    cores = max(1, machine.facts.cpu_millicores // 1000)
    return f"{up:.2f} {up * cores * 0.8:.2f}\n"


def _meminfo(machine: Machine) -> str:
    memory = machine.memory()
    cached = memory.buffcache * 9 // 10
    rows = (
        ("MemTotal", memory.total),
        ("MemFree", memory.free),
        ("MemAvailable", memory.available),
        ("Buffers", memory.buffcache - cached),
        ("Cached", cached),
        ("SwapCached", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("AnonPages", memory.used),
    )
    return "".join(f"{name + ':':<15} {size >> 10:>9} kB\n" for name, size in rows)


def cgroup_files(container: Container) -> dict[str, Callable[[], str]]:
    """Return the files of a container's memory cgroup (v2) by name."""

    def events() -> str:
        kills = 1 if container.reason == "OOMKilled" else 0
        return (
            f"low 0\nhigh 0\nmax {kills}\noom {kills}\noom_kill {kills}\noom_group_kill {kills}\n"
        )

    return {
        "memory.max": lambda: f"{container.limit}\n" if container.limit else _NO_LIMIT,
        "memory.high": lambda: _NO_LIMIT,
        "memory.current": lambda: f"{container.memory_bytes}\n",
        "memory.events": events,
        "memory.swap.max": lambda: "0\n",
        "cgroup.procs": lambda: "".join(
            f"{p.pid}\n" for p in container.machine.processes() if p.container_id == container.id
        ),
    }


def hosts(container: Container) -> str:
    """Return the kubelet's hosts file for a pod."""
    plain = (
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
    )
    if container.host_network:
        machine = container.machine
        return (
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n"
            f"{machine.internal_ip}\t{machine.name}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        )
    head = "# Kubernetes-managed hosts file.\n"
    return f"{head}{plain}{container.ip}\t{container.hostname}\n"


def resolv_conf(container: Container) -> str:
    """Return the resolver's file of a pod with dnsPolicy ClusterFirst; the node's on its network."""
    if container.host_network:
        return f"nameserver {site_dns(container.machine.internal_ip)}\n"
    domain = container.network.cluster_domain
    return (
        f"search {container.namespace}.svc.{domain} svc.{domain} {domain}\n"
        f"nameserver {NODE_LOCAL_DNS}\noptions ndots:5\n"
    )
