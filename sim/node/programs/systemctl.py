"""systemctl over the node's units: what it shows; what it changes is in `unitchanges`.

Forms are those of systemd 252; this file must not know what makes a unit start or fail.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.node.machine import Machine, Unit
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.journalctl import format_short
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.timespec import format_ago, format_timestamp
from sim.node.programs.unitchanges import FILES, RUNNING, change
from sim.node.programs.unitstatus import format_status

_LONG = (
    "no-pager", "all", "type=", "state=", "lines=", "property=", "value", "full", "quiet",
    "now", "no-legend", "plain", "failed", "no-block", "version", "help", "output=", "no-ask-password",
    "signal=", "kill-whom=", "kill-who=", "runtime", "force", "system", "legend=", "reverse",
)  # fmt: skip
_NOT_HERE = ("edit", "set-property", "reboot", "poweroff", "halt", "kexec", "suspend", "isolate",
             "link", "preset", "revert", "switch-root", "rescue", "emergency", "list-sockets",
             "list-jobs", "list-machines", "import-environment", "freeze", "thaw", "bind")  # fmt: skip
_PASS_ALL = ". Pass --all to see loaded but inactive units, too."
_SUFFIXES = (".service", ".timer", ".socket", ".target", ".slice", ".mount", ".scope")


@waiting(1)
def systemctl(proc: Proc) -> Running:
    """Show the node's units, and start, stop or restart them."""
    options = parse(proc, "t:n:p:aqlPos:", _LONG)
    if options.has("--help"):
        raise UsageError("systemctl: --help stands alone in this simulator")
    if options.has("--version"):
        proc.print("systemd 252 (252.39-1~deb12u1)")
        return 0
    if container_of(proc) is not None:
        proc.stderr.write(
            "System has not been booted with systemd as init system (PID 1). Can't operate.\n"
            "Failed to connect to bus: Host is down\n"
        )
        return 1
    proc.asked()
    machine = machine_of(proc)
    verb, *names = options.operands or ["list-units"]
    units = [unit_name(name) for name in names]
    if verb in RUNNING or verb in FILES:
        return (yield from change(proc, machine, verb, units, options))
    if verb == "list-units":
        return _list_units(proc, machine, options, units)
    if verb == "list-timers":
        return _list_timers(proc, machine)
    if verb == "list-unit-files":
        return _list_files(proc, machine, options)
    if verb in ("daemon-reload", "daemon-reexec", "reset-failed"):
        return _manage(proc, machine, verb, units)
    if verb == "is-system-running":
        failed = any(unit.active == "failed" for unit in machine.units())
        proc.print("degraded" if failed else "running")
        return 1 if failed else 0
    if verb == "get-default":
        proc.print("multi-user.target")
        return 0
    if verb in ("is-active", "is-failed", "is-enabled"):
        return _one_word(proc, machine, verb, units, quiet=options.has("-q", "--quiet"))
    if verb == "status":
        return _status(proc, machine, units, options)
    if verb == "cat":
        return _cat(proc, machine, units)
    if verb == "show":
        return _show(proc, machine, units, options)
    if verb == "list-dependencies":
        return _list_dependencies(proc, machine, units)
    if verb in _NOT_HERE:
        raise UsageError(f"systemctl: {verb} is not supported in this simulator")
    raise UsageError(f"Unknown command verb {verb}.")


def unit_name(name: str) -> str:
    """Return a unit's full name; without a known suffix it is a service."""
    return name if name.endswith(_SUFFIXES) or "*" in name else f"{name}.service"


def _loaded(machine: Machine, name: str) -> Unit | None:
    return next((unit for unit in machine.units() if unit.name == name), None)


def _one_word(proc: Proc, machine: Machine, verb: str, names: list[str], *, quiet: bool) -> int:
    """Print one word a unit; is-active succeeds if any is active, as systemctl's does."""
    words: list[str] = []
    for name in names:
        unit = _loaded(machine, name)
        if verb == "is-enabled":
            if unit is None:
                proc.stderr.write(
                    f"Failed to get unit file state for {name}: No such file or directory\n"
                )
                return 1
            words.append(unit.enabled)
        else:
            words.append("inactive" if unit is None else unit.active)
    if not quiet:
        proc.print(*words)
    if verb == "is-active":
        return 0 if "active" in words else 3
    if verb == "is-failed":
        return 0 if "failed" in words else 1
    return 0 if {"enabled", "static"} & set(words) else 1


