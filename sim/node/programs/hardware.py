"""nproc, lscpu, vmstat and lsblk: what the machine is made of and how busy it is.

This file must not know why it is busy.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.node.machine import Machine
from sim.node.programs.host import machine_of
from sim.node.programs.options import parse, program, waiting

MODEL = "Intel(R) Xeon(R) Platinum 8272CL CPU @ 2.60GHz"
_VMSTAT_HEAD = (
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----",
    " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st",
)


def _cores(machine: Machine) -> int:
    return max(1, machine.facts.cpu_millicores // 1000)


@program(1)
def nproc(proc: Proc) -> int:
    """Print the number of processors."""
    parse(proc, "", ("all", "ignore="))
    proc.print(str(_cores(machine_of(proc))))
    return 0


@program(1)
def lscpu(proc: Proc) -> int:
    """Print what the processors are."""
    parse(proc, "aebcpxyJ", ("all", "extended", "json", "parse"))
    cores = _cores(machine_of(proc))
    rows = (
        ("Architecture:", "x86_64"),
        ("CPU op-mode(s):", "32-bit, 64-bit"),
        ("Byte Order:", "Little Endian"),
        ("CPU(s):", str(cores)),
        ("On-line CPU(s) list:", f"0-{cores - 1}"),
        ("Vendor ID:", "GenuineIntel"),
        ("Model name:", MODEL),
        ("Thread(s) per core:", "2"),
        ("Core(s) per socket:", str(max(1, cores // 2))),
        ("Socket(s):", "1"),
        ("Hypervisor vendor:", "KVM"),
        ("Virtualization type:", "full"),
    )
    proc.print(*(f"{name:<33}{value}" for name, value in rows))
    return 0


@waiting(1)
def vmstat(proc: Proc) -> Running:
    """Print memory and processors, once or every so many seconds."""
    options = parse(proc, "anfmsdDwtS:", ("active", "wide", "timestamp"))
    numbers = [int(word) for word in options.operands if word.isdigit()]
    machine = machine_of(proc)
    proc.asked()
    proc.print(*_VMSTAT_HEAD)
    count = numbers[1] if len(numbers) > 1 else 1
    for turn in range(max(1, count)):
        if turn:
            yield proc.env.timeout(1000 * max(1, numbers[0]))
        proc.print(_vmstat_row(machine))
    return 0


def _vmstat_row(machine: Machine) -> str:
    memory = machine.memory()
    cached = memory.buffcache * 9 // 10
    cores = _cores(machine)
    share = min(1.0, sum(p.cpu_percent for p in machine.processes()) / (100 * cores))
    waiting_share = 6 if machine.proxy.regime == "thrashing" else 0
    user = round(share * 70)
    system = round(share * 30)
    draw = machine.stream.at("vmstat", machine.env.now)
    read = draw.integer(21_000, 48_000) if waiting_share else draw.integer(0, 40)
    cells = (
        (2, max(1, round(share * cores))), (2, 1 if waiting_share else 0), (6, 0),
        (6, memory.free >> 10), (6, (memory.buffcache - cached) >> 10), (6, cached >> 10),
        (4, 0), (4, 0), (5, read), (5, draw.integer(20, 400, 1)), (4, draw.integer(4000, 9000, 2)),
        (4, draw.integer(7000, 16000, 3)), (2, user), (2, system),
        (2, max(0, 100 - user - system - waiting_share)), (2, waiting_share), (2, 0),
    )  # fmt: skip
    return " ".join(f"{value:>{width}}" for width, value in cells)


@program(1)
def lsblk(proc: Proc) -> int:
    """Print the disks."""
    parse(proc, "abdfilmnopPrSt", ("all", "fs"))
    size = f"{machine_of(proc).facts.disk_bytes >> 30}G"
    proc.print(
        "NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS",
        f"vda    254:0    0 {size:>5}  0 disk ",
        f"└─vda1 254:1    0 {size:>5}  0 part /",
    )
    return 0
