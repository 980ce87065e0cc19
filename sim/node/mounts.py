"""What is mounted where, on a node and in its containers.

`mount`, `findmnt`, `df` and /proc/mounts read the same table. This file must not know how it is
printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sim.node.container import Container
from sim.node.machine import Machine

DEVICE = "/dev/vda1"
RELATIME = "rw,relatime"
_TMPFS = "rw,nosuid,nodev"
_EXT4 = "rw,relatime,discard,errors=remount-ro"
_TASKS = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
_SHM = "/run/containerd/io.containerd.grpc.v1.cri/sandboxes"
_PODS = "/var/lib/kubelet/pods"
MIB = 1 << 20


class Mounted(NamedTuple):
    """One line of /proc/mounts, and how full it is."""

    source: str
    target: str
    fstype: str
    options: str
    size: int = 0
    """Bytes; 0 for a file system that holds nothing, which df leaves out."""
    used: int = 0

    @property
    def on_disk(self) -> bool:
        """Whether what is written there takes room on the node's disk."""
        return self.fstype in ("ext4", "overlay")


def mounts_of(machine: Machine, container: Container | None = None) -> list[Mounted]:
    """Return what is mounted, in the order of /proc/mounts."""
    found = _on_node(machine) if container is None else _in_container(container)
    return list(found)


