"""journalctl over the node's journal.

It prints what `Journal.query` returns for a window; this file must not know which units exist or
why they wrote what they wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import re2

from sim.bash.process import Proc, Running
from sim.kernel import Epoch
from sim.node.journal import Entry
from sim.node.machine import Machine
from sim.node.programs.bulk import bytes_of
from sim.node.programs.host import container_of, is_root, machine_of, unix_ms
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.paging import page
from sim.node.programs.timespec import parse_span, parse_timestamp
from sim.node.programs.unitstatus import size_text

PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_TAKES = set("uSUoptgF")
"""Letters of options that take a value."""
_NOT_HERE = ("-x", "--catalog", "--directory", "-D", "--header", "--verify", "--cursor", "--facility",
             "--after-cursor", "--show-cursor", "-M")  # fmt: skip
FOLLOW_MS = 500
"""How often -f looks for new lines."""
_KEPT_MS = 36 * 3_600_000
_FILE_BYTES = 128 << 20
_LONG = (
    "unit=", "lines=", "since=", "until=", "follow", "reverse", "output=", "no-pager",
    "priority=", "grep=", "identifier=", "dmesg", "boot=", "quiet", "utc", "pager-end", "catalog",
    "no-hostname", "no-tail", "all", "no-full", "full", "system", "case-sensitive=", "help",
    "version", "list-boots", "disk-usage", "vacuum-size=", "vacuum-time=", "vacuum-files=", "rotate",
    "flush", "sync", "fields", "field=", "output-fields=", "merge", "directory=", "user", "this-boot",
    "facility=", "show-cursor", "cursor=", "after-cursor=", "header", "verify", "truncate-newline",
)  # fmt: skip


@dataclass(frozen=True)
class _Selection:
    """Which lines were asked for."""

    units: tuple[str, ...]
    idents: tuple[str, ...]
    kernel: bool
    levels: tuple[int, int]
    """From the most urgent priority to the least."""
    fields: tuple[tuple[str, str], ...]
    """FIELD=VALUE words: of one field any, of several all."""
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
    options = parse(_prepared(proc), "u:n:S:U:fro:p:g:t:kbqexamNlF:D:M:", _LONG)
    if options.has("--help"):
        raise UsageError("journalctl: --help stands alone in this simulator")
    if options.has("--version"):
        proc.print("systemd 252 (252.39-1~deb12u1)")
        return 0
    proc.asked()
    machine = machine_of(proc)
    refused = next((name for name, _ in options.pairs if name in _NOT_HERE), None)
    if refused is not None:
        return proc.fail(f"{refused} is not supported in this simulator")
    if options.has("--list-boots"):
        return _list_boots(proc, machine)
    kept = _keeping(proc, machine, options)
    if kept is not None:
        return kept
    boot = options.value("--boot", default="0")
    if boot not in ("0", "-0", "", machine.boot_id.replace("-", "")):
        raise UsageError(
            f"Data from the specified boot ({boot}) is not available: No such boot ID in journal"
        )
    if options.has("-F", "--field"):
        names = {_fields(e, machine, i).get(options.value("-F", "--field"), "")
                 for i, e in enumerate(_query(machine, _select(proc, options), proc.env.now))}  # fmt: skip
        proc.print(*sorted(names - {""}))
        return 0
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
    text = "".join(show(entry) for entry in found)
    if not following:
        yield from page(
            proc, text, plain=options.has("--no-pager"), end=options.has("-e", "--pager-end")
        )
        return 0
    proc.stdout.write(text)
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
        number = following.lstrip("+-").isdecimal() or following == "all"
        bundled = word.startswith("-") and not word.startswith("--")
        if word == "--lines" and not number:
            argv.append("--lines=10")
        elif bundled and word.endswith("n") and not set(word[1:-1]) & _TAKES and not number:
            argv.append(f"{word}10")
        elif word.startswith("--boot="):
            argv.append(word)
        elif word in ("--boot", "-b") or (
            bundled and word.endswith("b") and not set(word[1:-1]) & _TAKES
        ):
            if bundled and len(word) > 2:
                argv.append(word[:-1])
            argv.append("--boot=0")
        elif argv[-1] == "--boot=0" and (word.lstrip("-").isdecimal() or len(word) == 32):
            argv[-1] = f"--boot={word}"
        elif bundled and word[:2] == "-b" and word[2:].lstrip("-").isdecimal():
            argv.append(f"--boot={word[2:]}")
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
    if not text.lstrip("+").isdecimal():
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
        levels=_levels(options.value("-p", "--priority", default="7")),
        fields=_matches(options.operands),
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


def _levels(text: str) -> tuple[int, int]:
    """Read `err` or `warning..err`."""
    low, dots, high = text.partition("..")
    if not dots:
        return 0, _priority(text)
    first, second = _priority(low), _priority(high)
    return min(first, second), max(first, second)


def _matches(words: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for word in words:
        name, sign, value = word.partition("=")
        if word == "+":
            raise UsageError("journalctl: + is not supported in this simulator")
        if word.startswith("/"):
            found.append(("SYSLOG_IDENTIFIER", word.rpartition("/")[2]))
        elif not sign:
            raise UsageError(f"Failed to add match '{word}': Invalid argument")
        else:
            found.append((name, value))
    return tuple(found)


def _priority(text: str) -> int:
    worst = text.rpartition("..")[2]
    if worst.isdecimal() and int(worst) < len(PRIORITIES):
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
    low, high = wanted.levels
    if (low, high) != (0, 7):
        found = [entry for entry in found if low <= entry.priority <= high]
    for name in dict(wanted.fields):
        values = {value for key, value in wanted.fields if key == name}
        found = [e for i, e in enumerate(found) if _fields(e, machine, i).get(name) in values]
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
    wanted = [one for one in options.value("--output-fields").split(",") if one]
    if output in ("json", "json-pretty", "json-sse", "json-seq", "verbose", "export"):
        return _structured(machine, output, wanted)
    if output not in _STAMPS:
        raise UsageError(f"Unknown output format '{output}'.")
    stamp = _STAMPS[output]
    shown = "" if options.has("--no-hostname") else f"{host} "

    def show(entry: Entry) -> str:
        who = entry.ident if entry.pid is None else f"{entry.ident}[{entry.pid}]"
        head = f"{stamp(epoch, entry.at, machine.facts.booted_at)} {shown}{who}: "
        return head + entry.message.replace("\n", "\n" + " " * len(head)) + "\n"

    return show


def _structured(machine: Machine, output: str, wanted: list[str]) -> Callable[[Entry], str]:
    count = iter(range(1 << 60))
    epoch = machine.epoch

    def show(entry: Entry) -> str:
        fields = _fields(entry, machine, next(count))
        if wanted:
            fields = {k: v for k, v in fields.items() if k in wanted or k.startswith("__")}
        if output == "json":
            return json.dumps(fields, separators=(",", ":"), ensure_ascii=False) + "\n"
        if output == "json-pretty":
            inner = ",\n".join(f"\t{json.dumps(k)} : {json.dumps(v)}" for k, v in fields.items())
            return f"{{\n{inner}\n}}\n"
        if output == "verbose":
            at = epoch.datetime(entry.at)
            head = f"{at:%a %Y-%m-%d %H:%M:%S.%f} UTC [{fields['__CURSOR']}]\n"
            return head + "".join(
                f"    {k}={v}\n" for k, v in sorted(fields.items()) if not k.startswith("__")
            )
        return "".join(f"{k}={v}\n" for k, v in fields.items()) + "\n"

    return show


def _fields(entry: Entry, machine: Machine, index: int) -> dict[str, str]:
    """Return the fields of a line, systemd.journal-fields(7)."""
    unix = machine.epoch.at(entry.at) * 1000
    boot = machine.boot_id.replace("-", "")
    fields = {
        "__CURSOR": f"s={machine.machine_id};i={index:x};b={boot};t={unix:x}",
        "__REALTIME_TIMESTAMP": str(unix),
        "__MONOTONIC_TIMESTAMP": str((entry.at - machine.facts.booted_at) * 1000),
        "_BOOT_ID": boot,
        "_MACHINE_ID": machine.machine_id,
        "_HOSTNAME": machine.name,
        "SYSLOG_IDENTIFIER": entry.ident,
        "PRIORITY": str(entry.priority),
        "_TRANSPORT": "kernel" if entry.ident == "kernel" else "stdout",
        "MESSAGE": entry.message,
    }
    if entry.pid is not None:
        fields["_PID"] = str(entry.pid)
        fields["_UID"] = "0"
        fields["_COMM"] = entry.ident[:15]
    if entry.ident == "systemd" and entry.unit:
        fields["_SYSTEMD_UNIT"], fields["UNIT"] = "init.scope", entry.unit
    elif entry.unit:
        fields["_SYSTEMD_UNIT"] = entry.unit
    return fields


def _keeping(proc: Proc, machine: Machine, options: Options) -> int | None:
    """Say or change how much of the disk the journal takes; None if that is not asked for."""
    held = machine.disk.places()["/var/log/journal"]
    if options.has("--disk-usage"):
        proc.print(f"Archived and active journals take up {size_text(held)} in the file system.")
        return 0
    asked = options.has("--vacuum-size", "--vacuum-time", "--vacuum-files")
    if asked or options.has("--rotate", "--flush", "--sync"):
        if not is_root(proc):
            proc.stderr.write("Failed to open journal: Permission denied\n")
            return 1
        if not asked:
            return 0
    else:
        return None
    keep = held
    if text := options.value("--vacuum-size"):
        wanted = bytes_of(text)
        if wanted is None:
            raise UsageError(f"Failed to parse vacuum size: {text}")
        keep = min(keep, wanted)
    if text := options.value("--vacuum-time"):
        span = parse_span(text)
        if span is None:
            raise UsageError(f"Failed to parse vacuum time: {text}")
        keep = min(keep, held * min(span, _KEPT_MS) // _KEPT_MS)
    if text := options.value("--vacuum-files"):
        keep = min(keep, int(text) * _FILE_BYTES if text.isdecimal() and int(text) else keep)
    freed = machine.disk.vacuum(keep)
    place = f"/var/log/journal/{machine.machine_id}"
    proc.stderr.write(
        f"Vacuuming done, freed {size_text(freed)} of archived journals from {place}.\n"
    )
    return 0


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
    boot = machine.boot_id.replace("-", "")
    first = machine.epoch.datetime(machine.facts.booted_at).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    last = machine.epoch.datetime(proc.env.now).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    proc.print(f"IDX BOOT ID                          {'FIRST ENTRY':<27} {'LAST ENTRY':<27}")
    proc.print(f"  0 {boot} {first} {last}")
    return 0


def format_short(entry: Entry, epoch: Epoch, host: str) -> str:
    """Return a line in journalctl's default form, without its newline."""
    who = entry.ident if entry.pid is None else f"{entry.ident}[{entry.pid}]"
    return f"{epoch.datetime(entry.at).strftime('%b %d %H:%M:%S')} {host} {who}: {entry.message}"
