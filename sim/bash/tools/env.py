"""`env`, `printenv`, `nohup`, `nice` and `setsid`: a program run in a changed environment."""

from __future__ import annotations

import shlex
from dataclasses import replace

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import quoted
from sim.bash.tools.options import UTIL_LINUX, Misuse, UsageProblem, in_locale, read_options, tool
from sim.bash.tools.waiting import find

_ENV = {"ignore-environment": "i", "null": "0", "unset": "u", "chdir": "C", "debug": "v",
        "split-string": "S"}  # fmt: skip


@tool(125, usage="[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]")
def env(proc: Proc) -> Running:
    """Set each NAME to VALUE in the environment and run COMMAND; without one print it."""
    options = read_options(proc.argv, "i0v", "uCS", _ENV, stop_at_operand=True)
    words = options.operands
    if "S" in options:
        try:
            words = [*shlex.split(options.flags["S"]), *words]
        except ValueError as problem:
            raise UsageProblem("no terminating quote in -S string") from problem
    environ = {} if "i" in options else dict(proc.environ)
    if words[:1] == ["-"]:
        environ, words = {}, words[1:]
    for name in options.many.get("u", []):
        if not name or "=" in name:
            raise UsageProblem(f"cannot unset ‘{name}’: Invalid argument")
        environ.pop(name, None)
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    if "C" in options:
        if not words:
            raise Misuse("must specify command with --chdir (-C)")
        path = proc.path(options.flags["C"])
        if not proc.files.is_dir(path):
            why = "Not a directory" if proc.files.exists(path) else "No such file or directory"
            raise UsageProblem(f"cannot change directory to {quoted(options.flags['C'])}: {why}")
        proc = replace(proc, cwd=path)
    if words and "0" in options:
        raise Misuse("cannot specify --null (-0) with command")
    if words:
        if find(proc, words[0]) is None:
            told = f"‘{words[0]}’: No such file or directory"
            if " " in words[0]:
                told += f"\n{proc.argv[0]}: use -[v]S to pass options in shebang lines"
            return proc.fail(in_locale(proc, told), 127)
        return (yield from proc.call(words, environ=environ))
    end = "\0" if "0" in options else "\n"
    proc.stdout.write("".join(f"{name}={value}{end}" for name, value in environ.items()))
    return 0


@tool(2, usage="[OPTION]... [VARIABLE]...")
def printenv(proc: Proc) -> Running:
    """Print the values of the specified environment VARIABLEs, or of all."""
    options = read_options(proc.argv, "0", "", {"null": "0"}, stop_at_operand=True)
    end = "\0" if "0" in options else "\n"
    names = options.operands
    rows = [proc.environ[name] for name in names if name in proc.environ]
    if not names:
        rows = [f"{name}={value}" for name, value in proc.environ.items()]
    proc.stdout.write("".join(row + end for row in rows))
    return 0 if not names or len(rows) == len(names) else 1
    yield


@tool(125, usage="COMMAND [ARG]...")
def nohup(proc: Proc) -> Running:
    """Run COMMAND; what a closed terminal ends here is ended anyway."""
    options = read_options(proc.argv, stop_at_operand=True)
    if not options.operands:
        raise Misuse("missing operand")
    return (yield from _found(proc, options.operands))


@tool(125, usage="[OPTION] [COMMAND [ARG]...]")
def nice(proc: Proc) -> Running:
    """Run COMMAND; its niceness changes nothing here. Without one print the current niceness."""
    options = read_options(proc.argv, "", "n", {"adjustment": "n"}, stop_at_operand=True)
    if not options.operands:
        proc.print("0")
        return 0
    return (yield from _found(proc, options.operands, ""))


@tool(usage="[options] <program> [<argument>...]", package=UTIL_LINUX)
def setsid(proc: Proc) -> Running:
    """Run a program; there are no sessions of processes here."""
    options = read_options(proc.argv, "cfw", stop_at_operand=True)
    if not options.operands:
        raise Misuse("no command specified")
    return (yield from _found(proc, options.operands))


def _found(proc: Proc, argv: list[str], doing: str = "failed to run command ") -> Running:
    if find(proc, argv[0]) is None:
        told = f"{doing}‘{argv[0]}’: No such file or directory"
        return proc.fail(in_locale(proc, told), 127)
    return (yield from proc.call(argv))
