"""The few statements that the database stand-in understands: a round trip, and who may log in.

Texts are PostgreSQL 16's. This file must not know the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from sim.workload import pgwire, selecting
from sim.workload.pgwire import Problem
from sim.workload.roles import Role, Roles

_NAME = r'("(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_DEFINING = re.compile(rf"(CREATE|ALTER|DROP)\s+(USER|ROLE)\s+{_NAME}\s*(.*)", re.I | re.S)
_OPTION = re.compile(
    r"\s*(?:WITH\s+)?(?:(?:ENCRYPTED\s+)?PASSWORD\s+(?P<password>'(?:[^']|'')*'|NULL)"
    r"|(?P<flag>(?:NO)?(?:LOGIN|SUPERUSER)))(?:\s+|$)",
    re.I,
)


ACTIVITY = ("datname", "pid", "usename", "client_addr", "backend_start", "state")
"""What is known of a session."""


class Asking(NamedTuple):
    """Who asks, and whom."""

    user: str
    version: str
    settings: dict[str, str]
    sessions: Callable[[], list[dict[str, str]]]
    """One row for each, with what `ACTIVITY` names."""


class Result(NamedTuple):
    """What the server answers."""

    wire: bytes = b""
    problem: Problem | None = None
    defining: bool = False
    """It defines something, as `log_statement = ddl` counts."""


def execute(statement: str, roles: Roles, asking: Asking) -> Result:
    """Carry one statement out."""
    text = statement.strip().rstrip(";").strip()
    if not text:
        return Result(pgwire.packed("I"))
    found = _DEFINING.fullmatch(text)
    if found is not None:
        return _define(found, roles, asking)
    words = " ".join(text.split())
    simple = {
        "SELECT 1": (["?column?"], ["1"]),
        "SELECT VERSION()": (["version"], [f"PostgreSQL {asking.version} (stand-in)"]),
        "SELECT NOW()": (["now"], [f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}+00"]),
        "SELECT CURRENT_USER": (["current_user"], [asking.user]),
    }.get(words.upper())
    if simple is not None:
        columns, row = simple
        return _rows(columns, [row], "SELECT")
    shown = re.fullmatch(r"SHOW (\w+)", words, re.I)
    if shown is not None:
        name = shown[1].lower()
        if name not in asking.settings:
            return _refused("42704", f'unrecognized configuration parameter "{name}"')
        return _rows([name], [[asking.settings[name]]], "SHOW")
    first = words.split(" ")[0].upper()
    if first in ("SELECT", "TABLE"):
        return _selected(words, roles, asking)
    if first in ("BEGIN", "COMMIT", "ROLLBACK", "SET", "RESET", "DISCARD"):
        return Result(pgwire.complete(first))
    return _not_here(first)


def _selected(words: str, roles: Roles, asking: Asking) -> Result:
    views = {
        "pg_roles": [{"rolname": name} for name in sorted(roles.by_name)],
        "pg_stat_activity": asking.sessions(),
    }
    try:
        columns = {"pg_roles": ("rolname",), "pg_stat_activity": ACTIVITY}
        names, rows = selecting.select(words, views, columns)
    except selecting.NoColumn as error:
        return _refused("42703", f'column "{error}" does not exist')
    except selecting.NotKnown:
        return _not_here(words.split(" ", maxsplit=1)[0])
    return _rows(names, rows, "SELECT")


def _not_here(first: str) -> Result:
    text = f"not supported: this server is a stand-in without tables ({first.lower()})"
    return _refused("0A000", text)


def _define(found: re.Match[str], roles: Roles, asking: Asking) -> Result:
    verb, name, rest = found[1].upper(), _named(found[3]), found[4]
    asker = roles.by_name.get(asking.user)
    mighty = roles.open or (asker is not None and asker.superuser)
    there = roles.by_name.get(name)
    own = verb == "ALTER" and name == asking.user
    if not mighty and not own:
        return _refused("42501", f"permission denied to {verb.lower()} role", defining=True)
    if verb == "CREATE":
        if there is not None:
            return _refused("42710", f'role "{name}" already exists', defining=True)
        there = Role(name, login=found[2].upper() == "USER")
    elif there is None:
        return _refused("42704", f'role "{name}" does not exist', defining=True)
    if verb == "DROP":
        del roles.by_name[name]
    else:
        at = 0
        while at < len(rest):
            option = _OPTION.match(rest, at)
            if option is None:
                word = rest[at:].split(maxsplit=1)[0] if rest[at:].split() else ""
                return _refused("42601", f'syntax error at or near "{word}"', defining=False)
            at = option.end()
            _set(there, option)
        roles.by_name[name] = there
    roles.keep(closed_at="")
    return Result(pgwire.complete(f"{verb} ROLE"), defining=True)


def _set(role: Role, option: re.Match[str]) -> None:
    password, flag = option["password"], (option["flag"] or "").upper()
    if password is not None:
        role.password = None if password.upper() == "NULL" else password[1:-1].replace("''", "'")
    elif flag.endswith("LOGIN"):
        role.login = not flag.startswith("NO")
    else:
        role.superuser = not flag.startswith("NO")


def _named(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.lower()


def _rows(columns: list[str], rows: list[list[str]], tag: str) -> Result:
    count = f" {len(rows)}" if tag == "SELECT" else ""
    return Result(pgwire.table(columns, rows) + pgwire.complete(f"{tag}{count}"))


def _refused(code: str, text: str, *, defining: bool = False) -> Result:
    return Result(problem=Problem("ERROR", code, text), defining=defining)
