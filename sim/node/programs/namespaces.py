"""nsenter: a program in the namespaces of another process, of a container or of the node itself.

This file must not know what the program does.
"""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Proc, Running
from sim.node.container import PATH, Container
from sim.node.machine import Machine
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import UsageError, waiting
from sim.node.programs.psview import visible

_NAMESPACES = {
    "m": "mount", "n": "net", "p": "pid", "u": "uts", "i": "ipc", "U": "user", "C": "cgroup", "T": "time",
}  # fmt: skip
_FILES = {
    "user": "user", "cgroup": "cgroup", "ipc": "ipc", "uts": "uts", "net": "net", "pid": "pid",
    "mount": "mnt", "time": "time",
}  # fmt: skip
"""Below /proc/PID/ns, in the order in which nsenter opens them."""
_HINT = "\nTry 'nsenter --help' for more information."


@waiting(1)
def nsenter(proc: Proc) -> Running:
    """Run a program in the namespaces of the process given by -t."""
    target, wanted, words = _read(proc.argv[1:])
    asked = [file for kind, file in _FILES.items() if kind in wanted]
    if not target:
        raise UsageError(f"nsenter: no target PID specified for --all{_HINT}" if not asked
                         else f"nsenter: neither filename nor target pid supplied for ns/{asked[0]}")  # fmt: skip
    if not target.isdecimal():
        raise UsageError(f"nsenter: failed to parse pid: '{target}'")
    machine, container = machine_of(proc), container_of(proc)
    process = next((p for p in visible(proc) if p.pid == int(target[:9])), None)
    opened = f"/proc/{target}/ns/{asked[0] if asked else 'ipc'}"
    if process is None:
        raise UsageError(f"nsenter: cannot open {opened}: No such file or directory")
    allowed = is_root(proc) if container is None else container.privileged
    if not allowed:
        raise UsageError(f"nsenter: cannot open {opened}: Permission denied")
    inside = machine.containers.get(process.container_id)
    if container is not None and inside is container and int(target) == 1:
        inside = container
    files = "mount" in wanted
    place: Machine | Container = inside if inside is not None else machine
    if not files and "net" in wanted and inside is not None and container is None:
        # The node's programs with the container's network: what nobody has in his image.
        child = replace(proc, host=inside)
        return (yield from child.call(words or ["bash"]))
    if not files and not {"net", "pid"} & wanted:
        return (yield from proc.call(words or ["bash"]))
    return (yield from _in_place(proc, machine, place, words))


def _in_place(
    proc: Proc, machine: Machine, place: Machine | Container, words: list[str]
) -> Running:
    if isinstance(place, Machine):
        assert machine.files is not None
        programs, files, home = machine.programs, machine.files, "/root"
        environ = {**proc.environ, "HOME": home, "USER": "root"}
    else:
        programs, files = place.programs, machine.kubelet.files_of(place)
        environ = {"PATH": PATH, "HOSTNAME": place.hostname, **place.environ, "HOME": "/root"}
    argv = words or ["sh" if "bash" not in programs else "bash"]
    if argv[0] not in programs and argv[0].rpartition("/")[2] not in programs:
        raise UsageError(f"nsenter: failed to execute {argv[0]}: No such file or directory")
    child = replace(proc, host=place, programs=programs, files=files, cwd="/", environ=environ)
    return (yield from child.call(argv))


def _target_of(path: str) -> str:
    """Return the process whose namespace a file of /proc stands for."""
    parts = path.split("/")
    if len(parts) == 5 and parts[1] == "proc" and parts[3] == "ns":
        return parts[2]
    raise UsageError(f"nsenter: cannot open {path}: No such file or directory")


def _read(words: list[str]) -> tuple[str, set[str], list[str]]:
    """Return (target, namespaces, program)."""
    target, wanted, rest = "", set[str](), list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "--":
            break
        name, sign, value = word.partition("=")
        if name in ("-t", "--target"):
            target = value if sign else (rest.pop(0) if rest else "")
        elif name in ("-a", "--all"):
            wanted |= set(_NAMESPACES.values())
        elif name.startswith("--"):
            kind = name[2:]
            if kind in ("preserve-credentials", "no-fork", "root", "wd", "setuid", "setgid"):
                continue
            if kind not in _NAMESPACES.values():
                raise UsageError(f"nsenter: unrecognized option '{word}'{_HINT}")
            wanted.add(kind)
            if sign:
                target = target or _target_of(value)
        else:
            letters = name[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter == "t":
                    target, letters = letters or (rest.pop(0) if rest else ""), ""
                elif letter in _NAMESPACES:
                    wanted.add(_NAMESPACES[letter])
                elif letter not in "FrwZ":
                    raise UsageError(f"nsenter: invalid option -- '{letter}'{_HINT}")
    return target, wanted, rest
