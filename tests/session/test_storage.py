"""Runs and inputs in a real database."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from sim.session.storage import LeaseLostError, RunRow, RunStore, UnknownRunError
from sim.session.storage.tables import metadata


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/uncordon.db"


@pytest.fixture
def store(url):
    store = RunStore(url, wall_ms=lambda: 1_000_000)
    yield store
    store.close()


def make(store: RunStore, holder: str = "h") -> RunRow:
    return store.create(
        holder=holder, scenario="s", digest="d", seed=3, engine="e", who="trainee", sim_ms=5
    )


def test_an_appended_input_is_read_back_by_another_process(store, url):
    run = make(store)
    store.append(run.id, run.fence, 0, 7, "note", '{"text":"hi"}')
    other = RunStore(url, wall_ms=lambda: 1_000_000)
    assert other.inputs(run.id) == [(7, "note", '{"text":"hi"}')]
    assert other.find(run.id).sim_ms == 7
    other.close()


def test_a_stale_owner_cannot_write(store):
    run = make(store)
    fence = store.claim(run.id)
    with pytest.raises(LeaseLostError):
        store.append(run.id, run.fence, 0, 7, "note", "{}")
    store.append(run.id, fence, 0, 7, "note", "{}")


def test_the_same_number_cannot_be_stored_twice(store):
    run = make(store)
    store.append(run.id, run.fence, 0, 7, "note", "{}")
    with pytest.raises(LeaseLostError):
        store.append(run.id, run.fence, 0, 8, "note", "{}")
    assert store.find(run.id).sim_ms == 7


def test_a_foreign_run_is_as_unknown_as_a_missing_one(store):
    run = make(store, holder="somebody")
    with pytest.raises(UnknownRunError):
        store.find(run.id, holder="h")
    with pytest.raises(UnknownRunError):
        store.find("nope", holder="h")
    assert store.find(run.id, holder="somebody").id == run.id


def test_the_cache_keeps_the_latest_value(store):
    store.remember("k", "1")
    store.remember("k", "2")
    assert (store.cached("k"), store.cached("other")) == ("2", None)


def test_the_migrations_lead_to_the_tables(store, url):
    engine = create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []
