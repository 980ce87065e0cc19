"""The records in which a machine is read: its facts, processes, memory and systemd units.

No behaviour; this file must not know where any of it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What does not change while the machine is up."""

    name: str
    internal_ip: str
    """e.g. `172.30.0.13`"""
    pod_cidr: str
    """e.g. `10.244.3.0/24`"""
    zone: str
    """e.g. `eu-west-1b`"""
    cpu_millicores: int
    memory_bytes: int
    booted_at: int
    """Simulated ms, negative."""
    os_image: str = "Debian GNU/Linux 12 (bookworm)"
    kernel_version: str = "6.1.0-28-amd64"
    runtime: str = "containerd://2.1.4"
    kubelet_version: str = "v1.37.0"
    disk_bytes: int = 120_000_000_000
    control_plane: bool = False


_GO_KIB = 1_208_000
"""What a Go program reserves beside what it uses: arenas are mapped long before they are touched."""
_KNOWN = {
    "systemd": (155_000, 1), "systemd-journal": (33_000, 1), "systemd-udevd": (18_000, 1),
    "dbus-daemon": (4_200, 1), "chronyd": (15_000, 1), "cron": (4_600, 1), "sshd": (8_200, 1),
    "bash": (3_500, 1), "sh": (2_100, 1), "ash": (2_100, 1), "sudo": (9_000, 1), "su": (4_800, 1),
    "sleep": (4_300, 1), "tail": (4_300, 1), "nginx": (6_100, 1), "postgres": (172_000, 1),
    "containerd": (1_714_000, 24), "kubelet": (1_901_000, 19), "containerd-shim": (1_226_000, 11),
    "ps": (7_300, 1), "top": (6_200, 1), "pgrep": (4_400, 1), "grep": (4_200, 1),
    "iptables-restor": (6_000, 1), "cat": (4_000, 1), "awk": (6_100, 1), "ls": (4_700, 1),
    "ssh": (9_100, 1), "busybox": (2_100, 1),
}  # fmt: skip
"""By name: KiB of address space beside the resident ones, threads (ours, as such programs are seen)."""


class Process(NamedTuple):
    """One row of `ps`."""

    pid: int
    ppid: int
    user: str
    command: str
    """With arguments."""
    rss_bytes: int
    cpu_percent: float
    """Of one core, now."""
    started_at: int
    """Simulated ms."""
    container_id: str = ""
    """Empty for the machine's own."""
    cpu_ms: int = -1
    """CPU time used so far, where it is known better than by share and age."""
    tty: str = "?"
    """Its terminal, e.g. `pts/0`."""

    @property
    def name(self) -> str:
        """What the kernel calls it (comm)."""
        first = self.command.split(" ")[0]
        if first.startswith("["):
            return self.command.strip("[]")
        return first.rpartition("/")[2].rstrip(":").lstrip("-")[:15]

    @property
    def is_kernel(self) -> bool:
        """Whether it is a thread of the kernel."""
        return self.pid == 2 or self.ppid == 2

    @property
    def threads(self) -> int:
        """How many threads it has; only the number is made up."""
        if self.is_kernel or self.rss_bytes < MIB:
            return 1
        known = _KNOWN.get(self.name)
        if known is not None:
            return known[1]
        return 5 + (self.rss_bytes // (6 * MIB)) % 19

    @property
    def virtual_kib(self) -> int:
        """Its address space as Go and C programs have it; only its size is made up."""
        resident = self.rss_bytes >> 10
        if self.is_kernel or not resident:
            return 0
        if resident < 1024:
            return resident + 320
        beside, _ = _KNOWN.get(self.name, (_GO_KIB + 72 * (resident % 640), 0))
        return beside + resident


class Memory(NamedTuple):
    """What `free` prints, in bytes."""

    total: int
    used: int
    free: int
    buffcache: int
    available: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One systemd unit."""

    name: str
    """e.g. `kube-proxy.service`"""
    description: str
    active: str
    """`active`, `inactive`, `failed` or `activating`."""
    sub: str
    """`running`, `waiting`, `dead`, `exited`, `auto-restart`, `failed`."""
    since: int
    """Simulated ms of the last change of `active`."""
    main_pid: int = 0
    """0 when nothing runs."""
    memory_bytes: int = 0
    memory_max: int = 0
    """0: no limit."""
    result: str = "success"
    """`success`, `oom-kill`, `exit-code`, `signal` ..."""
    exit_code: int = 0
    """Of the last main process when nothing runs; 137 for SIGKILL."""
    tasks: int = 1
    cpu_ms: int = 0
    exec_start: str = ""
    """Command line of the main process."""
    path: str = ""
    """Where the unit file lies, e.g. `/etc/systemd/system/kube-proxy.service`."""
    enabled: str = "enabled"
    docs: str = ""
    triggers: str = ""
    """Of a timer: the unit it starts."""
    triggered_by: str = ""
    next_at: int | None = None
    """Of a timer: when it elapses next (simulated ms)."""
    last_at: int | None = None
    cgroup: str = ""
    """e.g. `/system.slice/kubelet.service`"""
    text: str = ""
    """The unit file, for `systemctl cat`."""
    main_started_at: int | None = None
    """Simulated ms; when a dead main process had started."""
