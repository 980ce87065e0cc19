"""`uniq`: neighbouring equal lines become one, with their count on request."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import each_line, read_options, tool

_LONG = {"count": "c", "repeated": "d", "unique": "u", "ignore-case": "i"}


@tool()
def uniq(proc: Proc) -> Running:
    """Print each run of equal lines once."""
    options = read_options(proc.argv, "cdui", "", _LONG)
    current: str | None = None
    count = 0

    def flush() -> None:
        if current is None or ("d" in options and count < 2) or ("u" in options and count > 1):
            return
        proc.print(f"{count:7} {current}" if "c" in options else current)

    def take(line: str) -> None:
        nonlocal current, count
        same = current is not None and (
            line.lower() == current.lower() if "i" in options else line == current
        )
        if same:
            count += 1
            return
        flush()
        current, count = line, 1

    code = yield from each_line(proc, options.operands[:1], take)
    flush()
    return code
