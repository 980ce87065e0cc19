"""A run that is being played: committed first, paused when left, closed once."""

import pytest

from sim.evidence import CloseRecord, CommandRecord, OutputRecord
from sim.session.inputs import BadInputError
from sim.session.live import IDLE_PAUSE_MS, OVERTIME_MS
from tests.session.playing import MINUTE, crashed, enter, stored, times

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
