"""What a program started in a database's container changes there, as far as its words tell.

A database of a real cluster tells nobody who changed it, so that the words have to do: those of `psql -c`,
and the statements that are typed or piped into psql, also from a shell there. Nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from os.path import basename

from sim.backends.kind.handwork import simple_commands
from sim.node.programs.pgroles import Change, change_roles, is_about_roles, split_statements
from sim.node.programs.sql import NotSupported, SqlError
from sim.postgres import Roles

_SHELLS = ("sh", "bash")
_LONGEST = 4_000
_RUBBED_OUT = re.compile(r"[^\n][\x7f\b]")
Deed = tuple[str, str, str]
"""What, verb and detail, e.g. `role/payments`, `alter`, `password: changed`."""


class Typed:
    """What comes in at a program's standard input, if that may be statements."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Heed psql and shells that have not been told by their words what to do."""
        name = basename(argv[0]) if argv else ""
        self._heeded = name in (*_SHELLS, "psql") and not _told(argv[1:])
        self._held = ""

    def more(self, text: str, *, over: bool = False) -> list[Deed]:
        """Return what is changed by the statements that *text* completes; *over*: nothing follows."""
        if not self._heeded:
            return []
        self._held = (self._held + text.replace("\r", "\n"))[-_LONGEST:]
        while _RUBBED_OUT.search(self._held):
            self._held = _RUBBED_OUT.sub("", self._held, count=1)
        whole, end, self._held = self._held.rpartition("\n")
        if over:
            whole, self._held = f"{whole}\n{self._held}", ""
        elif end and is_about_roles(_last(whole)) and not whole.rstrip().endswith(";"):
            # psql waits for the end of a statement, over as many lines as it takes.
            whole, self._held = "", f"{whole}\n{self._held}"
        found = [
            one
            for line in whole.split("\n")
            for words in simple_commands(line)
            for one in roles_changed(words)
        ]
        return [*found, *_deeds(whole)]


def _last(text: str) -> str:
    statements = split_statements(text)
    return statements[-1] if statements else ""


def roles_changed(argv: Sequence[str]) -> list[Deed]:
    """Return what `psql -c` is told to create or change, or `sh -c` with one.

    >>> roles_changed(["psql", "-U", "postgres", "-c", "ALTER ROLE payments PASSWORD 'x'; SELECT 1"])
    [('role/payments', 'alter', 'password: changed')]
    """
    name, args = basename(argv[0]) if argv else "", list(argv[1:])
    if name in _SHELLS:
        lines = [after for word, after in pairwise(args) if word == "-c"]
        return [
            change
            for line in lines[:1]
            for words in simple_commands(line)
            if basename(words[0]) not in _SHELLS
            for change in roles_changed(words)
        ]
    if name != "psql":
        return []
    return [deed for text in _told(args) for deed in _deeds(text[:_LONGEST])]


def _deeds(text: str) -> list[Deed]:
    return [
        (f"role/{one.role}", one.verb, one.detail)
        for statement in split_statements(text)
        for one in _changes(statement.strip())
        if one.role and (one.detail or one.verb != "alter")
    ]


def _told(args: Sequence[str]) -> list[str]:
    """Return what psql is given with `-c`."""
    found: list[str] = []
    for word, after in zip(args, [*args[1:], ""], strict=False):
        if word in ("-c", "--command"):
            found.append(after)
        elif word.startswith("--command="):
            found.append(word.partition("=")[2])
        elif word.startswith("-c") and not word.startswith("--"):
            found.append(word[2:])
    return found


def _changes(statement: str) -> list[Change]:
    """Return what a statement does to roles, whoever there may be."""
    if not is_about_roles(statement):
        return []
    try:
        # Nobody is known there, so that everybody may do everything.
        return change_roles(statement, Roles(), "postgres", 0)
    except (SqlError, NotSupported):
        return []
