"""mount, findmnt, lsblk and blkid: disks, and what is mounted where.

Forms are those of util-linux 2.38. This file must not know what is in a file system.
"""

from __future__ import annotations

from sim.bash.process import Proc
from sim.node.diskwork import disk_size, part_size
from sim.node.mounts import Mounted, mount_at, mounts_of
from sim.node.programs.disks import human
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import UsageError, parse, program

_COLUMNS = ("TARGET", "SOURCE", "FSTYPE", "OPTIONS", "SIZE", "USED", "AVAIL", "USE%")


@program(1)
def mount(proc: Proc) -> int:
    """List what is mounted; mounting is refused."""
    options = parse(
        proc, "alvt:o:rwnO:", ("all", "types=", "options=", "bind", "rbind", "move"), hint=True
    )
    if options.operands or options.has(
        "-a", "--all", "--bind", "--rbind", "--move", "-o", "--options"
    ):
        if not is_root(proc):
            raise UsageError(
                f"mount: {(options.operands or ['/'])[-1]}: must be superuser to use mount."
            )
        raise UsageError("mount: mounting is not supported in this simulator")
    proc.asked()
    kinds = [one for text in options.values("-t", "--types") for one in text.split(",")]
    for one in mounts_of(machine_of(proc), container_of(proc)):
        if not kinds or one.fstype in kinds:
            proc.print(f"{one.source} on {one.target} type {one.fstype} ({one.options})")
    return 0


@program(32)
def umount(proc: Proc) -> int:
    """Refuse."""
    options = parse(proc, "afldnrRt:v", ("all", "force", "lazy", "recursive"), hint=True)
    if not options.operands:
        raise UsageError("umount: bad usage\nTry 'umount --help' for more information.")
    known = {one.target for one in mounts_of(machine_of(proc), container_of(proc))}
    for name in options.operands:
        if name not in known:
            raise UsageError(f"umount: {name}: not mounted.")
        if not is_root(proc):
            raise UsageError(f"umount: {name}: must be superuser to unmount.")
    raise UsageError("umount: unmounting is not supported in this simulator")


@program(1)
def findmnt(proc: Proc) -> int:
    """List what is mounted, one device or target, or where a path lies."""
    options = parse(
        proc, "DaflnrT:t:o:S:uvAJ",
        ("target=", "types=", "output=", "df", "noheadings", "raw", "list", "json", "source="), hint=True,
    )  # fmt: skip
    if options.has("-J", "--json"):
        return proc.fail("-J is not supported in this simulator")
    proc.asked()
    every = mounts_of(machine_of(proc), container_of(proc))
    found = every
    if target := options.value("-T", "--target"):
        found = [mount_at(every, proc.path(target))]
    if options.operands:
        wanted = options.operands[0]
        found = [one for one in every if wanted in (one.target, one.source)]
    if source := options.value("-S", "--source"):
        found = [one for one in found if one.source == source]
    if kinds := options.value("-t", "--types"):
        found = [one for one in found if one.fstype in kinds.split(",")]
    if not found:
        return 1
    columns = ["SOURCE", "FSTYPE", "SIZE", "USED", "AVAIL", "USE%", "TARGET"]
    if not options.has("-D", "--df"):
        columns = ["TARGET", "SOURCE", "FSTYPE", "OPTIONS"]
    if text := options.value("-o", "--output"):
        columns = text.upper().split(",")
        for name in columns:
            if name not in _COLUMNS:
                raise UsageError(f"findmnt: unknown column: {name.lower()}")
    rows = [columns, *([_cell(one, name) for name in columns] for one in found)]
    if len(found) > 1 and not options.has("-l", "--list", "-D", "--df", "-r", "--raw"):
        rows = [columns, *_tree(every, found, columns)]
    if options.has("-n", "--noheadings"):
        rows = rows[1:]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows:
        proc.print(" ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    return 0


def _cell(one: Mounted, name: str) -> str:
    left = max(0, one.size - one.used)
    return {
        "TARGET": one.target, "SOURCE": one.source, "FSTYPE": one.fstype, "OPTIONS": one.options,
        "SIZE": human(one.size), "USED": human(one.used), "AVAIL": human(left),
        "USE%": f"{-(-100 * one.used // max(1, one.size))}%",
    }[name]  # fmt: skip


def _tree(every: list[Mounted], found: list[Mounted], columns: list[str]) -> list[list[str]]:
    """Return rows with the targets drawn as a tree, as findmnt does by default."""
    above = {
        one.target: mount_at(
            [m for m in every if m.target != one.target] or every, one.target
        ).target
        for one in found
        if one.target != "/"
    }
    above["/"] = ""
    rows: list[list[str]] = []

    def add(one: Mounted, art: str, bars: str) -> None:
        cells = [_cell(one, name) for name in columns]
        if "TARGET" in columns:
            cells[columns.index("TARGET")] = art + one.target
        rows.append(cells)
        children = [m for m in found if above[m.target] == one.target and m.target != one.target]
        for index, child in enumerate(children):
            final = index == len(children) - 1
            add(child, bars + ("└─" if final else "├─"), bars + ("  " if final else "│ "))

    targets = {one.target for one in found}
    for one in found:
        if one.target == "/" or above[one.target] not in targets:
            add(one, "", "")
    return rows


@program(1)
def lsblk(proc: Proc) -> int:
    """Print the disks."""
    options = parse(
        proc, "abdfilmnopPrSt:J", ("all", "fs", "bytes", "nodeps", "json", "output="), hint=True
    )
    if options.has("-J", "--json", "-o", "--output"):
        return proc.fail("only the tables of lsblk and lsblk -f are supported in this simulator")
    machine = machine_of(proc)
    proc.asked()
    exact = options.has("-b", "--bytes")
    shown, part = (
        str(size) if exact else human(size).replace(".0", "")
        for size in (disk_size(machine), part_size(machine))
    )
    if options.has("-f", "--fs"):
        uuid = machine.stream.at("fs").uuid()
        left, used = machine.disk.available, machine.disk.used
        proc.print(
            f"NAME   FSTYPE FSVER LABEL {'UUID':<36} FSAVAIL FSUSE% MOUNTPOINTS",
            f"vda{'':<81}",
            f"└─vda1 ext4   1.0         {uuid} {human(left):>7} {-(-100 * used // max(1, used + left)):>5}% /",
        )
        return 0
    width = max(5, len(shown), len(part))
    head = f"NAME   MAJ:MIN RM {'SIZE':>{width}} RO TYPE MOUNTPOINTS"
    proc.print(head, f"vda    254:0    0 {shown:>{width}}  0 disk ")
    if not options.has("-d", "--nodeps"):
        proc.print(f"└─vda1 254:1    0 {part:>{width}}  0 part /")
    return 0


@program(2)
def blkid(proc: Proc) -> int:
    """Print what is on the disks."""
    parse(proc, "s:o:p", ())
    machine = machine_of(proc)
    proc.asked()
    if not is_root(proc):
        return 2
    part = machine.stream.at("part").uuid()[:8]
    proc.print(
        f'/dev/vda1: UUID="{machine.stream.at("fs").uuid()}" BLOCK_SIZE="4096" TYPE="ext4" PARTUUID="{part}-01"'
    )
    return 0
