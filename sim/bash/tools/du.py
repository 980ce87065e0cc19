"""`du`: how much room files take."""

from __future__ import annotations

import posixpath

from sim.bash.process import Proc, Running
from sim.bash.tools.amounts import human
from sim.bash.tools.inputs import quoted
from sim.bash.tools.ls import blocks
from sim.bash.tools.options import Misuse, UsageProblem, read_options, tool

_LONG = {"all": "a", "human-readable": "h", "summarize": "s", "total": "c", "max-depth": "d",
         "bytes": "b", "apparent-size": "apparent", "si": "si", "kilobytes": "k",
         "separate-dirs": "S", "block-size": "B", "null": "0", "threshold": "t",
         "exclude": "exclude="}  # fmt: skip


@tool()
def du(proc: Proc) -> Running:
    """Summarize the space that files take, directories and all in them."""
    options = read_options(proc.argv, "ahscbkmSxLPDl0", "dBt", _LONG)
    depth = None
    if "d" in options:
        if not options.flags["d"].isdecimal():
            raise Misuse(f"invalid maximum depth ‘{options.flags['d']}’")
        depth = int(options.flags["d"][:9])
    if "s" in options and "a" in options:
        raise Misuse("cannot both summarize and show all entries")
    if "s" in options:
        if depth:
            raise Misuse(f"warning: summarizing conflicts with --max-depth={depth}")
        depth = 0
    if "exclude" in options or "t" in options or "B" in options:
        raise UsageProblem("this option: not supported in this simulator")
    exact = "b" in options or "apparent" in options
    code = total = 0

    def size_of(kind_size: int) -> str:
        if "h" in options or "si" in options:
            return human(kind_size, 1000 if "si" in options else 1024)
        if "b" in options:
            return str(kind_size)
        return str(-(-kind_size // (1 << 20 if "m" in options else 1024)))

    def visit(name: str, path: str, level: int) -> int:
        found = proc.files.stat_or_none(path, follow=False)
        if found is None:
            return 0
        proc.charge(200)
        own = found.size if exact else blocks(found)
        whole = own
        if found.kind == "d":
            for one in proc.files.listdir(path):
                inner = visit(posixpath.join(name, one), posixpath.join(path, one), level + 1)
                whole += inner
        if (depth is None or level <= depth) and (found.kind == "d" or "a" in options or not level):
            proc.print(f"{size_of(whole)}\t{name}")
        return whole

    for name in options.operands or ["."]:
        path = proc.path(name)
        if not name or proc.files.stat_or_none(path, follow=False) is None:
            code = proc.fail(f"cannot access {quoted(name)}: No such file or directory")
            continue
        total += visit(name, path, 0)
        yield from proc.stdout.drain()
    if "c" in options:
        proc.print(f"{size_of(total)}\ttotal")
    return code
