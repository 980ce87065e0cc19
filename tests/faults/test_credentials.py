"""A password rotated into the wrong Secret: pools die slot by slot, and what mends them."""

from __future__ import annotations

import pytest

from sim.evidence import ActionRecord, ImpactRecord
from tests.faults.rotation import Rotation

LOGIN = 'FATAL:  password authentication failed for user "payments"'
RULE = (
    'DETAIL:  Connection matched file "/var/lib/postgresql/data/pgdata/pg_hba.conf" line 128: '
    '"host all all all scram-sha-256"'
)


def failing(night: Rotation) -> float:
    last = list(night.log.of(ImpactRecord))[-1]
    return last.failed / last.arrivals


def test_the_secret_tells_when_and_by_whom_it_was_written_before_the_run() -> None:
    night = Rotation()
    secret = night.backend.api.get("secrets", "payments-staging", "payments-db")
    assert secret is not None
    entries = {one["manager"]: one for one in secret["metadata"]["managedFields"]}

    assert entries["vault-rotate"]["time"] == "2026-11-20T01:27:00Z"
    assert entries["vault-rotate"]["fieldsV1"]["f:data"] == {"f:password": {}}
    assert entries["kubectl-create"]["time"] == secret["metadata"]["creationTimestamp"]
    assert secret["metadata"]["annotations"] == {"rotation.internal/at": "2026-11-20T01:27:00Z"}
    assert night.value("payments-staging") != night.value("payments")


def test_two_faults_that_name_one_value_agree() -> None:
    night = Rotation(plain=True)
    night.until("02:00:01")
    statement = f"ALTER ROLE payments PASSWORD '{night.value('payments-staging')}';"

    assert night.said("postgres")[-1].endswith(f"LOG:  statement: {statement}")


def test_a_password_is_sent_as_a_verifier_unless_it_says_otherwise() -> None:
    night = Rotation()
    night.until("02:00:01")

    assert "ALTER ROLE payments PASSWORD 'SCRAM-SHA-256$4096:" in night.said("postgres")[-1]


@pytest.fixture(scope="module")
def ramp() -> list[tuple[float, float]]:
    """(highest share of empty slots, share of failing requests) at some instants."""
    night = Rotation()
    found = []
    for clock in ("02:00:30", "02:05:00", "02:12:00", "02:15:00", "02:18:00", "02:25:00"):
        night.until(clock)
        found.append((max(night.dead()), failing(night)))
    return found


def test_failures_climb_as_slots_are_replaced_and_not_before(ramp) -> None:
    assert ramp[0][0] == ramp[1][0] == 0.0
    assert 0.0 < ramp[2][0] < ramp[3][0] < ramp[4][0]
    assert ramp[5][0] == 1.0
    assert ramp[1][1] < 0.01 < ramp[2][1] < ramp[3][1] < ramp[4][1] < ramp[5][1] < 0.9


def test_a_password_revoked_before_the_run_has_emptied_slots_by_its_beginning() -> None:
    night = Rotation(revoke="-36m")
    night.until("01:40:05")
    shares = night.dead()

    assert all(0.9 < share <= 1.0 for share in shares), "they were replaced since"
    said = [line for line in night.said("postgres") if "payments" in line]
    assert said[0][:16] == "2026-11-20 01:04"
    assert "ALTER ROLE payments PASSWORD" in said[0]
    assert any(LOGIN in line and line < "2026-11-20 01:40" for line in said)
    assert any(line < "2026-11-20T01:40" and LOGIN in line for line in night.said())


def test_both_logs_name_the_refusal() -> None:
    night = Rotation()
    night.until("02:13:00")

    assert night.said()[-1].endswith("pool connections missing")
    assert f"{LOGIN} (SQLSTATE 28P01), " in night.said()[-1]
    told = [line.partition("] ")[2] for line in night.said("postgres")]
    assert told[-2:] == [LOGIN, RULE]
    assert all(pod["status"]["phase"] == "Running" for pod in night.pods())
    assert all(night.status(pod)["restartCount"] == 0 for pod in night.pods())


def test_the_old_password_back_mends_every_pool_in_seconds() -> None:
    night = Rotation()
    night.until("02:16:00")
    assert failing(night) > 0.1
    out, _ = night.psql(f"ALTER USER payments PASSWORD '{night.value('payments')}'")
    night.until("02:16:10")

    assert out == "ALTER ROLE\n"
    assert (night.dead(), failing(night) < 0.01) == ([0.0] * 4, True)
    assert night.said()[-1].endswith("INFO: database pool complete again (20 of 20 connections)")
    (deed,) = [one for one in night.log.of(ActionRecord) if one.target.startswith("database:")]
    assert (deed.target, deed.verb, deed.detail) == (
        "database:postgres/role/payments",
        "alter",
        "password: changed",
    )


