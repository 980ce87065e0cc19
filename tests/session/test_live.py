"""A run that is being played: committed first, paused when left, the same after a crash."""

import json
import threading

import pytest

from sim.evidence import CloseRecord, CommandRecord, ExitRecord, OutputRecord, TimeRecord
from sim.scenario import Catalogue
from sim.session.inputs import BadInputError, Input
from sim.session.live import HEARTBEAT_MS, IDLE_PAUSE_MS, OVERTIME_MS, Session
from sim.session.run import Run, try_apply
from sim.session.storage import LeaseLostError, RunStore

MINUTE = 60_000


class Wall:
    """A clock that stands until it is told to go on."""

    def __init__(self):
        self.ms = 5_000

    def __call__(self) -> int:
        return self.ms


class BrokenStore(RunStore):
    """A database that goes away when it is told to."""

    broken = False

    def append(self, run, fence, number, at, kind, payload):
        if self.broken:
            raise OSError("the disk is gone")
        super().append(run, fence, number, at, kind, payload)


@pytest.fixture(scope="module")
def scenario():
    return Catalogue()["payments-0247"]


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/uncordon.db"


@pytest.fixture
def store(url):
    store = BrokenStore(url, wall_ms=lambda: 1_000_000)
    yield store
    store.close()


@pytest.fixture
def session(scenario, store, wall):
    return Session.create(scenario, 0, store, holder="h", who="trainee", wall_ms=wall)


def enter(session, line, terminal="t1"):
    session.submit("command", {"terminal": terminal, "line": line})


def crashed(session, scenario, store) -> Session:
    """Return the run as the next process finds it, nothing having been said at the end."""
    return Session.load(store.find(session.row.id), scenario, store, wall_ms=Wall())


def stored(session, store) -> list[tuple[int, str, str]]:
    return store.inputs(session.row.id)


def times(session) -> list[str]:
    return [record.what for record in session.run.log.of(TimeRecord)]


# -- inputs ------------------------------------------------------------------------------------


def test_an_input_that_cannot_be_stored_leaves_no_trace(session, store):
    with session.viewing():
        before, inputs = session.run.log.dumps(), list(session.run.inputs)
        store.broken = True
        with pytest.raises(OSError, match="disk is gone"):
            enter(session, "kubectl delete pods -n payments --all --wait=false")
        assert session.run.log.dumps() == before
        assert session.run.inputs == inputs
        store.broken = False
        enter(session, "kubectl get pods -n payments")
        assert [record.line for record in session.run.log.of(CommandRecord)] == [
            "kubectl get pods -n payments"
        ]


def test_an_input_is_in_the_database_before_its_output_can_be_read(session, store):
    seen = []
    append = store.append

    def watching(*arguments):
        seen.append(len(list(session.run.log.of(CommandRecord))))
        append(*arguments)

    store.append = watching
    with session.viewing():
        enter(session, "kubectl get nodes")
    assert seen == [0, 0]  # the resume, the command
    assert [kind for _, kind, _ in stored(session, store)] == ["resume", "command"]


def test_what_the_desk_refuses_is_refused_again_by_every_replay(session, scenario, store, wall):
    with session.viewing():
        with pytest.raises(BadInputError, match="no component 'moon'"):
            session.submit("close", {"picks": {"component": "moon"}})
        assert not session.closed
        wall.ms += 1_000
        with pytest.raises(BadInputError, match="nobody called 'nobody'"):
            session.submit("update", {"text": "hello", "to": "nobody"})
        session.submit("note", {"text": "still here"})
        assert session.answer == "noted"
        assert crashed(session, scenario, store).run.log.dumps().startswith(session.run.log.dumps())


def test_the_answer_of_one_input_is_not_given_to_the_next(session):
    with session.viewing():
        session.submit("acknowledge")
        assert "you own this" in session.answer
        session.submit("resume")
        assert session.answer == ""


# -- time --------------------------------------------------------------------------------------


def test_time_stands_until_somebody_looks_and_goes_with_the_wall_then(session, wall):
    page = session.now()
    wall.ms += MINUTE
    assert session.now() == page
    with session.viewing():
        wall.ms += 7_000
        assert session.advance() == page + 7_000
        assert session.run.now == page + 7_000


def test_a_run_pauses_half_a_minute_after_its_last_viewer_left(session, store, wall):
    with session.viewing(), session.viewing():
        wall.ms += MINUTE
        session.tick()
    left = session.now()
    wall.ms += IDLE_PAUSE_MS - 1
    session.tick()
    assert session.watched
    wall.ms += 1
    session.tick()
    assert not session.watched
    assert stored(session, store)[-1][:2] == (left + IDLE_PAUSE_MS, "pause")
    wall.ms += 10 * MINUTE
    session.tick()
    assert session.now() == left + IDLE_PAUSE_MS
    with session.viewing():
        wall.ms += 1_000
        assert session.now() == left + IDLE_PAUSE_MS + 1_000
    assert times(session) == ["resumed", "paused", "resumed"]