def _status(proc: Proc, machine: Machine, names: list[str], options: Options) -> int:
    if not names:
        return _system_status(proc, machine)
    text = options.value("-n", "--lines", default="10")
    lines = int(text[:6]) if text.isdecimal() else 10
    code = 0
    for index, name in enumerate(names):
        unit = _loaded(machine, name)
        if unit is None:
            proc.stderr.write(f"Unit {name} could not be found.\n")
            code = 4
            continue
        if index:
            proc.print("")
        proc.print(*format_status(machine, unit))
        entries = machine.journal.query(name, None, proc.env.now, lines=lines)
        if entries:
            proc.print("", *(format_short(entry, machine.epoch, machine.name) for entry in entries))
        if code == 0 and unit.active not in ("active", "activating"):
            code = 3
    return code


def _system_status(proc: Proc, machine: Machine) -> int:
    units = machine.units()
    failed = sum(unit.active == "failed" for unit in units)
    since = machine.facts.booted_at
    proc.print(
        f"● {machine.name}",
        f"    State: {'degraded' if failed else 'running'}",
        f"    Units: {len(units)} loaded (incl. loaded aliases)",
        "     Jobs: 0 queued",
        f"   Failed: {failed} units",
        f"    Since: {format_timestamp(machine.epoch.at(since))};"
        f" {format_ago(proc.env.now - since)} ago",
        "  systemd: 252.39-1~deb12u1",
    )
    return 0


def _manage(proc: Proc, machine: Machine, verb: str, names: list[str]) -> int:
    if not is_root(proc):
        proc.stderr.write(
            f"Failed to {verb.replace('-', ' ')}: Interactive authentication required.\n"
        )
        return 1
    if verb == "reset-failed":
        for name in names:
            if _loaded(machine, name) is None:
                proc.stderr.write(
                    f"Failed to reset failed state of unit {name}: Unit {name} not loaded.\n"
                )
                return 1
        machine.daemons.reset_failed(names)
    return 0


def _list_dependencies(proc: Proc, machine: Machine, names: list[str]) -> int:
    name = names[0] if names else "multi-user.target"
    if name not in ("default.target", "multi-user.target"):
        unit = _loaded(machine, name)
        if unit is None:
            proc.stderr.write(f"Failed to list dependencies of {name}: Unit not found.\n")
            return 1
        proc.print(name, "● ├─system.slice", "● └─sysinit.target")
        return 0
    wanted = [u for u in machine.units() if u.name.endswith(".service") and u.enabled == "enabled"]
    proc.print(name)
    for index, unit in enumerate(wanted):
        branch = "└─" if index == len(wanted) - 1 else "├─"
        dot = {"failed": "×", "inactive": "○"}.get(unit.active, "●")
        proc.print(f"{dot} {branch}{unit.name}")
    return 0


def _list_units(proc: Proc, machine: Machine, options: Options, patterns: list[str]) -> int:
    kind = options.value("-t", "--type")
    state = "failed" if options.has("--failed") else options.value("--state")
    everything = options.has("-a", "--all")
    units = [
        unit
        for unit in machine.units()
        if (not kind or unit.name.endswith(f".{kind}"))
        and (not state or state in (unit.active, unit.sub))
        and (everything or state or unit.active != "inactive")
        and (not patterns or any(_globbed(unit.name, pattern) for pattern in patterns))
    ]
    legend = not options.has("--no-legend")
    if units:
        widths = [
            max(len(title), *(len(cell) for cell in cells))
            for title, cells in (
                ("UNIT", [u.name for u in units]),
                ("ACTIVE", [u.active for u in units]),
                ("SUB", [u.sub for u in units]),
            )
        ]
        if legend:
            proc.print(
                f"  {'UNIT':<{widths[0]}} LOAD   {'ACTIVE':<{widths[1]}} {'SUB':<{widths[2]}} DESCRIPTION"
            )
        for u in units:
            mark = "●" if u.active == "failed" else " "
            proc.print(
                f"{mark} {u.name:<{widths[0]}} loaded {u.active:<{widths[1]}}"
                f" {u.sub:<{widths[2]}} {u.description}"
            )
    elif legend:
        proc.print("  UNIT LOAD ACTIVE SUB DESCRIPTION")
    if legend:
        if units:
            proc.print(
                "",
                "LOAD   = Reflects whether the unit definition was properly loaded.",
                "ACTIVE = The high-level unit activation state, i.e. generalization of SUB.",
                "SUB    = The low-level unit activation state, values depend on unit type.",
            )
        tail = "." if everything or state else _PASS_ALL
        proc.print(f"{len(units)} loaded units listed{tail}")
        if not state:
            proc.print("To show all installed unit files use 'systemctl list-unit-files'.")
    return 0


