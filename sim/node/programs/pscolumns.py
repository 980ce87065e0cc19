"""The columns of ps, and the sets of them that its options name.

Titles and widths are those of procps 4.0. This file must not know which processes are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.node.machine import Machine, Process
from sim.node.processes import average_percent, cgroup_of, cpu_ms
from sim.node.programs.psview import (
    clock,
    elapsed,
    seconds_used,
    start_time,
    started,
    stat_letters,
    uid_of,
)


class Row(NamedTuple):
    """One process as it is to be shown."""

    machine: Machine
    process: Process
    own: bool
    art: str = ""
    """What a tree puts in front of the command."""


class Column(NamedTuple):
    """One column."""

    title: str
    width: int
    show: Callable[[Row], str]
    left: bool = False
    key: Callable[[Row], object] | None = None


def _name8(text: str) -> str:
    return text if len(text) <= 8 else f"{text[:7]}+"


def _percent(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _mem(row: Row) -> float:
    return 100 * row.process.rss_bytes / row.machine.facts.memory_bytes


def _cpu(row: Row) -> float:
    return average_percent(row.machine, row.process)


def _bsd_time(row: Row) -> str:
    used = seconds_used(row.machine, row.process)
    return f"{used // 60}:{used % 60:02d}"


def _comm(row: Row) -> str:
    return row.art + row.process.name


def _args(row: Row) -> str:
    return row.art + row.process.command


def _age(row: Row) -> int:
    return max(0, row.machine.env.now - row.process.started_at)


_USER = Column("USER", 8, lambda r: _name8(r.process.user), True, lambda r: r.process.user)
_PID = Column("PID", 7, lambda r: str(r.process.pid), False, lambda r: r.process.pid)
_ARGS = Column("COMMAND", 27, _args, True, lambda r: r.process.command)
_CMD = _ARGS._replace(title="CMD")
_TIME = Column("TIME", 8, lambda r: clock(seconds_used(r.machine, r.process)), False,
                lambda r: cpu_ms(r.machine, r.process))  # fmt: skip
_TTY = Column("TTY", 8, lambda r: r.process.tty, True)
_RSS = Column(
    "RSS", 5, lambda r: str(r.process.rss_bytes >> 10), False, lambda r: r.process.rss_bytes
)
_VSZ = Column(
    "VSZ", 6, lambda r: str(r.process.virtual_kib), False, lambda r: r.process.virtual_kib
)
_PCPU = Column("%CPU", 4, lambda r: _percent(_cpu(r)), False, _cpu)
_PMEM = Column("%MEM", 4, lambda r: _percent(_mem(r)), False, lambda r: r.process.rss_bytes)
_STAT = Column("STAT", 4, lambda r: stat_letters(r.machine, r.process, own=r.own), True)
_START = Column("START", 5, lambda r: start_time(r.machine, r.process), False,
                 lambda r: r.process.started_at)  # fmt: skip
_PPID = Column("PPID", 7, lambda r: str(r.process.ppid), False, lambda r: r.process.ppid)
_C = Column("C", 2, lambda r: str(min(99, int(_cpu(r)))), False, _cpu)
_UID = Column("UID", 5, lambda r: str(uid_of(r.process)), False, lambda r: uid_of(r.process))
_S = Column("S", 1, lambda r: stat_letters(r.machine, r.process, own=r.own)[0], True)
_ETIME = Column("ELAPSED", 11, lambda r: elapsed(r.machine, r.process), False, _age)
_NLWP = Column("NLWP", 4, lambda r: str(r.process.threads), False, lambda r: r.process.threads)
_PRI = Column("PRI", 3, lambda r: "19")
_NI = Column("NI", 3, lambda r: "0")
_SZ = Column(
    "SZ", 5, lambda r: str(r.process.virtual_kib // 4), False, lambda r: r.process.virtual_kib
)
_WCHAN = Column(
    "WCHAN", 6, lambda r: "-" if r.own else "do_epo" if r.process.rss_bytes else "-", True
)
_PSR = Column("PSR", 3, lambda r: str(r.process.pid % r.machine.cores))
_F = Column("F", 1, lambda r: "1" if r.process.is_kernel else "4")

COLUMNS: dict[str, Column] = {
    "%cpu": _PCPU, "pcpu": _PCPU, "cpu": _PCPU, "%mem": _PMEM, "pmem": _PMEM, "args": _ARGS,
    "command": _ARGS, "cmd": _CMD, "comm": Column("COMMAND", 15, _comm, True, lambda r: r.process.name),
    "ucmd": Column("CMD", 15, _comm, True), "ucomm": Column("COMMAND", 15, _comm, True),
    "c": _C, "cgroup": Column("CGROUP", 27, lambda r: f"0::{cgroup_of(r.machine, r.process)}", True),
    "class": Column("CLS", 3, lambda r: "TS"), "cls": Column("CLS", 3, lambda r: "TS"),
    "cputime": _TIME, "time": _TIME, "bsdtime": Column("TIME", 6, _bsd_time),
    "etime": _ETIME, "elapsed": _ETIME,
    "etimes": Column("ELAPSED", 7, lambda r: str(_age(r) // 1000), False, _age),
    "euser": _USER._replace(title="EUSER"), "user": _USER, "uname": _USER,
    "ruser": _USER._replace(title="RUSER"), "euid": _UID._replace(title="EUID"), "uid": _UID,
    "group": _USER._replace(title="GROUP"), "egroup": _USER._replace(title="EGROUP"),
    "f": _F, "flags": _F,
    "lstart": Column("STARTED", 24, lambda r: f"{started(r.machine, r.process):%a %b %e %H:%M:%S %Y}",
                      False, lambda r: r.process.started_at),
    "lwp": _PID._replace(title="LWP"), "tid": _PID._replace(title="TID"), "spid": _PID._replace(title="SPID"),
    "ni": _NI, "nice": _NI, "nlwp": _NLWP, "thcount": _NLWP._replace(title="THCNT", width=5),
    "pid": _PID, "tgid": _PID._replace(title="TGID"), "pgid": _PID._replace(title="PGID"),
    "pgrp": _PID._replace(title="PGRP"), "ppid": _PPID, "pri": _PRI, "psr": _PSR,
    "rss": _RSS, "rssize": _RSS, "rsz": _RSS._replace(title="RSZ"), "s": _S, "state": _S,
    "sess": _PID._replace(title="SESS"), "sid": _PID._replace(title="SID"), "sz": _SZ,
    "size": _VSZ._replace(title="SIZE", width=5),
    "start": Column("STARTED", 8, lambda r: f"{started(r.machine, r.process):%H:%M:%S}"
                     if _age(r) < 86_400_000 else f"{started(r.machine, r.process):%b %d}",
                     False, lambda r: r.process.started_at),
    "start_time": _START, "stime": _START._replace(title="STIME"),
    "bsdstart": _START._replace(width=6), "stat": _STAT, "tname": _TTY, "tty": _TTY._replace(title="TT"),
    "tt": _TTY._replace(title="TT"), "vsize": _VSZ, "vsz": _VSZ, "wchan": _WCHAN,
}  # fmt: skip
"""Columns that -o knows, ps(1) STANDARD FORMAT SPECIFIERS."""
SORT_NAMES = {"session": "sid", "utime": "time", "start_time": "start_time", "resident": "rss"}

FORMATS: dict[str, tuple[Column, ...]] = {
    "default": (_PID, _TTY, _TIME, COLUMNS["comm"]._replace(title="CMD")),
    "bsd": (_PID, _TTY, _STAT, COLUMNS["bsdtime"], _ARGS),
    "u": (_USER, _PID, _PCPU, _PMEM, _VSZ, _RSS, _TTY, _STAT, _START, COLUMNS["bsdtime"], _ARGS),
    "f": (_USER._replace(title="UID"), _PID, _PPID, _C, COLUMNS["stime"], _TTY, _TIME, _CMD),
    "F": (_USER._replace(title="UID"), _PID, _PPID, _C, _SZ, _RSS, _PSR, COLUMNS["stime"], _TTY, _TIME, _CMD),
    "l": (_F, _S, _UID, _PID, _PPID, _C, Column("PRI", 3, lambda r: "80"), _NI,
          Column("ADDR", 4, lambda r: "-"), _SZ._replace(width=2), _WCHAN, _TTY, _TIME,
          COLUMNS["comm"]._replace(title="CMD")),
    "j": (_PPID, _PID, COLUMNS["pgid"], COLUMNS["sid"], _TTY,
          Column("TPGID", 7, lambda r: "-1"), _STAT, _UID, COLUMNS["bsdtime"], _ARGS),
    "jsysv": (_PID, COLUMNS["pgid"], COLUMNS["sid"], _TTY, _TIME, COLUMNS["comm"]._replace(title="CMD")),
}  # fmt: skip
"""Columns by the letter of an option."""
