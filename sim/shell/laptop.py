"""What a laptop says of itself: `ps`, `uptime`, `free`, `df`, from one small description.

Only the terminal's own shell and its jobs are real. It must not know a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.bash import Proc, Program, Running, Shell
from sim.kernel import format_rfc3339
from sim.shell.terminal import Job


@dataclass(frozen=True, slots=True)
class Laptop:
    """A laptop in the middle of its working day."""

    up_ms: int = 189_143_000
    """How long before the run it was started."""
    load: tuple[str, str, str] = ("0.31", "0.27", "0.22")
    memory: tuple[int, ...] = (16_273_112, 4_404_232, 6_022_604, 412_880, 6_259_156, 11_868_880)
    """KiB: total, used, free, shared, buff/cache, available; free(1)."""
    swap: tuple[int, int, int] = (1_000_444, 0, 1_000_444)
    disks: tuple[tuple[str, int, int, int, str], ...] = (
        ("udev", 8_105_616, 0, 8_105_616, "/dev"),
        ("tmpfs", 1_627_312, 1_948, 1_625_364, "/run"),
        ("/dev/nvme0n1p2", 490_048_472, 143_276_060, 321_805_772, "/"),
        ("tmpfs", 8_136_556, 0, 8_136_556, "/dev/shm"),
        ("/dev/nvme0n1p1", 523_244, 5_972, 517_272, "/boot/efi"),
    )
    """KiB: size, used, available; df(1)."""
    processors: int = 8


@dataclass(frozen=True, slots=True)
class _Row:
    pid: int
    parent: int
    state: str
    name: str
    command: str


def laptop_tools(
    user: str, clock: Callable[[], int], laptop: Laptop | None = None
) -> Mapping[str, Program]:
    """Return the programs that show *laptop*; *clock* is Unix time in ms."""
    seen = laptop or Laptop()

    def ps(proc: Proc) -> Running:
        how = "".join(proc.argv[1:]).replace(" ", "")
        if how not in ("", "aux", "-aux", "-ef", "-e", "-f", "x", "ax", "-A"):
            return proc.fail(f"{proc.argv[1]}: not supported in this simulator")
        rows = _rows(proc)
        at = format_rfc3339(clock())[11:16]
        if "u" in how:
            proc.print("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND")
            for row in rows:
                proc.print(
                    f"{user:<8} {row.pid:>7}  0.0  0.0   8508  5204 pts/0    {row.state:<4} "
                    f"{at}   0:00 {row.command}"
                )
        elif "f" in how:
            proc.print("UID          PID    PPID  C STIME TTY          TIME CMD")
            for row in rows:
                proc.print(
                    f"{user:<8} {row.pid:>7} {row.parent:>7}  0 {at} pts/0    00:00:00 {row.command}"
                )
        elif "x" in how:
            proc.print("    PID TTY      STAT   TIME COMMAND")
            for row in rows:
                proc.print(f"{row.pid:>7} pts/0    {row.state:<4}   0:00 {row.command}")
        else:
            proc.print("    PID TTY          TIME CMD")
            for row in rows:
                proc.print(f"{row.pid:>7} pts/0    00:00:00 {row.name}")
        return 0
        yield

    def uptime(proc: Proc) -> Running:
        minutes = (seen.up_ms + int(proc.env.now)) // 60_000
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        if proc.argv[1:] in (["-p"], ["--pretty"]):
            proc.print(f"up {days} days, {hours} hours, {rest} minutes")
        elif proc.argv[1:]:
            return proc.fail(f"{proc.argv[1]}: not supported in this simulator")
        else:
            proc.print(
                f" {format_rfc3339(clock())[11:19]} up {days} days, {hours:>2}:{rest:02},  1 user,"
                f"  load average: {', '.join(seen.load)}"
            )
        return 0
        yield

    def free(proc: Proc) -> Running:
        how = proc.argv[1:2] or ["-k"]
        units: dict[str, Callable[[int], str]] = {
            "-h": _binary,
            "-k": str,
            "-m": lambda kib: str(kib >> 10),
            "-g": lambda kib: str(kib >> 20),
        }
        if how[0] not in units or len(proc.argv) > 2:
            return proc.fail(f"{how[0]}: not supported in this simulator")
        heads = ("total", "used", "free", "shared", "buff/cache", "available")
        proc.print(" " * 8 + "".join(f"{head:>12}" for head in heads))
        for name, row in (("Mem:", seen.memory), ("Swap:", seen.swap)):
            proc.print(f"{name:<8}" + "".join(f"{units[how[0]](kib):>12}" for kib in row))
        return 0
        yield

    def df(proc: Proc) -> Running:
        human = proc.argv[1:] == ["-h"]
        if proc.argv[1:] and not human:
            return proc.fail(f"{proc.argv[1]}: not supported in this simulator")
        wide = (5, 5, 5) if human else (9, 9, 9)
        heads = ("Size", "Used", "Avail") if human else ("1K-blocks", "Used", "Available")
        shown = _short if human else str

        def line(name: str, cells: tuple[str, ...], part: str, where: str) -> str:
            middle = " ".join(f"{c:>{w}}" for c, w in zip(cells, wide, strict=True))
            return f"{name:<14} {middle} {part:>4} {where}"

        proc.print(line("Filesystem", heads, "Use%", "Mounted on"))
        for name, size, used, left, where in seen.disks:
            part = f"{-(-100 * used // (used + left))}%"
            proc.print(line(name, (shown(size), shown(used), shown(left)), part, where))
        return 0
        yield

    def top(proc: Proc) -> Running:
        return proc.fail("this laptop is idle; `ps` lists your jobs, on a node: ssh NODE top")
        yield

    return {"ps": ps, "uptime": uptime, "free": free, "df": df, "top": top}


def _rows(proc: Proc) -> list[_Row]:
    """Return the terminal's shell, its jobs and the program that asks."""
    shell: Shell | None = proc.host.terminal.shell if isinstance(proc.host, Job) else None
    if shell is None:
        return []
    rows = [_Row(shell.pid, 4_690, "Ss", "bash", "bash")]
    for job in shell.jobs.ordered():
        if not job.done and job.pids:
            state = "T" if job.stopped else "S"
            text = job.text.removesuffix("&").strip()
            name = (text.split() or ["bash"])[0].rpartition("/")[2]
            rows.append(_Row(job.pids[0], shell.pid, state, name, text))
    own = max(row.pid for row in rows) + 1
    rows.append(_Row(own, shell.pid, "R+", "ps", " ".join(proc.argv)))
    return rows


def _binary(kib: int) -> str:
    """Return *kib* as `free -h` shows it."""
    if kib < 1024:
        return f"{kib}Ki" if kib else "0B"
    for unit in "MGT":
        kib_value = kib / 1024
        if kib_value < 1024:
            return f"{kib_value:.1f}{unit}i" if kib_value < 10 else f"{int(kib_value)}{unit}i"
        kib >>= 10
    return f"{kib}Ti"


def _short(kib: int) -> str:
    """Return *kib* as `df -h` shows it: rounded up."""
    if not kib:
        return "0"
    scale, units = 1, "KMGT"
    while kib >= scale * 1024 and len(units) > 1:
        scale, units = scale * 1024, units[1:]
    tenths = -(-10 * kib // scale)
    return f"{tenths / 10:.1f}{units[0]}" if tenths < 100 else f"{-(-kib // scale)}{units[0]}"
