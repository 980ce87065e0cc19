"""`set` and `shopt`: options and positional parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash import quoting
from sim.bash.builtins.table import Usage, complains, options, usage
from sim.bash.printing import function
from sim.bash.process import Proc, Running
from sim.bash.settings import LETTERS, SET_OPTIONS, SHELL_OPTIONS
from sim.bash.variables import Keyed

if TYPE_CHECKING:
    from sim.bash.shell import Shell

_USAGE = "set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]"


def set_(shell: Shell, proc: Proc) -> Running:
    """Set options and positional parameters, or show all variables."""
    words = proc.argv[1:]
    if not words:
        _show(shell, proc)
        return 0
    while words:
        word = words[0]
        if word in {"--", "-"}:
            if word == "-":
                shell.on -= {"xtrace", "verbose"}
                if words[1:]:
                    shell.positional = words[1:]
                return 0
            shell.positional = words[1:]
            return 0
        if word[:1] not in {"-", "+"} or len(word) < 2:
            shell.positional = words
            return 0
        words = words[1:]
        on = word[0] == "-"
        for letter in word[1:]:
            if letter == "o":
                if not words:
                    _list(shell, proc, on=on)
                    continue
                name = words.pop(0)
                if name not in SET_OPTIONS:
                    return complains(shell, proc, f"{name}: invalid option name", 2)
                turn(shell, name, on=on)
            elif letter in LETTERS:
                turn(shell, LETTERS[letter], on=on)
            else:
                complains(shell, proc, f"{word[0]}{letter}: invalid option")
                proc.stderr.write(_USAGE + "\n")
                return 2
    return 0
    yield


def turn(shell: Shell, name: str, *, on: bool) -> None:
    """Turn an option on or off."""
    (shell.on.add if on else shell.on.discard)(name)


def _list(shell: Shell, proc: Proc, *, on: bool) -> None:
    for name in sorted(SET_OPTIONS):
        state = name in shell.on
        if on:
            proc.print(f"{name:<15}\t{'on' if state else 'off'}")
        else:
            proc.print(f"set {'-' if state else '+'}o {name}")


def _show(shell: Shell, proc: Proc) -> None:
    variables = shell.variables
    for name in sorted(variables):
        value = variables.values_[name]
        if isinstance(value, str):
            proc.print(f"{name}={quoting.if_needed(value)}")
        else:
            proc.print(f"{name}={elements(value)}")
    proc.print(*(function(shell.functions[name]) for name in sorted(shell.functions)))


def elements(array: object) -> str:
    """Return an array as `declare -p` shows its value."""
    assert isinstance(array, dict)
    pairs = [f"[{_key(key)}]={quoting.double(value)}" for key, value in array.ordered()]  # type: ignore[attr-defined]
    return "(" + " ".join(pairs) + (" )" if isinstance(array, Keyed) and pairs else ")")


def _key(key: int | str) -> str:
    text = str(key)
    plain = all(char.isalnum() or char in "_./:@%+=-," for char in text)
    return text if plain and text else quoting.double(text)


def shopt(shell: Shell, proc: Proc) -> Running:
    """Set and show the options of the shell that `set` does not know."""
    try:
        found, words = options(
            proc.argv, "pqsuo", usage="shopt: usage: shopt [-pqsu] [-o] [optname ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    known = sorted(SET_OPTIONS) if "o" in found else list(SHELL_OPTIONS)
    code = 0
    if not words:
        for name in known:
            state = name in shell.on
            if ("s" in found and not state) or ("u" in found and state):
                continue
            if "q" not in found:
                _line(proc, name, state=state, portable="p" in found, letters="o" in found)
        return 0
    for name in words:
        if name not in known:
            code = complains(shell, proc, f"{name}: invalid shell option name")
        elif "s" in found or "u" in found:
            turn(shell, name, on="s" in found)
        else:
            state = name in shell.on
            code = code if state else 1
            if "q" not in found:
                _line(proc, name, state=state, portable="p" in found, letters="o" in found)
    return code
    yield


def _line(proc: Proc, name: str, *, state: bool, portable: bool, letters: bool) -> None:
    if portable and letters:
        proc.print(f"set {'-' if state else '+'}o {name}")
    elif portable:
        proc.print(f"shopt {'-s' if state else '-u'} {name}")
    else:
        proc.print(f"{name:<15}\t{'on' if state else 'off'}")
