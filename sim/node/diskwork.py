"""What a machine's disk has done since the boot: /proc/diskstats, and all that is worked out from it.

Reads and writes go on at rates of the machine's own; a kube-proxy that starts cold or thrashes reads on
top of that. This file must not know how anything is printed.
"""

from __future__ import annotations

from math import sin
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sim.node.machine import Machine

READ_KIB = 32
WRITE_KIB = 14
"""Of one request on an average (ours)."""
EXTRA_KIB = {"thrashing": 34_000.0, "starting": 900.0}
"""KiB read each second beside the usual, by kube-proxy's regime (ours)."""
GIB = 1 << 30
PART_START = 1 << 20
"""Where the first partition begins, sfdisk(8)."""


class DiskWork(NamedTuple):
    """Totals since the boot."""

    reads: float
    read_kib: float
    read_ms: float
    writes: float
    write_kib: float
    write_ms: float
    busy_ms: float


def disk_work(machine: Machine) -> DiskWork:
    """Return what the disk has done by now; only grows."""
    now, booted = machine.env.now, machine.facts.booted_at
    draw = machine.stream.at("disk-work")
    seconds = (now - booted) / 1000
    # A slow swing whose rate stays positive, so that two reports are not the same.
    swing = 40.0 * sin(now / 40_000.0)
    read = draw.uniform(6, 26) * (seconds + 0.5 * swing)
    written = draw.uniform(140, 320, 1) * (seconds + 0.6 * swing)
    extra = sum(
        EXTRA_KIB.get(stage, 0.0) * ((now if until is None else until) - max(since, booted)) / 1000
        for since, until, stage in machine.proxy.stretches()
    )
    reads, writes = (read + extra) / READ_KIB, written / WRITE_KIB
    read_ms = read / READ_KIB * 0.4 + extra / READ_KIB * 0.9
    write_ms = writes * 0.9
    return DiskWork(
        reads, read + extra, read_ms, writes, written, write_ms, read_ms * 0.9 + write_ms * 0.4
    )


def disk_size(machine: Machine) -> int:
    """Return the bytes of the whole disk: what the file system has, and what ext4 keeps for itself."""
    return -(-machine.facts.disk_bytes * 1000 // 984 // GIB) * GIB


def part_size(machine: Machine) -> int:
    """Return the bytes of its one partition."""
    return disk_size(machine) - PART_START
