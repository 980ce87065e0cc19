"""The workload's image without a base: this machine's Python, its libraries, a few tools, our programs.

For machines that can pull nothing. Linux only, and the nodes must be of the same architecture,
which containers of this machine are.
"""

from __future__ import annotations

import importlib.util
import io
import os
import py_compile
import re
import shutil
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.backends.kind.tools import FailedToolError, ToolError, Tools
from sim.backends.kind.undoing import LABEL, OURS

PLACE = "uncordon"
"""The folder of our programs, which every container works in."""
TOOLS = (
    *("sh", "bash", "cat", "ls", "env", "ps", "id", "date", "sleep", "grep", "head", "tail", "wc"),
    *("sed", "awk", "sort", "uniq", "cut", "tr", "find", "xargs", "rm", "mkdir", "touch", "kill"),
    *("df", "du", "free", "hostname", "curl", "nc", "ip", "ss", "getent", "timeout", "which"),
)
"""What people use inside containers; what is not here is left out."""
_LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data",
             "site-packages", "dist-packages", "config-3"}  # fmt: skip
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_USER = 10001
_CHANGES = (
    "ENV PATH=/usr/local/bin:/usr/bin:/bin",
    f"ENV PYTHONPATH=/{PLACE}",
    "ENV PYTHONUNBUFFERED=1",
    f"WORKDIR /{PLACE}",
    f"USER {_USER}",
    f"LABEL {LABEL}={OURS}",
)


def import_image(tools: Tools, image: str, root: Path, work: Path | None = None) -> None:
    """Make *image* of this machine's files and of the programs below *root*, in the folder *work*.

    Raises:
        ToolError: if it cannot be done.
    """
    if not sys.platform.startswith("linux"):
        msg = "an image of this machine's Python can only be made on Linux"
        raise ToolError(msg)
    with TemporaryDirectory(dir=work) as folder:
        archive = Path(folder) / "root.tar"
        with tarfile.open(archive, "w") as tar:
            write(tar, tools, root, Path(folder))
        changes = [word for change in _CHANGES for word in ("--change", change)]
        tools.docker("import", *changes, str(archive), image, timeout_s=300)


def write(tar: tarfile.TarFile, tools: Tools, root: Path, work: Path) -> None:
    """Write the file system of the image; *work* is a folder for what is compiled."""
    python = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    programs = [python, *(Path(found) for name in TOOLS if (found := shutil.which(name)))]
    client = _psql()
    programs += [client] if client is not None else []
    modules = list(_files(library))
    binaries = [*programs, *(path for path in modules if path.suffix == ".so")]
    done = set[str]()
    for path in (*modules, *programs, *_libraries(tools, binaries)):
        if str(path) not in done:
            done.add(str(path))
            tar.add(path.resolve(), str(path).lstrip("/"), filter=_plain)
    for name in ("python", "python3"):
        _link(tar, f"usr/local/bin/{name}", str(python))
    if client is not None:
        _link(tar, "usr/local/bin/psql", str(client))
    for name in ("sh", "cat"):
        # Debian's /bin is a link to /usr/bin; a script's first line names either.
        if (found := shutil.which(name)) and f"/bin/{name}" not in done:
            _link(tar, f"bin/{name}", found)
    _text(
        tar,
        "etc/passwd",
        f"root:x:0:0:root:/root:/bin/sh\nuncordon:x:{_USER}:{_USER}::/tmp:/bin/sh\n",
    )
    _text(tar, "etc/group", f"root:x:0:\nuncordon:x:{_USER}:\n")
    _text(tar, "etc/nsswitch.conf", "hosts: files dns\n")
    tmp = tarfile.TarInfo("tmp")
    tmp.type, tmp.mode = tarfile.DIRTYPE, 0o1777
    tar.addfile(tmp)
    for path in (root / "sim" / "__init__.py", *sorted((root / "sim" / "workload").rglob("*.py"))):
        _program(tar, path, f"{PLACE}/{path.relative_to(root)}", work)


def _psql() -> Path | None:
    """Return PostgreSQL's client; what Debian has in the PATH is a script that looks for the one to run."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
    told = shutil.which("psql")
    return found[-1] if found else Path(told) if told else None


def _program(tar: tarfile.TarFile, path: Path, name: str, work: Path) -> None:
    """Write a module and its compiled form: whoever runs it may not write beside it."""
    tar.add(path, name, filter=_plain)
    compiled = Path(importlib.util.cache_from_source(name))
    made = work / compiled.name
    checked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(path), str(made), f"/{name}", invalidation_mode=checked)
    tar.add(made, str(compiled), filter=_plain)


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if one not in _LEFT_OUT and not one.startswith("config-")
        )
        yield from (Path(here) / name for name in sorted(names))


def _libraries(tools: Tools, binaries: Iterable[Path]) -> list[Path]:
    """Return the shared libraries that *binaries* are linked with, the loader among them."""
    found = set[str]()
    for binary in binaries:
        try:
            told = tools.run(("ldd", str(binary)), timeout_s=20).out
        except FailedToolError:
            continue  # static, or a script
        found.update(_LIBRARY.findall(told))
    return [Path(one) for one in sorted(found)]


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode |= 0o444
    return entry


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(entry)


def _text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text), 0o644
    tar.addfile(entry, io.BytesIO(text.encode()))
