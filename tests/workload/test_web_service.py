"""The web service as a process: it lives, serves and gives up as the simulated one does."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.workload.processes import ask, database, free_port, running, service

STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
LISTENING = "INFO: listening on"


@pytest.fixture
def ports() -> tuple[int, int]:
    """Return a port of the service and one of the database."""
    return free_port(), free_port()


def test_it_starts_serves_and_drains(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at) as one:
        one.wait_for(LISTENING)
        ready = ask(port, "GET /ready")
        paid = ask(port, "POST /v1/payments", User_Agent="shop", X_Request_Id="0a1b2c3d")
        unknown = ask(port, "GET /v1/nothing")
        line = one.wait_for("POST /v1/payments")
        code = one.stop()
    assert (ready.status, paid.status, unknown.status) == (200, 201, 404)
    told = (paid.headers["X-Pod"], paid.headers["X-Node"], paid.headers["X-Version"])
    assert told == ("payment-service-1-a", "node-worker-1", "3.18.2")
    assert paid.headers["X-Outcome"] == "ok"
    assert re.search(STAMP + r"INFO: POST /v1/payments 201 \d+ms req=0a1b2c3d agent=shop$", line)
    assert code == 0
    assert [re.sub(STAMP, "", each) for each in one.lines if "POST" not in each] == [
        "INFO: payment-service 3.18.2 starting",
        f"INFO: connected to database 127.0.0.1:{at} (pool size 4)",
        f"INFO: listening on :{port}",
        "INFO: SIGTERM received, draining",
    ]


def test_a_request_under_way_is_answered_after_the_signal(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at, p50=400, p99=401, drain=300) as one:
        one.wait_for(LISTENING)
        with ThreadPoolExecutor() as hands:
            asked = hands.submit(ask, port, "POST /v1/payments")
            ask(port, "GET /ready")
            one.process.terminate()
            one.wait_for("SIGTERM received, draining")
            assert asked.result().status == 201
        assert one.code() == 0


def test_without_a_database_it_says_why_and_exits(ports: tuple[int, int]) -> None:
    port, at = ports
    with service(port, at) as one:
        assert one.code() == 1
    text = f"FATAL: database connection refused: ECONNREFUSED 127.0.0.1:{at}"
    assert one.lines[-1].endswith(text)


def test_refused_login_is_told_in_the_servers_words(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at, {"DB_PASSWORD": "wrong"}) as one:
        assert one.code() == 1
    assert one.lines[-1].endswith(
        f"FATAL: database login failed: 127.0.0.1:{at}: FATAL:  password authentication failed "
        'for user "payments" (SQLSTATE 28P01)'
    )


def test_database_lost_for_good(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at) as db, service(port, at) as one:
        one.wait_for(LISTENING)
        db.stop()
        one.wait_for("WARN: database connection lost, reconnecting")
        waited = ask(port, "POST /v1/payments")
        served = ask(port, "GET /v1/payments/status")
        still = ask(port, "GET /ready")
        assert one.code() == 1
    assert (waited.status, waited.headers["X-Outcome"]) == (503, "overloaded")
    assert (served.status, still.status) == (200, 200)
    assert "FATAL: database connection refused: ECONNREFUSED" in one.lines[-1]


def test_database_that_comes_back_in_time(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at) as db, service(port, at, reconnect_for=15_000) as one:
        one.wait_for(LISTENING)
        db.stop()
        one.wait_for("WARN: database connection lost")
        with database(tmp_path, at):
            one.wait_for(r"INFO: database connection restored after \d+\.\ds")
            assert ask(port, "POST /v1/payments").status == 201


def test_ended_password_shows_when_sessions_are_replaced(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    with database(tmp_path, at) as db, service(port, at, max_lifetime=1_500) as one:
        one.wait_for(LISTENING)
        with_sql(tmp_path, at, "ALTER USER payments PASSWORD 'new'")
        one.wait_for(r"ERROR: database login failed: .* 4 of 4 pool connections missing")
        starved = ask(port, "POST /v1/payments")
        served = ask(port, "GET /v1/payments/status")
        ready = ask(port, "GET /ready")
        db.wait_for('FATAL:  password authentication failed for user "payments"')
        with_sql(tmp_path, at, "ALTER USER payments PASSWORD 'right'")
        one.wait_for(r"INFO: database pool complete again \(4 of 4 connections\)$")
        again = ask(port, "POST /v1/payments")
    assert (starved.status, starved.headers["X-Outcome"]) == (500, "starved")
    assert "no database connection" in starved.text
    assert (served.status, ready.status, again.status) == (200, 200, 201)


def test_refused_and_then_without_a_server_it_gives_up(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    with database(tmp_path, at) as db, service(port, at, max_lifetime=1_000) as one:
        one.wait_for(LISTENING)
        with_sql(tmp_path, at, "ALTER USER payments PASSWORD 'new'")
        one.wait_for("4 of 4 pool connections missing")
        db.stop()
        one.wait_for("WARN: database connection lost, reconnecting")
        assert one.code() == 1
    assert "FATAL: database connection refused: ECONNREFUSED" in one.lines[-1]


def test_a_pod_that_starts_after_the_rotation_needs_the_new_password(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    with database(tmp_path, at):
        with_sql(tmp_path, at, "ALTER USER payments PASSWORD 'new'")
        with service(port, at) as old:
            assert old.code() == 1
        with service(port, at, {"DB_PASSWORD": "new"}) as one:
            one.wait_for(LISTENING)
            assert ask(port, "POST /v1/payments").status == 201
    assert "password authentication failed" in old.lines[-1]


def test_sessions_are_as_old_as_the_process_is_told_to_be(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at, max_lifetime=60_000) as one:
        one.wait_for(LISTENING)
        with_sql(tmp_path, at, "ALTER USER payments PASSWORD 'new'")
        since = (time.time() - 59.0) * 1000
        codes = [
            ask(port, "POST /age", body).status
            for body in (b"{}", json.dumps({"since_ms": since}).encode(), b'{"since_ms": 1}')
        ]
        one.wait_for(r"ERROR: database login failed: .* \d of 4 pool connections missing")
    assert codes == [400, 200, 409]


def test_broken_version_fails_one_call_and_tells_its_stack(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    port, at = ports
    broken = {
        "call": "GET /v1/payments/status",
        "share": 1.0,
        "status": 500,
        "log": "ERROR: cannot build status link\n    at statusLink (/app/links.js:14:10)",
        "unless": {"STATUS_BASE": "/$"},
    }
    breaks = {"3.18.2": [broken]}
    with database(tmp_path, at), service(port, at, breaks=breaks) as one:
        one.wait_for(LISTENING)
        failed = ask(port, "GET /v1/payments/status", User_Agent="shop")
        fine = ask(port, "POST /v1/payments")
        one.wait_for("at statusLink")
    assert (failed.status, failed.headers["X-Outcome"]) == (500, "broken")
    assert fine.status == 201
    numbers = [at for at, line in enumerate(one.lines) if "status 500" in line]
    assert re.search(STAMP + "ERROR: cannot build status link$", one.lines[numbers[0] + 1])
    assert one.lines[numbers[0] + 2] == "    at statusLink (/app/links.js:14:10)"


@pytest.mark.parametrize(
    "environ",
    [{"VERSION": "3.18.1"}, {"STATUS_BASE": "https://status/"}],
    ids=["version", "unless"],
)
def test_what_spares_a_version_its_break(
    tmp_path: Path, ports: tuple[int, int], environ: dict[str, str]
) -> None:
    port, at = ports
    call = "GET /v1/payments/status"
    breaks = {"3.18.2": [{"call": call, "unless": {"STATUS_BASE": "/$"}}]}
    with database(tmp_path, at), service(port, at, environ, breaks=breaks) as one:
        one.wait_for(LISTENING)
        assert ask(port, call).status == 200


def test_more_than_it_can_carry_is_shed(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at, capacity=3.0) as one:
        one.wait_for(LISTENING)
        call = "GET /v1/payments/status"
        answers = [ask(port, call, X_Scale="3"), ask(port, call, X_Scale="3")]
    assert [each.status for each in answers] == [200, 503]
    assert answers[-1].headers["X-Outcome"] == "overloaded"
    assert sum(line.endswith(" overloaded") for line in one.lines) == 1


def test_a_request_may_fail_by_itself(tmp_path: Path, ports: tuple[int, int]) -> None:
    port, at = ports
    with database(tmp_path, at), service(port, at) as one:
        one.wait_for(LISTENING)
        own = ask(port, "POST /v1/payments", X_Own_Failure="502 card issuer: test card expired")
        one.wait_for(r"WARN: POST /v1/payments 502 .* card issuer: test card expired$")
    assert (own.status, own.headers["X-Outcome"]) == (502, "own")


def with_sql(folder: Path, port: int, statement: str) -> None:
    """Send a statement over the socket."""

    with running("sql", statement, PGHOST=str(folder), PGPORT=str(port)) as one:
        assert one.code() == 0, one.text
