"""The block that `systemctl status` prints about one unit, above its journal lines.

Forms are those of systemd 252; this file must not know how a unit came to its state.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.node.container import Container
from sim.node.machine import Machine, Process, Unit
from sim.node.programs.timespec import format_ago, format_span, format_timestamp

BYTES_PER_THREAD = 131_072
"""The kernel allows so many threads by itself: memory over eight kernel stacks of 16 KiB."""
_DOTS = {"active": "●", "activating": "●", "failed": "×", "inactive": "○", "deactivating": "●"}


def tasks_max(machine: Machine) -> int:
    """Return DefaultTasksMax: 15 % of the threads that the kernel allows."""
    return machine.facts.memory_bytes // BYTES_PER_THREAD * 15 // 100


def format_status(machine: Machine, unit: Unit) -> list[str]:
    """Return the block of `systemctl status` above the journal's lines."""
    now = machine.env.now
    enabled = f"; {unit.enabled}" + ("; preset: enabled" if unit.enabled != "static" else "")
    loaded = f"loaded ({unit.path}{enabled})"
    if unit.enabled == "masked":
        loaded = f"masked (Reason: Unit {unit.name} is masked.)"
    lines = [
        f"{_DOTS.get(unit.active, '●')} {unit.name} - {unit.description}",
        f"     Loaded: {loaded}",
    ]
    why = f" (Result: {unit.result})" if unit.result != "success" else ""
    stamp = format_timestamp(machine.epoch.at(unit.since))
    ago = format_ago(max(0, now - unit.since))
    if unit.active == "inactive" and unit.result == "success":
        never = unit.since <= machine.facts.booted_at
        lines.append(
            f"     Active: inactive ({unit.sub})" + ("" if never else f" since {stamp}; {ago} ago")
        )
    else:
        lines.append(f"     Active: {unit.active} ({unit.sub}){why} since {stamp}; {ago} ago")
    if unit.next_at is not None:
        at = format_timestamp(machine.epoch.at(unit.next_at))
        lines.append(f"    Trigger: {at}; {format_ago(max(0, unit.next_at - now))} left")
    if unit.triggers:
        started = machine.unit(unit.triggers)
        lines.append(
            f"   Triggers: {_DOTS[started.active if started else 'active']} {unit.triggers}"
        )
    if unit.triggered_by:
        lines.append(f"TriggeredBy: ● {unit.triggered_by}")
    if unit.main_started_at is not None and not unit.main_pid:
        lines.append(f"   Duration: {format_span(max(0, unit.since - unit.main_started_at))}")
    if unit.docs:
        lines.append(f"       Docs: {unit.docs}")
    if unit.main_pid:
        lines.extend(_running(machine, unit))
    elif unit.active in ("failed", "activating"):
        lines.extend(_ended(machine, unit))
    return lines


def _ended(machine: Machine, unit: Unit) -> list[str]:
    """Return how the last main process ended."""
    if unit.exit_code > 128:
        how = f"code=killed, signal={_signal(unit.exit_code - 128)}"
    else:
        how = f"code=exited, status={unit.exit_code}/{'FAILURE' if unit.exit_code else 'SUCCESS'}"
    last = next((c for c in machine.containers.values() if c.cgroup == unit.cgroup), None)
    lines = [f"    Process: {_pid(last)}ExecStart={unit.exec_start} ({how})"]
    if last is not None:
        lines.append(f"   Main PID: {last.pid} ({how})")
    lines.append(f"        CPU: {format_span(unit.cpu_ms)}")
    return lines


def _pid(container: Container | None) -> str:
    return "" if container is None else f"{container.pid} "


def _signal(number: int) -> str:
    return {9: "KILL", 15: "TERM", 6: "ABRT", 11: "SEGV"}.get(number, str(number))


def _running(machine: Machine, unit: Unit) -> list[str]:
    below = _tree(machine.processes(), unit.main_pid)
    command = unit.exec_start.split(" ")[0].rpartition("/")[2][:15]
    lines = [
        f"   Main PID: {unit.main_pid} ({command})",
        f"      Tasks: {unit.tasks} (limit: {tasks_max(machine)})",
    ]
    if unit.memory_max:
        left = max(0, unit.memory_max - unit.memory_bytes)
        lines.append(
            f"     Memory: {size_text(unit.memory_bytes)}"
            f" (max: {size_text(unit.memory_max)} available: {size_text(left)})"
        )
    else:
        lines.append(f"     Memory: {size_text(unit.memory_bytes)}")
    lines.append(f"        CPU: {format_span(unit.cpu_ms)}")
    lines.append(f"     CGroup: {unit.cgroup or '/system.slice/' + unit.name}")
    rows = [(unit.main_pid, unit.exec_start), *((p.pid, p.command) for p in below)]
    width = max(len(str(pid)) for pid, _ in rows)
    for index, (pid, told) in enumerate(rows):
        branch = "└─" if index == len(rows) - 1 else "├─"
        lines.append(f"             {branch}{pid:>{width}} {told}")
    return lines


def _tree(processes: Sequence[Process], root: int) -> list[Process]:
    """Return the descendants of *root*, by pid."""
    family = {root}
    found: list[Process] = []
    for process in sorted(processes, key=lambda p: p.pid):
        if process.ppid in family:
            family.add(process.pid)
            found.append(process)
    return found


def size_text(size: int) -> str:
    """Return a size as systemd prints it: `64.2M`."""
    for unit, scale in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if size >= scale:
            return f"{size // scale}.{size % scale * 10 // scale}{unit}"
    return f"{size}B"
