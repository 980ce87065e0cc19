"""A run that is being played, after a crash, in other hands, and in many at once."""

import json
import threading

import pytest

from sim.evidence import CommandRecord, ExitRecord
from sim.session.inputs import BadInputError, Input
from sim.session.live import HEARTBEAT_MS, Session
from sim.session.run import Run, try_apply
from sim.session.storage import LeaseLostError
from tests.session.playing import MINUTE, Wall, crashed, enter, stored

# -- crashes -----------------------------------------------------------------------------------


def play_a_while(session, wall):
    """Leave the run in the middle of things: a watch, a remote shell, a sleep, type-ahead."""
    with session.viewing():
        for line, terminal in (
            ("kubectl get pods -n payments -w", "t1"),
            ("ssh node-worker-3", "t2"),
            ("sudo iptables -t nat -L KUBE-SERVICES -n | wc -l", "t2"),
            ("kubectl delete pod -n payments -l app=postgres --wait=false", "t3"),
            ("sleep 45; kubectl get events -n payments | tail -2", "t3"),
            ("echo typed ahead", "t3"),
        ):
            wall.ms += 1_700
            session.tick()
            enter(session, line, terminal)
        session.submit("look", {"panel": "errors", "by": "node"})
        with pytest.raises(BadInputError):
            session.submit("remind", {"due": "never"})
        session.submit("skip", {"amount_ms": 30_000})
        wall.ms += 20_000
        session.tick()
        session.submit("interrupt", {"terminal": "t1"})
        session.submit("eof", {"terminal": "t2"})
        wall.ms += 777
        session.read(0)


def test_a_run_loaded_after_a_crash_is_the_live_one_byte_for_byte(session, scenario, store, wall):
    play_a_while(session, wall)
    again = crashed(session, scenario, store)
    live, loaded = session.run.log.dumps(), again.run.log.dumps()
    assert loaded.startswith(live)
    (pause,) = loaded.removeprefix(live).splitlines()
    assert '"what":"paused"' in pause
    assert again.run.workstation.busy("t3") == session.run.workstation.busy("t3")
    assert again.run.workstation.prompt("t2") == session.run.workstation.prompt("t2")


def test_two_crashes_in_a_row_lose_nothing_either(session, scenario, store, wall):
    play_a_while(session, wall)
    once = crashed(session, scenario, store)
    twice = crashed(once, scenario, store)
    assert twice.run.log.dumps() == once.run.log.dumps()


def test_what_was_shown_is_there_again_under_the_same_numbers(session, scenario, store, wall):
    checked, following = 0, 0
    shown: list = []
    with session.viewing():
        enter(session, "kubectl get pods -n payments -w")
        while checked < 4:
            wall.ms += 250
            session.tick()
            records, following = session.read(following)
            shown += records
            if records:
                again = rebuilt(session, scenario, store)
                assert list(again.log)[:following] == shown
                checked += 1


def rebuilt(session, scenario, store) -> Run:
    """Return what the database alone says of the run, without taking it over."""
    run = Run(scenario, session.row.seed)
    run.start()
    for at, kind, payload in stored(session, store):
        try_apply(run, Input(at, kind, json.loads(payload)))
    run.advance(store.find(session.row.id).sim_ms)
    return run


def test_a_quiet_watched_run_loses_at_most_a_heartbeat(session, store, wall):
    with session.viewing():
        for _ in range(100):
            wall.ms += 250
            session.tick()
            assert session.now() - store.find(session.row.id).sim_ms <= HEARTBEAT_MS


# -- owners ------------------------------------------------------------------------------------


def test_a_run_that_was_taken_over_can_do_nothing_here(session, scenario, store, wall):
    with session.viewing():
        enter(session, "kubectl get nodes")
        other = crashed(session, scenario, store)
        before = session.run.log.dumps()
        with pytest.raises(LeaseLostError):
            enter(session, "kubectl cordon node-worker-3")
        assert session.run.log.dumps() == before
        assert session.lost
        with pytest.raises(LeaseLostError):
            session.read(0)
        with pytest.raises(LeaseLostError):
            session.release()
    with other.viewing():
        enter(other, "kubectl get nodes")


