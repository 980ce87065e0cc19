"""`cat` (also as `less` and `more`: a pager without pages), `tac` and `tee`."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import (
    UsageProblem,
    all_text,
    each_line,
    file_text,
    read_options,
    split_lines,
    tool,
)


def cat(proc: Proc) -> Running:
    """Copy files or standard input."""
    pager = proc.argv[0].rpartition("/")[2] in {"less", "more"}
    names = [word for word in proc.argv[1:] if word[:1] not in {"-", "+"} or word == "-"]
    if not pager:
        try:
            options = read_options(proc.argv, "nbsAetTuv", "", {"number": "n"})
        except UsageProblem as problem:
            return proc.fail(str(problem))
        if "n" in options:
            return (yield from _numbered(proc, options.operands))
    code = 0
    for name in names or ["-"]:
        if name != "-":
            text = file_text(proc, name)
            code |= text is None
            proc.stdout.write(text or "")
            continue
        while (piece := (yield from proc.stdin.read())) is not None:
            proc.stdout.write(piece)
            yield from proc.stdout.drain()
    return code


def _numbered(proc: Proc, names: list[str]) -> Running:
    number = 0

    def show(line: str) -> None:
        nonlocal number
        number += 1
        proc.print(f"{number:6}\t{line}")

    return (yield from each_line(proc, names, show))


def tac(proc: Proc) -> Running:
    """Print the lines from last to first."""
    code, texts = yield from all_text(proc, proc.argv[1:])
    for _, text in texts:
        proc.print(*reversed(split_lines(text)))
    return code


@tool()
def tee(proc: Proc) -> Running:
    """Copy standard input to standard output and into files."""
    options = read_options(proc.argv, "ai", "", {"append": "a"})
    paths = [proc.path(name) for name in options.operands]
    for path in paths:
        proc.files.write(path, "", append="a" in options)
    while (piece := (yield from proc.stdin.read())) is not None:
        for path in paths:
            proc.files.write(path, piece, append=True)
        proc.stdout.write(piece)
        yield from proc.stdout.drain()
    return 0
