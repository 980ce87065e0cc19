"""The commands that change the shell itself: `cd`, `export`, `set`, `alias`, `read` and so on.

One function a command, entered in `BUILTINS`; what only reads and prints is a tool instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.bash.control import ExitShell, LeaveLoop
from sim.bash.parser import parse
from sim.bash.process import Proc, Running
from sim.bash.redirection import Streams

if TYPE_CHECKING:
    from sim.bash.shell import Shell

Builtin = Callable[["Shell", Proc], Running]
"""A command that changes the shell itself."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_VARIABLES = 1000


def _cd(shell: Shell, proc: Proc) -> Running:
    target = proc.argv[1] if len(proc.argv) > 1 else shell.variables.get("HOME", "/")
    if target == "-":
        target = shell.variables.get("OLDPWD", shell.cwd)
        proc.print(target)
    path = shell.files.resolve(target, shell.cwd)
    if not shell.files.is_dir(path):
        why = "Not a directory" if shell.files.exists(path) else "No such file or directory"
        proc.stderr.write(f"{shell.name}: cd: {target}: {why}\n")
        return 1
    shell.variables["OLDPWD"], shell.variables["PWD"] = shell.cwd, path
    shell.cwd = path
    return 0
    yield


def _export(shell: Shell, proc: Proc) -> Running:
    names = [word for word in proc.argv[1:] if word != "-p"]
    if not names:
        proc.print(*(f'declare -x {k}="{v}"' for k, v in sorted(shell.environ().items())))
    for word in names:
        name, sign, value = word.partition("=")
        if not _NAME.fullmatch(name):
            proc.stderr.write(f"{shell.name}: export: `{word}': not a valid identifier\n")
            return 1
        if sign:
            shell.assign(name, value)
        shell.exported.add(name)
    return 0
    yield


def _unset(shell: Shell, proc: Proc) -> Running:
    for name in proc.argv[1:]:
        shell.variables.pop(name, None)
        shell.exported.discard(name)
    return 0
    yield


def _set(shell: Shell, proc: Proc) -> Running:
    words = proc.argv[1:]
    if not words:
        proc.print(*(f"{name}={value}" for name, value in sorted(shell.variables.items())))
        return 0
    while words:
        word = words.pop(0)
        on = word.startswith("-")
        if word in {"-o", "+o"} and words:
            option = words.pop(0)
        else:
            option = {"e": "errexit", "x": "", "u": ""}.get(word[1:], word)
        if option == "pipefail":
            shell.pipefail = on
        elif option == "errexit":
            shell.errexit = on
        elif not option:
            proc.stderr.write(f"{shell.name}: set: {word}: not supported in this shell\n")
            return 1
        else:
            proc.stderr.write(f"{shell.name}: set: {option}: invalid option name\n")
            return 2
    return 0
    yield


def _alias(shell: Shell, proc: Proc) -> Running:
    if len(proc.argv) == 1:
        proc.print(*(f"alias {name}='{text}'" for name, text in sorted(shell.aliases.items())))
    code = 0
    for word in proc.argv[1:]:
        name, sign, text = word.partition("=")
        if sign and len(shell.aliases) < MAX_VARIABLES:
            shell.aliases[name] = text
        elif name in shell.aliases:
            proc.print(f"alias {name}='{shell.aliases[name]}'")
        else:
            proc.stderr.write(f"{shell.name}: alias: {name}: not found\n")
            code = 1
    return code
    yield


def _unalias(shell: Shell, proc: Proc) -> Running:
    for name in proc.argv[1:]:
        if name == "-a":
            shell.aliases.clear()
        elif shell.aliases.pop(name, None) is None:
            proc.stderr.write(f"{shell.name}: unalias: {name}: not found\n")
            return 1
    return 0
    yield