def test_a_watched_run_notices_at_its_next_heartbeat_that_it_was_taken_over(
    session, scenario, store, wall
):
    with session.viewing():
        crashed(session, scenario, store)
        wall.ms += HEARTBEAT_MS
        with pytest.raises(LeaseLostError):
            session.tick()
        assert not session.watched


def test_a_viewer_who_finds_the_run_lost_is_not_counted(session, scenario, store):
    crashed(session, scenario, store)
    with pytest.raises(LeaseLostError), session.viewing():
        pytest.fail("nobody may look")
    assert session.viewers == 0


def test_a_released_run_is_paused_and_free(session, scenario, store, wall):
    with session.viewing():
        wall.ms += 1_234
        at = session.now()
    session.release()
    row = store.find(session.row.id)
    assert row.sim_ms == at
    with pytest.raises(LeaseLostError):
        enter(session, "kubectl get nodes")
    assert crashed(session, scenario, store).now() == at


# -- several at once ---------------------------------------------------------------------------


def test_two_viewers_read_the_same_records(session, wall):
    with session.viewing(), session.viewing():
        enter(session, "kubectl get pods -n payments -o wide")
        first, end = session.read(0)
        wall.ms += 5_000
        session.tick()
        second, _ = session.read(0)
        assert second[:end] == first
        enter(session, "kubectl get nodes", "t2")
        tail, _ = session.read(end)
        assert session.read(0)[0] == first + tail


def test_a_reader_is_woken_by_what_another_thread_does(session):
    with session.viewing():
        _, end = session.read(0)
        woken = threading.Event()

        def wait():
            session.wait(end, 600)
            woken.set()

        threading.Thread(target=wait, daemon=True).start()
        enter(session, "kubectl get nodes")
        assert woken.wait(60)


def test_threads_that_write_and_read_at_once_lose_and_reorder_nothing(
    session, scenario, store, wall
):
    writers, each = 4, 12
    stop = threading.Event()
    failures: list[Exception] = []
    read: list[list] = [[] for _ in range(3)]

    def write(number: int) -> None:
        try:
            for turn in range(each):
                enter(session, f"echo {number}.{turn}", f"t{number + 1}")
        except Exception as error:  # for the thread that asserts
            failures.append(error)

    def look(into: list) -> None:
        try:
            with session.viewing():
                since = 0
                while not stop.is_set():
                    records, since = session.read(since)
                    into += records
                    session.wait(since, 0.01)
                into += session.read(since)[0]
        except Exception as error:  # for the thread that asserts
            failures.append(error)

    def tick() -> None:
        while not stop.is_set():
            wall.ms += 3
            session.tick()

    with session.viewing():
        others = [threading.Thread(target=look, args=(into,)) for into in read]
        others.append(threading.Thread(target=tick))
        hands = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in [*others, *hands]:
            thread.start()
        for thread in hands:
            thread.join(60)
        stop.set()
        for thread in others:
            thread.join(60)
    assert failures == []
    lines = [record.line for record in session.run.log.of(CommandRecord)]
    assert len(lines) == writers * each
    for number in range(writers):
        mine = [line for line in lines if line.startswith(f"echo {number}.")]
        assert mine == [f"echo {number}.{turn}" for turn in range(each)]
    assert sum(1 for _ in session.run.log.of(ExitRecord)) == writers * each
    assert all(into == list(session.run.log)[: len(into)] for into in read)
    assert all(len(list(into)) >= writers * each * 3 for into in read)
    commands = [at for at, kind, _ in stored(session, store) if kind == "command"]
    assert commands == sorted(commands)
    assert crashed(session, scenario, store).run.log.dumps().startswith(session.run.log.dumps())


def test_two_runs_built_and_played_at_once_are_what_they_are_alone(scenario, store):
    def alone() -> str:
        session = Session.create(scenario, 3, store, holder="h", who="trainee", wall_ms=Wall())
        for line in ("kubectl get pods -A | sort | tail -3", "kubectl get nodes -o wide"):
            enter(session, line)
            session.run_on("t1", MINUTE)
        return session.run.log.dumps()

    wanted, found = alone(), []
    threads = [threading.Thread(target=lambda: found.append(alone())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [wanted] * 3
