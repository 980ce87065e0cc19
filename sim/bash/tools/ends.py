"""`head` and `tail`."""

from __future__ import annotations

import re
from collections import deque

from sim.bash.process import Proc, Running
from sim.bash.tools.options import all_text, each_line, read_options, tool

_LONG = {"lines": "n", "bytes": "c", "quiet": "q", "follow": "f"}


def _modern(argv: list[str]) -> list[str]:
    """Return *argv* with the old form `-5` of the first argument as `-n5`."""
    return [*argv[:1], *(re.sub(r"^-(\d+)$", r"-n\1", word) for word in argv[1:2]), *argv[2:]]


@tool()
def head(proc: Proc) -> Running:
    """Print the first lines; it ends as soon as it has them, and so ends whoever writes to it."""
    argv = _modern(proc.argv)
    options = read_options(argv, "qv", "nc", _LONG)
    count = options.number("n", 10)
    size = options.number("c", -1)
    code = 0
    for number, name in enumerate(options.operands or ["-"]):
        if len(options.operands) > 1 and "q" not in options:
            proc.stdout.write(f"{chr(10) if number else ''}==> {name} <==\n")
        if size >= 0 or count < 0:
            failed, texts = yield from all_text(proc, [name])
            code |= failed
            for _, text in texts:
                lines = text.splitlines(keepends=True)
                proc.stdout.write(text[:size] if size >= 0 else "".join(lines[:count]))
            continue
        if count:
            code |= yield from each_line(proc, [name], _Taking(proc, count).line)
    return code


class _Taking:
    def __init__(self, proc: Proc, count: int) -> None:
        self.proc = proc
        self.left = count

    def line(self, line: str) -> bool:
        self.proc.print(line)
        self.left -= 1
        return self.left <= 0


@tool()
def tail(proc: Proc) -> Running:
    """Print the last lines, or with `-n +5` all from the fifth on."""
    argv = _modern(proc.argv)
    options = read_options(argv, "qvfF", "nc", _LONG)
    count = options.number("n", 10)
    size = options.number("c", -1)
    if "f" in options or "F" in options:
        return proc.fail("-f is not supported here; use kubectl logs -f or journalctl -f")
    code = 0
    for number, name in enumerate(options.operands or ["-"]):
        if len(options.operands) > 1 and "q" not in options:
            proc.stdout.write(f"{chr(10) if number else ''}==> {name} <==\n")
        if size >= 0:
            failed, texts = yield from all_text(proc, [name])
            code |= failed
            for _, text in texts:
                proc.stdout.write(text[-size:] if size else "")
        elif options.flags.get("n", "").startswith("+"):
            skipping = _Skipping(proc, count)
            code |= yield from each_line(proc, [name], skipping.line)
        else:
            last: deque[str] = deque(maxlen=min(abs(count), 10_000_000))
            code |= yield from each_line(proc, [name], last.append)
            proc.print(*last)
    return code


class _Skipping:
    def __init__(self, proc: Proc, first: int) -> None:
        self.proc = proc
        self.left = first - 1

    def line(self, line: str) -> None:
        if self.left > 0:
            self.left -= 1
        else:
            self.proc.print(line)
