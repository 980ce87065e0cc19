"""The kernel's lines when a memory cgroup is out of memory, as cgroup v2 with memory.oom.group prints them.

Forms after Linux mm/oom_kill.c and mm/memcontrol.c; this file must not know why memory ran out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

COMM_LENGTH = 15
"""TASK_COMM_LEN without its final zero: `iptables-restore` becomes `iptables-restor`."""

PAGE = 4096


class Task(NamedTuple):
    """One process in the dying cgroup."""

    pid: int
    comm: str
    virtual_bytes: int
    anon_bytes: int
    file_bytes: int


def comm_of(command: str) -> str:
    """Return what the kernel calls a command line.

    >>> comm_of("/usr/sbin/iptables-restore -w 5")
    'iptables-restor'
    """
    return command.split(" ", 1)[0].rsplit("/", 1)[-1][:COMM_LENGTH]


def cgroup_path(pod_uid: str, qos: str, container_id: str) -> str:
    """Return a container's cgroup under containerd with the systemd driver."""
    uid = pod_uid.replace("-", "_")
    scope = f"cri-containerd-{container_id}.scope"
    if qos == "Guaranteed":
        return f"/kubepods.slice/kubepods-pod{uid}.slice/{scope}"
    kind = qos.lower()
    return f"/kubepods.slice/kubepods-{kind}.slice/kubepods-{kind}-pod{uid}.slice/{scope}"


def oom_lines(
    *,
    invoker: Task,
    tasks: Sequence[Task],
    cgroup: str,
    limit_bytes: int,
    adjust: int,
    failures: int,
    kernel: str,
) -> list[str]:
    """Return the kernel's lines for one kill; the first of *tasks* is the victim, all of them die.

    *failures* is how often the cgroup hit its limit, *adjust* its processes' oom_score_adj.
    """
    limit_kb = limit_bytes // 1024
    scope = cgroup.rsplit("/", 1)[-1]
    victim = tasks[0]
    anon = sum(task.anon_bytes for task in tasks)
    file = sum(task.file_bytes for task in tasks)
    lines = [
        f"{invoker.comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
        f"oom_score_adj={adjust}",
        f"CPU: {invoker.pid % 4} PID: {invoker.pid} Comm: {invoker.comm} Not tainted {kernel} #1",
        "Call Trace:",
        " <TASK>",
        *(f" {frame}" for frame in _FRAMES),
        " </TASK>",
        f"memory: usage {limit_kb}kB, limit {limit_kb}kB, failcnt {failures}",
        "swap: usage 0kB, limit 0kB, failcnt 0",
        f"Memory cgroup stats for {cgroup}:",
        f"anon {anon}",
        f"file {file}",
        f"kernel {max(0, limit_bytes - anon - file)}",
        "Tasks state (memory values in pages):",
        "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents"
        " oom_score_adj name",
    ]
    lines += [_row(task, adjust) for task in tasks]
    lines.append(
        f"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={scope},mems_allowed=0,"
        f"oom_memcg={cgroup},task_memcg={cgroup},task={victim.comm},pid={victim.pid},uid=0"
    )
    lines.append(_killed(victim, adjust))
    lines.append(f"Tasks in {cgroup} are going to be killed due to memory.oom.group set")
    lines += [_killed(task, adjust) for task in tasks]
    lines.append(
        f"oom_reaper: reaped process {victim.pid} ({victim.comm}), now anon-rss:0kB, "
        "file-rss:0kB, shmem-rss:0kB"
    )
    return lines


def _row(task: Task, adjust: int) -> str:
    anon, file = task.anon_bytes // PAGE, task.file_bytes // PAGE
    return (
        f"[{task.pid:7d}] {0:5d} {task.pid:5d} {task.virtual_bytes // PAGE:8d} {anon + file:8d} "
        f"{anon:8d} {file:8d} {0:9d} {_page_tables(task):8d} {0:8d} {adjust:13d} {task.comm}"
    )


def _killed(task: Task, adjust: int) -> str:
    return (
        f"Memory cgroup out of memory: Killed process {task.pid} ({task.comm}) "
        f"total-vm:{task.virtual_bytes // 1024}kB, anon-rss:{task.anon_bytes // 1024}kB, "
        f"file-rss:{task.file_bytes // 1024}kB, shmem-rss:0kB, UID:0 "
        f"pgtables:{_page_tables(task) // 1024}kB oom_score_adj:{adjust}"
    )


def _page_tables(task: Task) -> int:
    pages = (task.anon_bytes + task.file_bytes) // PAGE
    return PAGE * (12 + pages // 512)


_FRAMES = (
    "dump_stack_lvl+0x44/0x5c",
    "dump_header+0x4a/0x211",
    "oom_kill_process.cold+0xb/0x10",
    "out_of_memory+0x1fd/0x4c0",
    "mem_cgroup_out_of_memory+0x134/0x150",
    "try_charge_memcg+0x696/0x780",
    "charge_memcg+0x39/0xf0",
    "__mem_cgroup_charge+0x28/0x80",
    "handle_mm_fault+0xdb/0x2d0",
    "exc_page_fault+0x70/0x170",
    "asm_exc_page_fault+0x22/0x30",
)
