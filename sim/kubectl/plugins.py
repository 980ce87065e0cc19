"""Plugins: files called `kubectl-NAME` in a directory of PATH, run for `kubectl NAME`.

It must not know what a plugin does.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sim.bash import FileProblem, Proc
from sim.kubectl.invocation import Running

PREFIX = "kubectl-"
_KUBECTL = "/usr/local/bin/kubectl"
_SYSTEM = ("/usr/", "/bin", "/sbin")
"""Directories that are there, though nothing in them is a file of this machine's user."""


def plugin(proc: Proc, words: Sequence[str], least: int = 1) -> tuple[str, list[str]] | None:
    """Return the plugin that *words* name, the longest name first, and the words behind it.

    Args:
        proc: Where the words were typed.
        words: What stands behind `kubectl`.
        least: How many of the words the name has at least.
    """
    names: list[str] = []
    for word in words:
        if word.startswith("-"):
            break
        names.append(word.replace("-", "_"))
    for count in range(len(names), least - 1, -1):
        path = _executable(proc, PREFIX + "-".join(names[:count]))
        if path:
            return path, list(words[count:])
    return None


def run_plugin(proc: Proc, path: str, args: Sequence[str]) -> Running:
    """Run a plugin in the place of this program."""
    assert proc.interpret is not None
    environ = {**proc.environ, "KUBECTL_PATH": _KUBECTL}
    return (yield from proc.interpret(replace(proc, environ=environ), shlex.join([path, *args])))


def visible(proc: Proc) -> Iterator[str]:
    """Yield the path of every file of PATH that has a plugin's name, in the order of PATH."""
    for directory in _path(proc):
        try:
            names = sorted(proc.files.listdir(proc.path(directory)))
        except FileProblem as problem:
            if not directory.startswith(_SYSTEM):
                why = f"open {directory}: {str(problem).lower()}"
                proc.stderr.write(
                    f'Unable to read directory "{directory}" from your PATH: {why}. Skipping...\n'
                )
            continue
        for name in names:
            path = posixpath.join(directory, name)
            if name.startswith(PREFIX) and not proc.files.is_dir(proc.path(path)):
                yield path


def is_executable(proc: Proc, path: str) -> bool:
    """Return whether *path* is a file that may be run."""
    found = proc.files.stat_or_none(proc.path(path))
    return found is not None and found.kind == "-" and bool(found.mode & 0o111)


def _path(proc: Proc) -> list[str]:
    parts = proc.environ.get("PATH", "").split(":")
    return list(dict.fromkeys(part for part in parts if part.strip()))


def _executable(proc: Proc, name: str) -> str:
    if proc.interpret is None:
        return ""
    paths = (posixpath.join(directory, name) for directory in _path(proc))
    return next((path for path in paths if is_executable(proc, path)), "")