def _on_node(machine: Machine) -> Iterator[Mounted]:
    memory = machine.facts.memory_bytes
    total, used = machine.disk.total, machine.disk.used
    kernel = "rw,nosuid,nodev,noexec,relatime"
    yield Mounted("sysfs", "/sys", "sysfs", kernel)
    yield Mounted("proc", "/proc", "proc", kernel)
    blocks = memory // 2 // 1024
    udev = f"rw,nosuid,relatime,size={blocks}k,nr_inodes={blocks // 4},mode=755,inode64"
    yield Mounted("udev", "/dev", "devtmpfs", udev, memory // 2)
    yield Mounted(
        "devpts", "/dev/pts", "devpts", "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000"
    )
    run = f"rw,nosuid,nodev,noexec,relatime,size={memory // 10 // 1024}k,mode=755,inode64"
    yield Mounted(
        "tmpfs", "/run", "tmpfs", run, memory // 10, MIB + 24_576 * len(machine.kubelet.pods)
    )
    yield Mounted(DEVICE, "/", "ext4", _EXT4, total, used)
    yield Mounted("securityfs", "/sys/kernel/security", "securityfs", kernel)
    yield Mounted("tmpfs", "/dev/shm", "tmpfs", f"{_TMPFS},inode64", memory // 2)
    yield Mounted(
        "tmpfs", "/run/lock", "tmpfs", f"{_TMPFS},noexec,relatime,size=5120k,inode64", 5 * MIB
    )
    yield Mounted(
        "cgroup2", "/sys/fs/cgroup", "cgroup2", f"{kernel},nsdelegate,memory_recursiveprot"
    )
    yield Mounted("pstore", "/sys/fs/pstore", "pstore", kernel)
    yield Mounted("bpf", "/sys/fs/bpf", "bpf", "rw,nosuid,nodev,noexec,relatime,mode=700")
    yield Mounted("hugetlbfs", "/dev/hugepages", "hugetlbfs", "rw,relatime,pagesize=2M")
    yield Mounted("mqueue", "/dev/mqueue", "mqueue", kernel)
    yield Mounted("debugfs", "/sys/kernel/debug", "debugfs", kernel)
    yield Mounted("tracefs", "/sys/kernel/tracing", "tracefs", kernel)
    seen: set[str] = set()
    for one in machine.containers.values():
        if one.state != "running":
            continue
        if one.pod_uid not in seen:
            seen.add(one.pod_uid)
            sandbox = machine.sandbox_id(one.pod_uid)
            yield from _volumes_on_node(one)
            yield Mounted("shm", f"{_SHM}/{sandbox}/shm", "tmpfs",
                          "rw,nosuid,nodev,noexec,relatime,size=65536k,inode64", 64 * MIB)  # fmt: skip
            yield Mounted("overlay", f"{_TASKS}/{sandbox}/rootfs", "overlay", _overlay(machine, sandbox),
                          total, used)  # fmt: skip
        yield Mounted("overlay", f"{_TASKS}/{one.id}/rootfs", "overlay", _overlay(machine, one.id),
                      total, used)  # fmt: skip
    yield Mounted("tmpfs", "/run/user/1000", "tmpfs",
                  f"{_TMPFS},relatime,size={memory // 10 // 1024}k,nr_inodes={memory // 10 // 4096},"
                  "mode=700,uid=1000,gid=1000,inode64", memory // 10)  # fmt: skip


def _volumes_on_node(container: Container) -> Iterator[Mounted]:
    """Yield the pod's volumes that live in memory: tokens and secrets."""
    pod = container.machine.kubelet.pods.get((container.namespace, container.pod_name)) or {}
    kinds = {"projected": "projected", "secret": "secret"}
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        for field, kind in kinds.items():
            if field in volume:
                target = (
                    f"{_PODS}/{container.pod_uid}/volumes/kubernetes.io~{kind}/{volume['name']}"
                )
                yield _secret(container, target, read_only=False)


def _secret(container: Container, target: str, *, read_only: bool) -> Mounted:
    size = container.limit or container.machine.facts.memory_bytes
    options = f"{'ro' if read_only else 'rw'},relatime,size={size // 1024}k,inode64"
    return Mounted("tmpfs", target, "tmpfs", options, size, 12_288)


def _overlay(machine: Machine, holder: str) -> str:
    number = machine.stream.at("snapshot", holder).integer(40, 900)
    base = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
    return (
        f"rw,relatime,lowerdir={base}/{number - 1}/fs,upperdir={base}/{number}/fs,"
        f"workdir={base}/{number}/work"
    )


def _in_container(container: Container) -> Iterator[Mounted]:
    machine = container.machine
    total, used, memory = machine.disk.total, machine.disk.used, machine.facts.memory_bytes
    yield Mounted("overlay", "/", "overlay", _overlay(machine, container.id), total, used)
    yield Mounted("proc", "/proc", "proc", "rw,nosuid,nodev,noexec,relatime")
    yield Mounted("tmpfs", "/dev", "tmpfs", "rw,nosuid,size=65536k,mode=755,inode64", 64 * MIB)
    yield Mounted("devpts", "/dev/pts", "devpts",
                  "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666")  # fmt: skip
    yield Mounted("mqueue", "/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec,relatime")
    yield Mounted("sysfs", "/sys", "sysfs", "ro,nosuid,nodev,noexec,relatime")
    yield Mounted("cgroup", "/sys/fs/cgroup", "cgroup2", "ro,nosuid,nodev,noexec,relatime")
    pod = machine.kubelet.pods.get((container.namespace, container.pod_name)) or {}
    volumes = {one["name"]: one for one in (pod.get("spec") or {}).get("volumes") or ()}
    for mount in container.spec.get("volumeMounts") or ():
        volume, target = volumes.get(mount["name"], {}), mount["mountPath"].rstrip("/") or "/"
        way = "ro" if mount.get("readOnly") else "rw"
        in_memory = (volume.get("emptyDir") or {}).get("medium") == "Memory"
        if "secret" in volume or "projected" in volume or in_memory:
            yield _secret(container, target, read_only=way == "ro")
        else:
            options = _EXT4 if way == "rw" else _EXT4.replace("rw,", "ro,", 1)
            yield Mounted(DEVICE, target, "ext4", options, total, used)
    for target in ("/etc/hosts", "/dev/termination-log", "/etc/hostname", "/etc/resolv.conf"):
        yield Mounted(DEVICE, target, "ext4", _EXT4, total, used)
    yield Mounted("shm", "/dev/shm", "tmpfs",
                  "rw,nosuid,nodev,noexec,relatime,size=65536k,inode64", 64 * MIB)  # fmt: skip
    for target in ("/proc/acpi", "/sys/firmware"):
        yield Mounted("tmpfs", target, "tmpfs", "ro,relatime,inode64", memory // 2)


def mount_at(mounts: list[Mounted], path: str) -> Mounted:
    """Return where *path* lies: the deepest of *mounts* above it."""
    best = mounts[0]
    length = -1
    for one in mounts:
        target = one.target.rstrip("/")
        if (path == target or path.startswith(f"{target}/")) and len(target) >= length:
            best, length = one, len(target)
    return best
