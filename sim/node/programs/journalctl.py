"""journalctl and dmesg over the node's journal.

Both print what `Journal.query` returns for a window; this file must not know which units exist or
why they wrote what they wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import re2

from sim.bash.process import Proc, Running
from sim.kernel import Epoch
from sim.node.journal import Entry
from sim.node.kernelog import boot_entries
from sim.node.machine import Machine
from sim.node.programs.host import container_of, is_root, machine_of, unix_ms
from sim.node.programs.options import Options, UsageError, parse, program, waiting
from sim.node.programs.timespec import parse_timestamp

PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
FOLLOW_MS = 500
"""How often -f looks for new lines."""
_LONG = (
    "unit=", "lines=", "since=", "until=", "follow", "reverse", "output=", "no-pager",
    "priority=", "grep=", "identifier=", "dmesg", "boot", "quiet", "utc", "pager-end", "catalog",
    "no-hostname", "no-tail", "all", "no-full", "full", "system", "case-sensitive=", "help",
    "version", "list-boots", "disk-usage",
)  # fmt: skip


@dataclass(frozen=True)
class _Selection:
    """Which lines were asked for."""

    units: tuple[str, ...]
    idents: tuple[str, ...]
    kernel: bool
    worst: int
    """Lines of this priority or more urgent."""
    pattern: str
    since: int | None
    """Simulated ms."""
    until: int | None


@waiting(1)
def journalctl(proc: Proc) -> Running:
    """Print the node's journal."""
    if container_of(proc) is not None:
        proc.print("No journal files were found.", "-- No entries --")
        return 0
    options = parse(_prepared(proc), "u:n:S:U:fro:p:g:t:kbqexamN", _LONG)
    if options.has("--version"):
        proc.print("systemd 252 (252.39-1~deb12u1)")
        return 0
    proc.asked()
    machine = machine_of(proc)
    if options.has("--list-boots"):
        return _list_boots(proc, machine)
    if options.has("--disk-usage"):
        proc.fail("--disk-usage is not supported in this simulator")
        return 1
    selection = _select(proc, options)
    show = _printer(proc, options)
    lines = _line_count(options)
    now = proc.env.now
    found = _query(machine, selection, now)
    if lines is not None:
        found = found[-lines:] if lines else []
    if options.has("-r", "--reverse"):
        found.reverse()
    following = options.has("-f", "--follow")
    if not found and not following and not options.has("-q", "--quiet"):
        proc.print("-- No entries --")
        return 1 if selection.pattern else 0
    proc.stdout.write("".join(show(entry) for entry in found))
    last = now
    while following:
        yield proc.env.timeout(FOLLOW_MS)
        now = proc.env.now
        for entry in _query(machine, selection, now, after=last):
            proc.stdout.write(show(entry))
        last = now
    return 0


def _prepared(proc: Proc) -> Proc:
    """Give `-n`, `-b` and `--lines` the optional arguments that getopt(3) allows them."""
    argv = [proc.argv[0]]
    words = proc.argv[1:]
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        number = following.lstrip("+-").isdigit() or following == "all"
        bundled = word.startswith("-") and not word.startswith("--")
        if word == "--lines" and not number:
            argv.append("--lines=10")
        elif bundled and word.endswith("n") and not set(word[1:-1]) & set("uSUoptg") and not number:
            argv.append(f"{word}10")
        elif word == "--boot" or word.startswith("--boot="):
            argv.append("--boot")
        elif argv[-1] == "-b" and word.lstrip("-").isdigit():
            continue
        else:
            argv.append(word)
    return replace(proc, argv=argv)


def _line_count(options: Options) -> int | None:
    text = options.value("-n", "--lines")
    if not text:
        # -f shows ten lines of the past, as tail does; -e a page's worth.
        if options.has("-f", "--follow") and not options.has("--no-tail"):
            return 10
        return 1000 if options.has("-e", "--pager-end") else None
    if text == "all":
        return None
    if not text.lstrip("+").isdigit():
        raise UsageError(f"Failed to parse lines '{text}'")
    return int(text.lstrip("+")[:9])


