"""Who may log in, with which password since when."""

from __future__ import annotations

from base64 import b64decode

import pytest

from sim.postgres import Role, Roles
from sim.postgres.roles import scram_verifier


@pytest.fixture
def roles() -> Roles:
    made = Roles([Role("app"), Role("idle")])
    made.set_password("app", "first", -1_000)
    return made


def test_verifier_is_the_one_that_postgresql_stores() -> None:
    told = scram_verifier("x", b64decode("Kd2yW7AAsaGZPoTdfbJjDQ=="))

    assert told == (
        "SCRAM-SHA-256$4096:Kd2yW7AAsaGZPoTdfbJjDQ==$4puXHHaRzuAEWD3/TGSuTnwwzl4rTHalr8/LANtzyPc="
        ":x4DOunzfncxpG+N83LYwc1X633DObUAui8gz4xDDu/M="
    )


def test_each_password_counts_from_its_time_on(roles: Roles) -> None:
    roles.set_password("app", "second", 500)

    assert [roles.fits("app", "first", at) for at in (-2_000, 0, 499, 500)] == [
        False,
        True,
        True,
        False,
    ]
    assert roles.fits("app", "second")


def test_a_stored_verifier_fits_the_password_it_was_made_of(roles: Roles) -> None:
    made = roles.verifier_of("second", "app", 3)
    roles.set_password("app", made, 3)

    assert roles.verifier("app") == made
    assert (roles.fits("app", "second"), roles.fits("app", "first")) == (True, False)


def test_what_only_looks_like_a_verifier_is_a_plain_password(roles: Roles) -> None:
    for text in ("SCRAM-SHA-256$", "SCRAM-SHA-256$4096:!$a:b", "SCRAM-SHA-256$9999999:AA==$a:b"):
        roles.set_password("app", text, 3)
        assert roles.fits("app", text)
        assert not roles.fits("app", "other")


def test_nobody_without_a_password_or_a_role_fits(roles: Roles) -> None:
    roles.set_password("app", None, 0)

    assert not any(roles.fits(name, "") for name in ("app", "idle", "nobody", "postgres"))


def test_a_server_without_described_users_is_open() -> None:
    assert (Roles().open, Roles([Role("app")]).open) == (True, False)
    assert Roles().names() == ["postgres"]
