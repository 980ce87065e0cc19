"""`sed`: GNU's stream editor over lines, with linear-time patterns."""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Capture, FileProblem, Proc, Running
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool
from sim.bash.tools.sed.editing import Editing, Manner
from sim.bash.tools.sed.script import Chunk, Panic, Script
from sim.bash.tools.sed.streams import Output, Source

_USAGE = "[OPTION]... {script-only-if-no-other-script} [input-file]..."
_LONG = {
    "binary": "b", "debug": "debug", "expression": "e", "file": "f", "follow-symlinks": "follow",
    "in-place": "i", "line-length": "l", "null-data": "z", "posix": "posix", "quiet": "n",
    "regexp-extended": "E", "sandbox": "sandbox", "separate": "s", "silent": "n",
    "unbuffered": "u", "zero-terminated": "z",
}  # fmt: skip


@tool(1, usage=_USAGE, package="GNU sed) 4.9")
def sed(proc: Proc) -> Running:
    """Edit text as a stream, line by line."""
    try:
        return (yield from _sed(proc))
    except Panic as problem:
        return proc.fail(str(problem), 4)


def _sed(proc: Proc) -> Running:
    try:
        options = read_options(proc.argv, "nErsuzb", "efl", _LONG, optional="i")
        chunks = _chunks(proc, options)
    except Misuse as problem:
        if str(problem):
            proc.fail(str(problem))
        proc.stderr.write(f"Usage: sed {_USAGE}\n")
        return 1
    extended = bool(options.last_of("Er"))
    separate = "i" in options or "s" in options
    quiet = "n" in options or chunks[0].text.startswith(("#n\n",)) or chunks[0].text == "#n"
    script = Script(chunks, extended=extended, separate=separate)
    if "debug" in options:
        raise UsageProblem("--debug: not supported in this simulator")
    if "sandbox" in options and any(
        command.name in {"r", "R", "w", "W"} or command.file for command in script.commands
    ):
        raise UsageProblem("-e expression #1, char 1: e/r/w commands disabled in sandbox mode")
    end = "\0" if "z" in options else "\n"
    editing = Editing(proc, script, Manner(quiet, end, options.number("l", 70)))
    if "i" in options:
        if not options.operands:
            raise Panic("no input files")
        failed = yield from _in_place(proc, editing, options.operands, options.flags["i"])
    elif separate:
        failed = yield from _separately(proc, editing, options.operands or ["-"])
    else:
        source = Source(proc, options.operands, end, separate=False)
        yield from editing.run(source)
        failed = source.failed
    yield from proc.stdout.drain()
    return editing.code or failed


def _chunks(proc: Proc, options: Options) -> list[Chunk]:
    chunks: list[Chunk] = []
    for name, value in options.order:
        if name == "e":
            chunks.append(Chunk(value))
        elif name == "f":
            try:
                text = proc.files.read(proc.path(value))
            except FileProblem as problem:
                raise Panic(f"couldn't open file {value}: {problem}") from None
            chunks.append(Chunk(text.removesuffix("\n"), value))
    if not chunks:
        if not options.operands:
            raise Misuse("")
        chunks.append(Chunk(options.operands.pop(0)))
    return chunks


def _separately(proc: Proc, editing: Editing, names: list[str]) -> Generator[simpy.Event, Any, int]:
    """Run over each file with a last line of its own; return the code of what failed."""
    source = Source(proc, names, editing.manner.end, separate=True)
    yield from editing.run(source)
    return source.failed


def _in_place(
    proc: Proc, editing: Editing, names: list[str], suffix: str
) -> Generator[simpy.Event, Any, int]:
    """Rewrite each file; return the code of what could not be."""
    failed = 0
    for name in names:
        path = proc.path(name)
        if not proc.files.exists(path):
            proc.fail(f"can't read {name}: No such file or directory")
            failed = 2
            continue
        if proc.files.is_dir(path):
            proc.fail(f"couldn't edit {name}: not a regular file")
            failed = 4
            continue
        before = proc.files.read(path)
        result = Capture()
        editing.out = Output(result, editing.manner.end)
        editing.number = 0
        source = Source(proc, [name], editing.manner.end, separate=True)
        yield from editing.run(source)
        if suffix:
            folder, last = posixpath.split(path)
            backup = suffix.replace("*", last) if "*" in suffix else last + suffix
            proc.files.write(proc.files.resolve(backup, folder), before)
        proc.files.write(path, result.text)
        if editing.finished:
            break
    return failed


__all__ = ["sed"]
