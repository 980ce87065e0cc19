"""`tar`: makes and unpacks archives over the place's files, as `kubectl cp` needs it.

Archives are bytes; in texts they are decoded with `surrogateescape`, so nothing is lost.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.options import read_options, tool

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
}


@tool(2)
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
    options = read_options(argv, "cxtvzmopkh", "fC", _LONG)
    archive = options.flags.get("f", "-")
    where = options.flags.get("C", ".")
    base = proc.path(where)
    if not proc.files.is_dir(base):
        return proc.fail(f"{where}: Cannot open: No such file or directory", 2)
    if "c" in options:
        return (yield from _create(proc, base, archive, options.operands, zipped="z" in options))
    if "x" in options or "t" in options:
        code: int = yield from _read(proc, base, archive, options.operands, only="t" in options)
        return code
    return proc.fail("You must specify one of the '-Acdtrux' options", 2)


def _create(proc: Proc, base: str, archive: str, names: list[str], *, zipped: bool) -> Running:
    if not names:
        return proc.fail("Cowardly refusing to create an empty archive", 2)
    raw = io.BytesIO()
    code = 0
    with tarfile.open(fileobj=raw, mode="w:gz" if zipped else "w") as out:
        for name in names:
            path = proc.files.resolve(name, base)
            if not proc.files.exists(path):
                code = proc.fail(f"{name}: Cannot stat: No such file or directory", 2)
                continue
            if name.startswith("/"):
                proc.stderr.write("tar: Removing leading `/' from member names\n")
            _add(proc, out, path, name.lstrip("/") or ".")
    if code:
        proc.stderr.write("tar: Exiting with failure status due to previous errors\n")
    text = raw.getvalue().decode("utf-8", "surrogateescape")
    if archive != "-":
        proc.files.write(proc.path(archive), text)
        return code
    for start in range(0, len(text), CHUNK):
        proc.stdout.write(text[start : start + CHUNK])
        yield proc.env.timeout(0)
        yield from proc.stdout.drain()
    return code


def _add(proc: Proc, out: tarfile.TarFile, path: str, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.uname = entry.gname = "root"
    if proc.files.is_dir(path):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        out.addfile(entry)
        for one in proc.files.listdir(path):
            _add(proc, out, posixpath.join(path, one), posixpath.join(name, one))
        return
    data = proc.files.read(path).encode("utf-8", "surrogateescape")
    entry.size, entry.mode = len(data), 0o644
    out.addfile(entry, io.BytesIO(data))


def _read(
    proc: Proc, base: str, archive: str, names: list[str], *, only: bool
) -> Generator[simpy.Event, Any, int]:
    if archive == "-":
        text: str = yield from proc.stdin.read_all()
    else:
        text = proc.files.read(proc.path(archive))
    raw = io.BytesIO(text.encode("utf-8", "surrogateescape"))
    try:
        with tarfile.open(fileobj=raw, mode="r:*") as held:
            for entry in held:
                if names and not any(_within(entry.name, name) for name in names):
                    continue
                if only:
                    proc.print(entry.name + ("/" if entry.isdir() else ""))
                else:
                    _unpack(proc, held, entry, base)
    except tarfile.TarError:
        proc.stderr.write("tar: This does not look like a tar archive\n")
        return proc.fail("Exiting with failure status due to previous errors", 2)
    except FileProblem as problem:
        proc.stderr.write(f"tar: {problem}\n")
        return proc.fail("Exiting with failure status due to previous errors", 2)
    return 0


def _unpack(proc: Proc, held: tarfile.TarFile, entry: tarfile.TarInfo, base: str) -> None:
    path = proc.files.resolve(entry.name.lstrip("/"), base)
    if entry.isdir():
        proc.files.mkdir(path)
        return
    data = held.extractfile(entry) if entry.isfile() else None
    if data is not None:
        proc.files.mkdir(posixpath.dirname(path))
        proc.files.write(path, data.read().decode("utf-8", "surrogateescape"))


def _within(name: str, wanted: str) -> bool:
    wanted = wanted.strip("/")
    return name.rstrip("/") == wanted or name.startswith(f"{wanted}/")
