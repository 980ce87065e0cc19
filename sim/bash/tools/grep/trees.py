"""Which files below a directory `grep -r` reads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from sim.bash.patterns import matches
from sim.bash.process import FileProblem, Proc
from sim.bash.tools.options import Options

_DEPTH = 64


class Wanted:
    """The patterns of `--include`, `--exclude` and `--exclude-dir`."""

    def __init__(self, options: Options) -> None:
        """Read them from *options*."""
        self._include = options.many.get("include", [])
        self._exclude = options.many.get("exclude", [])
        self._folders = [name.rstrip("/") for name in options.many.get("exclude-dir", [])]

    def file(self, name: str) -> bool:
        """Return whether a file is read."""
        last = posixpath.basename(name)
        if any(matches(one, last) or matches(one, name) for one in self._exclude):
            return False
        return not self._include or any(matches(one, last) for one in self._include)

    def folder(self, name: str) -> bool:
        """Return whether a directory is entered."""
        last = posixpath.basename(name)
        return not any(matches(one, last) or matches(one, name) for one in self._folders)


def files_below(proc: Proc, top: str, wanted: Wanted, depth: int = 0) -> Iterator[str]:
    """Yield the names of all files below *top* that are wanted, as they are shown."""
    path = proc.path(top or ".")
    try:
        names = proc.files.listdir(path)
    except FileProblem:
        return
    for name in names:
        proc.charge(20)
        shown = f"{top.rstrip('/')}/{name}" if top else name
        full = posixpath.join(path, name)
        if proc.files.is_link(full):
            continue
        if proc.files.is_dir(full):
            if depth < _DEPTH and wanted.folder(shown):
                yield from files_below(proc, shown, wanted, depth + 1)
        elif wanted.file(shown):
            yield shown
