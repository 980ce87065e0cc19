"""CREATE, ALTER and DROP of roles in PostgreSQL's words, which were recorded from a real server."""

from __future__ import annotations

import pytest

from sim.node.programs.pgroles import change_roles, is_about_roles, split_statements
from sim.node.programs.sql import NotSupported, SqlError
from sim.postgres import Role, Roles


@pytest.fixture
def roles() -> Roles:
    made = Roles([Role("app"), Role("chief", superuser=True)])
    made.set_password("app", "old", 0)
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER USER app PASSWORD 'new'",
        "alter role app with encrypted password 'new' valid until 'infinity';",
        "ALTER ROLE \"app\"\n  WITH PASSWORD 'new';",
    ],
)
def test_a_password_can_be_set_in_every_spelling(roles: Roles, statement: str) -> None:
    (change,) = change_roles(statement, roles, "postgres", 5)

    assert change == ("ALTER ROLE", "app", "alter", "password: changed")
    assert (roles.fits("app", "new"), roles.fits("app", "old")) == (True, False)


def test_quotes_are_doubled_inside_a_password(roles: Roles) -> None:
    change_roles("alter user app password 'it''s; ok'", roles, "postgres", 5)
    assert roles.fits("app", "it's; ok")


def test_who_is_no_superuser_may_change_only_the_own_password(roles: Roles) -> None:
    change_roles("alter user current_user password 'mine'", roles, "app", 5)
    assert roles.fits("app", "mine")
    with pytest.raises(SqlError, match="permission denied to alter role\nDETAIL:  Only roles with"):
        change_roles("alter user postgres password 'x'", roles, "app", 6)
    for statement in ("create role z", "drop role chief", "alter user app superuser"):
        with pytest.raises(SqlError, match="permission denied to"):
            change_roles(statement, roles, "app", 6)


@pytest.mark.parametrize(
    ("statement", "told", "logged"),
    [
        (
            "alter user app passwort 'x'",
            'unrecognized role option "passwort"\n'
            "LINE 1: alter user app passwort 'x'\n                       ^",
            'unrecognized role option "passwort" at character 16',
        ),
        (
            "alter user",
            "syntax error at end of input\nLINE 1: alter user\n                  ^",
            "syntax error at end of input at character 11",
        ),
        (
            "alter role nobody password 'x'",
            'role "nobody" does not exist',
            'role "nobody" does not exist',
        ),
        ("drop role nope", 'role "nope" does not exist', 'role "nope" does not exist'),
        ("create role app", 'role "app" already exists', 'role "app" already exists'),
        ("drop role postgres", "current user cannot be dropped", "current user cannot be dropped"),
    ],
)
def test_mistakes_are_told_as_the_server_tells_them(
    roles: Roles, statement: str, told: str, logged: str
) -> None:
    with pytest.raises(SqlError) as caught:
        change_roles(statement, roles, "postgres", 5)
    assert (str(caught.value), caught.value.logged) == (told, logged)


def test_roles_come_and_go_and_may_be_kept_out(roles: Roles) -> None:
    change_roles("create user new password 'a'; ", roles, "chief", 5)
    assert (roles.fits("new", "a"), roles.names()) == (True, ["app", "chief", "new", "postgres"])
    change_roles("alter role new nologin", roles, "chief", 6)
    new = roles.get("new")
    assert new is not None
    assert not new.login
    gone = change_roles("drop role if exists new, never", roles, "chief", 7)
    assert ([one.role for one in gone], roles.get("new")) == (["new"], None)


@pytest.mark.parametrize("rest", ["createdb", "set work_mem = '1MB'", "valid until '2030-01-01'"])
def test_what_is_not_modelled_is_refused(roles: Roles, rest: str) -> None:
    with pytest.raises(NotSupported):
        change_roles(f"alter role app {rest}", roles, "postgres", 5)


def test_only_statements_about_roles_are_taken() -> None:
    assert is_about_roles(" alter\n user a")
    assert not is_about_roles("create user mapping for a server b")
    assert not is_about_roles("alter table a")


def test_semicolons_inside_quotes_end_nothing() -> None:
    assert split_statements("select 1;; alter user a password 'x;y' ;") == [
        "select 1;",
        "alter user a password 'x;y' ;",
    ]
