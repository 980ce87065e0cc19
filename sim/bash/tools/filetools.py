"""Programs over the place's files: `ls`, `pwd`, `mkdir`, `rm`, `cp`, `mv`, `touch` and the like."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.options import Options, UsageProblem, read_options, tool


@tool(2)
def ls(proc: Proc) -> Running:
    """List directories and files."""
    options = read_options(proc.argv, "la1AhtrFdRSi", "", {"all": "a", "color": "h"})
    code = 0
    names = options.operands or ["."]
    for index, name in enumerate(names):
        path = proc.path(name)
        if not proc.files.exists(path):
            proc.stderr.write(f"ls: cannot access '{name}': No such file or directory\n")
            code = 2
            continue
        directory = proc.files.is_dir(path) and "d" not in options
        if len(names) > 1 and directory:
            proc.print(*(["", f"{name}:"] if index else [f"{name}:"]))
        found = proc.files.listdir(path) if directory else [name]
        if "a" not in options and "A" not in options:
            found = [one for one in found if not one.startswith(".") or not directory]
        if "r" in options:
            found.reverse()
        if "l" in options:
            if directory:
                proc.print(f"total {4 * len(found)}")
            for one in found:
                full = posixpath.join(path, one) if directory else path
                kind, mode = ("d", "rwxr-xr-x") if proc.files.is_dir(full) else ("-", "rw-r--r--")
                user = proc.environ.get("USER", "root")
                proc.print(f"{kind}{mode} 1 {user} {user} {proc.files.size(full):>6} {one}")
        elif proc.stdout.tty and "1" not in options:
            if found:
                proc.print("  ".join(found))
        else:
            proc.print(*found)
    return code
    yield


def pwd(proc: Proc) -> Running:
    """Print the directory at hand."""
    proc.print(proc.cwd)
    return 0
    yield


def _each(proc: Proc, act: Callable[[Proc, Options, str], None], what: str) -> Running:
    """Do one thing to each operand; a failure is named and the rest goes on."""
    options = read_options(proc.argv, "prfvRi", "", {"parents": "p", "recursive": "r"})
    if not options.operands:
        raise UsageProblem("missing operand")
    code = 0
    for name in options.operands:
        try:
            act(proc, options, proc.path(name))
        except FileProblem as problem:
            code = proc.fail(f"cannot {what} '{name}': {problem}")
    return code
    yield


def _make(proc: Proc, options: Options, path: str) -> None:
    if "p" not in options and proc.files.exists(path):
        raise FileProblem("File exists")
    if "p" not in options and not proc.files.is_dir(posixpath.dirname(path)):
        raise FileProblem("No such file or directory")
    proc.files.mkdir(path)


def _remove(proc: Proc, options: Options, path: str) -> None:
    if proc.files.is_dir(path) and ("r" in options or "R" in options):
        _remove_tree(proc, path)
    elif proc.files.exists(path) or "f" not in options:
        proc.files.remove(path)


def _remove_tree(proc: Proc, path: str) -> None:
    for name in proc.files.listdir(path):
        inner = posixpath.join(path, name)
        if proc.files.is_dir(inner):
            _remove_tree(proc, inner)
        else:
            proc.files.remove(inner)
    proc.files.rmdir(path)


@tool()
def mkdir(proc: Proc) -> Running:
    """Make directories."""
    return (yield from _each(proc, _make, "create directory"))


@tool()
def rmdir(proc: Proc) -> Running:
    """Remove empty directories."""
    return (yield from _each(proc, lambda p, _, path: p.files.rmdir(path), "remove"))


@tool()
def rm(proc: Proc) -> Running:
    """Remove files."""
    return (yield from _each(proc, _remove, "remove"))


@tool()
def touch(proc: Proc) -> Running:
    """Make empty files."""
    return (
        yield from _each(proc, lambda p, _, path: p.files.write(path, "", append=True), "touch")
    )


@tool()
def cp(proc: Proc) -> Running:
    """Copy or (called as `mv`) move a file."""
    options = read_options(proc.argv, "rfvpia", "")
    if len(options.operands) < 2:
        return proc.fail("missing file operand")
    *sources, target = options.operands
    for name in sources:
        source, goal = proc.path(name), proc.path(target)
        if proc.files.is_dir(goal):
            goal = posixpath.join(goal, posixpath.basename(source))
        try:
            content = proc.files.read(source)
            proc.files.write(goal, content)
            if proc.argv[0] == "mv" and goal != source:
                proc.files.remove(source)
        except FileProblem as problem:
            return proc.fail(f"cannot stat '{name}': {problem}")
    return 0
    yield


def basename(proc: Proc) -> Running:
    """Print the last part of a path, without a suffix if one is given."""
    if len(proc.argv) < 2:
        return proc.fail("missing operand")
    path = proc.argv[1].rstrip("/") or "/"
    if proc.argv[0] == "dirname":
        proc.print(posixpath.dirname(path) or ".")
        return 0
    name = posixpath.basename(path) or "/"
    suffix = proc.argv[2] if len(proc.argv) > 2 else ""
    proc.print(name.removesuffix(suffix) if name != suffix else name)
    return 0
    yield