def test_acting_over_plain_http_counts_as_being_there(session, wall):
    wall.ms += 10 * MINUTE
    enter(session, "kubectl get nodes")
    wall.ms += IDLE_PAUSE_MS // 2
    session.tick()
    assert session.watched
    session.read(0)
    wall.ms += IDLE_PAUSE_MS - 1
    session.tick()
    assert session.watched
    wall.ms += 1
    session.tick()
    assert not session.watched


def test_a_pause_that_was_asked_for_outlives_a_reconnect_and_a_crash(
    session, scenario, store, wall
):
    with session.viewing():
        session.submit("pause")
    with session.viewing():
        wall.ms += MINUTE
        assert session.clock.paused
    again = crashed(session, scenario, store)
    with again.viewing():
        assert again.clock.paused
        enter(again, "kubectl get nodes")
        assert not again.clock.paused
    assert times(again) == ["resumed", "paused", "resumed"]


def test_a_pause_that_nobody_asked_for_ends_with_the_next_viewer(session, scenario, store):
    with session.viewing():
        pass
    again = crashed(session, scenario, store)
    assert times(again) == ["resumed", "paused"]
    with again.viewing():
        assert not again.clock.paused


def test_pausing_twice_is_one_pause(session, store):
    with session.viewing():
        session.submit("pause")
        session.submit("pause")
    assert [kind for _, kind, _ in stored(session, store)] == ["resume", "pause"]


def test_a_skip_moves_the_world_and_not_the_wall(session):
    page = session.now()
    session.submit("skip", {"amount_ms": 5 * MINUTE})
    assert (session.now(), session.run.now) == (page + 5 * MINUTE, page + 5 * MINUTE)
    assert session.clock.paused


def test_sleep_takes_no_wall_time(session, wall):
    with session.viewing():
        page = session.now()
        enter(session, "sleep 60")
        assert session.now() == page + 60_001
        assert not session.run.workstation.busy("t1")
        wall.ms += 500
        enter(session, "date -u +%H:%M:%S")
    last = list(session.run.log.of(OutputRecord))[-1]
    assert last.text == "02:48:00\n"


def test_sleep_typed_into_a_running_command_moves_nothing(session):
    with session.viewing():
        enter(session, "cat")
        page = session.now()
        enter(session, "sleep 60")
        assert session.now() == page
        assert list(session.run.log.of(OutputRecord))[-1].text == "sleep 60\n"


def test_the_clock_stops_half_an_hour_after_the_end_and_closing_is_still_possible(session, wall):
    limit = session.run.horizon + OVERTIME_MS
    with session.viewing():
        enter(session, "sleep 99999h")
        assert session.now() == limit
        wall.ms += MINUTE
        assert session.advance() == limit
        with pytest.raises(BadInputError, match="clock has stopped"):
            session.submit("skip", {"amount_ms": 1})
        enter(session, "kubectl get nodes | head -1", "t2")
        assert list(session.run.log.of(OutputRecord))[-1].text.startswith("NAME")
        session.submit("close", {})
    assert session.closed


def test_a_wall_that_is_set_back_does_not_take_time_back(session, wall):
    with session.viewing():
        wall.ms -= MINUTE
        enter(session, "kubectl get nodes")
        assert session.now() == session.run.now


def test_a_command_without_end_is_let_run_for_so_long(session):
    enter(session, "kubectl get pods -n payments -w")
    begin = session.now()
    assert not session.run_on("t1", MINUTE)
    assert session.now() == begin + MINUTE
    session.submit("interrupt", {"terminal": "t1"})
    assert session.run_on("t1", MINUTE)
    assert session.now() == begin + MINUTE + 1


# -- closing -----------------------------------------------------------------------------------


def test_closing_ends_the_run_for_everybody(session, scenario, store, wall):
    with session.viewing():
        session.submit("close", {"handover": "see the ticket"})
        assert session.closed
        wall.ms += MINUTE
        with pytest.raises(BadInputError, match="closed"):
            enter(session, "kubectl get nodes")
        assert not session.watched
    assert store.find(session.row.id).closed
    again = crashed(session, scenario, store)
    assert again.closed
    assert again.run.log.dumps() == session.run.log.dumps()
    with again.viewing():
        assert not again.watched


def test_closing_in_the_terminal_is_closing(session, store):
    with session.viewing():
        enter(session, "sleep 3; incident close --scope one-node --partial --handover 'all said'")
        assert not session.closed
        session.run_on("t1", MINUTE)
    assert session.closed
    assert store.find(session.row.id).closed
    assert [record.handover for record in session.run.log.of(CloseRecord)] == ["all said"]


def test_a_crash_between_the_close_and_its_mark_is_made_good(session, scenario, store):
    store.mark = lambda *_arguments, **_values: None
    with session.viewing():
        session.submit("close", {})
    del store.mark
    assert not store.find(session.row.id).closed
    assert crashed(session, scenario, store).closed
    assert store.find(session.row.id).closed


def test_a_debrief_that_looks_beyond_the_close_does_not_move_the_stored_run(
    session, scenario, store
):
    with session.viewing():
        enter(session, "sleep 600")
        session.submit("close", {})
        closed_at = session.now()
        session.run.finish()
        session.read(0)
    session.release()
    assert store.find(session.row.id).sim_ms == closed_at
    again = crashed(session, scenario, store)
    assert again.run.finish().dumps() == session.run.log.dumps()


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
