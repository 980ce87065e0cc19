"""The tree of control groups of a node: slices, services, pods and containers.

This file must not know which program asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sim.node.processes import PAUSE_BYTES, sandbox_groups
from sim.node.procfs import cgroup_files

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine
    from sim.node.records import Unit

CGROUPS = "/sys/fs/cgroup"
Maker = Callable[[], str]
Shown = Maker | list[str] | None
_CONTROLLERS = "cpuset cpu io memory hugetlb pids rdma misc\n"
_SLICES = ("init.scope", "system.slice", "user.slice")


def shown_cgroup(machine: Machine, path: str) -> Shown:
    """Answer for a path below /sys/fs/cgroup of a node."""
    inside = path.removeprefix(CGROUPS)
    directory, _, name = inside.rpartition("/")
    running = [one for one in machine.containers.values() if one.state == "running"]
    for one in running:
        if one.cgroup == inside:
            return list(cgroup_files(one))
        if one.cgroup == directory:
            return cgroup_files(one).get(name)
    if not inside:
        return [*_root_files(machine), "kubepods.slice", *_SLICES]
    if not directory and name in _root_files(machine):
        return _root_files(machine)[name]
    if inside.startswith(tuple(f"/{one}" for one in _SLICES)):
        return _of_system(machine, inside, directory, name)
    sandboxes = {group: pid for pid, group in sandbox_groups(machine).items()}
    for group in (inside, directory):
        if group in sandboxes:
            files = _sandbox_files(sandboxes[group])
            return list(files) if group == inside else files.get(name)
    below = [one for one in running if one.cgroup.startswith(f"{inside}/")]
    if below:
        groups = [*(one.cgroup for one in below), *sandboxes]
        held = [one for one in groups if one.startswith(f"{inside}/")]
        names = {one[len(inside) + 1 :].partition("/")[0] for one in held}
        return [*_slice_files(below), *sorted(names)]
    above = [one for one in running if one.cgroup.startswith(f"{directory}/")]
    return _slice_files(above).get(name) if above else None


def _root_files(machine: Machine) -> dict[str, Maker]:
    """Return the files of the root, which has no limits and no use of its own."""
    return {
        "cgroup.controllers": lambda: _CONTROLLERS,
        "cgroup.procs": lambda: "".join(f"{p.pid}\n" for p in machine.processes() if p.is_kernel),
        "cgroup.subtree_control": lambda: "cpuset cpu io memory hugetlb pids rdma misc\n",
        "cpu.stat": lambda: _cpu_stat(_used_ms(machine, None) * 1000),
    }


def _used_ms(machine: Machine, unit: Unit | None) -> int:
    if unit is not None:
        return unit.cpu_ms
    return sum(one.cpu_ms for one in _services(machine)) + sum(
        max(0, p.cpu_ms) for p in machine.processes() if p.container_id
    )


def _services(machine: Machine) -> list[Unit]:
    return [one for one in machine.units() if one.main_pid and one.cgroup.startswith("/system")]


def _of_system(machine: Machine, inside: str, directory: str, name: str) -> Shown:
    services = _services(machine)
    for unit in services:
        if unit.cgroup == inside:
            return list(_unit_files([unit]))
        if unit.cgroup == directory:
            return _unit_files([unit]).get(name)
    if inside in ("/init.scope", "/user.slice"):
        return list(_unit_files([]))
    if inside == "/system.slice":
        return [*_unit_files([]), *sorted(one.cgroup.rpartition("/")[2] for one in services)]
    if directory == "/system.slice":
        return _unit_files(services).get(name)
    if directory == "/init.scope":
        return (lambda: "1\n") if name == "cgroup.procs" else _unit_files([]).get(name)
    return _unit_files([]).get(name) if directory == "/user.slice" else None


def _sandbox_files(pid: int) -> dict[str, Maker]:
    """Return the files of a sandbox, in which there is nothing but the pause process."""
    return {
        **_unit_files([]),
        "cgroup.procs": lambda: f"{pid}\n",
        "memory.current": lambda: f"{PAUSE_BYTES}\n",
        "pids.current": lambda: "1\n",
    }


def _cpu_stat(microseconds: int) -> str:
    user = microseconds * 7 // 10
    return (
        f"usage_usec {microseconds}\nuser_usec {user}\nsystem_usec {microseconds - user}\n"
        "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n"
    )


def _unit_files(units: Sequence[Unit]) -> dict[str, Maker]:
    """Return the files of a service, or of several together; a slice has no process of its own."""
    used = sum(one.memory_bytes for one in units)
    limit = units[0].memory_max if len(units) == 1 else 0
    alone = units[0].main_pid if len(units) == 1 else 0
    return {
        "cgroup.controllers": lambda: _CONTROLLERS,
        "cgroup.procs": lambda: f"{alone}\n" if alone else "",
        "cpu.max": lambda: "max 100000\n",
        "cpu.stat": lambda: _cpu_stat(sum(one.cpu_ms for one in units) * 1000),
        "cpu.weight": lambda: "100\n",
        "memory.current": lambda: f"{used}\n",
        "memory.events": lambda: "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
        "memory.high": lambda: "max\n",
        "memory.max": lambda: f"{limit}\n" if limit else "max\n",
        "memory.swap.current": lambda: "0\n",
        "memory.swap.max": lambda: "max\n",
        "pids.current": lambda: f"{sum(one.tasks for one in units)}\n",
        "pids.max": lambda: "max\n",
    }


def _slice_files(members: list[Container]) -> dict[str, Maker]:
    """Return the files of a slice: its containers' together."""
    limited = bool(members) and all(one.limit for one in members)
    quota = bool(members) and all(one.cpu_limit for one in members)

    def added(file: str) -> str:
        stats = [
            dict(line.split() for line in cgroup_files(one)[file]().splitlines()) for one in members
        ]
        total = {key: sum(int(one[key]) for one in stats) for key in stats[0]} if stats else {}
        return "".join(f"{key} {value}\n" for key, value in total.items())

    return {
        "cgroup.controllers": lambda: _CONTROLLERS,
        "cgroup.procs": lambda: "",
        "cpu.max": lambda: (
            f"{sum(one.cpu_limit for one in members) * 100} 100000\n" if quota else "max 100000\n"
        ),
        "cpu.stat": lambda: added("cpu.stat"),
        "memory.current": lambda: f"{sum(one.memory_bytes for one in members)}\n",
        "memory.events": lambda: added("memory.events"),
        "memory.max": lambda: f"{sum(one.limit for one in members)}\n" if limited else "max\n",
        "memory.stat": lambda: added("memory.stat"),
        "pids.current": lambda: (
            f"{sum(int(cgroup_files(one)['pids.current']()) for one in members)}\n"
        ),
    }
