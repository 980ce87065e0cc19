"""kill, pkill, killall, pgrep and pidof: processes found by name, and signals sent to them.

The main process of a container takes its container with it, a daemon is what systemd makes of it.
Texts are those of procps 4.0 and bash. This file must not know what a process does.
"""

from __future__ import annotations

import re2

from sim.bash.process import Proc, Running
from sim.node.machine import Machine, Process
from sim.node.programs.host import changed, container_of, is_root, machine_of
from sim.node.programs.options import Options, UsageError, parse, program, waiting
from sim.node.programs.psview import own_pid, uid_of, visible
from sim.node.units import DAEMONS, daemon_pid

SIGNALS = (
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
)  # fmt: skip
"""By number from 1 on, signal(7)."""
_DEADLY = ("HUP", "INT", "QUIT", "ILL", "ABRT", "BUS", "FPE", "KILL", "SEGV", "TERM")
_HINT = "\nTry `{0} --help' for more information."
KILLALL_PATIENCE_MS = 30
_PKILL_LONG = (
    "full", "list-name", "list-full", "exact", "count", "inverse", "newest", "oldest", "parent=",
    "euid=", "uid=", "delimiter=", "ignore-case", "signal=", "echo", "terminal=", "runstates=",
    "ignore-ancestors", "lightweight", "older=",
)  # fmt: skip


def signal_name(text: str) -> str | None:
    """Return the name of a signal given by number or name; `0` for none at all."""
    if text == "0":
        return "0"
    if text.isdecimal():
        return SIGNALS[int(text) - 1] if 0 < int(text[:4]) <= len(SIGNALS) else None
    name = text.upper().removeprefix("SIG")
    return name if name in SIGNALS else None


@program(1)
def kill(proc: Proc) -> int:
    """Send a signal to processes by pid."""
    signal, targets = "TERM", []
    words = proc.argv[1:]
    while words:
        word = words.pop(0)
        if word in ("-l", "-L", "--list", "--table"):
            return _list(proc, words)
        if word in ("-s", "--signal", "-n") and words:
            signal = _wanted(words.pop(0))
        elif word == "--":
            targets += words
            break
        elif word.startswith("-") and len(word) > 1 and not targets:
            signal = _wanted(word[1:])
        else:
            targets.append(word)
    if not targets:
        raise UsageError(
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
        )
    code = 0
    for target in targets:
        code = _send_to(proc, target, signal) or code
    return code


def _wanted(text: str) -> str:
    name = signal_name(text)
    if name is None:
        raise UsageError(f"kill: {text}: invalid signal specification")
    return name


def _list(proc: Proc, words: list[str]) -> int:
    if not words:
        rows = []
        for start in range(0, len(SIGNALS), 5):
            cells = [
                f"{n + 1:>2}) SIG{SIGNALS[n]}" for n in range(start, min(start + 5, len(SIGNALS)))
            ]
            rows.append("\t".join(cells))
        proc.print(*rows)
        return 0
    code = 0
    for word in words:
        number = int(word[:6]) if word.isdecimal() else None
        if number is not None and number > 128:
            number -= 128
        if number is not None and 0 < number <= len(SIGNALS):
            proc.print(SIGNALS[number - 1])
        elif (name := signal_name(word)) is not None and name != "0":
            proc.print(str(SIGNALS.index(name) + 1))
        else:
            proc.stderr.write(f"kill: {word}: invalid signal specification\n")
            code = 1
    return code


def _send_to(proc: Proc, target: str, signal: str) -> int:
    if not target.lstrip("-").isdecimal():
        proc.stderr.write(f"kill: {target}: arguments must be process or job IDs\n")
        return 1
    process = next((p for p in visible(proc) if p.pid == int(target.lstrip("-")[:9])), None)
    problem = "No such process" if process is None else deliver(proc, process, signal)
    if problem:
        proc.stderr.write(f"kill: ({target}) - {problem}\n")
        return 1
    return 0


