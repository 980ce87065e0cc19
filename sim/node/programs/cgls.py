"""systemd-cgls: the tree of control groups with their processes. Must not know who made them."""

from __future__ import annotations

from sim.bash.process import Proc
from sim.node.machine import Machine, Process
from sim.node.processes import cgroup_of
from sim.node.programs.host import machine_of
from sim.node.programs.options import parse, program
from sim.node.programs.psview import visible

_FIRST = ("user.slice", "init.scope", "system.slice")


class _Group:
    """One group of the tree."""

    def __init__(self) -> None:
        self.below: dict[str, _Group] = {}
        self.members: list[Process] = []


@program(1)
def systemd_cgls(proc: Proc) -> int:
    """Print groups and processes as a tree."""
    options = parse(proc, "alkM:xcu:", ("all", "full", "no-pager", "unit="))
    machine = machine_of(proc)
    proc.asked()
    root = _tree(machine, visible(proc), kernel=options.has("-k"))
    wanted = options.operands[0] if options.operands else options.value("-u", "--unit")
    if not wanted:
        proc.print("Control group /:", "-.slice")
        _print(proc, root, "")
        return 0
    path = wanted.strip("/")
    group = _find(root, path)
    if group is None:
        proc.stderr.write("Failed to list cgroup tree: No such file or directory\n")
        return 1
    proc.print(f"Control group /{path}:" if options.operands else f"Unit {path} (/{path}):")
    _print(proc, group, "")
    return 0


def _find(root: _Group, path: str) -> _Group | None:
    group = root
    for part in path.removeprefix("sys/fs/cgroup/").split("/"):
        named = group.below.get(part)
        if named is None and part.endswith(".service") and group is root:
            named = root.below.get("system.slice", _Group()).below.get(part)
        if named is None:
            return None
        group = named
    return group


def _tree(machine: Machine, found: list[Process], *, kernel: bool) -> _Group:
    root = _Group()
    for process in found:
        if process.is_kernel and not kernel:
            continue
        group = root
        for part in cgroup_of(machine, process).strip("/").split("/"):
            if part:
                group = group.below.setdefault(part, _Group())
        group.members.append(process)
    return root


def _print(proc: Proc, group: _Group, bars: str) -> None:
    width = max((len(str(one.pid)) for one in group.members), default=1)
    rows: list[tuple[str, _Group | None]] = [
        (f"{one.pid:>{width}} {one.command}", None) for one in group.members
    ]
    names = sorted(
        group.below,
        key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name),
    )
    rows += [(name, group.below[name]) for name in names]
    columns = 10_000 if not proc.stdout.tty or proc.terminal is None else proc.terminal.columns
    for index, (text, below) in enumerate(rows):
        last = index == len(rows) - 1
        line = f"{bars}{'└─' if last else '├─'}{text}"
        if len(line) > columns:
            line = f"{line[: columns - 1]}…"
        proc.print(line)
        if below is not None:
            _print(proc, below, bars + ("  " if last else "│ "))
