"""Runs and inputs in a real database, with owners in real processes."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from sim.session.storage import (
    LeaseLostError,
    RunRow,
    RunStore,
    UnknownRunError,
    UnusableDatabaseError,
    shown_url,
)
from sim.session.storage.owner import is_alive, is_here, this_process
from sim.session.storage.store import LEASE_MS
from sim.session.storage.tables import metadata

NOW = 1_000_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/uncordon.db"


@pytest.fixture
def store(url):
    store = RunStore(url, wall_ms=lambda: NOW)
    yield store
    store.close()


def make(store: RunStore, holder: str = "h", epoch: str = "", backend: str = "simulated") -> RunRow:
    return store.create(
        holder=holder,
        scenario="s",
        digest="d",
        seed=3,
        engine="e",
        who="trainee",
        sim_ms=5,
        epoch=epoch,
        backend=backend,
    )


_OTHER = """
import sys
from sim.session.storage import LeaseLostError, RunStore
store = RunStore(sys.argv[1], wall_ms=lambda: int(sys.argv[3]))
try:
    print("claimed", store.claim(sys.argv[2]), flush=True)
except LeaseLostError as error:
    print("refused", error, flush=True)
sys.stdin.readline()
store.release(sys.argv[2], store.find(sys.argv[2]).fence, 9)
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other(url):
    """Start processes that claim a run and hold it until they are told to let go."""
    started = []

    def start(run: RunRow, now: int = NOW):
        process = subprocess.Popen(
            [sys.executable, "-c", _OTHER, url, run.id, str(now)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline().split(maxsplit=1)

    yield start
    for process in started:
        process.kill()
        process.communicate()


# -- reading and writing -----------------------------------------------------------------------


def test_an_appended_input_is_read_back_by_another_store(store, url):
    run = make(store)
    store.append(run.id, run.fence, 0, 7, "note", '{"text":"hi"}')
    other = RunStore(url, wall_ms=lambda: NOW)
    assert other.inputs(run.id) == [(7, "note", '{"text":"hi"}')]
    assert other.find(run.id).sim_ms == 7
    other.close()


def test_any_text_is_read_back_as_it_was(store):
    run = make(store)
    texts = ["\\u0000", "\x7f\x1b[31m", "naïve → ☃ 🚒", "x" * 70_000, "'; drop table runs; --"]
    for number, text in enumerate(texts):
        store.append(run.id, run.fence, number, 7, "note", text)
    assert [text for _, _, text in store.inputs(run.id)] == texts


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
    with pytest.raises(UnknownRunError):
        store.claim("nope")
    assert store.find(run.id, holder="somebody").id == run.id


def test_runs_are_listed_newest_first_and_only_to_their_holder(url):
    times = iter(range(NOW, NOW + 10))
    store = RunStore(url, wall_ms=lambda: next(times))
    mine = [make(store, "me").id for _ in range(3)]
    make(store, "you")
    assert [row.id for row in store.runs("me")] == mine[::-1]
    assert store.runs("nobody") == []
    store.close()


def test_the_cache_keeps_the_latest_value(store):
    store.remember("k", "1")
    store.remember("k", "2")
    assert (store.cached("k"), store.cached("other")) == ("2", None)


def test_the_cache_forgets_what_nobody_has_used_for_longest(url):
    hour = 3_600_000
    wall = [0]
    store = RunStore(url, wall_ms=lambda: wall[0], most_cached=(4, 100))
    for number in range(4):
        wall[0] += hour
        store.remember(f"k{number}", "x" * 20)
    wall[0] += hour
    assert store.cached("k0") == "x" * 20
    wall[0] += hour
    store.remember("k4", "x" * 20)
    kept = [name for name in ("k0", "k1", "k2", "k3", "k4") if store.cached(name)]
    assert kept == ["k0", "k3", "k4"]
    store.remember("large", "x" * 200)
    assert [store.cached("k4"), store.cached("large")] == [None, "x" * 200]
    store.close()


def test_threads_that_append_to_their_runs_at_once_all_succeed(store):
    runs = [make(store) for _ in range(4)]
    failures = []

    def work(run: RunRow) -> None:
        try:
            for number in range(25):
                store.append(run.id, run.fence, number, number, "note", "{}")
                store.remember("shared", str(number))
        except Exception as error:  # for the thread that asserts
            failures.append(error)

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert all(len(store.inputs(run.id)) == 25 for run in runs)


# -- owners ------------------------------------------------------------------------------------


def test_a_stale_owner_cannot_write(store):
    run = make(store)
    fence = store.claim(run.id)
    for write in (
        lambda: store.append(run.id, run.fence, 0, 7, "note", "{}"),
        lambda: store.renew(run.id, run.fence, 7),
        lambda: store.mark(run.id, run.fence, closed=True),
        lambda: store.release(run.id, run.fence, 7),
    ):
        with pytest.raises(LeaseLostError):
            write()
    row = store.find(run.id)
    assert (row.fence, row.sim_ms, row.closed, store.inputs(run.id)) == (fence, 5, False, [])
    store.append(run.id, fence, 0, 7, "note", "{}")


def test_a_run_that_a_living_process_has_cannot_be_claimed(store, other):
    run = make(store)
    _, (said, _) = other(run)
    assert said == "refused"
    # Also when it has not been renewed for long: a paused run writes nothing.
    _, (said, _) = other(run, NOW + 100 * LEASE_MS)
    assert said == "refused"
    store.append(run.id, run.fence, 0, 7, "note", "{}")


def test_a_run_can_be_claimed_at_once_when_its_owner_lets_go(store, other):
    run = make(store)
    store.release(run.id, run.fence, 8)
    process, (said, fence) = other(run)
    assert (said, int(fence)) == ("claimed", run.fence + 1)
    with pytest.raises(LeaseLostError, match="open in another process"):
        store.claim(run.id)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "released\n"
    assert store.claim(run.id) == run.fence + 2
    assert store.find(run.id).sim_ms == 9


def test_a_run_can_be_claimed_at_once_when_its_owner_is_killed(store, other):
    run = make(store)
    store.release(run.id, run.fence, 8)
    process, (said, fence) = other(run)
    assert said == "claimed"
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but not reaped
    assert store.claim(run.id) == int(fence) + 1


def test_a_process_of_another_machine_is_trusted_for_the_time_of_its_lease(store, url):
    run = make(store)
    store.release(run.id, run.fence, 5)
    store._owner = "elsewhere/1/1"
    store.claim(run.id)
    soon = RunStore(url, wall_ms=lambda: NOW + LEASE_MS - 1)
    with pytest.raises(LeaseLostError, match="elsewhere/1/1"):
        soon.claim(run.id)
    soon.close()
    late = RunStore(url, wall_ms=lambda: NOW + LEASE_MS)
    assert late.claim(run.id) == run.fence + 2
    late.close()


def test_of_many_that_claim_at_once_only_the_last_can_write(store, url):
    run = make(store)
    stores = [RunStore(url, wall_ms=lambda: NOW) for _ in range(4)]
    fences: list[int] = []

    def claim(one: RunStore) -> None:
        try:
            fences.append(one.claim(run.id))
        except LeaseLostError:
            fences.append(-1)

    threads = [threading.Thread(target=claim, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    won = sorted(fence for fence in fences if fence > 0)
    assert won == list(range(run.fence + 1, run.fence + 1 + len(won)))
    assert store.find(run.id).fence == won[-1]
    for one in stores:
        one.close()


def test_a_process_knows_itself_and_what_never_was():
    me = this_process()
    assert is_here(me)
    assert is_alive(me)
    assert not is_alive(me.rpartition("/")[0] + "/1")
    assert not is_alive("host//")
    assert not is_here("elsewhere/1/1")


# -- the database itself -----------------------------------------------------------------------


def test_the_migrations_lead_to_the_tables(store, url):
    engine = create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_several_processes_may_open_a_new_database_at_once(url):
    program = f"from sim.session.storage import RunStore; RunStore({url!r}, wall_ms=int).runs('h')"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert said == [""] * 3
    assert [process.returncode for process in started] == [0] * 3


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "mysql://localhost/x",
        "postgresql+psycopg://u:secret@127.0.0.1:1/x",
        "sqlite:////proc/nowhere/x.db",
        "sqlite:////dev/full",
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_line_without_its_password(bad):
    with pytest.raises(UnusableDatabaseError) as caught:
        RunStore(bad, wall_ms=lambda: NOW)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"cannot use the database {shown_url(bad)}: ")
    assert "secret" not in str(caught.value)


def test_a_run_of_its_own_date_is_stored_with_it(store):
    row = make(store, epoch="2026-11-22T18:00:00Z")
    assert store.find(row.id).epoch == "2026-11-22T18:00:00Z"
    assert make(store).epoch == ""


def test_runs_from_before_the_column_began_on_their_scenarios_date(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    store = RunStore(url, wall_ms=lambda: 0)
    row = make(store)
    store.close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, old:
        for name in (
            "epoch",
            "practice",
            "parent",
            "branched_at",
            "mystery",
            "adopted",
            "backend",
            "interrupted",
        ):
            old.execute(f"alter table runs drop column {name}")
        for name in ("scenarios", "shares", "evidence"):
            old.execute(f"drop table {name}")
        old.execute("drop index ix_cache_used_ms")
        for name in ("used_ms", "size"):
            old.execute(f"alter table cache drop column {name}")
        old.execute("insert into cache values ('k', 'four')")
        old.execute("update alembic_version set version_num = '0001'")
    again = RunStore(url, wall_ms=lambda: 0)
    found = again.find(row.id)
    assert (found.epoch, found.compared, found.branched_at, found.mystery) == ("", True, -1, "")
    assert again.cached("k") == "four"
    assert (found.real, found.interrupted) == (False, False)
    again.close()


# -- evidence of runs on real clusters -------------------------------------------------------------


def test_evidence_is_kept_in_its_order_with_how_far_the_run_was(store):
    run = make(store, backend="kind")
    assert run.real
    store.tell(run.id, run.fence, 0, ["a", "b"], 7)
    store.tell(run.id, run.fence, 2, ["c"], 9)
    assert store.evidence(run.id) == ["a", "b", "c"]
    assert store.find(run.id).sim_ms == 9


def test_evidence_of_a_run_in_other_hands_is_not_taken(store):
    run = make(store, backend="kind")
    with pytest.raises(LeaseLostError):
        store.tell(run.id, run.fence - 1, 0, ["a"], 7)
    store.tell(run.id, run.fence, 0, ["a"], 7)
    with pytest.raises(LeaseLostError, match="already stored"):
        store.tell(run.id, run.fence, 0, ["b"], 8)
    assert store.evidence(run.id) == ["a"]


def test_a_run_on_a_real_cluster_can_end_interrupted_and_move_with_its_evidence(store):
    run = make(store, backend="kind")
    store.interrupt(run.id, run.fence)
    assert store.find(run.id).interrupted
    adopted = store.adopt(store.find(run.id), [(1, "note", "{}")], ["a"])
    assert store.evidence(adopted.id) == ["a"]
    assert adopted.real


# -- branches and runs from elsewhere --------------------------------------------------------------


def test_a_branch_shares_the_inputs_up_to_its_moment_and_is_open(store):
    run = make(store, epoch="2026-11-20T01:40:00Z")
    for number, at in enumerate((7, 9, 9, 11)):
        store.append(run.id, run.fence, number, at, "note", f'{{"text":"{number}"}}')
    store.mark(run.id, run.fence, closed=True)
    branch = store.branch(run.id, 9, store.inputs(run.id)[:3], holder="h2")
    assert (branch.parent, branch.branched_at, branch.sim_ms, branch.holder) == (run.id, 9, 9, "h2")
    assert not branch.closed
    assert not branch.compared
    assert branch.epoch == run.epoch
    assert store.inputs(branch.id) == store.inputs(run.id)[:3]
    assert store.find(run.id).closed
    store.claim(branch.id)


def test_a_run_from_elsewhere_gets_an_id_of_its_own(store):
    run = make(store)
    adopted = store.adopt(run, [(7, "note", "{}")])
    assert adopted.id != run.id
    assert store.inputs(adopted.id) == [(7, "note", "{}")]
    assert store.inputs(run.id) == []


def test_texts_are_kept_once(store):
    assert store.texts("d") is None
    store.keep_texts("d", "[]")
    store.keep_texts("d", "[1]")
    assert store.texts("d") == "[]"


# -- shares ----------------------------------------------------------------------------------------


def test_a_share_is_the_same_until_it_is_taken_back(store):
    run = make(store)
    assert store.share_of(run.id) == ""
    token = store.share(run.id)
    assert (store.share(run.id), store.shared(token).id) == (token, run.id)
    assert token != run.id
    store.unshare(run.id)
    with pytest.raises(UnknownRunError):
        store.shared(token)
    assert store.share(run.id) != token
