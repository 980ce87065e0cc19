"""dmesg: the kernel's ring buffer, in util-linux' forms. Must not know why the kernel wrote."""

from __future__ import annotations

from datetime import UTC, datetime

from sim.bash.process import Proc, Running
from sim.node.journal import Entry
from sim.node.kernelog import boot_entries
from sim.node.machine import Machine
from sim.node.programs.host import container_of, is_root, machine_of, unix_ms
from sim.node.programs.journalctl import PRIORITIES
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.paging import page
from sim.node.programs.timespec import parse_timestamp

FOLLOW_MS = 500
_LONG = (
    "ctime", "notime", "kernel", "level=", "decode", "follow", "follow-new", "human", "color=",
    "nopager", "since=", "until=", "clear", "read-clear", "console-level=", "reltime", "raw",
    "facility=", "time-format=", "userspace", "show-delta", "force-prefix",
)  # fmt: skip
_NOT_HERE = ("-n", "--console-level", "-u", "--userspace", "-f", "--facility", "--time-format", "-d",
             "--show-delta", "-D", "-E")  # fmt: skip


@waiting(1)
def dmesg(proc: Proc) -> Running:
    """Print the kernel's messages, and go on with -w."""
    options = parse(proc, "TtkxHLl:ewWcCn:rPf:udDE", _LONG, hint=True)
    refused = next((name for name, _ in options.pairs if name in _NOT_HERE), None)
    if refused is not None:
        return proc.fail(f"{refused} is not supported in this simulator")
    if container_of(proc) is not None or not is_root(proc):
        return proc.fail("read kernel buffer failed: Operation not permitted")
    proc.asked()
    machine = machine_of(proc)
    levels = options.value("-l", "--level")
    wanted = _levels(levels)
    bounds = [_instant(proc, options.value(name)) for name in ("--since", "--until")]
    until = proc.env.now if bounds[1] is None else min(bounds[1], proc.env.now)
    cleared = machine.ring_cleared
    entries = machine.journal.query(None, bounds[0], until, kernel=True)
    if bounds[0] is None or bounds[0] <= machine.facts.booted_at:
        entries = [*boot_entries(machine), *entries]
    entries = [one for one in entries if cleared is None or one.at > cleared]

    def show(one: Entry) -> str:
        if wanted is not None and one.priority not in wanted:
            return ""
        head = _head(machine, one, options)
        return "".join(f"{head}{line}\n" for line in one.message.split("\n"))

    if options.has("-C", "--clear"):
        machine.ring_cleared = proc.env.now
        return 0
    follows = options.has("-w", "--follow", "-W", "--follow-new")
    text = "" if options.has("-W", "--follow-new") else "".join(show(one) for one in entries)
    if options.has("-H", "--human") and not follows:
        yield from page(proc, text, plain=options.has("-P", "--nopager"))
    else:
        proc.stdout.write(text)
    if options.has("-c", "--read-clear"):
        machine.ring_cleared = proc.env.now
    last = proc.env.now
    while follows:
        yield proc.env.timeout(FOLLOW_MS)
        for one in machine.journal.query(None, last + 1, proc.env.now, kernel=True):
            proc.stdout.write(show(one))
        last = proc.env.now
    return 0


def _levels(text: str) -> set[int] | None:
    if not text:
        return None
    found: set[int] = set()
    for name in text.split(","):
        plain = name.strip("+")
        if plain not in PRIORITIES and plain not in ("warn", "panic"):
            raise UsageError(f"dmesg: unknown level '{name}'")
        number = PRIORITIES.index({"warn": "warning", "panic": "emerg"}.get(plain, plain))
        found |= set(range(number + 1)) if name.endswith("+") else {number}
    return found


def _instant(proc: Proc, text: str) -> int | None:
    if not text:
        return None
    at = parse_timestamp(text, unix_ms(proc))
    if at is None:
        raise UsageError(f'dmesg: invalid time value "{text}"')
    return at - machine_of(proc).epoch.at(0)


def _head(machine: Machine, entry: Entry, options: Options) -> str:
    when = datetime.fromtimestamp(machine.epoch.at(entry.at) // 1000, UTC)
    if options.has("-t", "--notime"):
        head = ""
    elif options.has("-T", "--ctime"):
        head = f"[{when.strftime('%a %b ')}{when.day:>2}{when.strftime(' %H:%M:%S %Y')}] "
    elif options.has("-e", "--reltime", "-H", "--human"):
        head = f"[{when.strftime('%b')}{when.day:>2} {when.strftime('%H:%M')}] "
    else:
        head = f"[{_since_boot(machine, entry.at)}] "
    if options.has("-x", "--decode"):
        level = {"warning": "warn"}.get(PRIORITIES[entry.priority], PRIORITIES[entry.priority])
        return f"{'kern':<6}:{level:<6}: {head}"
    if options.has("-r", "--raw"):
        return f"<{entry.priority}>{head}"
    return head


def _since_boot(machine: Machine, at: int) -> str:
    seconds, milliseconds = divmod(at - machine.facts.booted_at, 1000)
    micro = machine.stream.at("dmesg", at).integer(0, 999)
    return f"{seconds:>5}.{milliseconds:03d}{micro:03d}"
