"""complete, compgen, compopt and bind: rules for Tab are kept and shown; Tab itself knows without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash import quoting
from sim.bash.builtins.table import KEYWORDS, Usage, complains, options, usage
from sim.bash.process import Proc, Running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.bash.shell import Shell

_RULE = (
    "[-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat]"
    " [-P prefix] [-S suffix]"
)
_COMPLETE = f"complete: usage: complete [-abcdefgjksuv] [-pr] [-DEI] {_RULE} [name ...]"
_COMPGEN = f"compgen: usage: compgen [-abcdefgjksuv] {_RULE} [word]"
_LETTERS, _VALUED = "abcdefgjksuv", "oAGWFCXPS"
_NAMES = ("bashdefault", "default", "dirnames", "filenames", "noquote", "nosort", "nospace",
          "plusdirs")  # fmt: skip
_ACTIONS = {
    "alias": "a", "builtin": "b", "command": "c", "directory": "d", "export": "e", "file": "f",
    "group": "g", "job": "j", "keyword": "k", "service": "s", "user": "u", "variable": "v",
}  # fmt: skip
_QUOTED = "GWPSX"


def complete(shell: Shell, proc: Proc) -> Running:
    """Keep, show or forget how words are completed."""
    try:
        found, names = options(proc.argv, f"{_LETTERS}prDEI", _VALUED, _COMPLETE)
    except Usage as problem:
        return usage(shell, proc, problem)
    specs = shell.completions
    names += [f"-{letter}" for letter in "DEI" if letter in found]
    if "r" in found or "p" in found or not (found or names):
        return _told_or_forgotten(shell, proc, names, forgets="r" in found)
    if not names:
        proc.stderr.write(f"{_COMPLETE}\n")
        return 2
    if found.get("o", "default") not in _NAMES:
        return complains(shell, proc, f"{found['o']}: invalid option name", 2)
    if found.get("A", "file") not in _ACTIONS and found["A"] not in ("function", "setopt", "shopt"):
        return complains(shell, proc, f"{found['A']}: invalid action name", 2)
    rule = _shown(found)
    for name in names:
        specs[name] = rule
    return 0
    yield


def _told_or_forgotten(shell: Shell, proc: Proc, names: list[str], *, forgets: bool) -> int:
    specs = shell.completions
    code = 0
    for name in names or list(specs):
        if name not in specs:
            code = complains(shell, proc, f"{name}: no completion specification")
        elif forgets:
            del specs[name]
        else:
            proc.print(f"complete {specs[name]}{name}")
    return code


def _shown(found: dict[str, str]) -> str:
    """Return a rule in the order in which bash prints it."""
    words: list[str] = []
    if "o" in found:
        words.append(f"-o {found['o']}")
    action = found.get("A", "")
    letters = {*found, _ACTIONS.get(action, "")}
    words += [f"-{letter}" for letter in _LETTERS if letter in letters]
    if action and action not in _ACTIONS:
        words.append(f"-A {action}")
    for letter in "GWPSXFC":
        if letter in found:
            text = found[letter]
            words.append(f"-{letter} " + (quoting.single(text) if letter in _QUOTED else text))
    return "".join(f"{word} " for word in words)


def compgen(shell: Shell, proc: Proc) -> Running:
    """Print what would complete a word."""
    try:
        found, rest = options(proc.argv, _LETTERS, _VALUED, _COMPGEN)
    except Usage as problem:
        return usage(shell, proc, problem)
    start = rest[0] if rest else ""
    words: list[str] = []
    letters = {*found, _ACTIONS.get(found.get("A", ""), "")}
    for letter in _LETTERS:
        if letter in letters:
            words += sorted(_words_of(shell, proc, letter, start))
    if found.get("A") == "function":
        words += sorted(shell.functions)
    if "W" in found:
        words += found["W"].split()
    fitting = [word for word in words if word.startswith(start)]
    shell.budget.charge(sum(map(len, words)))
    front, back = found.get("P", ""), found.get("S", "")
    proc.print(*(f"{front}{word}{back}" for word in fitting))
    return 0 if fitting or not (words or rest) else 1
    yield


def _words_of(shell: Shell, proc: Proc, letter: str, start: str) -> Iterable[str]:
    """Return what there is of one kind."""
    if letter in "df":
        directory, slash, _ = start.rpartition("/")
        where = proc.path(directory + slash or ".")
        names = shell.files.listdir(where) if shell.files.is_dir(where) else []
        paths = [f"{directory}{slash}{name}" for name in names]
        return [path for path in paths if letter == "f" or shell.files.is_dir(proc.path(path))]
    if letter == "c":
        return {*shell.programs, *shell.builtins, *shell.aliases, *shell.functions, *KEYWORDS}
    if letter == "e":
        return shell.environ()
    if letter == "u":
        return {"root", shell.files.owner}
    kinds: dict[str, Iterable[str]] = {
        "a": shell.aliases, "b": shell.builtins, "k": KEYWORDS, "v": shell.variables.values_,
    }  # fmt: skip
    return kinds.get(letter, ())


def compopt(shell: Shell, proc: Proc) -> Running:
    """Say that nothing is being completed."""
    return complains(shell, proc, "not currently executing completion function")
    yield


def bind(shell: Shell, proc: Proc) -> Running:
    """Take a setting of the line editor, which is the screen's own; show none."""
    return 0
    yield