def _select(proc: Proc, options: Options) -> _Selection:
    """Read which lines were asked for.

    Raises:
        UsageError: for an instant, priority or pattern that cannot be read.
    """
    pattern = options.value("-g", "--grep")
    if pattern:
        smart = pattern if any(c.isupper() for c in pattern) else f"(?i){pattern}"
        pattern = _compiled(smart)
    return _Selection(
        units=tuple(_unit_name(unit) for unit in options.values("-u", "--unit")),
        idents=tuple(options.values("-t", "--identifier")),
        kernel=options.has("-k", "--dmesg"),
        worst=_priority(options.value("-p", "--priority", default="7")),
        pattern=pattern,
        since=_instant(proc, options.value("-S", "--since")),
        until=_instant(proc, options.value("-U", "--until")),
    )


def _compiled(pattern: str) -> str:
    try:
        re2.compile(pattern)
    except re2.error as problem:
        raise UsageError(f'Bad pattern "{pattern}": {problem}') from None
    return pattern


def _unit_name(text: str) -> str:
    known = (".service", ".timer", ".socket", ".mount", ".target", ".slice", ".scope")
    return text if text.endswith(known) or "*" in text else f"{text}.service"


def _priority(text: str) -> int:
    worst = text.rpartition("..")[2]
    if worst.isdigit() and int(worst) < len(PRIORITIES):
        return int(worst)
    named = {"error": "err", "warn": "warning", "panic": "emerg"}.get(worst, worst)
    if named not in PRIORITIES:
        raise UsageError(f"Unknown log level {text}")
    return PRIORITIES.index(named)


def _instant(proc: Proc, text: str) -> int | None:
    if not text:
        return None
    at = parse_timestamp(text, unix_ms(proc))
    if at is None:
        raise UsageError(f"Failed to parse timestamp: {text}")
    return at - machine_of(proc).epoch.at(0)


def _query(
    machine: Machine, wanted: _Selection, now: int, *, after: int | None = None
) -> list[Entry]:
    """Return the chosen lines up to *now*, with *after* only those later than that."""
    since = wanted.since if after is None else max(after + 1, wanted.since or after + 1)
    until = now if wanted.until is None else min(now, wanted.until)
    if since is not None and since > until:
        return []
    if wanted.kernel:
        found = machine.journal.query(None, since, until, kernel=True)
    elif len(wanted.units) == 1 and "*" not in wanted.units[0]:
        found = machine.journal.query(wanted.units[0], since, until)
    else:
        found = machine.journal.query(None, since, until)
        if wanted.units:
            found = [e for e in found if any(_fits(e.unit, unit) for unit in wanted.units)]
    if wanted.idents:
        found = [entry for entry in found if entry.ident in wanted.idents]
    if wanted.worst < 7:
        found = [entry for entry in found if entry.priority <= wanted.worst]
    if wanted.pattern:
        expression = re2.compile(wanted.pattern)
        found = [entry for entry in found if expression.search(entry.message)]
    return list(found)


def _fits(unit: str, wanted: str) -> bool:
    head, star, tail = wanted.partition("*")
    if not star:
        return unit == wanted
    return unit.startswith(head) and unit.endswith(tail.removeprefix("*"))


def _printer(proc: Proc, options: Options) -> Callable[[Entry], str]:
    machine = machine_of(proc)
    epoch, host = machine.epoch, machine.name
    output = options.value("-o", "--output", default="short")
    if output == "cat":
        return lambda entry: f"{entry.message}\n"
    if output in ("json", "json-pretty"):
        indent = 8 if output == "json-pretty" else None
        return lambda entry: json.dumps(_fields(entry, epoch, host), indent=indent) + "\n"
    if output not in _STAMPS:
        raise UsageError(f"Unknown output format '{output}'.")
    stamp = _STAMPS[output]
    shown = "" if options.has("--no-hostname") else f"{host} "

    def show(entry: Entry) -> str:
        who = entry.ident if entry.pid is None else f"{entry.ident}[{entry.pid}]"
        head = f"{stamp(epoch, entry.at, machine.facts.booted_at)} {shown}{who}: "
        return head + entry.message.replace("\n", "\n" + " " * len(head)) + "\n"

    return show


def _fields(entry: Entry, epoch: Epoch, host: str) -> dict[str, str]:
    fields = {
        "__REALTIME_TIMESTAMP": str(epoch.at(entry.at) * 1000),
        "_HOSTNAME": host,
        "SYSLOG_IDENTIFIER": entry.ident,
        "PRIORITY": str(entry.priority),
        "MESSAGE": entry.message,
    }
    if entry.pid is not None:
        fields["_PID"] = str(entry.pid)
    if entry.unit:
        fields["_SYSTEMD_UNIT"] = entry.unit
    return fields


