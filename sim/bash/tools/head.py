"""`head`: the first lines or bytes."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.amounts import MOST, TOO_LARGE, amount
from sim.bash.tools.inputs import cannot_open, decoded, encoded, refuse
from sim.bash.tools.options import Misuse, UsageProblem, read_options, tool

_LONG = {"lines": "n", "bytes": "c", "quiet": "q", "silent": "q", "verbose": "v",
         "zero-terminated": "z"}  # fmt: skip
_STDIN = {"-", "/dev/stdin"}


def _modern(argv: list[str]) -> list[str]:
    """Return *argv* with the old form `-5q` of the first argument as `-n5 -q`."""
    match = re.fullmatch(r"-(\d+)([a-zA-Z]*)", argv[1]) if len(argv) > 1 else None
    if match is None:
        return argv
    words = [f"-n{match[1]}"]
    for letter in match[2]:
        if letter in "bkm":
            words = [f"-c{int(match[1]) * {'b': 512, 'k': 1 << 10, 'm': 1 << 20}[letter]}"]
        elif letter == "c":
            words = [f"-c{match[1]}"]
        elif letter in "qvz":
            words.append(f"-{letter}")
        elif letter != "l":
            raise Misuse(f"invalid trailing option -- {letter}")
    return [argv[0], *words, *argv[2:]]


def how_many(text: str, what: str) -> int:
    """Return a number of *what* (lines or bytes); raises UsageProblem."""
    found = amount(text)
    if found is None:
        raise UsageProblem(f"invalid number of {what}: ‘{text}’")
    if found > MOST:
        raise UsageProblem(f"invalid number of {what}: ‘{text}’: {TOO_LARGE}")
    return found


@tool()
def head(proc: Proc) -> Running:
    """Print the first 10 lines of each file; it ends as soon as it has them."""
    argv = _modern(proc.argv)
    for word in argv[2:]:
        if re.fullmatch(r"-\d.*", word) and argv[argv.index(word) - 1] not in {"-n", "-c", "--"}:
            raise Misuse(f"invalid trailing option -- {word[1]}")
    options = read_options(argv, "qvz", "nc", _LONG)
    unit = options.last_of("nc") or "n"
    text = options.flags.get(unit, "10")
    but = text.startswith("-")
    count = how_many(text.lstrip("-") if but else text, "lines" if unit == "n" else "bytes")
    end = "\0" if "z" in options else "\n"
    names = options.operands or ["-"]
    titled = options.last_of("qv") == "v" or (len(names) > 1 and "q" not in options)
    code = 0
    shown = False
    for name in names:
        try:
            if name not in _STDIN:
                whole = proc.files.read(proc.path(name)) if name else ""
                if name.startswith("/dev/") and unit == "c" and not but:
                    whole = proc.files.device(name, min(count, 1 << 22))
                if not name:
                    refuse("No such file or directory")
        except FileProblem as problem:
            if str(problem) == "Is a directory" and titled:
                proc.print(*([""] if shown else []), f"==> {name} <==")
                shown = True
            code = proc.fail(cannot_open(name, problem))
            continue
        if titled:
            label = "standard input" if name == "-" else name
            proc.print(*([""] if shown else []), f"==> {label} <==")
            shown = True
        if name in _STDIN and not but:
            yield from _first(proc, unit, count, end)
            continue
        if name in _STDIN:
            whole = yield from proc.stdin.read_all()
        proc.charge(len(whole) // 8)
        proc.stdout.write(_cut(whole, unit, count, end, but=but))
        yield from proc.stdout.drain()
    return code


def _cut(text: str, unit: str, count: int, end: str, *, but: bool) -> str:
    if unit == "c":
        data = encoded(text)
        return decoded(data[: max(0, len(data) - count)] if but else data[:count])
    if but:
        lines = text.split(end)
        keep = [line + end for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
        return "".join(keep[: max(0, len(keep) - count)])
    at = 0
    for _ in range(min(count, len(text))):
        found = text.find(end, at)
        if found < 0:
            return text
        at = found + 1
    return text[:at]


def _first(proc: Proc, unit: str, count: int, end: str) -> Generator[simpy.Event, Any, None]:
    """Copy the first of standard input; what comes after stays unread."""
    if unit == "n" and end == "\n":
        for done in range(count):
            line = yield from proc.stdin.readline()
            if line is None:
                return
            proc.charge(len(line))
            proc.stdout.write(line if proc.stdin.unended else line + "\n")
            if done % 256 == 255:
                yield from proc.stdout.drain()
        return
    left = count
    while left > 0 and (piece := (yield from proc.stdin.read())) is not None:
        proc.charge(len(piece))
        kept = _cut(piece, unit, left, end, but=False)
        proc.stdout.write(kept)
        left -= len(encoded(kept)) if unit == "c" else kept.count(end)
        yield from proc.stdout.drain()
