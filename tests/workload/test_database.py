"""The database stand-in as a process: logins, roles, log and shutdown are PostgreSQL's."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.workload.session import Refused, Session
from tests.workload.loops import run
from tests.workload.processes import database, free_port, running

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC"


def log_in(
    port: int, user: str, password: str, statement: str = "SELECT 1"
) -> list[list[str]] | str:
    """Return the rows of a statement, or the SQLSTATE and the text of the refusal."""

    async def once() -> list[list[str]]:
        session = await Session.open(
            "127.0.0.1",
            port,
            user=user,
            password=password,
            database="payments",
            seconds=5,
            lost=lambda _: None,
        )
        try:
            return await session.ask(statement, 5)
        finally:
            session.close()

    try:
        return run(once())
    except Refused as refused:
        return f"{refused.told.code} {refused.told.message}"


def sql(folder: Path, port: int, statement: str) -> tuple[int, str]:
    """Return the exit code and the output of a statement over the socket."""
    with running("sql", statement, PGHOST=str(folder), PGPORT=str(port)) as one:
        return one.code(), one.text


@pytest.fixture
def port() -> int:
    """Return a free port."""
    return free_port()


@pytest.mark.parametrize(
    ("user", "password", "refusal", "detail"),
    [
        ("payments", "right", None, ""),
        ("payments", "wrong", "payments", "Connection matched file"),
        ("ledger", "any", "ledger", 'User "ledger" has no password assigned.'),
        ("nobody", "any", "nobody", 'Role "nobody" does not exist.'),
    ],
)
def test_logins(
    tmp_path: Path, port: int, user: str, password: str, refusal: str | None, detail: str
) -> None:
    with database(tmp_path, port) as one:
        got = log_in(port, user, password)
        if refusal is None:
            assert got == [["1"]]
            return
        text = f'password authentication failed for user "{refusal}"'
        assert got == f"28P01 {text}"
        line = one.wait_for("FATAL")
        assert re.fullmatch(rf"{STAMP} \[\d+\] FATAL:  {text}", line)
        assert detail in one.wait_for("DETAIL")


def test_a_server_without_users_lets_everybody_in(tmp_path: Path, port: int) -> None:
    with database(tmp_path, port, users=[]):
        assert log_in(port, "somebody", "") == [["1"]]


def test_password_is_set_and_its_statement_logged(tmp_path: Path, port: int) -> None:
    with database(tmp_path, port) as one:
        statement = "ALTER USER payments WITH PASSWORD 'it''s new'"
        assert sql(tmp_path, port, statement) == (0, "ALTER ROLE")
        one.wait_for(re.escape(f"LOG:  statement: {statement}"))
        assert log_in(port, "payments", "it's new") == [["1"]]
        assert str(log_in(port, "payments", "right")).startswith("28P01")


def test_password_as_a_verifier(tmp_path: Path, port: int) -> None:
    salt, rounds = b"0123456789abcdef", 4096
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    text = ":".join(base64.b64encode(one).decode() for one in (stored, server))
    verifier = f"SCRAM-SHA-256${rounds}:{base64.b64encode(salt).decode()}${text}"
    with database(tmp_path, port):
        assert sql(tmp_path, port, f"ALTER ROLE payments PASSWORD '{verifier}'")[0] == 0
        assert log_in(port, "payments", "secret") == [["1"]]
        assert str(log_in(port, "payments", "other")).startswith("28P01")


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("SHOW log_statement", "ddl"),
        ("SELECT version()", "PostgreSQL 16.9 (stand-in)"),
        ("TABLE pg_roles", "ledger|payments|postgres".replace("|", "\n")),
        ("CREATE ROLE payments", 'ERROR:  role "payments" already exists'),
        ("ALTER USER nobody LOGIN", 'ERROR:  role "nobody" does not exist'),
        ("ALTER USER payments FLY", 'ERROR:  syntax error at or near "FLY"'),
        ("SELECT * FROM orders", "ERROR:  not supported: this server is a stand-in"),
    ],
)
def test_statements(tmp_path: Path, port: int, statement: str, answer: str) -> None:
    with database(tmp_path, port):
        assert answer in sql(tmp_path, port, statement)[1]


def test_who_is_no_superuser_may_only_change_himself(tmp_path: Path, port: int) -> None:
    with database(tmp_path, port):
        denied = log_in(port, "payments", "right", "ALTER USER ledger PASSWORD 'x'")
        assert denied == "42501 permission denied to alter role"
        assert log_in(port, "payments", "right", "ALTER USER payments PASSWORD 'x'") == []


def test_order_of_a_shutdown_and_what_the_next_start_says(tmp_path: Path, port: int) -> None:
    with database(tmp_path, port) as one:
        sql(tmp_path, port, "ALTER USER payments PASSWORD 'kept'")
        assert one.stop() == 0
    texts = [line.partition("LOG:  ")[2] for line in one.lines if "LOG:" in line]
    assert (
        texts[-6:-1]
        == [
            "received fast shutdown request",
            "aborting any active transactions",
            'background worker "logical replication launcher" (PID 32) exited with exit code 1',
            "shutting down",
            "checkpoint starting: shutdown immediate",
        ][-5:]
        or texts[-1] == "database system is shut down"
    )
    with database(tmp_path, port) as again:
        assert "was shut down at" in again.wait_for("database system was")
        assert log_in(port, "payments", "kept") == [["1"]]
        again.stop(signal.SIGKILL)
    with database(tmp_path, port) as crashed:
        crashed.wait_for("database system was not properly shut down; automatic recovery")
        assert log_in(port, "payments", "kept") == [["1"]]


def test_another_run_starts_afresh(tmp_path: Path, port: int) -> None:
    with database(tmp_path, port, token="one"):
        sql(tmp_path, port, "ALTER USER payments PASSWORD 'old'")
    with database(tmp_path, port, token="two"):
        assert log_in(port, "payments", "right") == [["1"]]


def test_sessions_are_ended_and_told_of(tmp_path: Path, port: int) -> None:
    async def wait(stop: Callable[[], Any]) -> None:
        ended = asyncio.Event()
        await Session.open(
            "127.0.0.1",
            port,
            user="payments",
            password="right",
            database="payments",
            seconds=5,
            lost=lambda _: ended.set(),
        )
        stop()
        await asyncio.wait_for(ended.wait(), 5)

    with database(tmp_path, port) as one:
        run(wait(one.process.terminate))
        assert one.code() == 0
    one.wait_for(r"\[\d+\] FATAL:  terminating connection due to administrator command")
