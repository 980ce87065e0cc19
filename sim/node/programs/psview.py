"""Processes as the programs of a place see them: pids of its own, its session's shell, times.

This file must not know how any of them is printed.
"""

from __future__ import annotations

from datetime import datetime

from sim.bash.process import Proc
from sim.node.logins import FIRST_SESSION, Login
from sim.node.machine import Machine, Process
from sim.node.processes import SUDO_BYTES, cpu_ms, disk_waiters, of_login, seen_from, state_of
from sim.node.programs.host import container_of, machine_of

LOGIN = "oncall"
SESSION_MS = 21_000
"""How long ago somebody logged in, as `w` and `ps` see it (ours)."""
_UIDS = {"root": 0, LOGIN: 1000, "65535": 65535, "message+": 101, "_chrony": 105}


def visible(proc: Proc) -> list[Process]:
    """Return the processes that the place sees, by pid, the session's own among them."""
    machine, container = machine_of(proc), container_of(proc)
    found = seen_from(machine, container)
    if container is None:
        found = [*found, *session(proc, machine)]
    elif found:
        last = max(p.pid for p in found)
        now = machine.env.now
        found = [*found, Process(last + 7, 0, "root", " ".join(proc.argv), 1_100 << 10, 0.0, now,
                                 container.id, tty="pts/0" if proc.tty else "?")]  # fmt: skip
    return sorted(found)


def login_of(proc: Proc, machine: Machine) -> Login:
    """Return the session in which *proc* runs; one like any other where there is none."""
    found = machine.logins.find(proc.environ.get("XDG_SESSION_ID", ""))
    alive = machine.logins.alive()
    if found is not None or alive:
        return found or alive[-1]
    begun = max(machine.facts.booted_at, machine.env.now - SESSION_MS)
    user = proc.environ.get("SUDO_USER") or proc.environ.get("USER", "root")
    tty = "pts/0" if proc.tty else ""
    return Login(FIRST_SESSION, user, begun, tty, machine.pid_at(begun) + 5)


def session(proc: Proc, machine: Machine) -> list[Process]:
    """Return the processes of all logins, and of *proc* itself in its own."""
    now = machine.env.now
    own_login = login_of(proc, machine)
    rows = [] if machine.logins.alive() else of_login(own_login, machine)
    tty = own_login.tty or "?"
    above, user = own_login.top
    youngest = max(p.pid for p in (*machine.processes(), *rows))
    own = max(machine.pid_at(now), youngest + 3)
    own_user = proc.environ.get("USER", "root")
    if proc.environ.get("SUDO_USER") and own_user != user:
        rows.append(Process(own - 1, above, "root", f"sudo {' '.join(proc.argv)}", SUDO_BYTES, 0.0,
                            now, tty=tty))  # fmt: skip
        above = own - 1
    rows.append(Process(own, above, own_user, " ".join(proc.argv), 4_200 << 10, 0.0, now, tty=tty))
    return rows


def own_pid(proc: Proc) -> int:
    """Return the pid of the program itself."""
    return max((p.pid for p in visible(proc)), default=1)


def uid_of(process: Process) -> int:
    """Return the number of a process' user."""
    return _UIDS.get(process.user, 1000)


def seconds_used(machine: Machine, process: Process) -> int:
    """Return the CPU time used, in seconds."""
    return cpu_ms(machine, process) // 1000


def stat_letters(machine: Machine, process: Process, *, own: bool = False) -> str:
    """Return ps' STAT: the state and what is remarkable."""
    waiting = disk_waiters(machine)
    letter = "R" if own else state_of(process, waiting)
    if process.is_kernel:
        return "I<" if letter == "I" else letter
    leads = process.ppid == 1 or bool(process.container_id) or process.command in ("-bash",)
    leads = leads or process.pid == 1 or process.command.endswith("[priv]")
    return (
        letter
        + ("s" if leads else "")
        + ("l" if process.threads > 1 else "")
        + ("+" if own else "")
    )


def started(machine: Machine, process: Process) -> datetime:
    """Return when a process was started."""
    return machine.epoch.datetime(process.started_at)


def start_time(machine: Machine, process: Process) -> str:
    """Return START as ps gives it: the time today, the day this year, the year before."""
    at, now = started(machine, process), machine.epoch.datetime(machine.env.now)
    if at.date() == now.date():
        return at.strftime("%H:%M")
    return at.strftime("%b%d") if at.year == now.year else at.strftime("%Y")


def clock(seconds: int) -> str:
    """Return CPU time as `HH:MM:SS`, with days in front when there are any."""
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{text}" if days else text


def elapsed(machine: Machine, process: Process) -> str:
    """Return how long a process has run: `[[DD-]hh:]mm:ss`."""
    seconds = max(0, machine.env.now - process.started_at) // 1000
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3600, rest // 60 % 60
    if days:
        return f"{days}-{hours:02d}:{minutes:02d}:{rest % 60:02d}"
    return (
        f"{hours:02d}:{minutes:02d}:{rest % 60:02d}" if hours else f"{minutes:02d}:{rest % 60:02d}"
    )
