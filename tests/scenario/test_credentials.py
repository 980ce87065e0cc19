"""Secrets, users of databases and the faults that change them agree, or an author hears of it."""

from __future__ import annotations

import pytest

from sim.scenario import parse_scenario
from tests.scenario.texts import FAMILY, mistakes, own, shared

USER = "          - {name: payments, secret: payments/payments-db/password}\n"


def with_fault(*lines: str) -> str:
    fault = "".join(f"    {line}\n" for line in lines)
    return own().replace("timeline:\n", f"timeline:\n  - id: other\n    at: -13m\n{fault}", 1)


SET_SECRET = ("fault: set-secret", "namespace: payments", "secret: x", "key: k", "by: somebody")
SET_PASSWORD = ("fault: set-password", "application: postgres")


def test_the_family_describes_who_may_log_in() -> None:
    scenario = parse_scenario(own(), (), (FAMILY, shared()))
    database = scenario.application("postgres").behaviour

    assert database.kind == "database"
    assert [one.name for one in database.users] == ["payments", "ledger"]


def test_faults_on_credentials_may_lie_before_the_run() -> None:
    text = with_fault(*SET_SECRET, "value: next")
    (fault,) = (
        one for one in parse_scenario(text, (), (FAMILY, shared())).timeline if one.id == "other"
    )

    assert (fault.at, fault.fault) == (-780_000, "set-secret")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (SET_SECRET, "give `value` (the name of a drawn one) or `text`, and only one of them"),
        (
            (*SET_SECRET, "value: payments/payments-db"),
            "write namespace/secret/key, e.g. payments/payments-db/password",
        ),
        (
            (*SET_SECRET, "value: payments/payments-db/pasword"),
            'no value "payments/payments-db/pasword"; nearest: payments/payments-db/password',
        ),
        ((*SET_PASSWORD, "user: payment", "text: x"), 'no user "payment"; nearest: payments'),
        (
            ("fault: set-password", "application: gateway", "user: payments", "text: x"),
            '"gateway" is no database that lists its users',
        ),
    ],
)
def test_faults_on_credentials_are_checked(lines: tuple[str, ...], told: str) -> None:
    (mistake,) = mistakes(with_fault(*lines))
    assert told in mistake


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            USER,
            USER.replace("payments-db/", "payments-bd/"),
            "nearest: payments/payments-db/password",
        ),
        (USER, USER + USER, '"payments" is there already'),
        ("        user: payments\n", "", '"postgres" lists its users: say `user`'),
        (
            "        user: payments\n",
            "        user: payments\n        password_from: PGPASS\n",
            "no variable PGPASS in `env` or `secret_env` holds its password",
        ),
    ],
)
def test_users_of_a_database_are_checked(old: str, new: str, told: str) -> None:
    text = shared()
    assert old in text
    assert any(told in one for one in mistakes(family=text.replace(old, new, 1)))
