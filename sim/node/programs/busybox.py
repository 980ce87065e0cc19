"""busybox itself, and df, free and top as it prints them, for images that have its applets.

Forms are those of busybox 1.36. This file must not know any other image.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.node.disk import RESERVED_SHARE
from sim.node.mounts import Mounted, mount_at, mounts_of
from sim.node.processes import disk_waiters, state_of
from sim.node.procfs import busy_share
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.options import Options, UsageError, parse, program, waiting
from sim.node.programs.psview import visible

MOST_ROUNDS = 100_000


def _parse(proc: Proc, letters: str) -> Options:
    try:
        return parse(proc, letters)
    except UsageError as problem:
        letter = str(problem).rpartition("'")[0].rpartition("'")[2]
        name = proc.argv[0]
        told = (
            f"{name}: unrecognized option: {letter}"
            if "invalid option" in str(problem)
            else str(problem)
        )
        raise UsageError(told) from None


def _human(size: int) -> str:
    """Return a size with one decimal, as busybox' -h does."""
    value, unit = float(size), ""
    for name in ("K", "M", "G", "T"):
        if value < 1024:
            break
        value, unit = value / 1024, name
    return f"{value:.1f}{unit}" if unit else str(int(value))


@program(1)
def df(proc: Proc) -> int:
    """Print how full the file systems are."""
    options = _parse(proc, "hkmTiPat:")
    if options.has("-i"):
        return proc.fail("-i is not supported in this simulator")
    proc.asked()
    machine = machine_of(proc)
    every = mounts_of(machine, container_of(proc))
    chosen: list[Mounted] = []
    code = 0
    for name in options.operands:
        if proc.files.exists(proc.path(name)):
            chosen.append(mount_at(every, proc.path(name)))
        else:
            proc.stderr.write(f"df: {name}: can't find mount point\n")
            code = 1
    if not options.operands:
        chosen = [one for one in every if one.size]
    human, scale = options.has("-h"), 20 if options.has("-m") else 10
    title = (
        "Size"
        if human
        else "1M-blocks"
        if scale == 20
        else "1024-blocks"
        if options.has("-P")
        else "1K-blocks"
    )
    typed = f"{'Type':<10}" if options.has("-T") else ""
    use = "Capacity" if options.has("-P") else "Use%"
    proc.print(
        f"Filesystem           {typed}{title:>9} {'Used':>9} {'Available':>9} {use} Mounted on"
    )
    for one in chosen:
        left = max(0, one.size - one.used - (one.size // RESERVED_SHARE if one.on_disk else 0))
        share = -(-100 * one.used // max(1, one.used + left))
        cells = [_human(n) if human else str(n >> scale) for n in (one.size, one.used, left)]
        kind = f"{one.fstype:<10}" if typed else ""
        proc.print(
            f"{one.source:<20} {kind}{cells[0]:>9} {cells[1]:>9} {cells[2]:>9} {share:>3}% {one.target}"
        )
    return code


@program(1)
def free(proc: Proc) -> int:
    """Print memory in use."""
    options = _parse(proc, "bkmgh")
    proc.asked()
    machine = machine_of(proc)
    memory = machine.memory()
    shift = next((n for flag, n in (("-b", 0), ("-m", 20), ("-g", 30)) if options.has(flag)), 10)

    def shown(size: int) -> str:
        return _human(size) if options.has("-h") else str(size >> shift)

    row = (
        memory.total,
        memory.used,
        memory.free,
        machine.shared_bytes,
        memory.buffcache,
        memory.available,
    )
    names = ("total", "used", "free", "shared", "buff/cache", "available")
    proc.print(" " * 7 + "".join(f"{name:>12}" for name in names))
    proc.print("Mem:   " + "".join(f"{shown(size):>12}" for size in row))
    proc.print("Swap:  " + "".join(f"{shown(0):>12}" for _ in range(3)))
    return 0


@waiting(1)
def top(proc: Proc) -> Running:
    """Print the busiest processes; once where nothing says how often."""
    options = _parse(proc, "bn:d:mH")
    text = options.value("-n", default="1")
    delay = options.value("-d", default="5")
    if not text.isdecimal() or not delay.isdecimal():
        raise UsageError(f"top: invalid number '{text if not text.isdecimal() else delay}'")
    proc.asked()
    for turn in range(min(int(text), MOST_ROUNDS)):
        if turn:
            yield proc.env.timeout(1000 * max(1, int(delay)))
        proc.print(*_page(proc))
    return 0


def _page(proc: Proc) -> list[str]:
    machine = machine_of(proc)
    memory = machine.memory()
    buffers = memory.buffcache - memory.buffcache * 9 // 10
    busy, wait = busy_share(machine)
    load = " ".join(f"{value:.2f}" for value in machine.load())
    found = sorted(visible(proc), key=lambda p: (-p.cpu_percent, -p.virtual_kib, p.pid))
    lines = [
        f"Mem: {memory.used >> 10}K used, {(memory.total - memory.used) >> 10}K free,"
        f" {machine.shared_bytes >> 10}K shrd, {buffers >> 10}K buff, {(memory.buffcache - buffers) >> 10}K cached",
        f"CPU: {busy * 70:>3.0f}% usr {busy * 30:>3.0f}% sys   0% nic {100 - 100 * (busy + wait):>3.0f}% idle"
        f" {wait * 100:>3.0f}% io   0% irq   0% sirq",
        f"Load average: {load} 1/{len(machine.processes())} {max(p.pid for p in found)}",
        "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND",
    ]
    waiting_ = disk_waiters(machine)
    for p in found:
        share = 100 * p.virtual_kib * 1024 // machine.facts.memory_bytes
        vsz = f"{p.virtual_kib}" if p.virtual_kib < 100_000 else f"{p.virtual_kib >> 10}m"
        lines.append(
            f"{p.pid:>5} {p.ppid:>5} {p.user:<8} {state_of(p, waiting_):<4} {vsz:>5} {share:>3}%"
            f" {p.pid % machine.cores:>3} {p.cpu_percent / machine.cores:>3.0f}% {p.command}"
        )
    return lines


_HEAD = """\
BusyBox v1.36.1 (2024-06-12 09:29:14 UTC) multi-call binary.
BusyBox is copyrighted by many authors between 1998-2015.
Licensed under GPLv2. See source distribution for detailed
copyright notices.

Usage: busybox [function [arguments]...]
   or: busybox --list[-full]
   or: busybox --show SCRIPT
   or: busybox --install [-s] [DIR]
   or: function [arguments]...

\tBusyBox is a multi-call binary that combines many common Unix
\tutilities into a single executable.  Most people will create a
\tlink to busybox for each function they wish to use and BusyBox
\twill act like whatever it was invoked as.

Currently defined functions:
"""
_MARGIN = 72


def busybox(proc: Proc) -> Running:
    """Run an applet by its name, or list them."""
    name = proc.argv[1] if len(proc.argv) > 1 else "--help"
    names = sorted(one for one in proc.programs if one not in ("busybox", "curl"))
    if name in ("--help", "-h"):
        proc.stdout.write(_HEAD + _filled(names))
        return 0
    if name in ("--list", "--list-full"):
        proc.print(*(one if name == "--list" else f"bin/{one}" for one in names))
        return 0
    if name.startswith("--"):
        return proc.fail(f"{name}: not supported in this simulator")
    if name not in proc.programs or name in ("busybox", "curl"):
        proc.stderr.write(f"{name}: applet not found\n")
        return 127
    return (yield from proc.call(proc.argv[1:]))


def _filled(names: list[str]) -> str:
    """Return the names in lines, as busybox breaks them."""
    lines: list[str] = []
    line = ""
    for index, name in enumerate(names):
        word = name + (", " if index < len(names) - 1 else "")
        if line and len(line) + len(word.rstrip()) >= _MARGIN:
            lines.append(line.rstrip())
            line = ""
        line += word
    return "".join(f"\t{one}\n" for one in [*lines, line])
