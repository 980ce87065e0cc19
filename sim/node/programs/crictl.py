"""crictl: what the container runtime of the node holds.

Tables are those of cri-tools; this file must not know why a container is in the state it is in.
"""

from __future__ import annotations

import json

from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.machine import Machine
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import Options, UsageError, program
from sim.node.programs.places import log_path

_STATES = {"running": "Running", "exited": "Exited", "created": "Created"}
_COMMANDS = ("ps", "pods", "logs", "inspect", "stats", "images", "version", "info")


@program(1)
def crictl(proc: Proc) -> int:
    """Show containers, pods, their logs and their use."""
    words = list(proc.argv[1:])
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-r", "--runtime-endpoint", "-i", "--image-endpoint", "-t") and words:
            words.pop(0)
    if container_of(proc) is not None or not is_root(proc):
        proc.stderr.write(
            "FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint"
            ' "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable desc ='
            ' connection error: desc = "transport: Error while dialing: dial unix'
            ' /run/containerd/containerd.sock: connect: permission denied"\n'
        )
        return 1
    if not words:
        raise UsageError(f"crictl: a command is needed; here: {', '.join(_COMMANDS)}")
    proc.asked()
    machine = machine_of(proc)
    command, rest = words[0], words[1:]
    if command == "ps":
        return _ps(proc, machine, rest)
    if command == "pods":
        return _pods(proc, machine, rest)
    if command == "logs":
        return _logs(proc, machine, rest)
    if command == "inspect":
        return _inspect(proc, machine, rest)
    if command == "stats":
        return _stats(proc, machine, rest)
    if command == "version":
        runtime, _, version = machine.facts.runtime.partition("://")
        proc.print("Version:  0.1.0", f"RuntimeName:  {runtime}", f"RuntimeVersion:  v{version}",
                   "RuntimeApiVersion:  v1")  # fmt: skip
        return 0
    raise UsageError(f"crictl: {command} is not supported in this simulator")


def _flags(words: list[str], known: dict[str, bool]) -> Options:
    """Read a command's flags; *known* says which take a value.

    Raises:
        UsageError: in urfave/cli's words.
    """
    pairs: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            operands.append(word)
            continue
        name, sign, value = word.partition("=")
        if name not in known:
            raise UsageError(f"Incorrect Usage: flag provided but not defined: -{name.lstrip('-')}")
        if known[name] and not sign:
            value = rest.pop(0) if rest else ""
        pairs.append((name, value))
    return Options(pairs, operands)


def created_ago(ms: int) -> str:
    """Return an age as docker's units give it: `About a minute ago`, `3 hours ago`."""
    seconds = ms // 1000
    if seconds < 1:
        told = "Less than a second"
    elif seconds == 1:
        told = "1 second"
    elif seconds < 60:
        told = f"{seconds} seconds"
    elif seconds < 120:
        told = "About a minute"
    elif seconds < 3600:
        told = f"{seconds // 60} minutes"
    elif seconds < 5400:
        told = "About an hour"
    elif seconds < 48 * 3600:
        told = f"{(seconds + 1800) // 3600} hours"
    elif seconds < 14 * 86400:
        told = f"{seconds // 86400} days"
    elif seconds < 60 * 86400:
        told = f"{seconds // 604800} weeks"
    else:
        told = f"{seconds // 2592000} months"
    return f"{told} ago"


def _table(proc: Proc, rows: list[tuple[str, ...]]) -> None:
    """Print rows as Go's tabwriter does with a minimum width of 20 and 3 blanks between."""
    widths = [max(20, *(len(row[i]) + 3 for row in rows)) for i in range(len(rows[0]) - 1)]
    for row in rows:
        head = "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        proc.print(head + row[-1])


def _found(machine: Machine, *, everything: bool) -> list[Container]:
    found = [c for c in machine.containers.values() if everything or c.state == "running"]
    return sorted(found, key=lambda c: (-c.created_at, c.id))


def pod_id(machine: Machine, container: Container) -> str:
    """Return the id of the sandbox that a container runs in."""
    return machine.sandbox_id(container.pod_uid)


def _ps(proc: Proc, machine: Machine, words: list[str]) -> int:
    options = _flags(words, {
        "-a": False, "--all": False, "--name": True, "-q": False, "--quiet": False,
        "--state": True, "-s": True, "--pod": True, "-p": True, "--no-trunc": False,
        "--namespace": True, "--label": True, "-l": False, "--latest": False,
    })  # fmt: skip
    state = options.value("--state", "-s").lower()
    found = _found(machine, everything=options.has("-a", "--all") or bool(state))
    name, pod = options.value("--name"), options.value("--pod", "-p")
    chosen = [
        c
        for c in found
        if name in c.name
        and (not state or c.state == state)
        and pod_id(machine, c).startswith(pod)
        and options.value("--namespace") in ("", c.namespace)
    ]
    if options.has("-l", "--latest"):
        chosen = chosen[:1]
    length = 64 if options.has("--no-trunc") else 13
    if options.has("-q", "--quiet"):
        proc.print(*(c.id for c in chosen))
        return 0
    rows: list[tuple[str, ...]] = [
        ("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE")
    ]
    for c in chosen:
        image = machine.stream.at("image", c.image).hex(64)[:length]
        ago = created_ago(proc.env.now - (c.started_at or c.created_at))
        rows.append((
            c.id[:length], image, ago, _STATES[c.state], c.name, str(c.attempt),
            pod_id(machine, c)[:length], c.pod_name, c.namespace,
        ))  # fmt: skip
    _table(proc, rows)
    return 0


