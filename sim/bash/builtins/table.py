"""What every builtin is made of: the shell it changes, and how it reads its options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.bash.process import Proc, Running

if TYPE_CHECKING:
    from sim.bash.shell import Shell

Builtin = Callable[["Shell", Proc], Running]
"""A command that changes the shell itself."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYWORDS = ("if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until",
            "do", "done", "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc")  # fmt: skip


class Usage(Exception):  # noqa: N818 - what the builtin prints
    """An option that the builtin does not have."""


def options(
    argv: list[str], switches: str, valued: str = "", usage: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Return the options of *argv* and what follows them.

    Raises:
        Usage: for one that is in neither *switches* nor *valued*.
    """
    found: dict[str, str] = {}
    words = argv[1:]
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        at = 1
        while at < len(word):
            letter = word[at]
            at += 1
            if letter in valued:
                if at < len(word):
                    found[letter] = word[at:]
                elif words:
                    found[letter] = words.pop(0)
                else:
                    raise Usage(f"{argv[0]}: -{letter}: option requires an argument\n{usage}")
                break
            if letter not in switches:
                raise Usage(f"{argv[0]}: -{letter}: invalid option\n{usage}")
            found[letter] = ""
    return found, words


def complains(shell: Shell, proc: Proc, message: str, code: int = 1) -> int:
    """Write an error line in the name of the builtin and return *code*."""
    shell.complain(f"{proc.argv[0]}: {message}", proc.stderr)
    return code


def usage(shell: Shell, proc: Proc, problem: Usage, code: int = 2) -> int:
    """Write an error line and how the builtin is used."""
    first, _, rest = str(problem).partition("\n")
    shell.complain(first, proc.stderr)
    if rest:
        proc.stderr.write(rest + "\n")
    return code
