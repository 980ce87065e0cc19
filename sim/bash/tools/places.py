"""Small programs that say where and who one is: `id`, `uname`, `hostname`, `which` and the like."""

from __future__ import annotations

from collections.abc import Iterator

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import shown
from sim.bash.tools.options import (
    UsageProblem,
    extra_operand,
    in_locale,
    missing_operand,
    read_options,
    tool,
)

_UNAME = {
    "all": "a", "kernel-name": "s", "nodename": "n", "kernel-release": "r",
    "kernel-version": "v", "machine": "m", "processor": "p", "hardware-platform": "i",
    "operating-system": "o",
}  # fmt: skip
KERNEL = {
    "s": "Linux", "r": "6.1.0-18-amd64", "v": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)",
    "m": "x86_64", "o": "GNU/Linux", "p": "unknown", "i": "unknown",
}  # fmt: skip
"""A Debian 12 laptop; a node has a `uname` of its own."""


def _user(proc: Proc) -> str:
    return proc.environ.get("USER", "root")


def _number(name: str) -> int:
    return 0 if name == "root" else 1000


@tool(usage="[OPTION]...")
def whoami(proc: Proc) -> Running:
    """Print the user name associated with the current effective user ID."""
    options = read_options(proc.argv)
    extra_operand(options, 0)
    proc.print(_user(proc))
    return 0
    yield


@tool(usage="[OPTION]... [USER]...")
def id_(proc: Proc) -> Running:
    """Print user and group information, here of one person whose group has the same name."""
    long = {"user": "u", "group": "g", "groups": "G", "name": "n", "real": "r", "zero": "z"}
    options = read_options(proc.argv, "ugGnrza", "", long)
    chosen = [letter for letter in "ugG" if letter in options]
    if len(chosen) > 1:
        raise UsageProblem('cannot print "only" of more than one choice')
    if ("n" in options or "r" in options) and not chosen:
        raise UsageProblem("cannot print only names or real IDs in default format")
    code = 0
    for name in options.operands or [_user(proc)]:
        if name not in {_user(proc), "root"}:
            code = proc.fail(in_locale(proc, f"‘{name}’: no such user"))
            continue
        number = _number(name)
        if chosen:
            proc.print(name if "n" in options else str(number))
        else:
            proc.print(f"uid={number}({name}) gid={number}({name}) groups={number}({name})")
    return code
    yield


@tool(usage="[OPTION]... [USERNAME]...")
def groups(proc: Proc) -> Running:
    """Print group memberships for each USERNAME or the current one."""
    options = read_options(proc.argv)
    code = 0
    for name in options.operands:
        if name in {_user(proc), "root"}:
            proc.print(f"{name} : {name}")
        else:
            code = proc.fail(in_locale(proc, f"‘{name}’: no such user"))
    if not options.operands:
        proc.print(_user(proc))
    return code
    yield


@tool(usage="[-s|-f|-d|-i|-I]", package="hostname 3.23")
def hostname(proc: Proc) -> Running:
    """Print the host's name; it cannot be set here."""
    options = read_options(proc.argv, "sfdiIAay", "F", {"short": "s", "fqdn": "f", "long": "f"})
    name = proc.environ.get("HOSTNAME", "localhost")
    if options.operands:
        return proc.fail("you must be root to change the host name")
    if "i" in options or "I" in options:
        proc.print("127.0.1.1" if "i" in options else "")
    elif "d" in options or "y" in options:
        proc.print(name.partition(".")[2])
    else:
        proc.print(name.partition(".")[0] if "s" in options else name)
    return 0
    yield


@tool(usage="[OPTION]...")
def uname(proc: Proc) -> Running:
    """Print certain system information; with no OPTION, same as -s."""
    options = read_options(proc.argv, "asnrvmpio", "", _UNAME)
    extra_operand(options, 0)
    values = {**KERNEL, "n": proc.environ.get("HOSTNAME", "localhost")}
    wanted = "snrvmo" if "a" in options else [one for one in "snrvmpio" if one in options]
    proc.print(" ".join(values[letter] for letter in wanted or "s"))
    return 0
    yield


@tool()
def arch(proc: Proc) -> Running:
    """Print machine architecture."""
    extra_operand(read_options(proc.argv), 0)
    proc.print(KERNEL["m"])
    return 0
    yield


@tool(usage="[OPTION]...")
def nproc(proc: Proc) -> Running:
    """Print the number of processing units available."""
    options = read_options(proc.argv, "", "", {"all": "all", "ignore": "ignore="})
    extra_operand(options, 0)
    proc.print("8")
    return 0
    yield


@tool(2, usage="[OPTION]...")
def tty(proc: Proc) -> Running:
    """Print the file name of the terminal connected to standard input."""
    options = read_options(proc.argv, "s", "", {"silent": "s", "quiet": "s"})
    extra_operand(options, 0)
    if "s" not in options:
        proc.print("/dev/pts/0" if proc.tty else "not a tty")
    return 0 if proc.tty else 1
    yield


def _executables(proc: Proc, name: str) -> Iterator[str]:
    """Yield where *name* is: programs of the place, then scripts in directories of PATH."""
    directory, _, last = name.rpartition("/")
    known = proc.programs.get(last)
    if known is not None and not getattr(known, "elsewhere", False) and not name.startswith("-"):
        path = proc.files.program(name)
        yield from [name] if directory else dict.fromkeys((path, path.removeprefix("/usr")))
        return
    paths = [name] if directory else [
        f"{one}/{name}" for one in proc.environ.get("PATH", "").split(":") if one
    ]  # fmt: skip
    for path in paths:
        found = proc.files.stat_or_none(proc.path(path))
        if found is not None and found.kind == "-" and found.mode & 0o111:
            yield path


def which(proc: Proc) -> Running:
    """Print where programs are."""
    code = 0
    words = proc.argv[1:]
    every = words[:1] == ["-a"]
    for name in words[1:] if every else words:
        found = list(_executables(proc, name))
        proc.print(*(found if every else found[:1]))
        code = code if found else 1
    return code
    yield


@tool(usage="[OPTION]... NAME", package="man 2.11.2")
def man(proc: Proc) -> Running:
    """Show a program's own help: there are no manual pages here."""
    options = read_options(proc.argv, "kfa", "", {})
    if not options.operands:
        proc.stderr.write("What manual page do you want?\nFor example, try 'man man'.\n")
        return 1
    missing_operand(options)
    words = [word for word in options.operands if not word.isdecimal()]
    name = words[-1] if words else options.operands[-1]
    if name not in proc.programs:
        proc.stderr.write(f"No manual entry for {shown(name)}\n")
        return 16
    return (yield from proc.call([name, "--help"]))


def jq(proc: Proc) -> Running:
    """Say what to use instead."""
    return proc.fail("not available here yet; use kubectl -o jsonpath or -o custom-columns", 127)
    yield
