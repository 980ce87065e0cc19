"""free, uptime, w, who and last: memory, load, and who is logged in.

Forms are those of procps 4.0. This file must not know why memory is used.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.node.logins import OFFICE, Login
from sim.node.machine import Machine
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.options import UsageError, parse, program, waiting
from sim.node.programs.psview import login_of
from sim.node.programs.timespec import parse_span

_FREE_LONG = (
    "bytes", "kibi", "mebi", "gibi", "tebi", "kilo", "mega", "giga", "human", "si", "total", "wide",
    "seconds=", "count=", "lohi", "committed", "version",
)  # fmt: skip
_SCALES = {
    "-b": 1, "--bytes": 1, "-k": 1 << 10, "--kibi": 1 << 10, "-m": 1 << 20, "--mebi": 1 << 20,
    "-g": 1 << 30, "--gibi": 1 << 30, "--tebi": 1 << 40, "--kilo": 10**3, "--mega": 10**6,
    "--giga": 10**9,
}  # fmt: skip
"""Where people log in from."""
MOST_ROUNDS = 100_000


@waiting(1)
def free(proc: Proc) -> Running:
    """Print memory in use, once or again and again."""
    options = parse(proc, "bkmghs:c:tlwvV", _FREE_LONG)
    if options.has("-V", "--version"):
        proc.print("free from procps-ng 4.0.2")
        return 0
    every = options.value("-s", "--seconds")
    span = parse_span(every) if every else None
    if every and not span:
        raise UsageError(f"free: seconds argument `{every}' failed")
    text = options.value("-c", "--count", default="1" if not every else str(MOST_ROUNDS))
    if not text.isdecimal() or not int(text):
        raise UsageError(f"free: failed to parse count argument: '{text}'")
    scale = 1 << 10
    for name, _ in options.pairs:
        scale = 0 if name in ("-h", "--human") else _SCALES.get(name, scale)
    for turn in range(min(int(text), MOST_ROUNDS)):
        if turn:
            yield proc.env.timeout(span or 1000)
            proc.print("")
        proc.asked()
        _free(proc, machine_of(proc), scale, wide=options.has("-w", "--wide"),
              total=options.has("-t", "--total"))  # fmt: skip
    return 0


def _free(proc: Proc, machine: Machine, scale: int, *, wide: bool, total: bool) -> None:
    memory = machine.memory()
    buffers = memory.buffcache - memory.buffcache * 9 // 10
    caches = (buffers, memory.buffcache - buffers) if wide else (memory.buffcache,)
    row = (memory.total, memory.used, memory.free, machine.shared_bytes, *caches, memory.available)
    names = ("total", "used", "free", "shared", *(("buffers", "cache") if wide else ("buff/cache",)),
             "available")  # fmt: skip

    def shown(size: int) -> str:
        return str(size // scale) if scale else _human(size)

    proc.print(" " * 8 + "".join(f"{name:>12}" for name in names))
    proc.print("Mem:    " + "".join(f"{shown(size):>12}" for size in row))
    proc.print("Swap:   " + "".join(f"{shown(0):>12}" for _ in range(3)))
    if total:
        sums = (memory.total, memory.used, memory.free)
        proc.print("Total:  " + "".join(f"{shown(size):>12}" for size in sums))


def _human(size: int) -> str:
    for unit, scale in (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
        if size >= scale:
            value = size / scale
            return f"{value:.1f}{unit}" if value < 10 else f"{int(value)}{unit}"
    return f"{size}B"


def _up(machine: Machine) -> str:
    up = (machine.env.now - machine.facts.booted_at) // 60_000
    days, hours, minutes = up // 1440, up // 60 % 24, up % 60
    parts = f"{days} day{'s' if days != 1 else ''}, " if days else ""
    return parts + (f"{hours:>2}:{minutes:02d}" if hours else f"{minutes} min")


def headline(proc: Proc) -> str:
    """Return the line that uptime, w and top begin with."""
    machine = machine_of(proc)
    clock = machine.epoch.datetime(machine.env.now).strftime("%H:%M:%S")
    load = ", ".join(f"{value:.2f}" for value in machine.load())
    users = 0 if container_of(proc) is not None else machine.logins.users
    told = f"{users:>2} {'users' if users > 1 else 'user'}"
    return f"{clock} up {_up(machine)}, {told},  load average: {load}"


@program(1)
def uptime(proc: Proc) -> int:
    """Print how long the machine has been up, and its load."""
    options = parse(proc, "psV", ("pretty", "since"))
    machine = machine_of(proc)
    proc.asked()
    if options.has("-s", "--since"):
        proc.print(machine.epoch.datetime(machine.facts.booted_at).strftime("%Y-%m-%d %H:%M:%S"))
    elif options.has("-p", "--pretty"):
        minutes = (machine.env.now - machine.facts.booted_at) // 60_000
        units = (("week", 10080), ("day", 1440), ("hour", 60), ("minute", 1))
        told = []
        for name, size in units:
            if count := minutes // size:
                told.append(f"{count} {name}{'s' if count != 1 else ''}")
                minutes %= size
        proc.print(f"up {', '.join(told)}")
    else:
        proc.print(f" {headline(proc)}")
    return 0


@program(1)
def w(proc: Proc) -> int:
    """Print who is logged in and what they do."""
    options = parse(proc, "hsfuoiV", ("no-header", "short", "from"))
    proc.asked()
    machine = machine_of(proc)
    if not options.has("-h", "--no-header"):
        proc.print(f" {headline(proc)}")
        proc.print("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT")
    own = login_of(proc, machine)
    for one in _seated(proc):
        what = " ".join(proc.argv) if one is own else "-bash"
        proc.print(
            f"{one.user:<8} {one.tty:<8} {OFFICE:<16} {machine.epoch.datetime(one.at):%H:%M}   "
            f" 0.00s  0.02s  0.00s {what}"
        )
    return 0


def _seated(proc: Proc) -> list[Login]:
    """Return who is logged in at a terminal; a container has nobody."""
    if container_of(proc) is not None:
        return []
    return [one for one in machine_of(proc).logins.alive() if one.tty]


@program(1)
def who(proc: Proc) -> int:
    """Print who is logged in, or when the machine booted."""
    options = parse(proc, "abdHlmqrstTu", ("all", "boot", "heading", "count"), hint=True)
    machine = machine_of(proc)
    proc.asked()
    if options.has("-b", "--boot"):
        booted = machine.epoch.datetime(machine.facts.booted_at)
        proc.print(f"         system boot  {booted:%Y-%m-%d %H:%M}")
        return 0
    seated = _seated(proc)
    if options.has("-q", "--count"):
        proc.print(" ".join(one.user for one in seated), f"# users={len(seated)}")
        return 0
    if options.has("-H", "--heading"):
        proc.print("NAME     LINE         TIME             COMMENT")
    for one in seated:
        begun = machine.epoch.datetime(one.at)
        proc.print(f"{one.user:<8} {one.tty:<12} {begun:%Y-%m-%d %H:%M} ({OFFICE})")
    return 0


@program(1)
def last(proc: Proc) -> int:
    """Print the latest logins and boots."""
    wanted = parse(proc, "n:xRawFid", ("limit=",)).operands
    machine = machine_of(proc)
    proc.asked()
    booted = machine.epoch.datetime(machine.facts.booted_at)
    kernel = machine.facts.kernel_version
    rows = (
        *(
            (one.user, one.tty,
             f"{one.tty:<12} {OFFICE:<16} {machine.epoch.datetime(one.at):%a %b %e %H:%M}   still logged in")
            for one in reversed(_seated(proc))
        ),
        ("reboot", "system boot",
         f"system boot  {kernel[:16]:<16} {booted:%a %b %e %H:%M}   still running"),
    )  # fmt: skip
    proc.print(
        *(
            f"{who:<8} {row}"
            for who, line, row in rows
            if not wanted or who in wanted or line in wanted
        ),
        "",
        f"wtmp begins {booted:%a %b %e %H:%M:%S %Y}",
    )
    return 0
