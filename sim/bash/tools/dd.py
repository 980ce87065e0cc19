"""`dd`: blocks of bytes copied, as many as are asked for."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.amounts import amount, human
from sim.bash.tools.inputs import decoded, encoded, quoted, refuse
from sim.bash.tools.options import Misuse, UsageProblem, read_options, tool

_NUMBERS = {"bs", "ibs", "obs", "count", "skip", "seek", "cbs", "iseek", "oseek"}
_NAMES = {"if", "of", "status", "conv", "iflag", "oflag"}
_CONVERSIONS = {
    "notrunc",
    "ucase",
    "lcase",
    "fsync",
    "fdatasync",
    "noerror",
    "sync",
    "excl",
    "nocreat",
}
MAX_BYTES = 16 << 20


def _number(text: str) -> int:
    total = 1
    for part in text.split("x"):
        part = part.removesuffix("B") if part.endswith("B") and part[:-1].isdecimal() else part  # noqa: PLW2901
        found = amount(re.sub(r"w$|c$", "", part))
        if found is None:
            raise UsageProblem(f"invalid number: ‘{text}’")
        total *= found
    return total


@tool(usage="[OPERAND]...")
def dd(proc: Proc) -> Running:
    """Copy a file, converting and formatting according to the operands."""
    options = read_options(proc.argv)
    values: dict[str, str] = {}
    for word in options.operands:
        name, sign, value = word.partition("=")
        if not sign or name not in _NUMBERS | _NAMES:
            raise Misuse(f"unrecognized operand ‘{word}’")
        values[name] = value
    numbers = {name: _number(values[name]) for name in values if name in _NUMBERS}
    size = numbers.get("bs", numbers.get("ibs", 512))
    if not size:
        raise UsageProblem(f"invalid number: ‘{values.get('bs', '0')}’")
    for word in filter(None, values.get("conv", "").split(",")):
        if word not in _CONVERSIONS:
            raise Misuse(f"invalid conversion: ‘{word}’")
    if values.get("status", "none") not in {"none", "noxfer", "progress"}:
        raise Misuse(f"invalid status level: ‘{values['status']}’")
    count = numbers.get("count")
    skip = numbers.get("skip", numbers.get("iseek", 0)) * size
    wanted = None if count is None else count * size
    data = yield from _input(proc, values.get("if"), skip, wanted)
    proc.charge(len(data) // 4)
    if "ucase" in values.get("conv", ""):
        data = data.upper()
    if "lcase" in values.get("conv", ""):
        data = data.lower()
    _output(
        proc, values, data, numbers.get("seek", numbers.get("oseek", 0)) * numbers.get("bs", 512)
    )
    yield from proc.stdout.drain()
    if values.get("status") != "none":
        whole, part = divmod(len(data), size)
        for way in ("in", "out"):
            proc.stderr.write(f"{whole}+{int(part > 0)} records {way}\n")
        if values.get("status") != "noxfer":
            proc.stderr.write(_summary(len(data)))
    return 0


def _summary(size: int) -> str:
    """Return the last line; a simulated disk copies at one speed."""
    sizes = ""
    if size >= 1000:
        sizes = f" ({_unit(size, 1000)}B" + (f", {_unit(size, 1024)}iB)" if size >= 1024 else ")")
    seconds = max(size, 1000) / 1.1e9
    speed = _unit(int(size / seconds), 1000)
    return f"{size} byte{'' if size == 1 else 's'}{sizes} copied, {seconds:.6g} s, {speed}B/s\n"


def _unit(size: int, base: int) -> str:
    text = human(size, base)
    return re.sub(r"([A-Za-z])$", r" \1", text) if text[-1].isalpha() else f"{text} "


def _input(
    proc: Proc, name: str | None, skip: int, wanted: int | None
) -> Generator[simpy.Event, Any, bytes]:
    if name is None:
        text = yield from proc.stdin.read_all()
        data = encoded(text)
        return data[skip:] if wanted is None else data[skip : skip + wanted]
    path = proc.path(name)
    if path.startswith("/dev/") and path[5:] in {"zero", "urandom", "random"}:
        if wanted is None or wanted > MAX_BYTES:
            raise UsageProblem(f"more than {MAX_BYTES} bytes: not supported in this simulator")
        proc.charge(wanted)
        return b"\0" * wanted if path == "/dev/zero" else encoded(proc.files.device(path, wanted))
    try:
        text = proc.files.read(path)
    except FileProblem as problem:
        if str(problem) == "Is a directory":
            raise UsageProblem(f"error reading {quoted(name)}: {problem}") from None
        raise UsageProblem(f"failed to open {quoted(name)}: {problem}") from None
    data = encoded(text)
    return data[skip:] if wanted is None else data[skip : skip + wanted]


def _output(proc: Proc, values: dict[str, str], data: bytes, seek: int) -> None:
    name = values.get("of")
    if name is None:
        proc.stdout.write(decoded(data))
        return
    path = proc.path(name)
    try:
        held = b""
        if (seek or "notrunc" in values.get("conv", "")) and proc.files.exists(path):
            held = encoded(proc.files.read(path))
        if seek > MAX_BYTES:
            refuse("File too large")
        made = held[:seek].ljust(seek, b"\0") + data
        if "notrunc" in values.get("conv", ""):
            made += held[len(made) :]
        proc.files.write(path, decoded(made))
    except FileProblem as problem:
        raise UsageProblem(f"failed to open {quoted(name)}: {problem}") from None
