"""vmstat, mpstat, iostat and pidstat: how busy processors and disk are, from the model's load.

Forms are those of procps 4.0 and sysstat 12.6. This file must not know why they are busy.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.machine import Machine
from sim.node.procfs import busy_share
from sim.node.programs.host import machine_of
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.psview import uid_of, visible

_VMSTAT_HEAD = (
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----",
    " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st",
)
MOST_ROUNDS = 100_000


def _rounds(proc: Proc, options: Options) -> tuple[int, int]:
    """Return the ms between two reports and how many there are."""
    numbers = []
    for word in options.operands:
        if not word.isdigit():
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
    for turn in range(max(1, count)):
        if turn:
            yield proc.env.timeout(wait)
        proc.print(_vmstat_row(machine, unit))
    return 0


def _vmstat_row(machine: Machine, unit: int) -> str:
    memory = machine.memory()
    cached = memory.buffcache * 9 // 10
    share, waiting_share = busy_share(machine)
    user, system, wait = round(share * 70), round(share * 30), round(waiting_share * 100)
    draw = machine.stream.at("vmstat", machine.env.now)
    read = draw.integer(21_000, 48_000) if wait else draw.integer(0, 40)
    cells = (
        (2, max(1, round(share * machine.cores))), (2, 1 if wait else 0), (6, 0),
        (6, memory.free // unit), (6, (memory.buffcache - cached) // unit), (6, cached // unit),
        (4, 0), (4, 0), (5, read), (5, draw.integer(20, 400, 1)), (4, draw.integer(4000, 9000, 2)),
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
    proc: Proc, options: Options, show: Callable[[], None]
) -> Generator[simpy.Event, Any, int]:
    wait, count = _rounds(proc, options)
    proc.asked()
    proc.print(_banner(machine_of(proc)), "")
    for turn in range(max(1, count)):
        if turn or options.operands:
            yield proc.env.timeout(wait)
        show()
    return 0


@waiting(1)
def mpstat(proc: Proc) -> Running:
    """Print what the processors do."""
    options = parse(proc, "P:Au", ())
    machine = machine_of(proc)
    every = options.value("-P") == "ALL" or options.has("-A")

    def show() -> None:
        busy, wait = busy_share(machine)
        at = _clock(machine)
        proc.print(
            f"{at}     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle"
        )
        names = ["all", *(str(n) for n in range(machine.cores))] if every else ["all"]
        for name in names:
            figures = (busy * 69, 0.0, busy * 29, wait * 100, 0.0, busy * 2, 0.0, 0.0, 0.0,
                       100 - 100 * (busy + wait))  # fmt: skip
            proc.print(f"{at}    {name:>4}" + "".join(f"{value:>8.2f}" for value in figures))

    return (yield from _repeated(proc, options, show))


@waiting(1)
def iostat(proc: Proc) -> Running:
    """Print what the disk does."""
    options = parse(proc, "xhkmdcztyp:", ("human",))
    machine = machine_of(proc)
    both = options.has("-c") == options.has("-d")

    def show() -> None:
        busy, wait = busy_share(machine)
        draw = machine.stream.at("iostat", machine.env.now)
        read = draw.uniform(21_000, 48_000) if wait else draw.uniform(2, 60)
        wrote = machine.stream.at("iostat-w", machine.env.now).uniform(60, 420)
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
            used = min(99.8, read / 480 + wrote / 90) if wait else wrote / 90
            proc.print(
                f"vda         {read / 32:>9.2f} {read:>9.2f} {0:>8.2f} {0:>6.2f}"
                f" {8.4 if wait else 0.4:>7.2f} {32:>8.2f} {wrote / 14:>7.2f} {wrote:>9.2f} {wrote / 60:>8.2f}"
                f" {30:>6.2f} {6.1 if wait else 0.9:>7.2f} {14:>8.2f} {1.9 if wait else 0.02:>7.2f} {used:>6.2f}"
            )
        else:
            proc.print(
                "Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd"
            )
            up = (machine.env.now - machine.facts.booted_at) // 1000
            proc.print(
                f"vda       {read / 32 + wrote / 14:>12.2f} {read:>12.2f} {wrote:>12.2f} {0:>12.2f}"
                f" {int(24 * up):>10} {int(240 * up):>10} {0:>10}"
            )
        proc.print("")

    return (yield from _repeated(proc, options, show))


@waiting(1)
def pidstat(proc: Proc) -> Running:
    """Print what processes use."""
    options = parse(proc, "urdhlp:C:tT:", ())
    machine = machine_of(proc)
    wanted = {int(one) for one in options.value("-p").split(",") if one.isdigit()}
    named = options.value("-C")

    def show() -> None:
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
