"""free, ps, top, uptime, pgrep, pidof and kill over a place's processes and memory.

In a container only its own processes are seen, numbered from 1, while memory and load are the
machine's, as in a real one. This file must not know why a process is as big as it is.
"""

from __future__ import annotations

import re2

from sim.bash.process import Proc, Running
from sim.node.machine import Machine, Process
from sim.node.programs.host import changed, container_of, is_root, machine_of
from sim.node.programs.options import UsageError, parse, program, waiting

MIB = 1 << 20
_SIGNALS = {"1": "HUP", "2": "INT", "3": "QUIT", "9": "KILL", "15": "TERM"}


def visible(proc: Proc) -> list[Process]:
    """Return the processes that the place sees, by pid."""
    machine, container = machine_of(proc), container_of(proc)
    if container is None:
        return sorted(machine.processes(), key=lambda p: p.pid)
    own = sorted(
        (p for p in machine.processes() if p.container_id == container.id), key=lambda p: p.pid
    )
    numbers = {p.pid: 1 if index == 0 else 6 + index for index, p in enumerate(own)}
    return [p._replace(pid=numbers[p.pid], ppid=numbers.get(p.ppid, 0)) for p in own]


@program(1)
def free(proc: Proc) -> int:
    """Print memory in use."""
    options = parse(
        proc, "bkmghs:c:tlwV", ("bytes", "kibi", "mebi", "gibi", "human", "total", "si")
    )
    machine = machine_of(proc)
    proc.asked()
    memory = machine.memory()
    shared = machine.stream.at("shmem").integer(6, 20) * MIB
    row = (memory.total, memory.used, memory.free, shared, memory.buffcache, memory.available)
    names = ("total", "used", "free", "shared", "buff/cache", "available")
    if options.has("-h", "--human"):
        cells, swap = [_human(size) for size in row], ["0B"] * 3
    else:
        scale = 1 << 10
        for names_of, value in (
            (("-b", "--bytes"), 1),
            (("-m", "--mebi"), 1 << 20),
            (("-g", "--gibi"), 1 << 30),
        ):
            scale = value if options.has(*names_of) else scale
        cells, swap = [str(size // scale) for size in row], ["0"] * 3
    proc.print(
        " " * 8 + "".join(f"{name:>12}" for name in names),
        "Mem:    " + "".join(f"{cell:>12}" for cell in cells),
        "Swap:   " + "".join(f"{cell:>12}" for cell in swap),
    )
    return 0


def _human(size: int) -> str:
    for unit, scale in (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
        if size >= scale:
            value = size / scale
            return f"{value:.1f}{unit}" if value < 10 else f"{int(value)}{unit}"
    return f"{size}B"


def _elapsed(machine: Machine, process: Process) -> int:
    """Return the CPU time a process has used, in seconds, from its share and age."""
    if process.cpu_ms >= 0:
        return process.cpu_ms // 1000
    age = machine.env.now - process.started_at
    return int(age * process.cpu_percent / 100_000)


def _average(machine: Machine, process: Process) -> float:
    """Return what ps calls %CPU: the CPU time used over the time it has run."""
    if process.cpu_ms < 0:
        return process.cpu_percent
    return 100 * process.cpu_ms / max(1000, machine.env.now - process.started_at)


def _start(machine: Machine, process: Process) -> str:
    at, now = machine.epoch.datetime(process.started_at), machine.epoch.datetime(machine.env.now)
    if at.date() == now.date():
        return at.strftime("%H:%M")
    return at.strftime("%b%d") if at.year == now.year else at.strftime("%Y")


@program(1)
def ps(proc: Proc) -> int:
    """List processes: `aux`, `-ef`, or those of this terminal."""
    letters = "".join(proc.argv[1:]).replace("-", "").replace("w", "")
    allowed = set("auxefHAly")
    if set(letters) - allowed:
        proc.stderr.write(
            "error: unsupported option (BSD syntax)\n\nUsage:\n ps [options]\n\n"
            " Here: ps, ps aux, ps -ef, ps -A.\n"
        )
        return 1
    proc.asked()
    machine = machine_of(proc)
    found = visible(proc)
    if "u" in letters or set(letters) & {"a", "x"}:
        total = machine.facts.memory_bytes
        waiting = _disk_waiters(machine)
        proc.print("USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND")
        for p in found:
            rss, used = p.rss_bytes >> 10, _elapsed(machine, p)
            share = 100 * p.rss_bytes / total
            stat = (
                "Dsl"
                if p.pid in waiting
                else "S"
                if not p.rss_bytes
                else "Ssl"
                if p.ppid == 1
                else "Sl"
            )
            proc.print(
                f"{p.user:<8} {p.pid:>5} {_average(machine, p):>4.1f} {share:>4.1f} {_virtual(p):>6}"
                f" {rss:>5} ?        {stat:<4} {_start(machine, p):<5}"
                f" {used // 60:>3}:{used % 60:02d} {p.command}"
            )
    elif "f" in letters:
        proc.print("UID        PID  PPID  C STIME TTY          TIME CMD")
        for p in found:
            proc.print(
                f"{p.user:<8} {p.pid:>5} {p.ppid:>5} {int(_average(machine, p)):>2}"
                f" {_start(machine, p)} ?        {_clock(_elapsed(machine, p))} {p.command}"
            )
    else:
        proc.print("    PID TTY          TIME CMD")
        shown = found if set(letters) & {"e", "A"} else found[:0]
        for p in shown:
            proc.print(f"{p.pid:>7} ?        {_clock(_elapsed(machine, p))} {_name(p)}")
    return 0


@program(1)
def busybox_ps(proc: Proc) -> int:
    """List processes, busybox' ps."""
    proc.asked()
    machine = machine_of(proc)
    proc.print("PID   USER     TIME  COMMAND")
    for p in visible(proc):
        used = _elapsed(machine, p)
        proc.print(f"{p.pid:>5} {p.user:<8} {used // 60:>2}:{used % 60:02d} {p.command}")
    return 0


def _virtual(process: Process) -> int:
    """Return an address space as Go and C programs have it, in KiB; only its size is made up."""
    if not process.rss_bytes:
        return 0
    return (process.rss_bytes >> 10) * 3 // 2 + 4096


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _name(process: Process) -> str:
    first = process.command.split(" ")[0]
    return first.strip("[]") if first.startswith("[") else first.rpartition("/")[2][:15]


def _uptime(machine: Machine) -> str:
    up = (machine.env.now - machine.facts.booted_at) // 60_000
    days, hours, minutes = up // 1440, up // 60 % 24, up % 60
    parts = f"{days} day{'s' if days != 1 else ''}, " if days else ""
    return parts + (f"{hours:>2}:{minutes:02d}" if hours else f"{minutes} min")


def _headline(machine: Machine) -> str:
    clock = machine.epoch.datetime(machine.env.now).strftime("%H:%M:%S")
    load = ", ".join(f"{value:.2f}" for value in machine.load())
    return f"{clock} up {_uptime(machine)},  1 user,  load average: {load}"


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
        proc.print(f" {_headline(machine)}")
    return 0


@waiting(1)
def top(proc: Proc) -> Running:
    """Print the busiest processes; without -b once, as nothing here can be scrolled."""
    options = parse(proc, "bn:d:o:cHp:i1", ("batch",))
    rounds = options.value("-n", default="1")
    if not rounds.isdigit() or not int(rounds):
        raise UsageError(f"top: bad iterations argument '{rounds}'")
    machine = machine_of(proc)
    by_memory = options.value("-o").lstrip("+-") in ("%MEM", "RES")
    proc.asked()
    for index in range(min(int(rounds), 1000)):
        if index:
            yield proc.env.timeout(3000)
            proc.print("")
        found = visible(proc)
        key = "rss_bytes" if by_memory else "cpu_percent"
        found.sort(key=lambda p: (-getattr(p, key), p.pid))
        proc.print(*_top(machine, found))
    return 0


def _disk_waiters(machine: Machine) -> frozenset[int]:
    """Return the pids that wait for the disk: a kube-proxy that thrashes, and nobody else here."""
    proxy = machine.proxy
    if proxy.regime != "thrashing" or proxy.container is None:
        return frozenset()
    return frozenset({proxy.container.pid})


def _top(machine: Machine, found: list[Process]) -> list[str]:
    cores = max(1, machine.facts.cpu_millicores // 1000)
    busy = min(100.0, sum(p.cpu_percent for p in found) / cores)
    waiting = _disk_waiters(machine)
    wait = min(100.0 - busy, 100.0 * len(waiting) / cores)
    memory = machine.memory()
    running = max(1, sum(p.cpu_percent >= 50 for p in found))
    total, free_, used, cache = (
        f"{size / MIB:>8.1f}" for size in (memory.total, memory.free, memory.used, memory.buffcache)
    )
    lines = [
        f"top - {_headline(machine)}",
        f"Tasks: {len(found):>3} total, {running:>3} running, {len(found) - running:>3} sleeping,"
        "   0 stopped,   0 zombie",
        f"%Cpu(s): {busy * 0.7:>4.1f} us, {busy * 0.3:>4.1f} sy,  0.0 ni, {100 - busy - wait:>4.1f} id,"
        f" {wait:>4.1f} wa,  0.0 hi,  0.0 si,  0.0 st ",
        f"MiB Mem : {total} total, {free_} free, {used} used, {cache} buff/cache     ",
        f"MiB Swap: {0:>8.1f} total, {0:>8.1f} free, {0:>8.1f} used."
        f" {memory.available / MIB:>8.1f} avail Mem ",
        "",
        "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND",
    ]
    for p in found:
        rss, spent = p.rss_bytes >> 10, _elapsed(machine, p)
        state = "D" if p.pid in waiting else "R" if p.cpu_percent >= 50 else "S"
        share = 100 * p.rss_bytes / machine.facts.memory_bytes
        name = _name(p)
        lines.append(
            f"{p.pid:>7} {p.user:<8} {20:>3} {0:>3} {_virtual(p):>7} {rss:>6} {rss // 3:>6} {state}"
            f" {p.cpu_percent:>5.1f} {share:>5.1f} {f'{spent // 60}:{spent % 60:02d}.00':>9}"
            f" {name if len(name) <= 11 else name[:10] + '+'}"
        )
    return lines


@program(2)
def pgrep(proc: Proc) -> int:
    """Print the pids of processes whose name matches."""
    options = parse(proc, "flaxnou:c", ("full", "list-name", "exact", "count"))
    if len(options.operands) != 1:
        raise UsageError(
            f"{proc.argv[0]}: no matching criteria specified\n"
            f"Try `{proc.argv[0]} --help' for more information."
        )
    try:
        expression = re2.compile(options.operands[0])
    except re2.error as problem:
        raise UsageError(f"{proc.argv[0]}: regex error: {problem}") from None
    proc.asked()
    full = options.has("-f", "--full")
    found = [p for p in visible(proc) if expression.search(p.command if full else _name(p))]
    if options.has("-c", "--count"):
        proc.print(str(len(found)))
    elif options.has("-a"):
        proc.print(*(f"{p.pid} {p.command}" for p in found))
    elif options.has("-l", "--list-name"):
        proc.print(*(f"{p.pid} {_name(p)}" for p in found))
    else:
        proc.print(*(str(p.pid) for p in found))
    return 0 if found else 1


@program(1)
def pidof(proc: Proc) -> int:
    """Print the pids of processes of exactly that name."""
    names = {word for word in proc.argv[1:] if not word.startswith("-")}
    proc.asked()
    found = [str(p.pid) for p in reversed(visible(proc)) if _name(p) in names]
    if not found:
        return 1
    proc.print(" ".join(found))
    return 0


@program(1)
def kill(proc: Proc) -> int:
    """Send a signal; the main process of a container and kube-proxy's can be ended."""
    signal, targets = "TERM", []
    words = proc.argv[1:]
    while words:
        word = words.pop(0)
        if word in ("-s", "--signal", "-n") and words:
            signal = _signal(words.pop(0))
        elif word.startswith("-") and len(word) > 1:
            signal = _signal(word[1:])
        else:
            targets.append(word)
    if not targets:
        raise UsageError("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid")
    code = 0
    for target in targets:
        code = _send(proc, target, signal) or code
    return code


def _signal(text: str) -> str:
    name = _SIGNALS.get(text, text.upper().removeprefix("SIG"))
    if name not in {*_SIGNALS.values(), "0", "USR1", "USR2", "CONT", "STOP"}:
        raise UsageError(f"kill: {text}: invalid signal specification")
    return name


def _send(proc: Proc, target: str, signal: str) -> int:
    if not target.isdigit():
        proc.stderr.write(f"kill: {target}: arguments must be process or job IDs\n")
        return 1
    process = next((p for p in visible(proc) if p.pid == int(target)), None)
    if process is None:
        proc.stderr.write(f"kill: ({target}) - No such process\n")
        return 1
    if not is_root(proc):
        proc.stderr.write(f"kill: ({target}) - Operation not permitted\n")
        return 1
    if signal not in ("TERM", "KILL", "INT", "HUP", "QUIT"):
        return 0
    machine = machine_of(proc)
    if container_of(proc) is not None:
        # The kernel shields pid 1 of a namespace from SIGKILL sent inside it.
        if int(target) == 1 and signal != "KILL":
            proc.host.terminate()
        return 0
    container = machine.containers.get(process.container_id)
    if container is None:
        proc.stderr.write(
            f"kill: ({target}) - only processes of containers can be ended in this simulator\n"
        )
        return 1
    changed(proc, "kill", f"-{signal} {target} ({process.command})")
    if signal == "KILL":
        container.kill()
    else:
        container.terminate()
    return 0