def deliver(proc: Proc, process: Process, signal: str) -> str:
    """Let *signal* reach *process*; return the errno's text if it may not."""
    user = proc.environ.get("USER", "root")
    if not is_root(proc) and process.user != user:
        return "Operation not permitted"
    if signal not in _DEADLY or process.is_kernel:
        return ""
    machine, container = machine_of(proc), container_of(proc)
    host_pids = container is not None and _sees_node(machine, container)
    if container is not None and not host_pids:
        # The kernel shields pid 1 of a namespace from SIGKILL sent inside it.
        if process.pid == 1 and signal != "KILL" and not process.command.endswith("/pause"):
            container.terminate()
        elif process.pid != 1 and process.container_id not in ("", container.id):
            _end(machine, process, signal)
        return ""
    own = machine.containers.get(process.container_id)
    if own is not None:
        changed(proc, "kill", f"-{signal} {process.pid} ({process.command})")
        _end(machine, process, signal)
        return ""
    for index, one in enumerate(DAEMONS):
        if process.pid == daemon_pid(machine, index):
            changed(proc, "kill", f"-{signal} {one.name}")
            told = f"{one.name}.service - {one.description}"
            machine.daemons.kill(one.name, signal, told)
            return ""
    if process.pid == 1:
        return ""
    if process.command.startswith(("/usr/bin/containerd-shim", "/pause")):
        return _end_sandbox(proc, machine, process, signal)
    return ""


def _sees_node(machine: Machine, container: object) -> bool:
    pod = machine.kubelet.pods.get((container.namespace, container.pod_name)) or {}  # type: ignore[attr-defined]
    return bool((pod.get("spec") or {}).get("hostPID"))


def _end(machine: Machine, process: Process, signal: str) -> None:
    container = machine.containers.get(process.container_id)
    if container is None or process.pid != container.pid:
        return
    if signal == "KILL":
        container.kill()
    else:
        container.terminate()


def _end_sandbox(proc: Proc, machine: Machine, process: Process, signal: str) -> str:
    """End what runs in the sandbox of a shim or pause process: the kubelet makes it anew."""
    children = {p.pid for p in machine.processes() if p.ppid == process.pid} | {
        process.pid,
        process.ppid,
    }
    for container in list(machine.containers.values()):
        shim = next((p.ppid for p in machine.processes() if p.pid == container.pid), 0)
        if container.state == "running" and shim in children:
            changed(proc, "kill", f"-{signal} {process.pid} ({process.name})")
            container.kill()
            machine.kubelet.sandbox_changed(container.namespace, container.pod_name)
    return ""


def _matching(proc: Proc, options: Options) -> list[Process]:
    name = proc.argv[0].rpartition("/")[2]
    users = {
        one for text in options.values("-u", "-U", "--euid", "--uid") for one in text.split(",")
    }
    parents = {one for text in options.values("-P", "--parent") for one in text.split(",")}
    if not options.operands and not users and not parents:
        raise UsageError(f"{name}: no matching criteria specified{_HINT.format(name)}")
    if len(options.operands) > 1:
        raise UsageError(f"{name}: only one pattern can be provided{_HINT.format(name)}")
    pattern = options.operands[0] if options.operands else ""
    exact = f"^(?:{pattern})$" if options.has("-x", "--exact") else pattern
    try:
        expression = re2.compile(f"(?i){exact}" if options.has("-i", "--ignore-case") else exact)
    except re2.error as problem:
        raise UsageError(f"{name}: regex error: {problem}") from None
    full = options.has("-f", "--full")
    mine = own_pid(proc)
    found = [
        p
        for p in visible(proc)
        if p.pid != mine
        and not p.command.startswith("sudo ")
        and bool(expression.search(p.command if full and not p.is_kernel else p.name))
        != options.has("-v", "--inverse")
        and (not users or p.user in users or str(uid_of(p)) in users)
        and (not parents or str(p.ppid) in parents)
    ]
    if options.has("-n", "--newest"):
        found = sorted(found, key=lambda p: (p.started_at, p.pid))[-1:]
    elif options.has("-o", "--oldest"):
        found = sorted(found, key=lambda p: (p.started_at, p.pid))[:1]
    return found


