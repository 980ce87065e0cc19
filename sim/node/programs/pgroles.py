"""CREATE, ALTER and DROP of roles: what psql's statements do to a server's roles, and its refusals.

Texts are PostgreSQL 16's (backend/commands/user.c, backend/parser). This file must not know how
anything is printed, nor who is logged in elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sim.node.programs.sql import NotSupported, SqlError
from sim.postgres import Role, Roles

_TOKEN = re.compile(r"""'(?P<text>(?:[^']|'')*)'|"(?P<name>(?:[^"]|"")*)"|(?P<word>[\w$]+)|[^\s]""")
_STATEMENT = re.compile(r"(?is)^\s*(create|alter|drop)\s+(role|user)\b(?!\s+mapping)")
_SELF = ("current_user", "session_user", "current_role")
_ELSEWHERE = ("set", "reset", "rename", "in")
_ATTRIBUTES = ("createdb", "createrole", "inherit", "replication", "bypassrls")
_FLAGS = (
    *_ATTRIBUTES,
    *(f"no{one}" for one in _ATTRIBUTES),
    *("connection", "role", "admin", "user", "sysid"),
)
"""Options that nothing here depends on."""


class Token(NamedTuple):
    """One word of a statement."""

    kind: str
    """`text`, `name`, `word` or `sign`."""
    value: str
    at: int


class Change(NamedTuple):
    """What a statement did."""

    tag: str
    """As psql prints it: `ALTER ROLE`."""
    role: str
    verb: str
    detail: str


def is_about_roles(statement: str) -> bool:
    """Return whether *statement* creates, changes or drops a role."""
    return _STATEMENT.match(statement) is not None


def change_roles(statement: str, roles: Roles, user: str, now: int) -> list[Change]:
    """Carry *statement* out as *user* and return what it did, one entry a role.

    Raises:
        SqlError: in PostgreSQL's words.
        NotSupported: for options that are not modelled.
    """
    tokens = _read(statement)
    verb = tokens[0].value.lower()
    rest = _Rest(statement, tokens[2:])
    chief = roles.get(user)
    superuser = (chief is not None and chief.superuser) or roles.open
    if verb == "drop":
        return _drop(rest, roles, user, superuser=superuser)
    if verb == "alter" and rest.word() == "all":
        raise NotSupported
    name = rest.name()
    if verb == "alter" and name in _SELF:
        name = user
    if verb == "alter" and rest.word() in _ELSEWHERE:
        raise NotSupported
    wanted = _options(rest)
    if verb == "create":
        return _create(statement, name, wanted, roles, now, superuser=superuser)
    return _alter(name, wanted, roles, user, now, superuser=superuser)


class _Options(NamedTuple):
    acts: list[Callable[[Role], None]]
    detail: list[str]
    password: tuple[str | None] | None
    superuser: bool
    """It speaks of SUPERUSER."""


def _options(rest: _Rest) -> _Options:
    acts: list[Callable[[Role], None]] = []
    detail: list[str] = []
    password: tuple[str | None] | None = None
    speaks = False
    if rest.word() == "with":
        rest.take()
    while not rest.done:
        token = rest.take()
        word = token.value.lower() if token.kind == "word" else ""
        if word == "encrypted" and rest.word() == "password":
            continue
        if word == "password":
            password = (rest.text_or_null(),)
            detail.append("password: removed" if password[0] is None else "password: changed")
        elif word in ("login", "nologin"):
            allowed = word == "login"
            acts.append(lambda role, allowed=allowed: setattr(role, "login", allowed))  # type: ignore[misc]
            detail.append(word)
        elif word in ("superuser", "nosuperuser"):
            chief, speaks = word == "superuser", True
            acts.append(lambda role, chief=chief: setattr(role, "superuser", chief))  # type: ignore[misc]
            detail.append(word)
        elif word == "valid" and rest.word() == "until":
            rest.take()
            until = rest.text_or_null() or ""
            if until != "infinity":
                raise NotSupported
            acts.append(lambda role: setattr(role, "valid_until", "infinity"))
        elif word in _FLAGS:
            raise NotSupported
        elif word:
            raise rest.problem(f'unrecognized role option "{word}"', token)
        else:
            raise rest.syntax(token)
    return _Options(acts, detail, password, speaks)


def _create(
    statement: str, name: str, wanted: _Options, roles: Roles, now: int, *, superuser: bool
) -> list[Change]:
    if not superuser:
        why = "Only roles with the CREATEROLE attribute may create roles."
        raise SqlError("permission denied to create role", why)
    if roles.get(name) is not None:
        raise SqlError(f'role "{name}" already exists')
    made = Role(name, login=statement.split()[1].lower() == "user")
    for act in wanted.acts:
        act(made)
    roles.add(made)
    if wanted.password is not None:
        roles.set_password(name, wanted.password[0], now)
    return [Change("CREATE ROLE", name, "create", "; ".join(wanted.detail))]


