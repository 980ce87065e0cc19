"""Builtins that decide what runs next: `exit`, `return`, `eval`, `source`, `exec`, `trap`, `command`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.bash import quoting
from sim.bash.builtins.naming import described
from sim.bash.builtins.table import Usage, complains, options, usage
from sim.bash.control import ExitShell, LeaveLoop, Return
from sim.bash.jobs import SIGNALS
from sim.bash.process import FileProblem, Proc, Running
from sim.bash.simple import TOOLS
from sim.bash.state import Call

if TYPE_CHECKING:
    from sim.bash.shell import Shell

_NUMBER = re.compile(r"\s*[-+]?\d{1,18}\s*")


def colon(shell: Shell, proc: Proc) -> Running:
    """`:`: nothing."""
    return 0
    yield


def _code(shell: Shell, proc: Proc) -> int | None:
    words = [word for word in proc.argv[1:] if word != "--"]
    if not words:
        return shell.status
    if not _NUMBER.fullmatch(words[0]):
        complains(shell, proc, f"{words[0]}: numeric argument required")
        return 2
    if len(words) > 1:
        complains(shell, proc, "too many arguments")
        return None
    return int(words[0]) % 256


def exit_(shell: Shell, proc: Proc) -> Running:
    """Leave the shell."""
    stopped = any(job.stopped for job in shell.jobs.ordered())
    if shell.jobbing and stopped and not shell.warned:
        shell.warned = True
        proc.stderr.write("There are stopped jobs.\n")
        return 1
    code = _code(shell, proc)
    raise ExitShell(1 if code is None else code)
    yield


def logout(shell: Shell, proc: Proc) -> Running:
    """Leave a login shell."""
    if shell.numbered or not shell.blames.startswith("-"):
        return complains(shell, proc, "not login shell: use `exit'")
    raise ExitShell(shell.status)
    yield


def return_(shell: Shell, proc: Proc) -> Running:
    """Leave a function or sourced file."""
    if not shell.calls:
        return complains(shell, proc, "can only `return' from a function or sourced script", 2)
    code = _code(shell, proc)
    raise Return(1 if code is None else code)
    yield


def break_(shell: Shell, proc: Proc) -> Running:
    """Leave loops, or with `continue` begin the next turn."""
    if not shell.loops:
        return complains(shell, proc, "only meaningful in a `for', `while', or `until' loop", 0)
    word = proc.argv[1] if len(proc.argv) > 1 else "1"
    if not _NUMBER.fullmatch(word):
        complains(shell, proc, f"{word}: numeric argument required")
        raise ExitShell(128)
    if int(word) < 1:
        complains(shell, proc, f"{word}: loop count out of range")
        shell.broken = 1
        raise LeaveLoop(again=False, levels=shell.loops)
    raise LeaveLoop(again=proc.argv[0] == "continue", levels=min(int(word), shell.loops))
    yield


def eval_(shell: Shell, proc: Proc) -> Running:
    """Run the arguments as a command line."""
    words = proc.argv[2:] if proc.argv[1:2] == ["--"] else proc.argv[1:]
    text = " ".join(words)
    if not text.strip():
        return 0
    shell.nested += 3
    try:
        shell.status = 0
        return (yield from shell.text(text, line=shell.line, source=": eval"))
    finally:
        shell.nested -= 3


def source(shell: Shell, proc: Proc) -> Running:
    """Run a file in this shell."""
    if len(proc.argv) < 2:
        complains(shell, proc, "filename argument required")
        proc.stderr.write(f"{proc.argv[0]}: usage: {proc.argv[0]} filename [arguments]\n")
        return 2
    name = proc.argv[1]
    try:
        text = (
            shell.files.read(proc.path(name))
            if name not in shell.pipes
            else (yield from shell.pipes[name].read_all())
        )
    except FileProblem as problem:
        if str(problem) == "Is a directory":
            return complains(shell, proc, f"{name}: is a directory")
        shell.complain(f"{name}: {problem}", proc.stderr)
        return 1
    positional, line, calls = shell.positional, shell.line, len(shell.calls)
    if len(proc.argv) > 2:
        shell.positional = proc.argv[2:]
    shell.calls.append(Call("source", shell.line))
    shell.nested += 3
    numbered, blames = shell.numbered, shell.blames
    shell.numbered, shell.blames = True, name
    try:
        shell.status = 0
        return (yield from shell.text(text))
    except Return as returning:
        return returning.code
    finally:
        shell.numbered, shell.blames = numbered, blames
        shell.nested -= 3
        del shell.calls[calls:]
        shell.line = line
        if len(proc.argv) > 2:
            shell.positional = positional


def exec_(shell: Shell, proc: Proc) -> Running:
    """Put a program in the shell's place, or only change its descriptors."""
    try:
        _, words = options(proc.argv, "cl", "a")
    except Usage as problem:
        return usage(shell, proc, problem)
    if not words:
        shell.streams = replace(shell.streams)
        shell.note_moved()
        return 0
    name = words[0]
    if shell.find(name) is None and "/" not in name:
        complains(shell, proc, f"{name}: not found")
        if shell.numbered:
            raise ExitShell(127)
        return 127
    streams = shell.streams
    shell.traps = {}
    raise ExitShell((yield from shell.execute(words, {}, streams, builtin=False)))


