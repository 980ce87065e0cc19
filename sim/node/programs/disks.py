"""df and du: how full the file systems are, and what fills them.

Forms are those of coreutils 9.1. This file must not know what any directory is for.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from math import ceil

from sim.bash.process import Proc
from sim.node.disk import BYTES_PER_INODE, RESERVED_SHARE, DiskFiles
from sim.node.mounts import Mounted, mount_at, mounts_of
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import Options, UsageError, parse, program

BLOCK = 4096
_UNITS = "KMGTPE"
_DF_LONG = (
    "all", "block-size=", "human-readable", "si", "inodes", "local", "portability", "sync",
    "no-sync", "total", "type=", "print-type", "exclude-type=",
)  # fmt: skip
_DU_LONG = (
    "all", "apparent-size", "bytes", "total", "dereference-args", "max-depth=", "human-readable",
    "si", "one-file-system", "summarize", "separate-dirs", "exclude=", "threshold=", "block-size=",
)  # fmt: skip


def human(size: int, *, base: int = 1024) -> str:
    """Return a size as `-h` rounds it: up, with one decimal below 10.

    >>> human(0), human(999), human(1024), human(10_300_000), human(1_200_000_000_000)
    ('0', '999', '1.0K', '9.9M', '1.1T')
    """
    if size < base:
        return str(size)
    value = float(size)
    for unit in _UNITS:
        value /= base
        if value < base or unit == _UNITS[-1]:
            tenths = ceil(value * 10 - 1e-9)
            name = unit.lower() if base == 1000 and unit == "K" else unit
            return f"{tenths / 10:.1f}{name}" if tenths < 100 else f"{ceil(value - 1e-9)}{name}"
    return str(size)


def _scale(proc: Proc, text: str) -> int:
    """Return the bytes of a block size such as `M` or `1K`."""
    number = text.rstrip("KMGTPEBi") or "1"
    unit = text[len(number) :] if text[:1].isdecimal() else text
    if not number.isdecimal() or (unit and unit[0] not in _UNITS):
        raise UsageError(f"{proc.argv[0]}: invalid --block-size argument '{text}'")
    return int(number) * (1024 ** (_UNITS.index(unit[0]) + 1) if unit else 1)


def _printer(proc: Proc, options: Options) -> tuple[Callable[[int], str], str]:
    """Return how a size is printed, and what the column of sizes is called."""
    scale, title = 1024, "1K-blocks"
    for name, value in options.pairs:
        if name in ("-h", "--human-readable"):
            scale, title = 0, "Size"
        elif name in ("-H", "--si"):
            scale, title = -1, "Size"
        elif name in ("-k", "-m", "-b", "--bytes"):
            scale = {"-k": 1024, "-m": 1 << 20}.get(name, 1)
            title = {1024: "1K-blocks", 1 << 20: "1M-blocks", 1: "1B-blocks"}[scale]
        elif name in ("-B", "--block-size"):
            scale, title = _scale(proc, value), f"{value}-blocks"
            title = f"1{title}" if not title[:1].isdecimal() else title
    if scale == 0:
        return human, title
    if scale == -1:
        return (lambda size: human(size, base=1000)), title
    return (lambda size: str(-(-size // scale))), title


@program(1)
def df(proc: Proc) -> int:
    """Print how full the file systems are."""
    options = parse(proc, "aB:hHiklmPTt:x:v", _DF_LONG, hint=True)
    proc.asked()
    machine = machine_of(proc)
    every = mounts_of(machine, container_of(proc))
    show, title = _printer(proc, options)
    code = 0
    if options.operands:
        chosen = []
        for name in options.operands:
            if not proc.files.exists(proc.path(name)) and not name.startswith("/dev/vda"):
                proc.stderr.write(f"df: {name}: No such file or directory\n")
                code = 1
                continue
            chosen.append(mount_at(every, "/" if name.startswith("/dev/vda") else proc.path(name)))
    else:
        chosen = [one for one in every if _listed(proc, one, options)]
    kinds, without = options.values("-t", "--type"), options.values("-x", "--exclude-type")
    chosen = [
        one for one in chosen if (not kinds or one.fstype in kinds) and one.fstype not in without
    ]
    if not chosen:
        if not code:
            proc.stderr.write("df: no file systems processed\n")
        return 1
    inodes = options.has("-i", "--inodes")
    typed = options.has("-T", "--print-type")
    count = machine.disk.inodes
    rows = [_df_titles(options, title, typed=typed, inodes=inodes)]
    totals = [0, 0, 0]
    for one in chosen:
        figures = _inodes(one, count) if inodes else _room(one)
        totals = [a + b for a, b in zip(totals, figures, strict=True)]
        number = human if show is human else str
        cells = [number(n) if inodes else show(n) for n in figures]
        rows.append(
            [one.source, *([one.fstype] if typed else []), *cells, _share(figures), one.target]
        )
    if options.has("--total"):
        cells = [str(n) if inodes else show(n) for n in totals]
        rows.append(["total", *(["-"] if typed else []), *cells, _share(totals), "-"])
    _print_table(proc, rows, typed=typed)
    return code


def _listed(proc: Proc, one: Mounted, options: Options) -> bool:
    if options.has("-a", "--all"):
        return True
    if not is_root(proc) and one.target.startswith("/run/containerd/"):
        return False
    twice = one.on_disk and one.target != "/" and one.source != "overlay"
    return one.size > 0 and not twice


def _df_titles(options: Options, title: str, *, typed: bool, inodes: bool) -> list[str]:
    if inodes:
        figures = ["Inodes", "IUsed", "IFree", "IUse%"]
    elif title == "Size":
        figures = ["Size", "Used", "Avail", "Use%"]
    elif options.has("-P", "--portability"):
        figures = ["1024-blocks", "Used", "Available", "Capacity"]
    else:
        figures = [title, "Used", "Available", "Use%"]
    return ["Filesystem", *(["Type"] if typed else []), *figures, "Mounted on"]


def _room(one: Mounted) -> list[int]:
    reserved = one.size // RESERVED_SHARE if one.on_disk else 0
    return [one.size, one.used, max(0, one.size - one.used - reserved)]


def _inodes(one: Mounted, of_disk: tuple[int, int]) -> list[int]:
    every, used = of_disk if one.on_disk else (one.size // BYTES_PER_INODE * 4, 1)
    return [every, used, every - used]


def _share(figures: list[int]) -> str:
    _, used, left = figures
    return f"{-(-100 * used // (used + left))}%" if used + left else "-"


def _print_table(proc: Proc, rows: list[list[str]], *, typed: bool) -> None:
    least = [14, *([4] if typed else []), 5, 5, 5, 4]
    widths = [max(w, *(len(row[i]) for row in rows)) for i, w in enumerate(least)]
    left = 2 if typed else 1
    for row in rows:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        proc.print(" ".join([*cells, row[-1]]))


@program(1)
def du(proc: Proc) -> int:
    """Print how much room directories take."""
    options = parse(proc, "abcd:DhHkmsxSB:t:", _DU_LONG, hint=True)
    proc.asked()
    text = options.value(
        "-d", "--max-depth", default="0" if options.has("-s", "--summarize") else ""
    )
    if text and not text.isdecimal():
        raise UsageError(
            f"du: invalid maximum depth ‘{text}’\nTry 'du --help' for more information."
        )
    show, _ = _printer(proc, options)
    walk = _Walk(
        proc,
        deepest=int(text) if text else 1 << 30,
        files=options.has("-a", "--all"),
        exact=options.has("-b", "--bytes", "--apparent-size"),
    )
    code, total = 0, 0
    for name in options.operands or ["."]:
        path = proc.path(name)
        if not proc.files.exists(path):
            proc.stderr.write(f"du: cannot access '{name}': No such file or directory\n")
            code = 1
            continue
        walk.rows.clear()
        total += walk.measure(path, name.rstrip("/") or "/", 0)
        proc.stdout.write("".join(f"{show(size)}\t{shown}\n" for size, shown in walk.rows))
    if options.has("-c", "--total"):
        proc.print(f"{show(total)}\ttotal")
    return code


class _Walk:
    """Measures trees, and remembers what is to be printed."""

    def __init__(self, proc: Proc, *, deepest: int, files: bool, exact: bool) -> None:
        self._proc = proc
        self._deepest = deepest
        self._all = files
        self._exact = exact
        self.rows: list[tuple[int, str]] = []

    def measure(self, path: str, shown: str, depth: int) -> int:
        """Return the bytes of everything at *path*."""
        files = self._proc.files
        self._proc.charge(200)
        if not files.is_dir(path):
            size = files.size(path)
            size = size if self._exact else -(-size // BLOCK) * BLOCK
            if (self._all and depth <= self._deepest) or depth == 0:
                self.rows.append((size, shown))
            return size
        if path in ("/proc", "/sys", "/dev") or path.startswith(("/proc/", "/sys/", "/dev/")):
            return self._told(0, shown, depth)
        known = files.sealed(path) if isinstance(files, DiskFiles) else None
        if known is not None:
            return self._told(known, shown, depth)
        size = BLOCK
        for name in files.listdir(path):
            inner = posixpath.join(path, name)
            if not files.is_link(inner):
                size += self.measure(inner, posixpath.join(shown, name), depth + 1)
        return self._told(size, shown, depth)

    def _told(self, size: int, shown: str, depth: int) -> int:
        if depth <= self._deepest:
            self.rows.append((size, shown))
        return size