def test_a_restart_before_the_secret_is_right_only_loses_a_pod() -> None:
    night = Rotation()
    night.until("02:02:00")
    night.restart()
    night.until("02:05:00")
    states = [night.status(pod)["state"] for pod in night.pods()]

    assert sum("running" in state for state in states) == 3
    assert failing(night) < 0.01, "whoever is logged in stays so"
    (crashing,) = [pod for pod in night.pods() if night.status(pod)["restartCount"] >= 3]
    worker = night.backend.kubelets.worker(crashing)
    assert worker is not None
    ended = worker.slots[0].previous or worker.slots[0].current
    assert ended is not None
    last = ended.log.read(night.env.now)[-1].text
    assert ended.exit_code == 1
    assert last.endswith(f": {LOGIN} (SQLSTATE 28P01)")
    assert " FATAL: database login failed: " in last


def test_the_right_secret_helps_only_who_starts_after_it() -> None:
    night = Rotation()
    night.until("02:16:00")
    before = night.value("payments")
    night.patch(night.value("payments-staging"))
    night.until("02:17:00")
    assert max(night.dead()) > 0.5
    assert {one.environ["DB_PASSWORD"] for one in night.containers()} == {before}
    night.restart()
    night.until("02:19:30")

    assert (night.dead(), failing(night) < 0.01) == ([0.0] * 4, True)
    assert {one.environ["DB_PASSWORD"] for one in night.containers()} == {
        night.value("payments-staging")
    }


def test_without_its_secret_a_container_is_not_created() -> None:
    night = Rotation()
    night.until("02:02:00")
    night.send("DELETE", "/api/v1/namespaces/payments/secrets/payments-db")
    night.restart()
    night.until("02:03:00")
    waiting = [
        state["waiting"]
        for pod in night.pods()
        if "waiting" in (state := night.status(pod)["state"])
    ]

    assert waiting == [
        {"reason": "CreateContainerConfigError", "message": 'secret "payments-db" not found'}
    ]


def test_a_database_that_restarts_takes_every_pool_with_it() -> None:
    night = Rotation()
    night.until("02:02:00")
    (database,) = night.pods("postgres")
    night.send("DELETE", f"/api/v1/namespaces/payments/pods/{database['metadata']['name']}")
    night.until("02:04:00")

    assert failing(night) == pytest.approx(1.0, abs=0.01)
    assert all(night.status(pod)["restartCount"] >= 1 for pod in night.pods())


def test_tonights_release_fails_first_and_goes_no_further() -> None:
    night = Rotation(release=True)
    night.until("02:43:00")
    crashing = [pod for pod in night.pods() if night.status(pod)["restartCount"] >= 2]

    assert [pod["metadata"]["labels"]["pod-template-hash"] for pod in crashing] == [
        night.roles["hash.new"]
    ]


def test_sessions_are_those_of_the_pools_slots() -> None:
    night = Rotation()
    night.until("02:13:00")
    query = "select count(*) from pg_stat_activity where usename = 'payments'"
    out, _ = night.psql(query)
    live = sum(len(one.pool.live) for one in night.services())

    assert out.split()[2] == str(live)
    assert 0 < live < 80


def test_ended_sessions_do_not_come_back() -> None:
    night = Rotation()
    night.until("02:02:00")
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity where usename='payments' limit 7"
    )
    night.psql(query)
    night.until("02:02:30")

    assert sum(one.pool.dead for one in night.services()) == 7
    (deed,) = [one for one in night.log.of(ActionRecord) if one.target.startswith("database:")]
    assert (deed.target, deed.detail) == ("database:postgres/sessions/payments", "7 backends")


def test_psql_logs_in_as_everybody_else_does() -> None:
    night = Rotation()
    night.until("02:02:00")
    refused = night.psql("select 1", user="payments", PGPASSWORD=night.value("payments"))
    let_in = night.psql(
        "select current_user", user="payments", PGPASSWORD=night.value("payments-staging")
    )

    assert refused == (
        "",
        f'psql: error: connection to server at "postgres" ({night.database[0]}), port 5432 failed: '
        f"{LOGIN}\n",
    )
    assert "payments" in let_in[0]
    assert 'role "nobody" does not exist' in night.psql("select 1", user="nobody")[1]


def test_the_same_seed_gives_the_same_night() -> None:
    def lived() -> list[str]:
        night = Rotation(1)
        night.until("02:16:00")
        return [*night.said(), *night.said("postgres"), *map(str, night.dead())]

    assert lived() == lived()
