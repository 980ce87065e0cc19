"""The files that a node or a container shows: /proc, /sys/fs/cgroup, /etc and the unit files.

Each is made from the model when it is read, so `cat`, `grep` and the like need to know nothing of
machines. This file must not know which program reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.bash.files import FileProblem, FileSystem, Stat
from sim.bash.tools.gzip import pack
from sim.node.certificates import pem, subjects
from sim.node.cgroupfs import CGROUPS, shown_cgroup
from sim.node.containerfiles import ContainerFiles, Mount
from sim.node.disk import DiskFiles
from sim.node.etcfiles import WRITABLE, system_files
from sim.node.imagefiles import BINARIES, shown_binaries, stat_binary, system_texts
from sim.node.kubeproxy.heal import DESCRIPTION, HealPlan
from sim.node.links import NODE_LOCAL_DNS
from sim.node.livefiles import (
    CONTAINERD,
    LOG_LINKS,
    POD_LOGS,
    PODS,
    READ_ONLY_VIEW,
    LiveFiles,
    Shown,
    changed_at,
    containerd_names,
    link_target,
    log_of,
    log_size,
    sealed_bytes,
    shown_log,
    shown_pod,
)
from sim.node.machine import Machine
from sim.node.procdirs import shown_process, stat_process
from sim.node.procfs import cgroup_files, machine_proc
from sim.node.programs.netfiles import net_files
from sim.node.programs.packages import dpkg_log, history_log
from sim.node.programs.reach import site_dns
from sim.node.programs.syslog import syslog
from sim.node.sysfs import BLOCK, NET, shown_sys

if TYPE_CHECKING:
    from sim.node.container import Container

_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_SETTINGS = "/proc/sys/"
_UNITS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/local/sbin")
_DIRECTORIES = (
    *_UNITS, CGROUPS, POD_LOGS, LOG_LINKS, PODS, CONTAINERD, BLOCK, NET, "/boot", "/etc/kubernetes/manifests",
    "/etc/kubernetes/pki", "/home", "/lib/modules", "/media", "/mnt", "/opt/cni/bin", "/run/containerd",
    "/srv", "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share", "/var/cache/apt", "/var/lib/apt",
    "/var/lib/dpkg", "/var/log/apt", "/var/log/journal", "/var/spool/cron/crontabs", "/var/tmp",
)  # fmt: skip
_LIVE = (
    "/proc",
    *BINARIES,
    NET,
    BLOCK,
    CGROUPS,
    POD_LOGS,
    LOG_LINKS,
    PODS,
    CONTAINERD,
    "/var/log/journal",
    *_UNITS,
)
NODE_BYTES = 32 << 20
NODE_FILES = 8192


class NodeFiles(LiveFiles, DiskFiles):
    """The files of a machine; units and cgroups come and go with what they stand for."""

    def __init__(self, machine: Machine, home: str = "/root") -> None:
        """Show the files of *machine*."""
        epoch, env = machine.epoch, machine.env
        self._machine = machine
        super().__init__(
            machine.disk,
            home=home,
            generated=_node_makers(machine),
            clock=lambda: epoch.at(env.now),
            born_ms=epoch.at(machine.facts.booted_at),
            stream=machine.stream.at("urandom"),
            max_bytes=NODE_BYTES,
            max_files=NODE_FILES,
        )
        self._writing_as_of = self._born
        for directory in (*_DIRECTORIES, "/root"):
            self.mkdir(directory)
        for link, target in (("/bin", "usr/bin"), ("/sbin", "usr/sbin"), ("/var/run", "/run")):
            self.symlink(target, link)
        self._writing_as_of = None

    def shown(self, path: str) -> Shown:
        """Return the names of a directory or the maker of a file; None if it is neither."""
        if not path.startswith(_LIVE):
            return None
        machine = self._machine
        if path.startswith(BINARIES):
            if self._writing_as_of is not None or path in ("/bin", "/sbin"):
                return None  # while the directories are made, and of the links to them
            full = path if path.startswith("/usr") else f"/usr{path}"
            return shown_binaries(machine.programs, "debian", full)
        if path.startswith("/proc"):
            return shown_process(machine, None, path)
        if path.startswith((NET, BLOCK)):
            return shown_sys(machine, None, path)
        if path.startswith(CGROUPS):
            return shown_cgroup(machine, path)
        if path.startswith((POD_LOGS, LOG_LINKS)):
            return shown_log(machine, path)
        if path.startswith(PODS):
            return shown_pod(machine, path, hosts)
        if path == CONTAINERD:
            return containerd_names()
        if path.startswith(f"{CONTAINERD}/"):
            return [] if path.removeprefix(f"{CONTAINERD}/") in containerd_names() else None
        if path == "/var/log/journal":
            return [machine.machine_id]
        if path.startswith("/var/log/journal/"):
            return ["system.journal"] if path.endswith(machine.machine_id) else None
        return self._unit(path)

    def _unit(self, path: str) -> Shown:
        machine = self._machine
        heal = machine.proxy.heal
        if path in _UNITS:
            names = {
                unit.path.rpartition("/")[2]
                for unit in machine.units()
                if unit.text and unit.path.rpartition("/")[0] == path
            }
            if heal is not None and path == "/usr/local/sbin":
                names.add(heal.plan.unit)
            return sorted(names)
        if heal is not None and path == f"/usr/local/sbin/{heal.plan.unit}":
            return lambda: _heal_script(heal.plan)
        if path.endswith((".service", ".timer", ".mount")):
            for unit in machine.units():
                if unit.path == path and unit.text:
                    text = unit.text
                    return lambda: text if text.endswith("\n") else f"{text}\n"
        return None

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what `ls -l` knows of *path*; raises FileProblem."""
        machine = self._machine
        if path.startswith("/proc/"):
            found = stat_process(machine, None, path, follow=follow)
            if found is not None:
                return found
        if path.startswith(BINARIES) and callable(self.shown(path)):
            return stat_binary(path, self._born, "debian")
        logs = path in (POD_LOGS, LOG_LINKS) or path.startswith((f"{POD_LOGS}/", f"{LOG_LINKS}/"))
        at = changed_at(machine, path) if logs or path.startswith("/var/log/") else None
        if at is not None and log_of(machine, path) is None:
            return super().stat(path, follow=follow)._replace(mtime_ms=machine.epoch.at(at))
        if not logs:
            return super().stat(path, follow=follow)
        target = "" if follow else link_target(machine, path)
        if target:
            return Stat("l", 0o777, len(target), self._born, "root", "root", 1, target, 1)
        logged = log_of(machine, path)
        if logged is None:
            return super().stat(path, follow=follow)
        last = logged.log.read(machine.env.now, tail=1)
        at = machine.epoch.at(last[-1].at if last else logged.created_at)
        return Stat("-", 0o640, log_size(logged), at, "root", "root", 1, "", 1)

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory; raises FileProblem."""
        return super().listdir(f"/usr{path}" if path in ("/bin", "/sbin") else path)

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        logs = path.startswith((f"{POD_LOGS}/", f"{LOG_LINKS}/"))
        logged = log_of(self._machine, path) if logs else None
        return super().size(path) if logged is None else log_size(logged)

    def sealed(self, path: str) -> int | None:
        """Return the bytes below a directory that is not modelled file by file."""
        return sealed_bytes(self._machine, path)

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*; settings of the kernel act at once. Raises FileProblem."""
        real = self.real(path)
        if real.startswith(_SETTINGS):
            self._set(real, text)
            return
        logged = log_of(self._machine, real) if real.startswith((POD_LOGS, LOG_LINKS)) else None
        if logged is not None:
            self._empty_log(logged, text)
            return
        entry = self._entries.get(real)
        if entry is not None and entry.make is not None and real.startswith(WRITABLE):
            kept = entry.make() if append else ""
            entry.make = None
            super().write(real, kept)
        elif (entry is not None and entry.make is not None) or self.shown(real) is not None:
            raise FileProblem("Is a directory" if self.is_dir(real) else READ_ONLY_VIEW)
        super().write(path, text, append=append)

    def remove(self, path: str) -> None:
        """Remove a file; the log of a container only loses what it holds. Raises FileProblem."""
        real = self.real(path, last=False)
        logged = log_of(self._machine, real) if real.startswith((POD_LOGS, LOG_LINKS)) else None
        if logged is not None:
            self._empty_log(logged, "")
            return
        entry = self._entries.get(real)
        if (entry is not None and entry.make is not None) or self.shown(real) is not None:
            raise FileProblem("Is a directory" if self.is_dir(real) else READ_ONLY_VIEW)
        super().remove(path)

    def _set(self, path: str, text: str) -> None:
        settings = self._machine.settings
        name = path.removeprefix(_SETTINGS).replace("/", ".")
        value = text.strip()
        if not value:  # opened to be written
            return
        problem = settings.problem(name, value)
        if problem:
            raise FileProblem(problem)
        settings.set(name, value)

    def _empty_log(self, container: Container, text: str) -> None:
        if text:
            raise FileProblem(READ_ONLY_VIEW)
        container.log.clear(container.env.now)
        self._machine.disk.logs_emptied(container.pod_uid)