def _moment(epoch: Epoch, at: int) -> datetime:
    return epoch.datetime(at)


_STAMPS: dict[str, Callable[[Epoch, int, int], str]] = {
    "short": lambda epoch, at, _: _moment(epoch, at).strftime("%b %d %H:%M:%S"),
    "short-precise": lambda epoch, at, _: _moment(epoch, at).strftime("%b %d %H:%M:%S.%f"),
    "short-iso": lambda epoch, at, _: _moment(epoch, at).strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "short-iso-precise": (
        lambda epoch, at, _: _moment(epoch, at).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    ),
    "short-full": lambda epoch, at, _: _moment(epoch, at).strftime("%a %Y-%m-%d %H:%M:%S UTC"),
    "short-unix": lambda epoch, at, _: f"{epoch.at(at) / 1000:.6f}",
    "short-monotonic": lambda _, at, boot: f"[{(at - boot) / 1000:>12.6f}]",
    "with-unit": lambda epoch, at, _: _moment(epoch, at).strftime("%a %Y-%m-%d %H:%M:%S UTC"),
}


def _list_boots(proc: Proc, machine: Machine) -> int:
    boot = machine.stream.at("boot-id").hex(32)
    first = machine.epoch.datetime(machine.facts.booted_at).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    last = machine.epoch.datetime(proc.env.now).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    proc.print(f"IDX BOOT ID                          {'FIRST ENTRY':<27} {'LAST ENTRY':<27}")
    proc.print(f"  0 {boot} {first} {last}")
    return 0


def format_short(entry: Entry, epoch: Epoch, host: str) -> str:
    """Return a line in journalctl's default form, without its newline."""
    who = entry.ident if entry.pid is None else f"{entry.ident}[{entry.pid}]"
    return f"{epoch.datetime(entry.at).strftime('%b %d %H:%M:%S')} {host} {who}: {entry.message}"


@program(1)
def dmesg(proc: Proc) -> int:
    """Print the kernel's ring buffer."""
    short, long = "TtkxHLl:ewWcCn:", ("ctime", "notime", "kernel", "level=", "decode", "follow")
    options = parse(proc, short, (*long, "human", "color=", "nopager", "since=", "until="))
    refused = next((name for name, _ in options.pairs if name in _DMESG_NOT), None)
    if refused is not None:
        return proc.fail(f"{refused} is not supported in this simulator")
    if container_of(proc) is not None or not is_root(proc):
        return proc.fail("read kernel buffer failed: Operation not permitted")
    proc.asked()
    machine = machine_of(proc)
    levels = options.value("-l", "--level")
    worst = {_priority(level) for level in levels.split(",")} if levels else None
    calendar = options.has("-T", "--ctime", "-e")
    bounds = [_instant(proc, options.value(name)) for name in ("--since", "--until")]
    until = proc.env.now if bounds[1] is None else min(bounds[1], proc.env.now)
    out: list[str] = []
    entries = machine.journal.query(None, bounds[0], until, kernel=True)
    if bounds[0] is None or bounds[0] <= machine.facts.booted_at:
        entries = [*boot_entries(machine), *entries]
    for entry in entries:
        if worst is not None and entry.priority not in worst:
            continue
        if options.has("-t", "--notime"):
            head = ""
        elif calendar:
            when = datetime.fromtimestamp(machine.epoch.at(entry.at) // 1000, UTC)
            head = f"[{when.strftime('%a %b ')}{when.day:>2}{when.strftime(' %H:%M:%S %Y')}] "
        else:
            head = f"[{_since_boot(machine, entry.at)}] "
        if options.has("-x", "--decode"):
            head = f"{'kern':<6}:{PRIORITIES[entry.priority]:<6}: {head}"
        out.extend(f"{head}{line}\n" for line in entry.message.split("\n"))
    proc.stdout.write("".join(out))
    return 0


_DMESG_NOT = {"-w", "-W", "--follow", "-c", "-C", "-n"}


def _since_boot(machine: Machine, at: int) -> str:
    seconds, milliseconds = divmod(at - machine.facts.booted_at, 1000)
    micro = machine.stream.at("dmesg", at).integer(0, 999)
    return f"{seconds:>5}.{milliseconds:03d}{micro:03d}"
