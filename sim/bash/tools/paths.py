"""`basename`, `dirname`, `readlink`, `realpath` and `pwd`: names of files taken apart and made whole."""

from __future__ import annotations

import posixpath

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import plainly, refuse
from sim.bash.tools.options import extra_operand, missing_operand, read_options, tool


def _base(name: str) -> str:
    return posixpath.basename(name.rstrip("/")) or ("/" if name.startswith("/") else "")


@tool(usage="NAME [SUFFIX]\nOPTION... NAME...")
def basename(proc: Proc) -> Running:
    """Print NAME with any leading directory components removed."""
    long = {"multiple": "a", "suffix": "s", "zero": "z"}
    options = read_options(proc.argv, "az", "s", long, stop_at_operand=True)
    missing_operand(options)
    names, suffix = options.operands, options.flags.get("s", "")
    if "a" not in options and "s" not in options:
        extra_operand(options, 2)
        suffix = names[1] if len(names) > 1 else ""
        names = names[:1]
    for name in names:
        last = _base(name)
        proc.stdout.write((last.removesuffix(suffix) or last) + ("\0" if "z" in options else "\n"))
    return 0
    yield


@tool(usage="[OPTION] NAME...")
def dirname(proc: Proc) -> Running:
    """Output each NAME with its last component removed."""
    options = read_options(proc.argv, "z", "", {"zero": "z"})
    missing_operand(options)
    for name in options.operands:
        bare = name.rstrip("/") or name[:1]
        above = posixpath.dirname(bare)
        shown = above.rstrip("/") or above[:1] or "."
        proc.stdout.write(shown + ("\0" if "z" in options else "\n"))
    return 0
    yield


@tool(usage="[OPTION]... FILE...")
def readlink(proc: Proc) -> Running:
    """Print where a symbolic link points to, or with -f the canonical name."""
    long = {"canonicalize": "f", "canonicalize-existing": "e", "canonicalize-missing": "m",
            "no-newline": "n", "verbose": "v", "zero": "z", "quiet": "q", "silent": "s"}  # fmt: skip
    options = read_options(proc.argv, "femnqsvz", "", long)
    missing_operand(options)
    how = options.last_of("fem")
    end = "\0" if "z" in options else "\n"
    if "n" in options and len(options.operands) == 1:
        end = ""
    code = 0
    for name in options.operands:
        path = proc.path(name)
        try:
            if how:
                proc.stdout.write(_canonical(proc, name, how) + end)
                continue
            found = proc.files.stat(path, follow=False)
            if found.kind != "l":
                refuse("Invalid argument")
            proc.stdout.write(found.target + end)
        except FileProblem as problem:
            code = 1
            if "v" in options:
                proc.fail(plainly(name, problem))
    return code
    yield


def _canonical(proc: Proc, name: str, how: str) -> str:
    """Return the real path; by *how* all must exist (e), all but the last part (f), or nothing."""
    files = proc.files
    if not name and how != "m":
        raise FileProblem("No such file or directory")
    real = files.real(proc.path(name))
    if how == "e" and not files.exists(real):
        files.stat(real)
    if how == "f" and not files.exists(real):
        above = posixpath.dirname(real)
        if not files.exists(above):
            raise FileProblem("No such file or directory")
        if not files.is_dir(above):
            raise FileProblem("Not a directory")
    return real


@tool(usage="[OPTION]... FILE...")
def realpath(proc: Proc) -> Running:
    """Print the resolved absolute file name."""
    long = {"canonicalize-existing": "e", "canonicalize-missing": "m", "quiet": "q", "zero": "z",
            "strip": "s", "no-symlinks": "s", "logical": "L", "physical": "P",
            "relative-to": "relative-to=", "relative-base": "relative-base="}  # fmt: skip
    options = read_options(proc.argv, "emqzsLP", "", long)
    missing_operand(options)
    code = 0
    for name in options.operands:
        try:
            found = proc.path(name) if "s" in options else _canonical(
                proc, name, options.last_of("em") or "f"
            )  # fmt: skip
        except FileProblem as problem:
            code = 1
            if "q" not in options:
                proc.fail(plainly(name, problem))
            continue
        if "relative-to" in options:
            found = posixpath.relpath(found, proc.path(options.flags["relative-to"]))
        proc.stdout.write(found + ("\0" if "z" in options else "\n"))
    return code
    yield


@tool(usage="[OPTION]...")
def pwd(proc: Proc) -> Running:
    """Print the full filename of the current working directory."""
    options = read_options(proc.argv, "LP", "", {"logical": "L", "physical": "P"})
    cwd = proc.files.real(proc.cwd) if options.last_of("LP") == "P" else proc.cwd
    proc.print(cwd)
    return 0
    yield