class PodFiles(LiveFiles, ContainerFiles):
    """The files of a container, with the processes that it sees."""

    container: Container | None = None

    def shown(self, path: str) -> Shown:
        """Return the names of a directory or the maker of a file; None if it is neither."""
        if self.container is None or not path.startswith(("/proc", NET, BLOCK, *BINARIES)):
            return None
        if path.startswith(BINARIES):
            held = self.container
            return shown_binaries(held.programs, held.image_spec.system, path)
        if not path.startswith("/proc"):
            return shown_sys(self.container.machine, self.container, path)
        return shown_process(self.container.machine, self.container, path)

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what `ls -l` knows of *path*; raises FileProblem."""
        if self.container is not None and path.startswith("/proc/"):
            found = stat_process(self.container.machine, self.container, path, follow=follow)
            if found is not None:
                return found
        if self.container is not None and path.startswith(BINARIES) and callable(self.shown(path)):
            return stat_binary(path, self._born, self.container.image_spec.system)
        return super().stat(path, follow=follow)


def _node_makers(machine: Machine) -> dict[str, Callable[[], str]]:
    files = {**machine_proc(machine), **system_files(machine)}
    for name in (*machine_settings(machine), "vm.drop_caches"):
        path = _SETTINGS + name.replace(".", "/")
        files[path] = lambda name=name: f"{machine.settings.get(name) or 0}\n"  # type: ignore[misc]
    for rotated, ending in ((False, ""), (True, ".1")):
        files[f"/var/log/dpkg.log{ending}"] = lambda r=rotated: dpkg_log(machine, rotated=r)  # type: ignore[misc]
    files["/var/log/apt/history.log"] = lambda: history_log(machine, rotated=False)
    files["/var/log/apt/history.log.1.gz"] = lambda: _packed(history_log(machine, rotated=True))
    files["/var/log/syslog"] = lambda: syslog(machine)
    files["/run/containerd/containerd.sock"] = lambda: ""
    files |= net_files(machine)
    for path, subject in subjects(machine).items():
        files.setdefault(path, lambda one=subject: pem(machine, one))  # type: ignore[misc]
    return files


def _packed(text: str) -> str:
    """Return *text* as gzip writes it, in the form in which files hold bytes."""
    return pack(text.encode()).decode("utf-8", "surrogateescape")


def machine_settings(machine: Machine) -> tuple[str, ...]:
    """Return the names of the kernel's settings."""
    return machine.settings.names()


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
    generated = {**machine_proc(machine, container), **net_files(machine, container)}
    for setting in machine_settings(machine):
        path = _SETTINGS + setting.replace(".", "/")
        generated[path] = lambda name=setting: f"{machine.settings.get(name) or 0}\n"  # type: ignore[misc]
    for name, make in cgroup_files(container).items():
        generated[f"{CGROUPS}/{name}"] = make
    generated["/etc/hosts"] = lambda: hosts(container)
    generated["/etc/resolv.conf"] = lambda: resolv_conf(container)
    generated["/etc/hostname"] = lambda: f"{container.hostname}\n"
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    mounts = _mounts(container)
    if all(mount.path != account for mount in mounts):
        generated[f"{account}/namespace"] = lambda: container.namespace
    for path, text in system_texts(container).items():
        generated[path] = lambda told=text: told  # type: ignore[misc]
    generated["/etc/passwd"] = lambda: "root:x:0:0:root:/root:/bin/sh\n"
    generated["/etc/group"] = lambda: "root:x:0:\n"
    probed = any("exec" in (container.spec.get(name) or {}) for name in _PROBES)
    context = container.spec.get("securityContext") or {}
    files = PodFiles(
        mounts,
        generated=generated,
        changed=container.health_changed if probed else _nothing,
        clock=lambda: machine.epoch.at(machine.env.now),
        born_ms=machine.epoch.at(container.created_at),
        stream=machine.stream.at("urandom", container.id),
        read_only=bool(context.get("readOnlyRootFilesystem")),
        disk=machine.disk,
    )
    files.container = container
    return files


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
