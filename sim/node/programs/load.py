"""vmstat, mpstat, iostat and pidstat: how busy processors and disk are, from the model's load.

Forms are those of procps 4.0 and sysstat 12.6. This file must not know why they are busy.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.diskwork import DiskWork, disk_work
from sim.node.machine import Machine
from sim.node.processes import disk_waiters
from sim.node.procfs import busy_share, cpu_ticks
from sim.node.programs.host import machine_of
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.psview import uid_of, visible

_VMSTAT_HEAD = (
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----",
    " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st",
)
MOST_ROUNDS = 100_000
_NOTHING = DiskWork(0, 0, 0, 0, 0, 0, 0)


def _rounds(proc: Proc, options: Options) -> tuple[int, int]:
    """Return the ms between two reports and how many there are."""
    numbers = []
    for word in options.operands:
        if not word.isdecimal():
            raise UsageError(f"{proc.argv[0]}: failed to parse argument: '{word}'")
        numbers.append(int(word[:6]))
    if not numbers:
        return 1000, 1
    return 1000 * max(1, numbers[0]), min(
        numbers[1] if len(numbers) > 1 else MOST_ROUNDS, MOST_ROUNDS
    )


@waiting(1)
def vmstat(proc: Proc) -> Running:
    """Print memory and processors, once or every so many seconds."""
    options = parse(proc, "anfmsdDwtS:", ("active", "wide", "timestamp", "unit="))
    if options.has("-s", "-d", "-D", "-f", "-m"):
        return proc.fail("only the table of memory and processors is supported in this simulator")
    unit = {"k": 1000, "K": 1024, "m": 10**6, "M": 1 << 20}.get(
        options.value("-S", "--unit", default="K")
    )
    if unit is None:
        raise UsageError("vmstat: -S requires k, K, m or M (default is KiB)")
    wait, count = _rounds(proc, options)
    machine = machine_of(proc)
    proc.asked()
    proc.print(*_VMSTAT_HEAD)
    before, begun = _NOTHING, machine.facts.booted_at
    for turn in range(max(1, count)):
        if turn:
            yield proc.env.timeout(wait)
        done, now = disk_work(machine), machine.env.now
        proc.print(_vmstat_row(machine, unit, _since(before, done, now - begun), first=not turn))
        before, begun = done, now
    return 0


def _since(before: DiskWork, done: DiskWork, ms: int) -> DiskWork:
    """Return what the disk did each second between two looks."""
    seconds = max(1, ms) / 1000
    return DiskWork(*((new - old) / seconds for old, new in zip(before, done, strict=True)))


def _shares(machine: Machine, *, ever: bool) -> tuple[float, float]:
    """Return which shares of the processors work, and wait for the disk: now, or since the boot."""
    if not ever:
        return busy_share(machine)
    ticks = cpu_ticks(machine)
    every = max(1, sum(ticks.values()))
    waiting_ = ticks["iowait"] / every
    return 1.0 - ticks["idle"] / every - waiting_, waiting_


def _vmstat_row(machine: Machine, unit: int, disk: DiskWork, *, first: bool) -> str:
    memory = machine.memory()
    cached = memory.buffcache * 9 // 10
    share, waiting_share = _shares(machine, ever=first)
    user, system, wait = round(share * 70), round(share * 30), round(waiting_share * 100)
    draw = machine.stream.at("vmstat", machine.env.now)
    cells = (
        (2, max(1, round(share * machine.cores))), (2, len(disk_waiters(machine))), (6, 0),
        (6, memory.free // unit), (6, (memory.buffcache - cached) // unit), (6, cached // unit),
        (4, 0), (4, 0), (5, round(disk.read_kib)), (5, round(disk.write_kib)), (4, draw.integer(4000, 9000, 2)),
        (4, draw.integer(7000, 16000, 3)), (2, user), (2, system),
        (2, max(0, 100 - user - system - wait)), (2, wait), (2, 0),
    )  # fmt: skip
    return " ".join(f"{value:>{width}}" for width, value in cells)


def _banner(machine: Machine) -> str:
    today = machine.epoch.datetime(machine.env.now)
    return (
        f"Linux {machine.facts.kernel_version} ({machine.name}) \t{today:%m/%d/%y} \t_x86_64_"
        f"\t({machine.cores} CPU)"
    )


def _clock(machine: Machine) -> str:
    return f"{machine.epoch.datetime(machine.env.now):%H:%M:%S}"


def _repeated(
    proc: Proc,
    options: Options,
    show: Callable[[bool], None],
    *,
    at_once: bool = False,
) -> Generator[simpy.Event, Any, int]:
    """Call *show* with whether it reports of all the time since the boot."""
    wait, count = _rounds(proc, options)
    proc.asked()
    proc.print(_banner(machine_of(proc)), "")
    for turn in range(max(1, count)):
        ever = not options.operands or (at_once and not turn)
        if not ever:
            yield proc.env.timeout(wait)
        show(ever)
    return 0


@waiting(1)
def mpstat(proc: Proc) -> Running:
    """Print what the processors do."""
    options = parse(proc, "P:Au", ())
    machine = machine_of(proc)
    every = options.value("-P") == "ALL" or options.has("-A")

    names = ["all", *(str(n) for n in range(machine.cores))] if every else ["all"]
    seen: list[tuple[float, float]] = []

    def row(at: str, name: str, busy: float, wait: float) -> str:
        figures = (busy * 69, 0.0, busy * 29, wait * 100, 0.0, busy * 2, 0.0, 0.0, 0.0,
                   100 - 100 * (busy + wait))  # fmt: skip
        return f"{at:<8}    {name:>4}" + "".join(f"{value:>8.2f}" for value in figures)

    def head(at: str) -> str:
        return (
            f"{at:<8}     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest"
            "  %gnice   %idle"
        )

    def show(ever: bool) -> None:
        busy, wait = _shares(machine, ever=ever)
        if every and seen:
            proc.print("")
        if every or not seen:
            proc.print(head(_clock(machine)))
        proc.print(*(row(_clock(machine), name, busy, wait) for name in names))
        seen.append((busy, wait))

    code = yield from _repeated(proc, options, show)
    if options.operands:
        busy, wait = (sum(one) / len(seen) for one in zip(*seen, strict=True))
        if every:
            proc.print("", head("Average:"))
        proc.print(*(row("Average:", name, busy, wait) for name in names))
    return code


@waiting(1)
def iostat(proc: Proc) -> Running:
    """Print what the disk does."""
    options = parse(proc, "xhkmdcztyp:", ("human",))
    machine = machine_of(proc)
    both = options.has("-c") == options.has("-d")
    before, begun = _NOTHING, machine.facts.booted_at

    def show(ever: bool) -> None:
        nonlocal before, begun
        busy, wait = _shares(machine, ever=ever)
        done, now = disk_work(machine), machine.env.now
        disk = _since(before, done, now - begun)
        held = before
        before, begun = done, now
        if both or options.has("-c"):
            proc.print("avg-cpu:  %user   %nice %system %iowait  %steal   %idle")
            figures = (busy * 70, 0.0, busy * 30, wait * 100, 0.0, 100 - 100 * (busy + wait))
            proc.print("        " + "".join(f"{value:>8.2f}" for value in figures), "")
        if not (both or options.has("-d")):
            return
        if options.has("-x"):
            proc.print(
                "Device            r/s     rkB/s   rrqm/s  %rrqm r_await rareq-sz     w/s     wkB/s"
                "   wrqm/s  %wrqm w_await wareq-sz  aqu-sz  %util"
            )
            used = min(99.9, disk.busy_ms / 10)
            merged = disk.writes * 0.3
            proc.print(
                f"vda         {disk.reads:>9.2f} {disk.read_kib:>9.2f} {0:>8.2f} {0:>6.2f}"
                f" {disk.read_ms / max(disk.reads, 1e-9):>7.2f} {disk.read_kib / max(disk.reads, 1e-9):>8.2f}"
                f" {disk.writes:>7.2f} {disk.write_kib:>9.2f} {merged:>8.2f} {23.08:>6.2f}"
                f" {disk.write_ms / max(disk.writes, 1e-9):>7.2f}"
                f" {disk.write_kib / max(disk.writes, 1e-9):>8.2f}"
                f" {(disk.read_ms + disk.write_ms) / 1000:>7.2f} {used:>6.2f}"
            )
        else:
            proc.print(
                "Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd"
            )
            proc.print(
                f"vda       {disk.reads + disk.writes:>12.2f} {disk.read_kib:>12.2f}"
                f" {disk.write_kib:>12.2f} {0:>12.2f} {int(done.read_kib - held.read_kib):>10}"
                f" {int(done.write_kib - held.write_kib):>10} {0:>10}"
            )
        proc.print("")

    return (yield from _repeated(proc, options, show, at_once=not options.has("-y")))


@waiting(1)
def pidstat(proc: Proc) -> Running:
    """Print what processes use."""
    options = parse(proc, "urdhlp:C:tT:", ())
    machine = machine_of(proc)
    wanted = {int(one) for one in options.value("-p").split(",") if one.isdecimal()}
    named = options.value("-C")

    def show(ever: bool) -> None:
        del ever
        at = _clock(machine)
        found = [
            p
            for p in visible(proc)
            if (p.pid in wanted if wanted else p.cpu_percent > 0 or options.has("-r"))
            and named in p.name
            and not p.is_kernel
        ]
        if options.has("-r"):
            proc.print(
                f"{at}      UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command"
            )
            for p in found:
                share = 100 * p.rss_bytes / machine.facts.memory_bytes
                proc.print(f"{at}    {uid_of(p):>5} {p.pid:>9} {p.cpu_percent * 4:>9.2f} {0:>9.2f}"
                           f" {p.virtual_kib:>7} {p.rss_bytes >> 10:>7} {share:>6.2f}  {p.name}")  # fmt: skip
        else:
            proc.print(
                f"{at}      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command"
            )
            for p in found:
                used = p.cpu_percent
                proc.print(f"{at}    {uid_of(p):>5} {p.pid:>9} {used * 0.7:>7.2f} {used * 0.3:>7.2f} {0:>7.2f}"
                           f" {0:>7.2f} {used:>7.2f} {p.pid % machine.cores:>5}  {p.name}")  # fmt: skip
        proc.print("")

    return (yield from _repeated(proc, options, show))
