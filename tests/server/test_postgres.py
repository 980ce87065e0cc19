"""The game with its runs in PostgreSQL: played, killed, loaded, scored."""

import pytest
from sqlalchemy import create_engine, text

from sim.scenario import Catalogue
from sim.session.hub import Hub
from sim.session.live import Session
from sim.session.storage import RunStore
from sim.session.wall import wall_ms
from tests.server.serving import Server, Visitor

pytestmark = pytest.mark.postgres


def test_a_played_run_is_stored_and_loaded_byte_for_byte(postgres_url):
    scenario = Catalogue()["payments-0247"]
    store = RunStore(postgres_url, wall_ms=wall_ms)
    session = Session.create(scenario, 0, store, holder="h", who="trainee", wall_ms=lambda: 0)
    with session.viewing():
        for line in (
            "kubectl get pods -n payments -o wide",
            "printf 'naïve \\0 ☃\\n'",
            "kubectl cordon node-worker-3",
            "kubectl delete pods -n payments --field-selector spec.nodeName=node-worker-3",
        ):
            session.submit("command", {"terminal": "t1", "line": line})
            session.run_on("t1", 60_000)
        session.submit("update", {"text": "a\x00b", "fields": {"impact": "'; drop table runs"}})
    live = session.run.log.dumps()
    other = RunStore(postgres_url, wall_ms=wall_ms)
    again = Session.load(other.find(session.row.id), scenario, other, wall_ms=lambda: 0)
    assert again.run.log.dumps().startswith(live)
    again.submit("close", {})
    assert other.find(session.row.id).closed
    store.close()
    other.close()


def test_a_hub_survives_a_database_that_drops_its_connections(postgres_url):
    store = RunStore(postgres_url, wall_ms=wall_ms)
    hub = Hub(store, Catalogue())
    session = hub.start("payments-0247", 0, holder="h")
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()"
            )
        )
    engine.dispose()
    session.submit("note", {"text": "still here"})
    assert hub.open(session.row.id, "h") is session
    assert [kind for _, kind, _ in store.inputs(session.row.id)] == ["resume", "note"]
    hub.close()


def test_a_killed_server_comes_back_on_postgres(postgres_url, tmp_path):
    server = Server(tmp_path, postgres_url)
    try:
        server.start()
        visitor = Visitor(server)
        run = visitor.take_pager()
        tab = visitor.tab(run)
        tab.command("kubectl get pods -n payments -o wide")
        printed = tab.output_of("kubectl get pods -n payments -o wide")
        seen = list(tab.records)
        server.kill()
        server.start()
        with visitor.tab(run) as again:
            assert again.output_of("kubectl get pods -n payments -o wide") == printed
            assert again.records[: len(seen)] == seen
    finally:
        server.end()