def _alter(
    name: str, wanted: _Options, roles: Roles, user: str, now: int, *, superuser: bool
) -> list[Change]:
    role = roles.get(name)
    if role is None and roles.open:
        role = Role(name)
        roles.add(role)
    if role is None:
        raise SqlError(f'role "{name}" does not exist')
    if not superuser:
        if role.superuser or wanted.superuser:
            why = "Only roles with the SUPERUSER attribute may "
            why += "alter roles with the SUPERUSER attribute." if role.superuser else (
                "change the SUPERUSER attribute."
            )  # fmt: skip
            raise SqlError("permission denied to alter role", why)
        if name != user or wanted.acts:
            why = (
                "Only roles with the CREATEROLE attribute and the ADMIN option on role "
                f'"{name}" may alter this role.'
            )
            raise SqlError("permission denied to alter role", why)
    for act in wanted.acts:
        act(role)
    if wanted.password is not None:
        roles.set_password(name, wanted.password[0], now)
    return [Change("ALTER ROLE", name, "alter", "; ".join(wanted.detail))]


def _drop(rest: _Rest, roles: Roles, user: str, *, superuser: bool) -> list[Change]:
    if not superuser:
        why = (
            "Only roles with the CREATEROLE attribute and the ADMIN option on the target roles "
            "may drop roles."
        )
        raise SqlError("permission denied to drop role", why)
    missing_ok = rest.word() == "if"
    if missing_ok:
        rest.take()
        rest.take()
    names = [rest.name()]
    while not rest.done:
        comma = rest.take()
        if comma.value != ",":
            raise rest.syntax(comma)
        names.append(rest.name())
    for name in names:
        if roles.get(name) is None and not missing_ok:
            raise SqlError(f'role "{name}" does not exist')
        if name == user:
            raise SqlError("current user cannot be dropped")
        if name == "postgres":
            why = "it is required by the database system"
            raise SqlError(f"cannot drop role postgres because {why}")
    found = [name for name in names if roles.get(name) is not None]
    for name in found:
        roles.drop(name)
    return [Change("DROP ROLE", name, "drop", "") for name in found] or [
        Change("DROP ROLE", "", "", "")
    ]


class _Rest:
    """What is left of a statement."""

    def __init__(self, statement: str, tokens: list[Token]) -> None:
        self._statement = statement
        self._tokens = tokens

    @property
    def done(self) -> bool:
        return not self._tokens

    def word(self) -> str:
        """Return the next token in small letters if it is a plain word, without taking it."""
        return self._tokens[0].value.lower() if self._tokens else ""

    def take(self) -> Token:
        if not self._tokens:
            raise self._end()
        return self._tokens.pop(0)

    def name(self) -> str:
        token = self.take()
        if token.kind == "word":
            return token.value.lower()
        if token.kind == "name":
            return token.value
        raise self.syntax(token)

    def text_or_null(self) -> str | None:
        token = self.take()
        if token.kind == "word" and token.value.lower() == "null":
            return None
        if token.kind != "text":
            raise self.syntax(token)
        return token.value

    def syntax(self, token: Token) -> SqlError:
        shown = self._statement[token.at :].split(None, 1)[0] if token.kind != "word" else ""
        return self.problem(f'syntax error at or near "{shown or token.value}"', token)

    def problem(self, text: str, token: Token) -> SqlError:
        return SqlError(text, at=token.at, statement=self._statement)

    def _end(self) -> SqlError:
        at = len(self._statement)
        return SqlError("syntax error at end of input", at=at, statement=self._statement)


def _read(statement: str) -> list[Token]:
    tokens = []
    for found in _TOKEN.finditer(statement.rstrip().rstrip(";")):
        kind = found.lastgroup or "sign"
        value = found[kind] if found.lastgroup else found[0]
        quote = {"text": "'", "name": '"'}.get(kind)
        if quote:
            value = value.replace(quote * 2, quote)
        tokens.append(Token(kind, value, found.start()))
    return tokens


def split_statements(text: str) -> list[str]:
    """Return the statements of *text*, each with its semicolon where it has one.

    >>> split_statements("select 1; alter user a password 'x;y'")
    ['select 1;', "alter user a password 'x;y'"]
    """
    parts, begun, quote = [], 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ";":
            parts.append(text[begun : at + 1].strip())
            begun = at + 1
    parts.append(text[begun:].strip())
    return [one for one in parts if one.strip("; \n\t")]
