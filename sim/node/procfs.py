"""/proc and the cgroup files of a machine and of its containers, made when they are read.

They say what `ps`, `free`, `df`, `sysctl` and `ss` say, from the same state. This file must not know
which program reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.node.diskwork import disk_size, disk_work, part_size
from sim.node.mounts import mounts_of
from sim.node.processes import (
    average_percent,
    cgroup_of,
    cpu_ms,
    disk_waiters,
    state_of,
)

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine
    from sim.node.records import Process

Makers = dict[str, Callable[[], str]]
MODEL = "Intel(R) Xeon(R) Platinum 8272CL CPU @ 2.60GHz"
TICKS = 100
"""CLK_TCK: /proc counts time in hundredths of a second."""
_NO_LIMIT = "max\n"
_STATES = {"S": "sleeping", "R": "running", "D": "disk sleep", "I": "idle"}
_UIDS = {"root": 0, "oncall": 1000, "65535": 65535, "message+": 101, "_chrony": 105}
_LIMITS = (
    ("Max cpu time", "unlimited", "unlimited", "seconds"),
    ("Max file size", "unlimited", "unlimited", "bytes"),
    ("Max data size", "unlimited", "unlimited", "bytes"),
    ("Max stack size", "8388608", "unlimited", "bytes"),
    ("Max core file size", "unlimited", "unlimited", "bytes"),
    ("Max resident set", "unlimited", "unlimited", "bytes"),
    ("Max processes", "unlimited", "unlimited", "processes"),
    ("Max open files", "1048576", "1048576", "files"),
    ("Max locked memory", "8388608", "8388608", "bytes"),
    ("Max address space", "unlimited", "unlimited", "bytes"),
    ("Max file locks", "unlimited", "unlimited", "locks"),
    ("Max pending signals", "256612", "256612", "signals"),
    ("Max msgqueue size", "819200", "819200", "bytes"),
    ("Max nice priority", "0", "0", ""),
    ("Max realtime priority", "0", "0", ""),
    ("Max realtime timeout", "unlimited", "unlimited", "us"),
)


def machine_proc(machine: Machine, container: Container | None = None) -> Makers:
    """Return the files of /proc that are not about one process or one setting."""
    facts = machine.facts
    return {
        "/proc/cmdline": lambda: (
            f"BOOT_IMAGE=/boot/vmlinuz-{facts.kernel_version} root=/dev/vda1 ro "
            "console=tty0 console=ttyS0,115200\n"
        ),
        "/proc/cpuinfo": lambda: _cpuinfo(machine),
        "/proc/diskstats": lambda: _diskstats(machine),
        "/proc/filesystems": lambda: (
            "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\tdevtmpfs\n"
            "nodev\tbpf\nnodev\toverlay\n\text4\n\tvfat\n"
        ),
        "/proc/loadavg": lambda: _loadavg(machine),
        "/proc/meminfo": lambda: _meminfo(machine),
        "/proc/mounts": lambda: _mounts(machine, container),
        "/proc/partitions": lambda: (
            f"major minor  #blocks  name\n\n 254        0 {disk_size(machine) >> 10:>10} vda\n"
            f" 254        1 {part_size(machine) >> 10:>10} vda1\n"
        ),
        "/proc/pressure/cpu": lambda: _pressure(machine, "cpu"),
        "/proc/pressure/io": lambda: _pressure(machine, "io"),
        "/proc/pressure/memory": lambda: _pressure(machine, "memory"),
        "/proc/stat": lambda: _stat(machine),
        "/proc/swaps": lambda: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "/proc/uptime": lambda: _uptime(machine),
        "/proc/version": lambda: (
            f"Linux version {facts.kernel_version} (debian-kernel@lists.debian.org) (gcc-12 "
            "(Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) "
            f"{machine.build}\n"
        ),
    }


def disk_figures(machine: Machine) -> tuple[int, ...]:
    """Return the columns of /proc/diskstats (Documentation/admin-guide/iostats.rst)."""
    done = disk_work(machine)
    merged = int(done.writes * 0.3)
    return (
        int(done.reads), int(done.reads * 0.02), int(done.read_kib * 2), int(done.read_ms),
        int(done.writes), merged, int(done.write_kib * 2), int(done.write_ms),
        len(disk_waiters(machine)), int(done.busy_ms), int(done.read_ms + done.write_ms),
        0, 0, 0, 0, int(done.writes / 9), int(done.writes / 20),
    )  # fmt: skip


def _diskstats(machine: Machine) -> str:
    figures = " ".join(map(str, disk_figures(machine)))
    return f" 254       0 vda {figures}\n 254       1 vda1 {figures}\n"


def _cpuinfo(machine: Machine) -> str:
    cores = machine.cores
    return "".join(
        f"processor\t: {index}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
        f"model name\t: {MODEL}\nstepping\t: 7\ncpu MHz\t\t: 2593.906\n"
        f"cache size\t: 36608 KB\nphysical id\t: 0\nsiblings\t: {cores}\n"
        f"core id\t\t: {index // 2}\ncpu cores\t: {max(1, cores // 2)}\nfpu\t\t: yes\n"
        "bogomips\t: 5187.81\naddress sizes\t: 46 bits physical, 48 bits virtual\n\n"
        for index in range(cores)
    )


def _loadavg(machine: Machine) -> str:
    found = machine.processes()
    running = max(1, sum(p.cpu_percent >= 50 for p in found))
    threads = sum(p.threads for p in found)
    load = " ".join(f"{value:.2f}" for value in machine.load())
    return f"{load} {running}/{threads} {max(p.pid for p in found)}\n"


def busy_share(machine: Machine) -> tuple[float, float]:
    """Return which shares of all processors work, and wait for the disk, now."""
    found = machine.processes()
    busy = min(1.0, sum(p.cpu_percent for p in found) / (100 * machine.cores))
    waiting = min(1.0 - busy, len(disk_waiters(machine)) / machine.cores)
    return busy, waiting


def cpu_ticks(machine: Machine) -> dict[str, int]:
    """Return the ticks since the boot by what the processors did."""
    up = (machine.env.now - machine.facts.booted_at) * machine.cores * TICKS // 1000
    used = sum(cpu_ms(machine, p) for p in machine.processes()) * TICKS // 1000
    used = min(used, up * 9 // 10)
    waited = machine.proxy.waited_ms() * TICKS // 1000 if hasattr(machine.proxy, "waited_ms") else 0
    waited += up // 900
    user = used * 7 // 10
    softirq = used // 50
    system = used - user - softirq
    idle = max(0, up - used - waited)
    return {"user": user, "nice": 0, "system": system, "idle": idle, "iowait": waited, "irq": 0,
            "softirq": softirq, "steal": 0}  # fmt: skip


def _stat(machine: Machine) -> str:
    ticks = cpu_ticks(machine)
    rows = [f"cpu  {' '.join(map(str, ticks.values()))} 0 0"]
    for index in range(machine.cores):
        share = " ".join(str(value // machine.cores) for value in ticks.values())
        rows.append(f"cpu{index} {share} 0 0")
    up = machine.env.now - machine.facts.booted_at
    found = machine.processes()
    rows += [
        f"intr {up * 5}",
        f"ctxt {up * 9}",
        f"btime {machine.epoch.at(machine.facts.booted_at) // 1000}",
        f"processes {max(p.pid for p in found)}",
        f"procs_running {max(1, sum(p.cpu_percent >= 50 for p in found))}",
        f"procs_blocked {len(disk_waiters(machine))}",
    ]
    return "\n".join(rows) + "\n"


def _pressure(machine: Machine, kind: str) -> str:
    busy, waiting = busy_share(machine)
    held = {"cpu": max(0.0, busy - 0.7), "io": waiting, "memory": waiting / 2}[kind] * 100
    up = (machine.env.now - machine.facts.booted_at) * 1000
    total = int(up * held / 1000)
    rows = [f"some avg10={held:.2f} avg60={held:.2f} avg300={held:.2f} total={total}"]
    full = 0.0 if kind == "cpu" else held * 0.8
    rows.append(f"full avg10={full:.2f} avg60={full:.2f} avg300={full:.2f} total={total * 4 // 5}")
    return "\n".join(rows) + "\n"


def _uptime(machine: Machine) -> str:
    up = (machine.env.now - machine.facts.booted_at) / 1000
    return f"{up:.2f} {cpu_ticks(machine)['idle'] / TICKS:.2f}\n"


def _meminfo(machine: Machine) -> str:
    memory = machine.memory()
    cached = memory.buffcache * 9 // 10
    slab = cached // 9
    anon = memory.used * 8 // 10
    rows = (
        ("MemTotal", memory.total),
        ("MemFree", memory.free),
        ("MemAvailable", memory.available),
        ("Buffers", memory.buffcache - cached),
        ("Cached", cached - slab),
        ("SwapCached", 0),
        ("Active", anon // 4 + cached // 2),
        ("Inactive", anon * 3 // 4 + cached // 3),
        ("Unevictable", 0),
        ("Mlocked", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", 620 << 10),
        ("Writeback", 0),
        ("AnonPages", anon),
        ("Mapped", anon // 5),
        ("Shmem", machine.shared_bytes),
        ("KReclaimable", slab),
        ("Slab", slab + (90 << 20)),
        ("SReclaimable", slab),
        ("SUnreclaim", 90 << 20),
        ("KernelStack", len(machine.processes()) * 96 << 10),
        ("PageTables", anon // 160),
        ("CommitLimit", memory.total // 2),
        ("Committed_AS", memory.used * 2),
    )
    return "".join(f"{name + ':':<15} {size >> 10:>8} kB\n" for name, size in rows)


def _mounts(machine: Machine, container: Container | None) -> str:
    return "".join(
        f"{one.source} {one.target} {one.fstype} {one.options} 0 0\n"
        for one in mounts_of(machine, container)
    )


# -- one process -----------------------------------------------------------------------------------

PROCESS_FILES = (
    "cgroup", "cmdline", "comm", "environ", "io", "limits", "mounts", "oom_score", "oom_score_adj",
    "sched", "stat", "statm", "status", "wchan",
)  # fmt: skip


def process_file(
    machine: Machine, process: Process, name: str, *, inside: Container | None
) -> str | None:
    """Return the text of /proc/PID/NAME, as seen from *inside* a place; None if there is none."""
    if name not in PROCESS_FILES:
        return None
    own = machine.containers.get(process.container_id)
    adjust = own.adjust if own is not None else -999 if process.name == "kubelet" else 0
    if name == "cmdline":
        return "" if process.is_kernel else process.command.replace(" ", "\0") + "\0"
    if name == "comm":
        return f"{process.name}\n"
    if name == "environ":
        environ = own.environ if own is not None else {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return "".join(f"{key}={value}\0" for key, value in environ.items())
    if name == "cgroup":
        return (
            f"0::{'/' if inside is not None and own is inside else cgroup_of(machine, process)}\n"
        )
    if name == "limits":
        head = f"{'Limit':<26}{'Soft Limit':<21}{'Hard Limit':<21}{'Units':<10}\n"
        return head + "".join(f"{a:<26}{b:<21}{c:<21}{d:<10}\n" for a, b, c, d in _LIMITS)
    if name == "mounts":
        return _mounts(machine, own)
    if name == "oom_score_adj":
        return f"{adjust}\n"
    if name == "oom_score":
        share = 667 + process.rss_bytes * 1000 // machine.facts.memory_bytes
        return f"{max(0, min(2000, share + adjust * 2 // 3))}\n"
    if name == "wchan":
        return "ep_poll" if process.rss_bytes else "0"
    if name == "io":
        read = process.rss_bytes * 2
        return (
            f"rchar: {read * 3}\nwchar: {read}\nsyscr: {read // 900}\nsyscw: {read // 2000}\n"
            f"read_bytes: {read}\nwrite_bytes: {read // 8}\ncancelled_write_bytes: 0\n"
        )
    return _figures(machine, process, name)


def _figures(machine: Machine, process: Process, name: str) -> str:
    state = state_of(process, disk_waiters(machine))
    ticks = cpu_ms(machine, process) * TICKS // 1000
    begun = (process.started_at - machine.facts.booted_at) * TICKS // 1000
    pages, virtual = process.rss_bytes // 4096, process.virtual_kib
    if name == "statm":
        return f"{virtual // 4} {pages} {pages // 3} {pages // 4} 0 {pages * 2 // 3} 0\n"
    if name == "stat":
        return (
            f"{process.pid} ({process.name}) {state} {process.ppid} {process.pid} {process.pid} 0 -1"
            f" 4194560 {pages * 2} 0 12 0 {ticks * 7 // 10} {ticks * 3 // 10} 0 0 20 0"
            f" {process.threads} 0 {begun} {virtual * 1024} {pages} 18446744073709551615"
            " 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        )
    if name == "sched":
        return (
            f"{process.name} ({process.pid}, #threads: {process.threads})\n{'-' * 67}\n"
            f"{'se.sum_exec_runtime':<45}:{cpu_ms(machine, process):>21.6f}\n"
            f"{'%cpu':<45}:{average_percent(machine, process):>21.6f}\n"
        )
    uid = _UIDS.get(process.user, 0)
    rss = process.rss_bytes >> 10
    memory = "" if process.is_kernel else (
        f"VmPeak:\t{virtual:>8} kB\nVmSize:\t{virtual:>8} kB\nVmLck:\t{0:>8} kB\n"
        f"VmHWM:\t{rss:>8} kB\nVmRSS:\t{rss:>8} kB\nRssAnon:\t{rss * 2 // 3:>8} kB\n"
        f"RssFile:\t{rss - rss * 2 // 3:>8} kB\nRssShmem:\t{0:>8} kB\nVmData:\t{virtual // 2:>8} kB\n"
        f"VmSwap:\t{0:>8} kB\n"
    )  # fmt: skip
    return (
        f"Name:\t{process.name}\nUmask:\t0022\nState:\t{state} ({_STATES[state]})\n"
        f"Tgid:\t{process.pid}\nNgid:\t0\nPid:\t{process.pid}\nPPid:\t{process.ppid}\nTracerPid:\t0\n"
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nFDSize:\t64\n{memory}"
        f"Threads:\t{process.threads}\nNoNewPrivs:\t0\nCpus_allowed_list:\t0-{machine.cores - 1}\n"
        f"voluntary_ctxt_switches:\t{ticks * 9}\nnonvoluntary_ctxt_switches:\t{ticks // 3}\n"
    )


# -- cgroups ---------------------------------------------------------------------------------------


def cgroup_files(container: Container) -> Makers:
    """Return the files of a container's cgroup (v2) by name."""
    machine = container.machine

    def events() -> str:
        kills = 1 if container.reason == "OOMKilled" else 0
        return (
            f"low 0\nhigh 0\nmax {kills}\noom {kills}\noom_kill {kills}\noom_group_kill {kills}\n"
        )

    def own() -> list[Process]:
        return [p for p in machine.processes() if p.container_id == container.id]

    def cpu_stat() -> str:
        used = sum(cpu_ms(machine, p) for p in own()) * 1000
        return (
            f"usage_usec {used}\nuser_usec {used * 7 // 10}\nsystem_usec {used - used * 7 // 10}\n"
            "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n"
        )

    def memory_stat() -> str:
        used = container.memory_bytes
        anon = used * 4 // 5
        return (
            f"anon {anon}\nfile {used - anon}\nkernel {used // 40}\nkernel_stack {used // 400}\n"
            f"shmem 0\ninactive_anon {anon}\nactive_anon 0\ninactive_file {(used - anon) // 2}\n"
            f"active_file {(used - anon) // 2}\nunevictable 0\noom_kill {int(container.reason == 'OOMKilled')}\n"
        )

    quota = container.cpu_limit
    weight = max(1, min(10_000, 1 + (container.cpu_request * 1024 // 1000 - 2) * 9999 // 262_142))
    return {
        "memory.max": lambda: f"{container.limit}\n" if container.limit else _NO_LIMIT,
        "memory.high": lambda: _NO_LIMIT,
        "memory.min": lambda: "0\n",
        "memory.low": lambda: "0\n",
        "memory.current": lambda: f"{container.memory_bytes}\n",
        "memory.peak": lambda: f"{container.memory_bytes}\n",
        "memory.events": events,
        "memory.stat": memory_stat,
        "memory.oom.group": lambda: "1\n",
        "memory.swap.max": lambda: "0\n",
        "memory.swap.current": lambda: "0\n",
        "cpu.max": lambda: f"{quota * 100} 100000\n" if quota else "max 100000\n",
        "cpu.weight": lambda: f"{weight}\n",
        "cpu.stat": cpu_stat,
        "cgroup.controllers": lambda: "cpuset cpu io memory hugetlb pids rdma misc\n",
        "cgroup.procs": lambda: "".join(f"{p.pid}\n" for p in own()),
        "pids.current": lambda: f"{sum(p.threads for p in own())}\n",
        "pids.max": lambda: f"{machine.facts.memory_bytes // 131_072 * 15 // 100}\n",
    }