def _read(shell: Shell, proc: Proc) -> Running:
    names = [word for word in proc.argv[1:] if not word.startswith("-")] or ["REPLY"]
    line = yield from proc.stdin.readline()
    words = (line or "").split(None, len(names) - 1)
    for index, name in enumerate(names):
        shell.assign(name, words[index].rstrip() if index < len(words) else "")
    return 0 if line is not None else 1


def _exit(shell: Shell, proc: Proc) -> Running:
    word = proc.argv[1] if len(proc.argv) > 1 else str(shell.status)
    if not re.fullmatch(r"-?\d{1,18}", word):
        proc.stderr.write(f"{shell.name}: exit: {word}: numeric argument required\n")
        word = "2"
    raise ExitShell(int(word) % 256)
    yield


def _leave_loop(shell: Shell, proc: Proc) -> Running:
    if not shell.loops:
        proc.stderr.write(
            f"{shell.name}: {proc.argv[0]}: only meaningful in a `for', `while', or `until' loop\n"
        )
        return 0
    word = proc.argv[1] if len(proc.argv) > 1 else "1"
    levels = int(word) if re.fullmatch(r"\d{1,4}", word) else 1
    raise LeaveLoop(again=proc.argv[0] == "continue", levels=max(1, levels))
    yield


def _eval(shell: Shell, proc: Proc) -> Running:
    return (yield from _in_this_shell(shell, proc, " ".join(proc.argv[1:])))


def _source(shell: Shell, proc: Proc) -> Running:
    if len(proc.argv) < 2:
        proc.stderr.write(f"{shell.name}: {proc.argv[0]}: filename argument required\n")
        return 2
    return (yield from _in_this_shell(shell, proc, shell.files.read(proc.path(proc.argv[1]))))


def _in_this_shell(shell: Shell, proc: Proc, text: str) -> Running:
    streams = Streams(proc.stdin, proc.stdout, proc.stderr, proc.tty)
    return (yield from shell.script(parse(text), streams))


def _history(shell: Shell, proc: Proc) -> Running:
    if "-c" in proc.argv:
        shell.history.clear()
    count = proc.argv[1] if len(proc.argv) > 1 and proc.argv[1].isdigit() else None
    lines = list(enumerate(shell.history, 1))
    for number, line in lines if count is None else lines[-int(count) :]:
        proc.print(f"{number:5}  {line}")
    return 0
    yield


def _type(shell: Shell, proc: Proc) -> Running:
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if proc.argv[0] == "command" and "-v" not in proc.argv[1:] and "-V" not in proc.argv[1:]:
        return (yield from proc.call(words)) if words else 0
    code = 0
    for name in words:
        if name in shell.aliases:
            text = f"{name} is aliased to `{shell.aliases[name]}'"
        elif name in shell.builtins:
            text = f"{name} is a shell builtin"
        elif name in shell.programs:
            text = f"{name} is /usr/bin/{name}"
        else:
            code = 1
            if proc.argv[0] == "type":
                proc.stderr.write(f"{shell.name}: type: {name}: not found\n")
            continue
        if proc.argv[0] != "type":
            text = name if name in shell.builtins else f"/usr/bin/{name}"
        proc.print(text)
    return code


def _colon(shell: Shell, proc: Proc) -> Running:
    return 0
    yield


def _unsupported(shell: Shell, proc: Proc) -> Running:
    proc.stderr.write(f"{shell.name}: {proc.argv[0]}: not supported in this shell\n")
    return 2
    yield


BUILTINS: Mapping[str, Builtin] = {
    ".": _source,
    ":": _colon,
    "alias": _alias,
    "break": _leave_loop,
    "cd": _cd,
    "command": _type,
    "continue": _leave_loop,
    "eval": _eval,
    "exit": _exit,
    "export": _export,
    "history": _history,
    "logout": _exit,
    "read": _read,
    "set": _set,
    "source": _source,
    "type": _type,
    "unalias": _unalias,
    "unset": _unset,
    **dict.fromkeys(
        ("bg", "exec", "fg", "jobs", "let", "local", "return", "shift", "trap", "wait"),
        _unsupported,
    ),
}
