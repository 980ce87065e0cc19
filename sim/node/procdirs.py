"""Directories of processes below /proc: which there are, what is in them and where their links point.

This file must not know which program asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.bash.files import FileProblem, Stat
from sim.node.procfs import PROCESS_FILES, process_file

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine
    from sim.node.records import Process

Shown = Callable[[], str] | list[str] | None
_LINKS = ("cwd", "exe", "root")
_SPACES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
HOST_SPACES = 4_026_531_832
"""The inode of the first namespace of a machine, include/linux/proc_ns.h."""
_WRITABLE = ("oom_score_adj",)
_SHELLS = ("-bash", "bash", "sh", "ash", "-sh")


def shown_process(machine: Machine, container: Container | None, path: str) -> Shown:
    """Answer for a path below /proc that is about processes."""
    parts = path.split("/")[2:]
    if not parts or not parts[0]:
        return [str(pid) for pid in machine.seen(container)] + ["self"]
    process = _process(machine, container, parts[0])
    if process is None:
        return None
    match parts[1:]:
        case []:
            return [*PROCESS_FILES, *_LINKS, "fd", "ns", "task"]
        case ["fd"]:
            return [str(number) for number in range(7 + process.pid % 9)]
        case ["ns"]:
            return list(_SPACES)
        case ["task"]:
            return [str(process.pid)]
        case [name] if name in PROCESS_FILES:
            return lambda: process_file(machine, process, name, inside=container) or ""
        case ["root", *rest]:
            return _below(machine, process, "/".join(rest))
        case ["cwd", *rest]:
            inner = f"{_cwd(machine, process)}/{'/'.join(rest)}"
            return _below(machine, process, inner.strip("/"))
    return None


def link_of(machine: Machine, container: Container | None, path: str) -> str:
    """Return where a link below /proc points to; empty if it is none, or points nowhere."""
    parts = path.split("/")[2:]
    if len(parts) not in (2, 3):
        return ""
    process = _process(machine, container, parts[0])
    if process is None:
        return ""
    match parts[1:]:
        case ["exe"]:
            return "" if process.is_kernel else _exe(machine, process)
        case ["cwd"]:
            return _cwd(machine, process)
        case ["root"]:
            return "/"
        case ["ns", name] if name in _SPACES:
            return f"{name}:[{_space(machine, process, name)}]"
        case ["fd", number] if number.isdecimal() and int(number) < 7 + process.pid % 9:
            return _descriptor(machine, process, int(number))
    return ""


def stat_process(
    machine: Machine, container: Container | None, path: str, *, follow: bool
) -> Stat | None:
    """Return what `ls -l` knows of a path below /proc/PID; None for other paths.

    Raises:
        FileProblem: if there is no such file.
    """
    parts = path.split("/")[2:]
    process = _process(machine, container, parts[0]) if parts and parts[0] else None
    if process is None:
        return None
    at = machine.epoch.at(max(process.started_at, machine.facts.booted_at))
    owner = process.user
    inode = process.pid
    target = "" if follow else link_of(machine, container, path)
    if parts == ["self"] and not follow:
        return Stat("l", 0o777, 0, machine.epoch.at(machine.env.now), "root", "root", 1,
                    str(process.pid), inode)  # fmt: skip
    if target:
        return Stat("l", 0o777, 0, at, owner, owner, 1, target, inode)
    found = shown_process(machine, container, path)
    if parts[1:] in (["root"], ["cwd"]):
        found = []
    if found is None:
        raise FileProblem("No such file or directory")
    if isinstance(found, list):
        return Stat("d", 0o555, 0, at, owner, owner, 9 if len(parts) == 1 else 2, "", inode)
    mode = 0o644 if parts[-1] in _WRITABLE else 0o400 if parts[-1] == "environ" else 0o444
    return Stat("-", mode, 0, at, owner, owner, 1, "", inode)


def _process(machine: Machine, container: Container | None, name: str) -> Process | None:
    seen = machine.seen(container)
    if name == "self":
        return seen.get(max(seen, default=1))
    return seen.get(int(name[:9])) if name.isdecimal() else None


def _exe(machine: Machine, process: Process) -> str:
    first = process.command.split(" ")[0].lstrip("-").rstrip(":")
    if first.startswith("/"):
        return first
    container = machine.containers.get(process.container_id)
    if first == "sshd":
        return "/usr/sbin/sshd"
    if container is not None and container.image_spec.tools in ("busybox", "curl"):
        return "/bin/busybox"
    return f"/usr/bin/{first}"


def _cwd(machine: Machine, process: Process) -> str:
    container = machine.containers.get(process.container_id)
    if container is not None:
        return container.spec.get("workingDir") or "/"
    if process.command.split(" ")[0] in _SHELLS:
        return "/root" if process.user == "root" else f"/home/{process.user}"
    if process.command.startswith("/usr/bin/containerd-shim"):
        sandbox = process.command.partition(" -id ")[2].split(" ")[0]
        return f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{sandbox}"
    return "/"


def _space(machine: Machine, process: Process, name: str) -> int:
    container = machine.containers.get(process.container_id)
    offset = _SPACES.index(name)
    own = container is not None and name in ("cgroup", "ipc", "mnt", "net", "pid", "uts")
    if container is None or not own or (name in ("net", "uts") and container.host_network):
        return HOST_SPACES + offset
    # Network, IPC and host name are the pod's; the rest is the container's own.
    holder = container.pod_uid if name in ("ipc", "net", "uts") else container.id
    return 4_026_532_000 + machine.stream.at("namespace", holder).integer(100, 900) * 8 + offset


def _descriptor(machine: Machine, process: Process, number: int) -> str:
    draw = machine.stream.at("descriptor", process.pid, process.started_at)
    if process.tty != "?" and number < 3:
        return f"/dev/{process.tty}"
    if number == 0:
        return "/dev/null"
    if number in (1, 2):
        kind = "pipe" if process.container_id else "socket"
        return f"{kind}:[{draw.integer(20_000, 90_000, number)}]"
    if number == 3:
        return f"socket:[{draw.integer(20_000, 90_000, number)}]"
    return "anon_inode:[eventpoll]" if number == 4 else "anon_inode:[eventfd]"


def _below(machine: Machine, process: Process, rest: str) -> Shown:
    """Answer for what a process sees below its root: the files of its container, or of the node."""
    container = machine.containers.get(process.container_id)
    files: Any = machine.files if container is None else machine.kubelet.files_of(container)
    path = f"/{rest}"
    if files is None or rest.startswith("proc"):
        return None
    if files.is_dir(path):
        return list(files.listdir(path))
    return (lambda: str(files.read(path))) if files.exists(path) else None
