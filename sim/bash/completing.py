"""What may stand at the cursor of a shell's line: commands, paths and variables of its place.

What the arguments of one program may be is asked of whoever knows it. Nothing is run and nothing
is changed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sim.bash.cursor import Cursor, read_cursor
from sim.bash.files import FileProblem

if TYPE_CHECKING:
    from sim.bash.shell import Shell

MAX_CANDIDATES = 500
MAX_ALIASES = 8
FILES, MANIFESTS, DIRECTORIES = "files", "manifests", "directories"
"""Which files may stand in a place: all, those of objects (and directories), directories only."""
Arguments = Callable[[str, list[str], str], tuple[Iterable[str], str]]
"""From a program, its words so far and the last one's beginning to candidates and kind of files."""
KEYWORDS = ("case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
            "select", "then", "time", "until", "while")  # fmt: skip
_BEFORE = {"sudo", "time", "watch", "xargs", "env", "nohup", "nice", "timeout", "exec", "command",
           "builtin", "!", "if", "then", "else", "elif", "while", "until", "do", "{", "setsid"}  # fmt: skip
_VALUED = {"watch": "n", "xargs": "nILPdsa", "timeout": "sk", "nice": "n", "env": "uC", "sudo": "u"}
"""Letters of those programs' options that take a word."""
_ENDS = {FILES: ("",), MANIFESTS: (".json", ".yaml", ".yml"), DIRECTORIES: ()}
_VARIABLE = re.compile(r"\$(\{?)([A-Za-z_]\w*)?$")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


def completions(
    line: str, shell: Shell, programs: Iterable[str], arguments: Arguments | None = None
) -> list[str]:
    """Return the sorted candidates for the end of *line*; each replaces all after its last blank."""
    cursor = read_cursor(line)
    found = _found(cursor, shell, programs, arguments or usual_arguments(shell, programs))
    return sorted({cursor.replaced(line, one) for one in found})[:MAX_CANDIDATES]


def _found(
    cursor: Cursor, shell: Shell, programs: Iterable[str], arguments: Arguments
) -> Iterable[str]:
    variable = None if cursor.quote == "'" else _VARIABLE.search(cursor.raw)
    if variable is not None:
        before = cursor.raw[: variable.start()]
        begun = variable[2] or ""
        end = "}" if variable[1] else ""
        names = (name for name in shell.variables if name.startswith(begun))
        return [f"{before}${variable[1]}{name}{end}" for name in names]
    if cursor.redirected:
        return _paths(cursor, shell, FILES)
    words = _command(_unaliased(cursor.words, shell))
    assigned = _ASSIGNMENT.match(cursor.word)
    if assigned is not None and not words and cursor.raw == cursor.word:
        return _paths(cursor, shell, FILES, past=assigned.end())
    if not words:
        if "/" in cursor.word or cursor.word.startswith("~"):
            return _paths(cursor, shell, FILES)
        return _matching(cursor, commands(shell, programs))
    found, files = arguments(words[0], words[1:], cursor.word)
    past = cursor.word.find("=") + 1 if cursor.word.startswith("-") else 0
    return [*_matching(cursor, found), *(_paths(cursor, shell, files, past) if files else ())]


def commands(shell: Shell, programs: Iterable[str]) -> list[str]:
    """Return everything that can be the first word of a command."""
    functions: Iterable[str] = getattr(shell, "functions", ())
    return [*programs, *shell.builtins, *KEYWORDS, *shell.aliases, *functions]


def usual_arguments(shell: Shell, programs: Iterable[str]) -> Arguments:
    """Return what knows the arguments of the shell's own commands; others take files."""

    def arguments(name: str, words: list[str], last: str) -> tuple[Iterable[str], str]:
        if name in {"cd", "rmdir", "pushd"}:
            return [], DIRECTORIES
        if name in {"type", "which", "man", "hash"}:
            return commands(shell, programs), ""
        if name in {"alias", "unalias"}:
            return shell.aliases, ""
        if name in {"export", "unset", "printenv", "declare", "local", "readonly"}:
            return shell.variables, ""
        return [], FILES

    return arguments


def _matching(cursor: Cursor, found: Iterable[str]) -> list[str]:
    """Return those of *found* that begin with the word, as it would be typed."""
    plain = cursor.raw == cursor.word
    return [one if plain else cursor.typed(one) for one in found if one.startswith(cursor.word)]


def _paths(cursor: Cursor, shell: Shell, kind: str, past: int = 0) -> list[str]:
    """Return paths that begin with the word (from *past* on), as they would be typed."""
    lead, word = cursor.word[:past], cursor.word[past:]
    head, slash, begun = word.rpartition("/")
    files = shell.files
    place = re.sub(r"^~(?=/|$)", files.home, head + slash) or "."
    if word == "~":
        return [f"{lead}~/"]
    path = files.resolve(place, shell.cwd)
    try:
        names = files.listdir(path)
    except FileProblem:
        return []
    out: list[str] = []
    for name in names:
        if not name.startswith(begun) or (name.startswith(".") and not begun.startswith(".")):
            continue
        directory = files.is_dir(posixpath.join(path, name))
        if not directory and not any(name.endswith(end) for end in _ENDS[kind]):
            continue
        full = head + slash + name + ("/" if directory else "")
        tilde = full.startswith("~") and not cursor.quote
        typed = cursor.typed(full[1:] if tilde else full, ends=not directory)
        out.append(lead + ("~" if tilde else "") + typed)
    return out


def _unaliased(words: list[str], shell: Shell) -> list[str]:
    """Return *words* with the alias that they begin with written out, and the alias behind it."""
    for _ in range(MAX_ALIASES):
        words = _command(words)
        text = shell.aliases.get(words[0]) if words else None
        if text is None:
            break
        first, *_ = text.split() or [""]
        before, words = words[0], [*read_cursor(f"{text} ").words, *words[1:]]
        if first == before:
            break
    return words


def _command(words: list[str]) -> list[str]:
    """Return *words* without assignments and programs that run another, like `sudo` and `watch`."""
    rest = list(words)
    while rest:
        if _ASSIGNMENT.match(rest[0]):
            rest.pop(0)
            continue
        if rest[0] not in _BEFORE:
            break
        before = rest.pop(0)
        while rest and rest[0].startswith("-"):
            option = rest.pop(0)
            if option[-1] in _VALUED.get(before, "") and len(option) == 2 and rest:
                rest.pop(0)
        if before == "timeout" and rest:
            rest.pop(0)
    return rest
