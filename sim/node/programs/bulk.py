"""dd, fallocate, truncate and sync: files of any size, of which only the size may be kept.

Texts are those of coreutils 9.1 and util-linux 2.38. This file must not know what a full disk does.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.node.disk import NO_SPACE, DiskFiles
from sim.node.programs.host import changed, container_of
from sim.node.programs.options import UsageError, parse, program, waiting

BYTES_PER_MS = 210_000
"""What the disk writes in a millisecond (ours)."""
_SUFFIXES = {
    "": 1, "c": 1, "w": 2, "b": 512, "kB": 1000, "K": 1 << 10, "k": 1 << 10, "KiB": 1 << 10,
    "MB": 1_000_000, "M": 1 << 20, "m": 1 << 20, "MiB": 1 << 20, "GB": 10**9, "G": 1 << 30,
    "g": 1 << 30, "GiB": 1 << 30, "TB": 10**12, "T": 1 << 40, "TiB": 1 << 40,
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,18})([A-Za-z]*)$")
_DD = ("if", "of", "bs", "ibs", "obs", "count", "skip", "seek", "conv", "status", "iflag", "oflag")
_SHOWN = 1 << 22
"""Bytes that dd hands on as text; more of a device goes into files only."""


def bytes_of(text: str) -> int | None:
    """Return the bytes of `10M`, `1GiB` or `512`; None if it is no such number."""
    found = _NUMBER.match(text)
    if found is None or found[2] not in _SUFFIXES:
        return None
    return int(found[1]) * _SUFFIXES[found[2]]


@waiting(1)
def dd(proc: Proc) -> Running:
    """Copy blocks; files from /dev/zero and /dev/urandom may have any size."""
    words = _dd_words(proc)
    block = _dd_number(words, "bs", _dd_number(words, "obs", 512)) or 512
    count = _dd_number(words, "count", None)
    source, target = words.get("if", ""), words.get("of", "")
    if source.startswith(("/dev/vda", "/dev/mem")) or target.startswith("/dev/vda"):
        return proc.fail("copying a whole disk is not supported in this simulator")
    began = proc.env.now
    endless = source in ("/dev/zero", "/dev/urandom", "/dev/random")
    text = ""
    if endless:
        size = block * count if count is not None else 1 << 62
    else:
        text = (yield from proc.stdin.read_all()) if not source else _read(proc, source)
        skipped = block * (_dd_number(words, "skip", 0) or 0)
        text = text[skipped : skipped + block * count] if count is not None else text[skipped:]
        size = len(text)
    problem = ""
    if target and target != "/dev/null":
        if endless and isinstance(proc.files, DiskFiles):
            size, problem = yield from _filled(proc, target, size)
        else:
            if endless:
                text = proc.files.device(source, min(size, _SHOWN))
                size = len(text)
            try:
                append = "append" in words.get("oflag", "").split(",")
                proc.files.write(proc.path(target), text, append=append)
            except FileProblem as found:
                return proc.fail(f"failed to open '{target}': {found}")
    elif not target:
        if endless:
            size = min(size, _SHOWN)
            text = proc.files.device(source, size)
        proc.stdout.write(text)
        yield from proc.stdout.drain()
    elif endless:
        if count is None:
            return proc.fail("copying without end is not supported in this simulator; give count=")
        yield proc.env.timeout(size // (40 * BYTES_PER_MS))
    if problem:
        proc.stderr.write(f"dd: error writing '{target}': {problem}\n")
    _dd_report(proc, words, size, block, proc.env.now - began)
    return 1 if problem else 0


def _dd_words(proc: Proc) -> dict[str, str]:
    hint = "\nTry 'dd --help' for more information."
    words: dict[str, str] = {}
    for word in proc.argv[1:]:
        name, sign, value = word.partition("=")
        if word.startswith("--"):
            raise UsageError(f"dd: unrecognized option '{word}'{hint}")
        if not sign or name not in _DD:
            raise UsageError(f"dd: unrecognized operand ‘{word}’{hint}")
        words[name] = value
    return words


def _dd_number(words: dict[str, str], name: str, default: int | None) -> int | None:
    if name not in words:
        return default
    found = bytes_of(words[name])
    if found is None:
        raise UsageError(f"dd: invalid number: ‘{words[name]}’")
    return found


def _read(proc: Proc, name: str) -> str:
    try:
        return proc.files.read(proc.path(name))
    except FileProblem as problem:
        raise UsageError(f"dd: failed to open '{name}': {problem}") from None


def _filled(proc: Proc, target: str, size: int) -> Generator[simpy.Event, Any, tuple[int, str]]:
    """Write *size* bytes into a file; return (how many fitted, the problem)."""
    assert isinstance(proc.files, DiskFiles)
    try:
        written = proc.files.allocate(proc.path(target), 0)
        room = proc.files.room(proc.path(target))
        yield proc.env.timeout(max(1, min(size, room) // BYTES_PER_MS))
        written = proc.files.allocate(proc.path(target), size)
    except FileProblem as found:
        raise UsageError(f"dd: failed to open '{target}': {found}") from None
    if container_of(proc) is None:
        changed(proc, "dd", f"{target}: {written} bytes")
    return written, "" if written == size else NO_SPACE


def _dd_report(proc: Proc, words: dict[str, str], size: int, block: int, took: int) -> None:
    if words.get("status") == "none":
        return
    whole, part = divmod(size, block)
    records = f"{whole}+{1 if part else 0} records"
    proc.stderr.write(f"{records} in\n{records} out\n")
    if words.get("status") == "noxfer":
        return
    seconds = max(took, 1) / 1000
    told = f"{size} byte{'s' if size != 1 else ''}"
    if size >= 1000:
        told += f" ({_si(size)}" + (f", {_iec(size)})" if size >= 1024 else ")")
    proc.stderr.write(f"{told} copied, {seconds:g} s, {_si(round(size / seconds))}/s\n")


def _si(size: int) -> str:
    value, unit = float(size), "B"
    for name in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, name
    return f"{value:.1f} {unit}" if value < 10 and unit != "B" else f"{value:.0f} {unit}"


def _iec(size: int) -> str:
    value, unit = float(size), "B"
    for name in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, name
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


@program(1)
def fallocate(proc: Proc) -> int:
    """Make a file of a given size."""
    options = parse(proc, "l:o:nxzvcpd", ("length=", "offset=", "keep-size", "posix"), hint=True)
    if not options.operands:
        raise UsageError("fallocate: no filename specified")
    text = options.value("-l", "--length")
    if not text:
        raise UsageError("fallocate: no length argument specified")
    size = bytes_of(text)
    if not size:
        raise UsageError("fallocate: invalid length value specified")
    name = options.operands[0]
    return _sized(proc, name, size, f"fallocate: cannot open {name}: ", whole=True)


@program(1)
def truncate(proc: Proc) -> int:
    """Set the size of files."""
    options = parse(proc, "s:cor:", ("size=", "reference=", "no-create"), hint=True)
    text = options.value("-s", "--size")
    hint = "\nTry 'truncate --help' for more information."
    if not text:
        raise UsageError(f"truncate: you must specify either ‘--size’ or ‘--reference’{hint}")
    size = bytes_of(text)
    if size is None:
        raise UsageError(f"truncate: Invalid number: ‘{text}’")
    if not options.operands:
        raise UsageError(f"truncate: missing file operand{hint}")
    code = 0
    for name in options.operands:
        path = proc.path(name)
        if options.has("-c", "--no-create") and not proc.files.exists(path):
            continue
        told = f"truncate: cannot open '{name}' for writing: "
        if size == 0 or not isinstance(proc.files, DiskFiles):
            try:
                proc.files.write(path, "\0" * min(size, _SHOWN))
            except FileProblem as problem:
                proc.stderr.write(f"{told}{problem}\n")
                code = 1
        else:
            # A hole takes no room: what is longer than its text stays as long as it was.
            kept = proc.files.read(path)[:size] if proc.files.exists(path) else ""
            proc.files.write(path, kept + "\0" * min(size - len(kept), _SHOWN))
    return code


def _sized(proc: Proc, name: str, size: int, told: str, *, whole: bool) -> int:
    """Make a file of *size* bytes; with *whole* all of it or nothing."""
    path = proc.path(name)
    if not isinstance(proc.files, DiskFiles):
        return proc.fail("not supported in this simulator")
    try:
        if whole and size > proc.files.room(path):
            proc.files.write(path, "", append=True)
            proc.stderr.write(f"fallocate: fallocate failed: {NO_SPACE}\n")
            return 1
        proc.files.allocate(path, size)
    except FileProblem as problem:
        proc.stderr.write(f"{told}{problem}\n")
        return 1
    if container_of(proc) is None:
        changed(proc, proc.argv[0], f"{name}: {size} bytes")
    return 0


@program(1)
def sync(proc: Proc) -> int:
    """Write what is cached: nothing is, here."""
    del proc
    return 0
