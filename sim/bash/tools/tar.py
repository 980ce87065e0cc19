"""`tar`: makes and unpacks archives over the place's files, as `kubectl cp` needs it.

Archives are bytes; in texts they are decoded with `surrogateescape`, so nothing is lost.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running, Sink
from sim.bash.tools.gzip import Unreadable, pack, unpack
from sim.bash.tools.inputs import decoded, encoded
from sim.bash.tools.options import Options, read_options, tool

CHUNK = 256 * 1024
"""Characters that are written before the reader gets a turn."""
_LONG = {
    "create": "c",
    "directory": "C",
    "extract": "x",
    "file": "f",
    "gzip": "z",
    "list": "t",
    "no-same-owner": "o",
    "no-same-permissions": "p",
    "touch": "m",
    "verbose": "v",
    "absolute-names": "P",
}


_MODES = "\nTry 'tar --help' or 'tar --usage' for more information."


@tool(2, usage="[OPTION...] [FILE]...", package="GNU tar) 1.34")
def tar(proc: Proc) -> Running:
    """Create (c), extract (x) or list (t) an archive."""
    argv = list(proc.argv)
    if len(argv) > 1 and not argv[1].startswith("-"):
        # The old style: letters without a hyphen, their arguments after them in order.
        letters, rest = argv[1], argv[2:]
        words = [f"-{letter}" for letter in letters if letter not in "fC"]
        for letter in letters:
            if letter in "fC" and rest:
                words += [f"-{letter}", rest.pop(0)]
        argv = [argv[0], *words, *rest]
    options = read_options(argv, "cxtvzmopkhP", "fC", _LONG)
    archive = options.flags.get("f", "-")
    where = options.flags.get("C", ".")
    base = proc.path(where)
    if len({"c", "x", "t"} & set(options.flags)) > 1:
        told = "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option"
        return proc.fail(told + _MODES, 2)
    if not proc.files.is_dir(base):
        proc.fail(f"{where}: Cannot open: No such file or directory")
        return proc.fail("Error is not recoverable: exiting now", 2)
    if "c" in options:
        return (yield from _create(proc, base, archive, options))
    if "x" in options or "t" in options:
        code: int = yield from _read(proc, base, archive, options)
        return code
    told = "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"
    return proc.fail(told + _MODES, 2)


def _create(proc: Proc, base: str, archive: str, options: Options) -> Running:
    names = options.operands
    if not names:
        return proc.fail("Cowardly refusing to create an empty archive" + _MODES, 2)
    raw = io.BytesIO()
    code = 0
    told: Sink | None = None
    if "v" in options:
        told = proc.stderr if archive == "-" else proc.stdout
    with tarfile.open(fileobj=raw, mode="w") as out:
        for name in names:
            path = proc.files.resolve(name, base)
            if not proc.files.exists(path):
                code = proc.fail(f"{name}: Cannot stat: No such file or directory", 2)
                continue
            if name.startswith("/"):
                proc.stderr.write("tar: Removing leading `/' from member names\n")
            _add(proc, out, path, name.lstrip("/").rstrip("/") or ".", told)
    if code:
        proc.stderr.write("tar: Exiting with failure status due to previous errors\n")
    data = raw.getvalue()
    proc.charge(len(data) // 4)
    text = decoded(pack(data) if "z" in options else data)
    if archive != "-":
        try:
            proc.files.write(proc.path(archive), text)
        except FileProblem as problem:
            proc.fail(f"{archive}: Cannot open: {problem}")
            return proc.fail("Error is not recoverable: exiting now", 2)
        return code
    for start in range(0, len(text), CHUNK):
        proc.stdout.write(text[start : start + CHUNK])
        yield proc.env.timeout(0)
        yield from proc.stdout.drain()
    return code


def _add(proc: Proc, out: tarfile.TarFile, path: str, name: str, told: Sink | None) -> None:
    entry = tarfile.TarInfo(name)
    found = proc.files.stat(path, follow=False)
    entry.uname, entry.gname = found.owner, found.group
    entry.mode, entry.mtime = found.mode, found.mtime_ms // 1000
    if told is not None:
        told.write(f"{name}{'/' if found.kind == 'd' else ''}\n")
    if found.kind == "l":
        entry.type, entry.linkname = tarfile.SYMTYPE, found.target
        out.addfile(entry)
        return
    if found.kind == "d":
        entry.type = tarfile.DIRTYPE
        out.addfile(entry)
        for one in proc.files.listdir(path):
            _add(proc, out, posixpath.join(path, one), posixpath.join(name, one), told)
        return
    data = encoded(proc.files.read(path))
    entry.size = len(data)
    out.addfile(entry, io.BytesIO(data))


def _read(
    proc: Proc, base: str, archive: str, options: Options
) -> Generator[simpy.Event, Any, int]:
    names = options.operands
    try:
        text: str = (
            (yield from proc.stdin.read_all())
            if archive == "-"
            else proc.files.read(proc.path(archive))
        )
    except FileProblem as problem:
        proc.fail(f"{archive}: Cannot open: {problem}")
        return proc.fail("Error is not recoverable: exiting now", 2)
    data = encoded(text)
    proc.charge(len(data) // 4)
    missing = set(names)
    try:
        if data[:2] == b"\x1f\x8b":
            data = unpack(data)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as held:
            for entry in held:
                wanted = [name for name in names if _within(entry.name, name)]
                if names and not wanted:
                    continue
                missing -= set(wanted)
                if "t" in options:
                    proc.print(_listed(entry, at_length="v" in options))
                    continue
                if "v" in options:
                    proc.print(entry.name + ("/" if entry.isdir() else ""))
                _unpack(proc, held, entry, base)
    except (tarfile.TarError, Unreadable):
        proc.stderr.write("tar: This does not look like a tar archive\n")
        return proc.fail("Exiting with failure status due to previous errors", 2)
    except FileProblem as problem:
        proc.stderr.write(f"tar: {problem}\n")
        return proc.fail("Exiting with failure status due to previous errors", 2)
    for name in names:
        if name in missing:
            proc.fail(f"{name}: Not found in archive")
    return proc.fail("Exiting with failure status due to previous errors", 2) if missing else 0


def _listed(entry: tarfile.TarInfo, *, at_length: bool) -> str:
    name = entry.name + ("/" if entry.isdir() else "")
    if not at_length:
        return name
    letter = "d" if entry.isdir() else "l" if entry.issym() else "-"
    owner = f"{entry.uname or entry.uid}/{entry.gname or entry.gid}"
    size = f"{entry.size:>{max(1, 18 - len(owner))}}"
    when = datetime.fromtimestamp(max(0, min(entry.mtime, 1 << 36)), UTC)
    mode = stat.filemode(entry.mode)[1:]
    link = f" -> {entry.linkname}" if entry.issym() else ""
    return f"{letter}{mode} {owner} {size} {when:%Y-%m-%d %H:%M} {name}{link}"


def _unpack(proc: Proc, held: tarfile.TarFile, entry: tarfile.TarInfo, base: str) -> None:
    path = proc.files.resolve(entry.name.lstrip("/"), base)
    if entry.isdir():
        proc.files.mkdir(path)
        return
    if entry.issym():
        proc.files.mkdir(posixpath.dirname(path))
        if proc.files.stat_or_none(path, follow=False) is not None:
            proc.files.remove(path)
        proc.files.symlink(entry.linkname, path)
        return
    data = held.extractfile(entry) if entry.isfile() else None
    if data is not None:
        proc.files.mkdir(posixpath.dirname(path))
        proc.files.write(path, decoded(data.read()))
        if proc.files.stat(path).kind == "-":
            proc.files.chmod(path, entry.mode & 0o777)
            proc.files.set_mtime(path, int(entry.mtime) * 1000)


def _within(name: str, wanted: str) -> bool:
    wanted = wanted.strip("/")
    return name.rstrip("/") == wanted or name.startswith(f"{wanted}/")