def _globbed(name: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return name == pattern
    return name.startswith(head) and (tail.rstrip("*") in name[len(head) :])


def _list_timers(proc: Proc, machine: Machine) -> int:
    now = proc.env.now
    timers = [unit for unit in machine.units() if unit.name.endswith(".timer")]
    timers.sort(key=lambda unit: (unit.next_at is None, unit.next_at or 0, unit.name))
    rows = [("NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES")]
    for unit in timers:
        following, last = "-", "-"
        left = passed = "-"
        if unit.next_at is not None:
            following = format_timestamp(machine.epoch.at(unit.next_at))
            left = f"{format_ago(max(0, unit.next_at - now))} left"
        if unit.last_at is not None:
            last = format_timestamp(machine.epoch.at(unit.last_at))
            passed = f"{format_ago(max(0, now - unit.last_at))} ago"
        rows.append((following, left, last, passed, unit.name, unit.triggers))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[-1] = row[-1]
        proc.print(" ".join(cells))
    proc.print("", f"{len(timers)} timers listed.")
    proc.print("Pass --all to see loaded but inactive timers, too.")
    return 0


def _list_files(proc: Proc, machine: Machine, options: Options) -> int:
    kind = options.value("-t", "--type")
    units = [u for u in machine.units() if u.path and (not kind or u.name.endswith(f".{kind}"))]
    width = max([len("UNIT FILE"), *(len(unit.name) for unit in units)])
    proc.print(f"{'UNIT FILE':<{width}} {'STATE':<8} PRESET")
    for unit in units:
        preset = "-" if unit.enabled == "static" else "enabled"
        proc.print(f"{unit.name:<{width}} {unit.enabled:<8} {preset}")
    proc.print("", f"{len(units)} unit files listed.")
    return 0


def _cat(proc: Proc, machine: Machine, names: list[str]) -> int:
    code = 0
    for index, name in enumerate(names):
        unit = _loaded(machine, name)
        if unit is None or not unit.text:
            proc.stderr.write(f"No files found for {name}.\n")
            code = 1
            continue
        if index:
            proc.print("")
        proc.print(f"# {unit.path}")
        proc.stdout.write(unit.text if unit.text.endswith("\n") else f"{unit.text}\n")
    return code


def _show(proc: Proc, machine: Machine, names: list[str], options: Options) -> int:
    wanted = [one for text in options.values("-p", "--property") for one in text.split(",")]
    for index, name in enumerate(names):
        unit = _loaded(machine, name)
        if index:
            proc.print("")
        for key, value in _properties(machine, name, unit).items():
            if not wanted or key in wanted:
                proc.print(value if options.has("--value") else f"{key}={value}")
    return 0


def _properties(machine: Machine, name: str, unit: Unit | None) -> dict[str, str]:
    if unit is None:
        return {
            "Id": name,
            "LoadState": "not-found",
            "ActiveState": "inactive",
            "SubState": "dead",
        }
    stamp = format_timestamp(machine.epoch.at(unit.since))
    found = {
        "Id": unit.name,
        "Description": unit.description,
        "LoadState": "loaded",
        "ActiveState": unit.active,
        "SubState": unit.sub,
        "Result": unit.result,
        "MainPID": str(unit.main_pid),
        "ExecMainStatus": str(unit.exit_code - 128 if unit.exit_code > 128 else unit.exit_code),
        "MemoryCurrent": str(unit.memory_bytes) if unit.main_pid else "[not set]",
        "MemoryMax": str(unit.memory_max) if unit.memory_max else "infinity",
        "TasksCurrent": str(unit.tasks) if unit.main_pid else "[not set]",
        "CPUUsageNSec": str(unit.cpu_ms * 1_000_000),
        "ControlGroup": unit.cgroup or f"/system.slice/{unit.name}",
        "FragmentPath": unit.path,
        "UnitFileState": unit.enabled,
        "StateChangeTimestamp": stamp,
        "ActiveEnterTimestamp": stamp if unit.active == "active" else "",
    }
    if unit.next_at is not None:
        found["NextElapseUSecRealtime"] = format_timestamp(machine.epoch.at(unit.next_at))
    return found
