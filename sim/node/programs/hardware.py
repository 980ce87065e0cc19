"""nproc and lscpu: what the machine is made of. Must not know how busy it is."""

from __future__ import annotations

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.programs.host import machine_of
from sim.node.programs.options import parse, program

MODEL = "Intel(R) Xeon(R) Platinum 8272CL CPU @ 2.60GHz"


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
