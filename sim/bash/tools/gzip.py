"""`gzip`, `gunzip` and `zcat`: bytes made smaller and back."""

from __future__ import annotations

import zlib

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import decoded, encoded, plainly, refuse
from sim.bash.tools.options import read_options, tool

_LONG = {
    "stdout": "c", "to-stdout": "c", "decompress": "d", "uncompress": "d", "force": "f",
    "keep": "k", "list": "l", "test": "t", "verbose": "v", "quiet": "q", "fast": "1", "best": "9",
    "no-name": "n", "name": "N", "recursive": "r",
}  # fmt: skip
MAX_BYTES = 16 << 20


class Unreadable(Exception):  # noqa: N818 - carries what gzip says
    """These bytes are not what gzip makes; `str()` says why."""


def pack(data: bytes, level: int = 6) -> bytes:
    """Return *data* as one gzip member without a name or a time, so that it is always the same."""
    squeezer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return squeezer.compress(data) + squeezer.flush()


def unpack(data: bytes) -> bytes:
    """Return what gzip members hold; raises Unreadable."""
    if data[:2] != b"\x1f\x8b":
        raise Unreadable("not in gzip format")
    out = b""
    while data[:2] == b"\x1f\x8b":
        reader = zlib.decompressobj(31)
        try:
            out += reader.decompress(data, MAX_BYTES - len(out) + 1)
        except zlib.error:
            raise Unreadable("invalid compressed data--format violated") from None
        if len(out) > MAX_BYTES:
            raise Unreadable("more than this simulator unpacks")
        if not reader.eof:
            raise Unreadable("unexpected end of file")
        data = reader.unused_data
    return out


@tool(usage="[OPTION]... [FILE]...", package="gzip 1.12")
def gzip(proc: Proc) -> Running:
    """Compress or uncompress FILEs (by default, compress FILES in-place)."""
    options = read_options(proc.argv, "cdfkltvqnNr123456789", "S", _LONG)
    name = proc.argv[0].rpartition("/")[2]
    back = "d" in options or "t" in options or name in {"gunzip", "zcat"}
    to_stdout = "c" in options or name == "zcat"
    if "l" in options or "r" in options:
        return proc.fail("-l and -r: not supported in this simulator")
    level = int(options.last_of("123456789") or 6)
    code = 0
    for file in options.operands or ["-"]:
        try:
            if file == "-":
                if not back and proc.stdout.tty and "f" not in options:
                    proc.fail(
                        "compressed data not written to a terminal. Use -f to force compression.\n"
                        f"For help, type: {name} -h"
                    )
                    return 1
                held = encoded((yield from proc.stdin.read_all()))
            else:
                file, held = _read(proc, file, back=back)  # noqa: PLW2901
                named = file.endswith((".gz", ".tgz"))
                if back and not (named or to_stdout or "t" in options):
                    refuse(f"{file}: unknown suffix -- ignored")
            proc.charge(4 * len(held))
            made = unpack(held) if back else pack(held, level)
            proc.charge(4 * len(made))
        except (FileProblem, Unreadable) as problem:
            shown = "stdin" if file == "-" else file
            if isinstance(problem, Unreadable):
                if str(problem).endswith("file") or str(problem).endswith("format"):
                    proc.stderr.write("\n")
                proc.stderr.write(f"gzip: {shown}: {problem}\n")
            else:
                proc.stderr.write(f"gzip: {problem}\n")
            code = max(code, 2 if "ignored" in str(problem) else 1)
            continue
        if "t" in options:
            continue
        if file == "-" or to_stdout:
            proc.stdout.write(decoded(made))
            yield from proc.stdout.drain()
            continue
        code |= _replace(proc, file, made, back=back, options=set(options.flags))
    return code


def _read(proc: Proc, file: str, *, back: bool) -> tuple[str, bytes]:
    path = proc.path(file)
    if back and not file.endswith((".gz", ".tgz")) and not proc.files.exists(path):
        file, path = f"{file}.gz", f"{path}.gz"
    if proc.files.is_dir(path):
        raise FileProblem(f"{file} is a directory -- ignored")
    try:
        return file, encoded(proc.files.read(path))
    except FileProblem as problem:
        raise FileProblem(plainly(file, problem)) from None


def _replace(proc: Proc, file: str, made: bytes, *, back: bool, options: set[str]) -> int:
    if back:
        target = file.removesuffix(".gz") if file.endswith(".gz") else f"{file[:-4]}.tar"
    elif file.endswith(".gz") and "f" not in options:
        return proc.fail(f"{file} already has .gz suffix -- unchanged", 2)
    else:
        target = f"{file}.gz"
    path = proc.path(target)
    if proc.files.exists(path) and "f" not in options:
        return proc.fail(f"{target} already exists;\tnot overwritten", 2)
    try:
        found = proc.files.stat(proc.path(file))
        proc.files.write(path, decoded(made))
        proc.files.chmod(path, found.mode)
        proc.files.set_mtime(path, found.mtime_ms)
        if "k" not in options:
            proc.files.remove(proc.path(file))
    except FileProblem as problem:
        return proc.fail(f"{target}: {problem}")
    return 0
