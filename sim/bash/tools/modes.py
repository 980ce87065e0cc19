"""`chmod`, `chown` and `chgrp`: who may do what with a file."""

from __future__ import annotations

import posixpath
import re

from sim.bash.files import Stat
from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import quoted
from sim.bash.tools.ls import kind_and_mode
from sim.bash.tools.options import (
    Misuse,
    Options,
    UsageProblem,
    missing_operand,
    read_options,
    tool,
)

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]|[0-7]+))+)")
_ACTION = re.compile(r"([-+=])([rwxXst]*|[ugo]|[0-7]+)(?=[-+=]|$)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
UMASK = 0o022
_LONG = {"recursive": "R", "verbose": "v", "changes": "c", "quiet": "f", "silent": "f",
         "reference": "reference=", "preserve-root": "p", "no-preserve-root": "n"}  # fmt: skip


def changed_mode(text: str, mode: int, *, directory: bool) -> int | None:
    """Return *mode* after the change that *text* says, octal or symbolic; None if it says none."""
    if re.fullmatch(r"[0-7]{1,12}", text):
        value = int(text, 8)
        return value if value <= 0o7777 else None
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        for action in _ACTION.finditer(match[2]):
            mode = _applied(match[1], action[1], action[2], mode, directory=directory)
    return mode


def _applied(who: str, sign: str, what: str, mode: int, *, directory: bool) -> int:
    shifts = [_SHIFTS[one] for one in ("ugo" if not who or "a" in who else who)]
    if what in _SHIFTS and what:
        bits = mode >> _SHIFTS[what] & 7
    else:
        bits = 4 * ("r" in what) + 2 * ("w" in what) + ("x" in what)
        if "X" in what and (directory or mode & 0o111):
            bits |= 1
    value = 0
    for shift in shifts:
        value |= bits << shift
    special = 0
    if "s" in what:
        special |= (0o4000 if 6 in shifts else 0) | (0o2000 if 3 in shifts else 0)
    if "t" in what:
        special |= 0o1000
    if not who:
        value &= ~UMASK
    value |= special
    if sign == "+":
        return mode | value
    if sign == "-":
        return mode & ~value
    kept = mode
    for shift in shifts:
        kept &= ~(7 << shift)
    return (kept & ~special) | value


@tool(usage="[OPTION]... MODE[,MODE]... FILE...\n[OPTION]... OCTAL-MODE FILE...")
def chmod(proc: Proc) -> Running:
    """Change the mode of each file to MODE."""
    words = [proc.argv[0]]
    mode_like: list[str] = []
    for word in proc.argv[1:]:
        # `-x` and the like are modes, not options.
        if re.fullmatch(r"-[rwxXst,+=ugoa-]+", word) and not mode_like:
            mode_like.append(word)
        else:
            words.append(word)
    options = read_options(words, "Rvcf", "", _LONG)
    operands = mode_like + options.operands
    if "reference" in options:
        found = proc.files.stat_or_none(proc.path(options.flags["reference"]))
        if found is None:
            name = quoted(options.flags["reference"])
            raise UsageProblem(f"failed to get attributes of {name}: No such file or directory")
        operands = [f"{found.mode:o}", *operands]
    if not operands:
        raise Misuse("missing operand")
    text, *names = operands
    if changed_mode(text, 0, directory=False) is None:
        raise Misuse(f"invalid mode: ‘{text}’")
    if not names:
        raise Misuse(f"missing operand after ‘{text}’")

    def change(name: str, path: str, stat: Stat) -> None:
        goal = changed_mode(text, stat.mode, directory=stat.kind == "d")
        assert goal is not None
        proc.files.chmod(path, goal)
        if "v" in options or ("c" in options and goal != stat.mode):
            before, after = _shown(stat), _shown(stat._replace(mode=goal))
            if goal == stat.mode:
                proc.print(f"mode of {quoted(name)} retained as {after}")
            else:
                proc.print(f"mode of {quoted(name)} changed from {before} to {after}")

    return _walk(proc, options, names, change, "changing permissions of")
    yield


def _shown(stat: Stat) -> str:
    return f"{stat.mode:04o} ({kind_and_mode(stat)[1:]})"


def _walk(proc: Proc, options: Options, names: list[str], change: object, what: str) -> int:
    assert callable(change)
    code = 0

    def visit(name: str) -> None:
        nonlocal code
        path = proc.path(name)
        proc.charge(100)
        found = proc.files.stat_or_none(path)
        if found is None:
            if "f" not in options:
                proc.fail(f"cannot access {quoted(name)}: No such file or directory")
            code = 1
            return
        try:
            change(name, path, found)
        except FileProblem as problem:
            code = 1
            if "f" not in options:
                proc.fail(f"{what} {quoted(name)}: {problem}")
        if "R" in options and found.kind == "d":
            for one in proc.files.listdir(path):
                if not proc.files.is_link(posixpath.join(path, one)):
                    visit(posixpath.join(name, one))

    for name in names:
        visit(name)
    return code


@tool(usage="[OPTION]... [OWNER][:[GROUP]] FILE...")
def chown(proc: Proc) -> Running:
    """Change the owner of each file; a user and its group have one name here."""
    options = read_options(
        proc.argv, "Rvcfh", "", {**_LONG, "no-dereference": "h", "from": "from="}
    )
    missing_operand(options)
    owner, *names = options.operands
    if not names:
        raise Misuse(f"missing operand after ‘{owner}’")
    group = proc.argv[0].endswith("chgrp")
    user = owner if group else owner.partition(":")[0]
    known = {
        "root": "root",
        "0": "root",
        proc.files.owner: proc.files.owner,
        "1000": proc.files.owner,
    }
    if user and user not in known:
        raise UsageProblem(f"invalid {'group' if group else 'user'}: ‘{owner}’")
    mine = proc.environ.get("USER", "root")

    def change(name: str, path: str, stat: Stat) -> None:
        if mine != "root" and (known.get(user, stat.owner) != stat.owner or stat.owner != mine):
            raise FileProblem("Operation not permitted")
        if user and not group:
            proc.files.chown(path, known[user])

    return _walk(proc, options, names, change, f"changing {'group' if group else 'ownership'} of")
    yield
