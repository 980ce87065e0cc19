"""top: the busiest processes, once, again and again, or on the whole screen.

Forms are those of procps 4.0. On a screen the keys q, h, P, M, T, N, c, 1, i, e and Space work; k, r
and the others say that they do not. This file must not know why a process is busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.bash.process import Proc, Running
from sim.bash.screen import BOLD, RESET, REVERSE, Screen
from sim.node.machine import Machine, Process
from sim.node.processes import cpu_ms, disk_waiters, state_of
from sim.node.procfs import busy_share
from sim.node.programs.host import machine_of
from sim.node.programs.memory import headline
from sim.node.programs.options import UsageError, parse, waiting
from sim.node.programs.psview import visible

MIB = 1 << 20
_HEAD = "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND"
_SORTS = {"%CPU": "P", "%MEM": "M", "RES": "M", "PID": "N", "TIME+": "T", "TIME": "T", "VIRT": "V",
          "USER": "U", "COMMAND": "C"}  # fmt: skip
MOST_ROUNDS = 100_000
_HELP = (
    "Help for Interactive Commands - procps-ng 4.0.2",
    "",
    "  P,M,T,N  Sort by CPU, memory, time, pid",
    "  R        Reverse the order",
    "  c        Command line or program name",
    "  1        One line for all processors or one each",
    "  i        Leave out idle tasks",
    "  Space    Refresh now",
    "  q        Quit",
    "",
    "Press any key to go back.",
)


@dataclass
class _View:
    """What is chosen to be seen."""

    sort: str = "P"
    reverse: bool = False
    commands: bool = False
    each: bool = False
    busy_only: bool = False
    pids: frozenset[int] = frozenset()
    user: str = ""
    width: int = 0
    """0: as wide as it gets."""


@waiting(1)
def top(proc: Proc) -> Running:
    """Show the busiest processes."""
    options = parse(proc, "bn:d:o:cHp:iu:U:w1eEsS", ("batch",))
    rounds = options.value("-n", default="")
    if rounds and (not rounds.isdecimal() or not int(rounds)):
        raise UsageError(f"top: bad iterations argument '{rounds}'")
    delay = options.value("-d", default="3")
    try:
        wait = int(float(delay) * 1000)
    except (ValueError, OverflowError):
        raise UsageError(f"top: bad delay interval '{delay}'") from None
    view = _View(
        commands=options.has("-c"), each=options.has("-1"), busy_only=options.has("-i"),
        user=options.value("-u", "-U"),
        pids=frozenset(int(w) for one in options.values("-p") for w in one.split(",") if w.isdecimal()),
    )  # fmt: skip
    order = options.value("-o")
    if order:
        if order.lstrip("+-").upper() not in _SORTS:
            raise UsageError(f"top: unrecognized field name '{order}'")
        view.sort, view.reverse = _SORTS[order.lstrip("+-").upper()], order.startswith("-")
    wait = max(100, wait)
    count = min(int(rounds), MOST_ROUNDS) if rounds else MOST_ROUNDS
    if not options.has("-b", "--batch") and proc.terminal is not None and proc.stdout.tty:
        return (yield from _interactive(proc, view, wait, count))
    if not options.has("-b", "--batch") and not rounds:
        # Without a screen real top refuses; one look is worth more to whoever typed it.
        count = 1
    proc.asked()
    for turn in range(count):
        if turn:
            yield proc.env.timeout(wait)
            proc.print("")
        head, rows = _page(proc, view)
        proc.print(*head, _HEAD, *rows)
    return 0


def _interactive(proc: Proc, view: _View, wait: int, count: int) -> Running:
    message = ""
    with Screen(proc, signals=True) as screen:
        turn = 0
        while turn < count:
            proc.asked()
            view.width = screen.columns
            head, rows = _page(proc, view)
            lines = [_bold(line) for line in head[:-1]]
            lines.append(message)
            lines.append(f"{REVERSE}{_HEAD:<{screen.columns}}{RESET}")
            screen.draw([*lines, *rows][: screen.rows], cursor=(len(head) - 1, len(message)))
            key = yield from screen.read_key(wait)
            message = ""
            if key is None:
                if screen.ended:
                    return 0
                turn += 1
                continue
            if key in ("q", "Q", "^C"):
                return 0
            if key in ("h", "?"):
                screen.draw(_HELP)
                if (yield from screen.read_key()) is None and screen.ended:
                    return 0
            else:
                message = _pressed(view, key)
    return 0


def _bold(line: str) -> str:
    return f"{BOLD}{line}{RESET}" if line.startswith("top -") else line


def _pressed(view: _View, key: str) -> str:
    """Change what is seen; return what is to be said."""
    if key in ("P", "M", "T", "N"):
        view.sort = key
    elif key == "R":
        view.reverse = not view.reverse
    elif key == "c":
        view.commands = not view.commands
    elif key == "1":
        view.each = not view.each
    elif key == "i":
        view.busy_only = not view.busy_only
    elif key in ("k", "r", "d", "s", "u", "f", "W", "o", "z", "x", "t", "m", "e", "E", "V", "H"):
        return f" '{key}' is not supported in this simulator"
    elif len(key) == 1 and key not in (" ", "\n"):
        return " Unknown command - try 'h' for help"
    return ""


def _page(proc: Proc, view: _View) -> tuple[list[str], list[str]]:
    """Return the lines of the summary (the last one is empty), and those of the processes."""
    machine = machine_of(proc)
    every = visible(proc)
    found = [
        p
        for p in every
        if (not view.pids or p.pid in view.pids)
        and (not view.user or p.user == view.user)
        and (not view.busy_only or p.cpu_percent > 0)
    ]
    found.sort(key=lambda p: _key(machine, p, view.sort))
    if view.reverse:
        found.reverse()
    waiting_ = disk_waiters(machine)
    rows = [_row(machine, p, state_of(p, waiting_), view) for p in found]
    return _summary(proc, machine, found if view.pids else every, view), rows


def _key(machine: Machine, p: Process, sort: str) -> tuple[Any, ...]:
    keys: dict[str, Any] = {
        "P": -p.cpu_percent, "M": -p.rss_bytes, "T": -cpu_ms(machine, p), "N": -p.pid,
        "V": -p.virtual_kib, "U": p.user, "C": p.name,
    }  # fmt: skip
    return keys[sort], p.pid


def _summary(proc: Proc, machine: Machine, found: list[Process], view: _View) -> list[str]:
    busy, wait = busy_share(machine)
    memory = machine.memory()
    running = max(1, sum(p.cpu_percent >= 50 for p in found))
    total, free_, used, cache = (
        f"{size / MIB:>8.1f}" for size in (memory.total, memory.free, memory.used, memory.buffcache)
    )
    names = [f"%Cpu{n:<3}:" for n in range(machine.cores)] if view.each else ["%Cpu(s):"]
    figures = (
        f"{busy * 70:>5.1f} us,{busy * 30:>5.1f} sy,{0:>5.1f} ni,{100 - 100 * (busy + wait):>5.1f} id,"
        f"{wait * 100:>5.1f} wa,{0:>5.1f} hi,{0:>5.1f} si,{0:>5.1f} st "
    )
    return [
        f"top - {headline(proc)}",
        f"Tasks: {len(found):>3} total, {running:>3} running, {len(found) - running:>3} sleeping,"
        "   0 stopped,   0 zombie",
        *(f"{name}{figures}" for name in names),
        f"MiB Mem : {total} total, {free_} free, {used} used, {cache} buff/cache     ",
        f"MiB Swap: {0:>8.1f} total, {0:>8.1f} free, {0:>8.1f} used."
        f" {memory.available / MIB:>8.1f} avail Mem ",
        "",
    ]


def _row(machine: Machine, p: Process, state: str, view: _View) -> str:
    rss, spent = p.rss_bytes >> 10, cpu_ms(machine, p)
    share = 100 * p.rss_bytes / machine.facts.memory_bytes
    hundredths = spent // 10
    time = f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
    user = p.user if len(p.user) <= 8 else f"{p.user[:7]}+"
    name = p.command if view.commands else p.name
    line = (
        f"{p.pid:>7} {user:<8} {20:>3} {0:>3} {_kib(p.virtual_kib, 7)} {_kib(rss, 6)} {_kib(rss // 3, 6)}"
        f" {state} {p.cpu_percent:>5.1f} {share:>5.1f} {time:>9} "
    )
    if view.width:
        return (line + name)[: view.width]
    return line + (name if view.commands or len(name) <= 11 else name[:10] + "+")


def _kib(size: int, width: int) -> str:
    """Return KiB in *width* columns, scaled when it would not fit."""
    text = str(size)
    if len(text) <= width:
        return text.rjust(width)
    for unit, scale in (("m", 1 << 10), ("g", 1 << 20), ("t", 1 << 30)):
        text = f"{size / scale:.1f}{unit}"
        if len(text) <= width:
            return text.rjust(width)
    return text[-width:]
