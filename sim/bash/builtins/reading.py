"""Builtins that fill variables from input or from a format: `read`, `mapfile`, `printf -v`."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.builtins.table import NAME, Usage, complains, options, usage
from sim.bash.fields import BLANK, split_record
from sim.bash.pipes import Capture, Pipe
from sim.bash.process import Proc, Running
from sim.bash.simple import Complaints
from sim.bash.variables import Indexed
from sim.bash.words import Reader

if TYPE_CHECKING:
    from sim.bash.shell import Shell

LONGEST_S = 1e9
_PROTECTED = 0xF0000
"""What an escaped character is moved by, so that it is not taken for a delimiter."""


def _input(shell: Shell, proc: Proc, found: dict[str, str]) -> Pipe | None:
    if "u" not in found:
        return proc.stdin
    number = found["u"]
    sink = shell.streams.get(int(number)) if number.isdecimal() else None
    if isinstance(sink, Pipe):
        return sink
    complains(shell, proc, f"{number}: invalid file descriptor: Bad file descriptor")
    return None


def _record(
    shell: Shell, pipe: Pipe, delimiter: str, limit: int | None, deadline: simpy.Event | None
) -> Generator[simpy.Event, Any, tuple[str, str]]:
    """Return a piece of input and how it ended: at its delimiter, `limit`, `end` or `late`."""
    while True:
        piece = pipe.take(delimiter, limit)
        if piece is not None:
            return piece, "limit" if limit is not None and len(piece) >= limit else "delimiter"
        shell.budget.charge(pipe.held // 16)
        if pipe.closed:
            return pipe.poll(), "end"
        if deadline is None:
            yield from pipe.await_more()
            continue
        if deadline.processed:
            return pipe.poll(), "late"
        yield shell.env.any_of([pipe.more(), deadline])


def read(shell: Shell, proc: Proc) -> Running:
    """Read a line into variables."""
    try:
        found, names = options(
            proc.argv, "rse", "pandtNui",
            "read: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] "
            "[-p prompt] [-t timeout] [-u fd] [name ...]",
        )  # fmt: skip
    except Usage as problem:
        return usage(shell, proc, problem)
    for name in names:
        if not _assignable(name):
            return complains(shell, proc, f"`{name}': not a valid identifier")
    pipe = _input(shell, proc, found)
    if pipe is None:
        return 1
    limit = found.get("N", found.get("n"))
    if limit is not None and not limit.isdecimal():
        return complains(shell, proc, f"{limit}: invalid number")
    delimiter = found["d"][:1] if "d" in found else "\n"
    delimiter = "\0" if delimiter == "" else delimiter
    deadline: simpy.Event | None = None
    if "t" in found:
        if (seconds := _seconds(found["t"])) is None:
            return complains(shell, proc, f"{found['t']}: invalid timeout specification")
        if seconds == 0:
            return 0 if pipe.ready else 1
        deadline = shell.env.timeout(int(seconds * 1000))
    if "p" in found and proc.tty:
        proc.stderr.write(found["p"])
    count = None if limit is None else int(limit)
    if count == 0:
        text, how = "", "limit"
    else:
        text, how = yield from _line(
            shell, pipe, "" if "N" in found else delimiter, count, deadline, raw="r" in found
        )
    if "s" in found and proc.tty and how == "delimiter":
        proc.stderr.write("")
    shell.budget.charge(len(text))
    yield from _store(shell, found, names, text)
    if how == "late":
        return 142
    return 1 if how == "end" else 0


def _seconds(text: str) -> float | None:
    """Return a span of time as bash reads it, None if it is none; a day is as good as a year."""
    if re.fullmatch(r"\d*(\.\d*)?", text, re.ASCII) is None:
        return None
    return min(float(f"0{text}"), LONGEST_S)


def _assignable(name: str) -> bool:
    return NAME.fullmatch(name) is not None or (
        name.endswith("]") and NAME.fullmatch(name.partition("[")[0]) is not None
    )


def _line(
    shell: Shell,
    pipe: Pipe,
    delimiter: str,
    limit: int | None,
    deadline: simpy.Event | None,
    *,
    raw: bool,
) -> Generator[simpy.Event, Any, tuple[str, str]]:
    """Return a record with its backslashes taken out; escaped characters are moved."""
    text, how = yield from _record(shell, pipe, delimiter, limit, deadline)
    if raw or "\\" not in text:
        return text, how
    out: list[str] = []
    while True:
        at = 0
        while at < len(text):
            if text[at] != "\\":
                out.append(text[at])
                at += 1
                continue
            if at + 1 < len(text):
                if text[at + 1] != "\n":
                    out.append(chr(_PROTECTED + ord(text[at + 1]) % 0x10000))
                at += 2
                continue
            break
        if at < len(text) and how == "delimiter":
            if delimiter != "\n":
                out.append(chr(_PROTECTED + ord(delimiter) % 0x10000))
            text, how = yield from _record(shell, pipe, delimiter, limit, deadline)
            continue
        return "".join(out), how


def _bare(text: str) -> str:
    return "".join(chr(ord(c) - _PROTECTED) if ord(c) >= _PROTECTED else c for c in text)


def _store(shell: Shell, found: dict[str, str], names: list[str], text: str) -> Running:
    ifs = shell.variables.scalar("IFS")
    ifs = BLANK if ifs is None else ifs
    if "a" in found:
        array = shell.variables.clear_array(found["a"])
        for at, piece in enumerate(split_record(text, ifs, 0)):
            shell.variables.set_element(found["a"], at, _bare(piece))
        assert array is not None
        return 0
    if not names:
        shell.assign("REPLY", _bare(text))
        return 0
    pieces = [text] if "N" in found else split_record(text, ifs, len(names))
    for at, name in enumerate(names):
        value = _bare(pieces[at]) if at < len(pieces) else ""
        base, bracket, rest = name.partition("[")
        if bracket:
            subscript = Reader(rest.removesuffix("]"), _none).whole()
            subscript.raw = rest.removesuffix("]")
            yield from shell.assign_element(base, subscript, value)
        else:
            shell.assign(name, value)
    return 0


def _none(reader: Reader, close: str) -> Any:
    raise AssertionError


def mapfile(shell: Shell, proc: Proc) -> Running:
    """Read all lines into an array."""
    try:
        found, names = options(
            proc.argv, "t", "dnOsuCc",
            f"{proc.argv[0]}: usage: {proc.argv[0]} [-d delim] [-n count] [-O origin] [-s count] [-t] "
            "[-u fd] [-C callback] [-c quantum] [array]",
        )  # fmt: skip
    except Usage as problem:
        return usage(shell, proc, problem)
    if "C" in found:
        return complains(shell, proc, "-C: not supported in this simulator")
    name = names[0] if names else "MAPFILE"
    if not NAME.fullmatch(name):
        return complains(shell, proc, f"`{name}': not a valid identifier")
    numbers = {letter: found.get(letter, "0") for letter in "nOs"}
    for text in numbers.values():
        if not text.isdecimal():
            return complains(shell, proc, f"{text}: invalid line count")
    pipe = _input(shell, proc, found)
    if pipe is None:
        return 1
    whole = yield from pipe.read_all()
    delimiter = (found["d"][:1] or "\0") if "d" in found else "\n"
    pieces = whole.split(delimiter)
    lines = [piece + delimiter for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
    lines = lines[int(numbers["s"]) :]
    if int(numbers["n"]):
        lines = lines[: int(numbers["n"])]
    if "O" not in found:
        shell.variables.clear_array(name)
    origin = int(numbers["O"])
    shell.budget.charge(150 * len(lines) + len(whole))
    for at, line in enumerate(lines, origin):
        text = line.removesuffix(delimiter) if "t" in found else line
        shell.variables.set_element(name, at, text)
    return 0


def printf(shell: Shell, proc: Proc) -> Running:
    """Print by a format, or with -v put it into a variable."""
    program = shell.programs.get("printf")
    if program is None:
        return complains(shell, proc, "command not found", 127)
    words = proc.argv[1:]
    name = ""
    if words[:1] == ["-v"]:
        if len(words) < 2:
            complains(shell, proc, "-v: option requires an argument")
            proc.stderr.write("printf: usage: printf [-v var] format [arguments]\n")
            return 2
        name, words = words[1], words[2:]
    elif words and words[0].startswith("-v") and len(words[0]) > 2:
        name, words = words[0][2:], words[1:]
    if name and not _assignable(name):
        return complains(shell, proc, f"`{name}': not a valid identifier", 2)
    if not words or (words == ["--"]):
        proc.stderr.write("printf: usage: printf [-v var] format [arguments]\n")
        return 2
    child = shell.proc(["printf", *words], shell.streams)
    child.stderr = Complaints(proc.stderr, "printf", shell)
    if not name:
        return (yield from program(child))
    output = Capture(shell.limits.captured)
    child.stdout = output
    code = yield from program(child)
    yield from _store(shell, {"N": ""}, [name], output.text)
    return code


__all__ = ["Indexed", "mapfile", "printf", "read"]