def _pods(proc: Proc, machine: Machine, words: list[str]) -> int:
    options = _flags(words, {
        "--name": True, "-q": False, "--quiet": False, "--namespace": True, "-s": True,
        "--state": True, "--label": True, "--no-trunc": False,
    })  # fmt: skip
    first: dict[str, Container] = {}
    ready: set[str] = set()
    for c in sorted(machine.containers.values(), key=lambda c: (c.created_at, c.id)):
        first.setdefault(c.pod_uid, c)
        if c.state != "exited" or c.pod_uid not in ready:
            ready.add(c.pod_uid)
    rows: list[tuple[str, ...]] = [
        ("POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME")
    ]
    for c in sorted(first.values(), key=lambda c: (-machine.pod_since(c), c.id)):
        if options.value("--name") not in c.pod_name:
            continue
        if options.value("--namespace") not in ("", c.namespace):
            continue
        rows.append((
            pod_id(machine, c)[: 64 if options.has("--no-trunc") else 13],
            created_ago(proc.env.now - machine.pod_since(c)), "Ready", c.pod_name, c.namespace,
            "0", "(default)",
        ))  # fmt: skip
    if options.has("-q", "--quiet"):
        proc.print(*(row[0] for row in rows[1:]))
    else:
        _table(proc, rows)
    return 0


def _one(machine: Machine, wanted: str) -> Container:
    """Return the container whose id begins with *wanted*.

    Raises:
        UsageError: if there is none, in containerd's words.
    """
    found = [c for c in machine.containers.values() if c.id.startswith(wanted)]
    if len(found) != 1 or not wanted:
        raise UsageError(
            "FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find container"
            f' "{wanted}": not found'
        )
    return found[0]


def _logs(proc: Proc, machine: Machine, words: list[str]) -> int:
    options = _flags(words, {
        "--tail": True, "-f": False, "--follow": False, "-t": False, "--timestamps": False,
        "--since": True, "-p": False, "--previous": False,
    })  # fmt: skip
    if len(options.operands) != 1:
        raise UsageError("crictl: container id is required")
    if options.has("-f", "--follow"):
        raise UsageError("crictl: logs -f is not supported in this simulator; use kubectl logs -f")
    container = _one(machine, options.operands[0])
    tail = options.value("--tail")
    count = int(tail) if tail.isdigit() else None
    for line in container.log.read(proc.env.now, tail=count):
        text = line.stamped(machine.epoch) if options.has("-t", "--timestamps") else line.text
        (proc.stderr if line.stream == "stderr" else proc.stdout).write(f"{text}\n")
    return 0


def _inspect(proc: Proc, machine: Machine, words: list[str]) -> int:
    options = _flags(words, {"-o": True, "--output": True})
    if not options.operands:
        raise UsageError("crictl: ID cannot be empty")
    for wanted in options.operands:
        c = _one(machine, wanted)
        status = {
            "id": c.id,
            "metadata": {"attempt": c.attempt, "name": c.name},
            "state": f"CONTAINER_{c.state.upper()}",
            "createdAt": machine.epoch.rfc3339_micro(c.created_at),
            "startedAt": _stamp(machine, c.started_at),
            "finishedAt": _stamp(machine, c.finished_at),
            "exitCode": c.exit_code or 0,
            "image": {"image": c.image},
            "reason": c.reason,
            "labels": {
                "io.kubernetes.container.name": c.name,
                "io.kubernetes.pod.name": c.pod_name,
                "io.kubernetes.pod.namespace": c.namespace,
                "io.kubernetes.pod.uid": c.pod_uid,
            },
            "logPath": log_path(c),
            "resources": {"linux": {"memoryLimitInBytes": str(c.limit)}},
        }
        proc.print(json.dumps({"status": status, "info": {"pid": c.pid}}, indent=2))
    return 0


def _stamp(machine: Machine, at: int | None) -> str:
    return "0001-01-01T00:00:00Z" if at is None else machine.epoch.rfc3339_micro(at)


def _stats(proc: Proc, machine: Machine, words: list[str]) -> int:
    options = _flags(words, {"-a": False, "--all": False, "--id": True, "-o": True})
    found = _found(machine, everything=options.has("-a", "--all"))
    wanted = [*options.operands, *options.values("--id")]
    rows: list[tuple[str, ...]] = [("CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES")]
    shares: dict[str, float] = {}
    for p in machine.processes():
        shares[p.container_id] = shares.get(p.container_id, 0.0) + p.cpu_percent
    for c in found:
        if wanted and not any(c.id.startswith(one) for one in wanted):
            continue
        rows.append((
            c.id[:13], c.name, f"{shares.get(c.id, 0.0):.2f}", _size(c.memory_bytes), *_disk(machine, c),
        ))  # fmt: skip
    _table(proc, rows)
    return 0


def _disk(machine: Machine, container: Container) -> tuple[str, str]:
    """Return size and inodes of the container's writable layer, which the model only draws."""
    drawn = machine.stream.at("layer", container.id)
    return _size(drawn.integer(2, 40) * 4096), str(drawn.integer(8, 40, 1))


def _size(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.4g}{unit}"
        value /= 1000
    return f"{size}B"
