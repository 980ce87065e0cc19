"""Builtins about names: `alias`, `type`, `hash`, and `history`, which remembers lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash import quoting
from sim.bash.builtins.table import KEYWORDS, Usage, complains, options, usage
from sim.bash.printing import function
from sim.bash.process import Proc, Running
from sim.bash.simple import TOOLS

if TYPE_CHECKING:
    from sim.bash.shell import Shell

MAX_ALIASES = 1000


def alias(shell: Shell, proc: Proc) -> Running:
    """Define aliases, or show them."""
    words = [word for word in proc.argv[1:] if word not in {"-p", "--"}]
    if not words:
        for name in sorted(shell.aliases):
            proc.print(f"alias {name}={quoting.single(shell.aliases[name])}")
    code = 0
    for word in words:
        name, sign, text = word.partition("=")
        if sign and name:
            if any(char in " \t\n/$`\\\"'|&;()<>" for char in name):
                code = complains(shell, proc, f"`{name}': invalid alias name")
            elif len(shell.aliases) < MAX_ALIASES:
                shell.aliases[name] = text
        elif word in shell.aliases:
            proc.print(f"alias {word}={quoting.single(shell.aliases[word])}")
        else:
            code = complains(shell, proc, f"{word}: not found")
    return code
    yield


def unalias(shell: Shell, proc: Proc) -> Running:
    """Forget aliases."""
    if len(proc.argv) < 2:
        proc.stderr.write("unalias: usage: unalias [-a] name [name ...]\n")
        return 2
    code = 0
    for name in proc.argv[1:]:
        if name == "-a":
            shell.aliases.clear()
        elif shell.aliases.pop(name, None) is None:
            code = complains(shell, proc, f"{name}: not found")
    return code
    yield


def path_of(shell: Shell, name: str) -> str | None:
    """Return where the program *name* is."""
    if "/" in name:
        path = shell.files.resolve(name, shell.cwd)
        return name if shell.find(name) is not None or shell.script_of(path) is not None else None
    if name in shell.programs:
        return shell.files.program(name)
    return shell.on_path(name)


def described(shell: Shell, name: str, *, how: str = "", every: bool = False) -> list[str]:
    """Return what *name* is, in words; with *how* `-t` its kind, with `-v` as `command -v` has it."""
    found: list[tuple[str, str, str]] = []
    if name in shell.aliases and "expand_aliases" in shell.on:
        text = shell.aliases[name]
        found.append(
            ("alias", f"alias {name}={quoting.single(text)}", f"{name} is aliased to `{text}'")
        )
    if name in KEYWORDS:
        found.append(("keyword", name, f"{name} is a shell keyword"))
    if name in shell.functions:
        found.append(("function", name, f"{name} is a function\n{function(shell.functions[name])}"))
    if name in shell.builtins or (name in TOOLS and name in shell.programs):
        special = ""
        found.append(("builtin", name, f"{name} is a {special}shell builtin"))
    path = path_of(shell, name)
    if path is not None and name not in shell.builtins:
        hashed = not every and name in shell.hashed
        told = f"{name} is hashed ({path})" if hashed else f"{name} is {path}"
        found.append(("file", path, told))
    index = {"-t": 0, "-v": 1, "": 2}[how]
    return [entry[index] for entry in found]


def type_(shell: Shell, proc: Proc) -> Running:
    """Say what a name is."""
    try:
        found, words = options(
            proc.argv, "afptP", usage="type: usage: type [-afptP] name [name ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    code = 0
    for name in words:
        if "P" in found or "p" in found:
            path = path_of(shell, name)
            kinds = described(shell, name, how="-t")
            if path is not None and (kinds[:1] == ["file"] or "P" in found):
                proc.print(path)
            elif path is None and not ("p" in found and kinds):
                code = 1
            continue
        texts = described(shell, name, how="-t" if "t" in found else "", every="a" in found)
        if not texts:
            code = 1
            if "t" not in found:
                complains(shell, proc, f"{name}: not found")
            continue
        proc.print(*(texts if "a" in found else texts[:1]))
    return code
    yield


def hash_(shell: Shell, proc: Proc) -> Running:
    """Remember where programs are; they do not move here."""
    try:
        found, words = options(
            proc.argv, "ldrt", "p", "hash: usage: hash [-lr] [-p pathname] [-dt] [name ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    if "r" in found:
        shell.hashed.clear()
    if "t" in found:
        code = 0
        for name in words:
            if name in shell.programs:
                proc.print(shell.files.program(name))
            else:
                code = complains(shell, proc, f"{name}: not found")
        return code
    code = 0
    for name in words:
        if path_of(shell, name) is None:
            code = complains(shell, proc, f"{name}: not found")
        elif name not in shell.builtins:
            shell.hashed.setdefault(name, 0)
    if not words and not found:
        if not shell.hashed:
            proc.print("hash: hash table empty")
        else:
            proc.print(
                "hits\tcommand",
                *(f"{n:4}\t{shell.files.program(name)}" for name, n in shell.hashed.items()),
            )
    return code
    yield


def history(shell: Shell, proc: Proc) -> Running:
    """Show the lines that were entered, or forget some."""
    try:
        found, words = options(
            proc.argv, "canrwps", "d",
            "history: usage: history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]",
        )  # fmt: skip
    except Usage as problem:
        return usage(shell, proc, problem)
    if "c" in found:
        shell.history.clear()
        return 0
    if "d" in found:
        text = found["d"]
        at = int(text) if text.lstrip("-").isdecimal() else 0
        index = at - 1 if at > 0 else len(shell.history) + at
        if at == 0 or not 0 <= index < len(shell.history):
            return complains(shell, proc, f"{text}: history position out of range")
        del shell.history[index]
        return 0
    if found:
        return 0
    if words and not words[0].isdecimal():
        return complains(shell, proc, f"{words[0]}: numeric argument required")
    lines = list(enumerate(shell.history, 1))
    for number, line in lines[max(0, len(lines) - int(words[0])) :] if words else lines:
        proc.print(f"{number:5}  {line}")
    return 0
    yield


def fc(shell: Shell, proc: Proc) -> Running:
    """List lines that were entered (`fc -l`)."""
    words = proc.argv[1:]
    if not words or not words[0].startswith("-l"):
        return complains(shell, proc, "not supported in this simulator; use `fc -l' or `!'")
    numbers = "n" not in words[0]
    lines = list(enumerate(shell.history, 1))
    rest = [word for word in words[1:] if word.lstrip("-").isdecimal()]
    first = int(rest[0]) if rest else -16
    last = int(rest[1]) if len(rest) > 1 else len(lines)
    first = first if first > 0 else max(1, len(lines) + first)
    last = last if last > 0 else len(lines) + last
    for number, line in lines[first - 1 : last]:
        proc.print(f"{number}\t {line}" if numbers else f"\t {line}")
    return 0
    yield
