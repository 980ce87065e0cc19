"""The kernel's settings of one machine: one table that `sysctl`, /proc/sys and the model read.

Most settings are kept and do nothing; those that the model knows act at once. This file must not
know who sets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.node.tracked import tracked_count

if TYPE_CHECKING:
    from sim.node.machine import Machine

_PLAIN = {
    "fs.file-max": "9223372036854775807",
    "fs.inotify.max_queued_events": "16384",
    "fs.inotify.max_user_instances": "8192",
    "fs.inotify.max_user_watches": "524288",
    "fs.nr_open": "1048576",
    "kernel.keys.root_maxbytes": "25000000",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.pid_max": "4194304",
    "kernel.sysrq": "438",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.core.netdev_max_backlog": "1000",
    "net.core.rmem_max": "212992",
    "net.core.somaxconn": "4096",
    "net.core.wmem_max": "212992",
    "net.ipv4.conf.all.forwarding": "1",
    "net.ipv4.conf.all.route_localnet": "1",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.ip_forward": "1",
    "net.ipv4.ip_local_port_range": "32768\t60999",
    "net.ipv4.neigh.default.gc_thresh1": "128",
    "net.ipv4.neigh.default.gc_thresh2": "512",
    "net.ipv4.neigh.default.gc_thresh3": "1024",
    "net.ipv4.tcp_fin_timeout": "60",
    "net.ipv4.tcp_keepalive_intvl": "75",
    "net.ipv4.tcp_keepalive_probes": "9",
    "net.ipv4.tcp_keepalive_time": "7200",
    "net.ipv4.tcp_max_syn_backlog": "4096",
    "net.ipv4.tcp_max_tw_buckets": "131072",
    "net.ipv4.tcp_retries2": "15",
    "net.ipv4.tcp_rmem": "4096\t131072\t6291456",
    "net.ipv4.tcp_syn_retries": "6",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.tcp_tw_reuse": "2",
    "net.ipv4.tcp_wmem": "4096\t16384\t4194304",
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.netfilter.nf_conntrack_tcp_be_liberal": "0",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait": "3600",
    "net.netfilter.nf_conntrack_tcp_timeout_established": "86400",
    "net.netfilter.nf_conntrack_udp_timeout": "30",
    "vm.dirty_background_ratio": "10",
    "vm.dirty_ratio": "20",
    "vm.max_map_count": "65530",
    "vm.min_free_kbytes": "67584",
    "vm.overcommit_memory": "1",
    "vm.overcommit_ratio": "50",
    "vm.panic_on_oom": "0",
    "vm.swappiness": "60",
    "vm.vfs_cache_pressure": "100",
}
"""As the kubelet's --protect-kernel-defaults wants them, kube-proxy sets them and a Debian has them."""
_READ_ONLY = (
    "fs.file-nr", "kernel.hostname", "kernel.osrelease", "kernel.ostype", "kernel.random.boot_id",
    "kernel.threads-max", "kernel.version", "net.netfilter.nf_conntrack_buckets",
    "net.netfilter.nf_conntrack_count",
)  # fmt: skip
_WRITE_ONLY = ("vm.drop_caches", "vm.compact_memory")
MAXIMUM = "net.netfilter.nf_conntrack_max"
FORWARD = "net.ipv4.ip_forward"


class KernelSettings:
    """The settings of one machine's kernel."""

    def __init__(self, machine: Machine) -> None:
        """Begin with what the node image sets."""
        self._machine = machine
        self._set: dict[str, str] = {}
        self.listeners: list[Callable[[str, str], None]] = []
        """Called with (name, value) after a setting was written."""

    def table(self) -> Mapping[str, str]:
        """Return every setting that can be read, by name."""
        machine = self._machine
        cores = max(1, machine.facts.cpu_millicores // 1000)
        open_files = 64 * len(machine.kubelet.pods) + 1_400
        return {
            **_PLAIN,
            "fs.file-nr": f"{open_files}\t0\t{_PLAIN['fs.file-max']}",
            "kernel.hostname": machine.name,
            "kernel.osrelease": machine.facts.kernel_version,
            "kernel.ostype": "Linux",
            "kernel.random.boot_id": machine.boot_id,
            "kernel.threads-max": str(machine.facts.memory_bytes // 131_072),
            "kernel.version": machine.build,
            "net.netfilter.nf_conntrack_buckets": str(max(131_072, 32_768 * cores) // 4),
            "net.netfilter.nf_conntrack_count": str(tracked_count(machine)),
            MAXIMUM: str(machine.flows.maximum),
            **self._set,
        }

    def names(self) -> tuple[str, ...]:
        """Return the names of the settings that can be read."""
        return tuple(sorted({*_PLAIN, *_READ_ONLY, MAXIMUM}))

    def get(self, name: str) -> str | None:
        """Return the value of a setting; None if there is none of that name."""
        return self.table().get(name)

    def problem(self, name: str, value: str) -> str:
        """Return the errno's text of why a setting cannot be written so; empty if it can."""
        if name in _WRITE_ONLY:
            return "" if value.strip() in ("1", "2", "3") else "Invalid argument"
        if name in _READ_ONLY:
            return "Permission denied"
        known = self.get(name)
        if known is None:
            return "No such file or directory"
        numbers = known.replace("-", "").split()
        if all(one.isdecimal() for one in numbers):
            given = value.replace("-", "").split()
            if not given or not all(one.isdecimal() and len(one) < 20 for one in given):
                return "Invalid argument"
        return ""

    def set(self, name: str, value: str) -> None:
        """Write a setting that has no `problem`."""
        machine = self._machine
        if name == "vm.drop_caches":
            if value.strip() in ("1", "3"):
                machine.drop_caches()
                machine.journal.write(
                    machine.env.now,
                    "kernel",
                    f"bash ({machine.new_pid()}): drop_caches: {value.strip()}",
                )
            return
        if name in _WRITE_ONLY:
            return
        value = "\t".join(value.split())
        if name == MAXIMUM:
            machine.network.limit_flows(machine, int(value))
        else:
            self._set[name] = value
            if name == FORWARD:
                self._set["net.ipv4.conf.all.forwarding"] = value
        for listener in tuple(self.listeners):
            listener(name, value)

    @property
    def forwards(self) -> bool:
        """Whether the kernel passes packets on between pods and the rest (net.ipv4.ip_forward)."""
        return self._set.get(FORWARD, "1") != "0"