def command(shell: Shell, proc: Proc) -> Running:
    """Run a builtin or program, not a function; with -v say what it is."""
    try:
        found, words = options(
            proc.argv, "pvV", usage="command: usage: command [-pVv] command [arg ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    if "v" in found or "V" in found:
        code = 0 if words else 1
        for word in words:
            texts = described(shell, word, how="-v" if "v" in found else "")
            if texts:
                proc.print(texts[0])
            else:
                code = 1
                if "V" in found:
                    complains(shell, proc, f"{word}: not found")
        return code
    if not words:
        return 0
    return (yield from shell.execute(words, {}, shell.streams))


def builtin(shell: Shell, proc: Proc) -> Running:
    """Run a builtin."""
    words = proc.argv[1:]
    if not words:
        return 0
    if words[0] not in shell.builtins and words[0] not in TOOLS:
        return complains(shell, proc, f"{words[0]}: not a shell builtin")
    return (yield from shell.execute(words, {}, shell.streams))


def times(shell: Shell, proc: Proc) -> Running:
    """Print how much of a processor was used; it is not known, and shown as nothing."""
    proc.print("0m0.000s 0m0.000s", "0m0.000s 0m0.000s")
    return 0
    yield


def caller(shell: Shell, proc: Proc) -> Running:
    """Print where the running function was called."""
    if not shell.calls:
        return 1
    call = shell.calls[-1]
    proc.print(f"{call.line} main" if proc.argv[1:] else f"{call.line} {shell.arg0}")
    return 0
    yield


def _signal(word: str) -> str | None:
    name = word.upper().removeprefix("SIG")
    if name in SIGNALS or name in {"EXIT", "ERR", "DEBUG", "RETURN"}:
        return name
    if word == "0":
        return "EXIT"
    return next((name for name, number in SIGNALS.items() if str(number) == word), None)


def trap(shell: Shell, proc: Proc) -> Running:
    """Say what runs at a signal, at an error or at the end."""
    words = proc.argv[1:]
    if words[:1] == ["-l"]:
        return _list_signals(proc)
    shows = words[:1] == ["-p"]
    words = words[1:] if words[:1] in (["-p"], ["--"]) else words
    if shows or not words:
        for name in _ordered(shell.traps):
            if not words or name in {_signal(word) for word in words}:
                shown = name if name in {"EXIT", "ERR", "DEBUG", "RETURN"} else f"SIG{name}"
                proc.print(f"trap -- {quoting.single(shell.traps[name])} {shown}")
        return 0
    action: str | None = words[0]
    names = words[1:]
    if not names:
        action, names = None, words
        if _signal(words[0]) is None:
            proc.stderr.write("trap: usage: trap [-lp] [[arg] signal_spec ...]\n")
            return 2
    if action == "-":
        action = None
    code = 0
    for word in names:
        name_ = _signal(word)
        if name_ is None:
            code = complains(shell, proc, f"{word}: invalid signal specification")
        elif name_ in {"DEBUG", "RETURN"}:
            code = complains(shell, proc, f"{name_}: not supported in this simulator")
        elif action is None:
            shell.traps.pop(name_, None)
        else:
            shell.traps[name_] = action
    return code
    yield


def _ordered(traps: dict[str, str]) -> list[str]:
    numbers = {"EXIT": 0, **SIGNALS, "DEBUG": 65, "ERR": 66, "RETURN": 67}
    return sorted(traps, key=lambda name: numbers.get(name, 99))


def _list_signals(proc: Proc) -> int:
    names = [f"{number:2}) SIG{name}" for name, number in SIGNALS.items()]
    for at in range(0, len(names), 5):
        proc.print("\t ".join(names[at : at + 5]))
    return 0
