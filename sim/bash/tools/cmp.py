"""`cmp`: two files byte by byte, as GNU diffutils' compares them."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import encoded
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool

_LONG = {"print-bytes": "b", "ignore-initial": "i", "verbose": "l", "bytes": "n", "quiet": "s",
         "silent": "s"}  # fmt: skip


@tool(2, usage="[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]", package="GNU diffutils) 3.8")
def cmp(proc: Proc) -> Running:
    """Compare two files byte by byte."""
    try:
        return (yield from _cmp(proc))
    except Misuse as problem:
        proc.fail(str(problem))
        return proc.fail(f"Try '{proc.argv[0]} --help' for more information.", 2)


def _cmp(proc: Proc) -> Running:
    options = read_options(proc.argv, "bls", "in", _LONG)
    if not options.operands:
        raise Misuse(f"missing operand after '{proc.argv[0]}'")
    skips = _skips(options)
    if len(options.operands) > 4:
        raise Misuse(f"extra operand '{options.operands[4]}'")
    names = [*options.operands[:2], "-"][:2]
    most = _number(options.flags["n"], "--bytes") if "n" in options else None
    datas: list[bytes] = []
    for name, skip in zip(names, skips, strict=True):
        data = yield from _read(proc, name)
        datas.append(data[skip : None if most is None else skip + most])
    proc.charge(min(map(len, datas)))
    return _compare(proc, options, names, datas)


def _skips(options: Options) -> list[int]:
    first, _, second = options.flags.get("i", "0").partition(":")
    given = [_number(text, "--ignore-initial") for text in (first, second or first)]
    for at, text in enumerate(options.operands[2:4]):
        given[at] = _number(text, "--ignore-initial")
    return given


def _number(text: str, what: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise Misuse(f"invalid {what} value '{text}'")
    return int(text[:15])


def _read(proc: Proc, name: str) -> Generator[simpy.Event, Any, bytes]:
    if name == "-":
        return encoded((yield from proc.stdin.read_all()))
    path = proc.path(name)
    if proc.files.is_dir(path):
        raise UsageProblem(f"{name}: Is a directory")
    if not proc.files.exists(path):
        raise UsageProblem(f"{name}: No such file or directory")
    return encoded(proc.files.read(path))


def _compare(proc: Proc, options: Options, names: list[str], datas: list[bytes]) -> int:
    one, two = datas
    shared = min(len(one), len(two))
    if one == two:
        return 0
    if "s" in options:
        return 1
    differing = (at for at in range(shared) if one[at] != two[at])
    if "l" in options:
        width = len(str(max(len(one), len(two))))
        proc.print(*(
            f"{at + 1:>{width}} {_shown(one[at], named='b' in options, fills=True)}"
            f" {_shown(two[at], named='b' in options)}"
            for at in differing
        ))  # fmt: skip
    elif first := list(islice(differing, 1)):
        at = first[0]
        line = one.count(b"\n", 0, at) + 1
        told = f"{names[0]} {names[1]} differ: byte {at + 1}, line {line}"
        if "b" in options:
            told += f" is {_shown(one[at], named=True)} {_shown(two[at], named=True)}"
        proc.print(told)
        return 1
    if len(one) != len(two):
        name = names[len(one) > len(two)]
        if not shared:
            return proc.fail(f"EOF on {name} which is empty")
        lines = one.count(b"\n", 0, shared)
        where = "line" if one[shared - 1 : shared] == b"\n" else "in line"
        number = lines if where == "line" else lines + 1
        after = f"EOF on {name} after byte {shared}"
        return proc.fail(after if "l" in options else f"{after}, {where} {number}")
    return 1


def _shown(octet: int, *, named: bool, fills: bool = False) -> str:
    """Return an octet in base eight, and as `cat -t` writes it if it is *named*."""
    if not named:
        return f"{octet:3o}"
    text = "M-" if octet > 127 else ""
    low = octet & 127
    text += "^?" if low == 127 else f"^{chr(low + 64)}" if low < 32 else chr(low)
    return f"{octet:3o} {text:<4}" if fills else f"{octet:3o} {text}"