@program(2)
def pgrep(proc: Proc) -> int:
    """Print the pids of processes whose name matches."""
    options = parse(proc, "flaxnou:U:P:cvd:iA", _PKILL_LONG)
    proc.asked()
    found = _matching(proc, options)
    full = options.has("-f", "--full")
    if options.has("-c", "--count"):
        proc.print(str(len(found)))
    elif options.has("-a", "--list-full"):
        proc.print(*(f"{p.pid} {p.command}" for p in found))
    elif options.has("-l", "--list-name"):
        proc.print(*(f"{p.pid} {p.command if full else p.name}" for p in found))
    elif options.has("-d", "--delimiter") and found:
        proc.print(options.value("-d", "--delimiter").join(str(p.pid) for p in found))
    else:
        proc.print(*(str(p.pid) for p in found))
    return 0 if found else 1


@program(2)
def pkill(proc: Proc) -> int:
    """Send a signal to processes whose name matches."""
    signal = "TERM"
    words = [proc.argv[0]]
    for word in proc.argv[1:]:
        given = signal_name(word[1:]) if word.startswith("-") and len(word) > 1 else None
        if given is not None and not word[1:].islower():
            signal = given
        else:
            words.append(word)
    proc.argv = words
    options = parse(proc, "flaxnou:U:P:cvd:iAe", _PKILL_LONG)
    if options.has("--signal"):
        signal = signal_name(options.value("--signal")) or "TERM"
    proc.asked()
    found = _matching(proc, options)
    code = 0 if found else 1
    for p in found:
        problem = deliver(proc, p, signal)
        if problem:
            proc.stderr.write(f"pkill: killing pid {p.pid} failed: {problem}\n")
            code = 1
        elif options.has("-e", "--echo"):
            proc.print(f"{p.name} killed (pid {p.pid})")
    if options.has("-c", "--count"):
        proc.print(str(len(found)))
    return code


@program(1)
def pidof(proc: Proc) -> int:
    """Print the pids of processes of exactly that name."""
    names = {word.rpartition("/")[2] for word in proc.argv[1:] if not word.startswith("-")}
    flags = "".join(word for word in proc.argv[1:] if word.startswith("-"))
    proc.asked()
    found = [str(p.pid) for p in reversed(visible(proc)) if p.name in names and not p.is_kernel]
    if not found:
        return 1
    if "q" not in flags:
        proc.print(" ".join(found[:1] if "s" in flags else found))
    return 0


@waiting(1)
def killall(proc: Proc) -> Running:
    """Send a signal to processes of exactly that name."""
    signal, names, quiet = "TERM", [], False
    words = proc.argv[1:]
    while words:
        word = words.pop(0)
        if word in ("-s", "--signal") and words:
            word = f"-{words.pop(0)}"
        if word in ("-q", "--quiet"):
            quiet = True
        elif word in ("-v", "-w", "-e", "-i", "-I", "-r"):
            continue
        elif word.startswith("-"):
            given = signal_name(word[1:])
            if given is None:
                raise UsageError(f"{word[1:]}: unknown signal; killall -l lists signals.")
            signal = given
        else:
            names.append(word)
    if not names:
        raise UsageError("Usage: killall [OPTION]... [--] NAME...")
    proc.asked()
    code = 0
    for name in names:
        found = [p for p in visible(proc) if p.name == name[:15] and not p.is_kernel]
        if not found:
            code = 1
            if not quiet:
                proc.stderr.write(f"{name}: no process found\n")
        for p in found:
            problem = deliver(proc, p, signal)
            if problem:
                proc.stderr.write(f"{name}({p.pid}): {problem}\n")
                code = 1
    yield proc.env.timeout(KILLALL_PATIENCE_MS)
    return code
