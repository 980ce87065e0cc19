"""Keys, sizes and signals of a terminal are inputs like any other: logged first, replayed to the same bytes."""

from __future__ import annotations

import json

import pytest

from sim.evidence import OutputRecord, plain_text
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.run import LATE, Run, replay, try_apply
from tests.glass import Glass
from tests.session.playing import crashed, stored

MINUTE = 60_000


def press(session, wall, *keys):
    for key in keys:
        wall.ms += 200
        session.submit("keys", {"terminal": "t1", "data": key})


def enter(session, wall, line):
    wall.ms += 500
    session.submit("command", {"terminal": "t1", "line": line})


def used(session, wall):
    """Live through an evening of pages, an edited file, a far editor, and a size that changes."""
    session.submit("resize", {"terminal": "t1", "columns": 100, "rows": 30})
    enter(session, wall, "kubectl get pods -n payments -o wide | less")
    press(session, wall, "/Crash\r", "n", "q")
    enter(session, wall, "nano note.md")
    press(session, wall, "seen\r", "\x0f", "\r")
    session.submit("resize", {"terminal": "t1", "columns": 120, "rows": 40})
    press(session, wall, "\x18")
    enter(session, wall, "ssh node-worker-3")
    enter(session, wall, "less /etc/os-release")
    press(session, wall, "j", "q")
    wall.ms += 500
    session.submit("eof", {"terminal": "t1"})
    enter(session, wall, "watch -n 1 cat note.md")
    wall.ms += 3_000
    session.submit("interrupt", {"terminal": "t1"})
    enter(session, wall, "sleep 500")
    session.submit("suspend", {"terminal": "t1"})
    enter(session, wall, "for i in 1 2")
    enter(session, wall, "do echo round $i; done")
    wall.ms += 1_000
    session.advance()


@pytest.fixture
def played(session, wall):
    with session.viewing():
        used(session, wall)
        yield session


def test_replaying_the_stored_inputs_gives_the_same_bytes(played, scenario, store):
    inputs = [Input(at, kind, json.loads(payload)) for at, kind, payload in stored(played, store)]
    again = Run(scenario, 0)
    again.start()
    for given in inputs:
        try_apply(again, given)
    again.advance(played.run.now)
    assert again.log.dumps() == played.run.log.dumps()
    assert {"keys", "resize", "suspend"} <= {given.kind for given in inputs}


def test_what_was_on_the_screens_is_evidence_in_plain_words(played):
    shown = plain_text("".join(record.text for record in played.run.log.of(OutputRecord)))
    assert "\x1b" not in shown
    for words in ("CrashLoopBackOff", "Wrote 1 line", "Every 1.0s: cat note.md", "round 2\n"):
        assert words in shown


def test_a_crash_in_the_middle_of_a_program_goes_on_where_it_was(session, wall, scenario, store):
    with session.viewing():
        enter(session, wall, "seq 1 200 | less")
        press(session, wall, " ", " ")
    again = crashed(session, scenario, store)
    assert again.run.workstation.mode("t1") == "signals"
    assert again.run.log.dumps().startswith(session.run.log.dumps())
    glass = Glass()
    for record in again.run.log.of(OutputRecord):
        glass.feed(record.text)
    assert glass.lines[0] == "47"


def test_keys_that_come_too_late_are_handed_back(session, wall):
    with session.viewing():
        enter(session, wall, "echo x | less")
        press(session, wall, "q", "ls")
        assert session.answer == LATE


def test_a_size_that_is_known_is_not_logged_again(session, store):
    with session.viewing():
        for _ in range(2):
            session.submit("resize", {"terminal": "t2", "columns": 90, "rows": 20})
        session.submit("resize", {"terminal": "t1", "columns": 80, "rows": 24})
    assert [kind for _, kind, _ in stored(session, store)].count("resize") == 1


def test_a_size_does_not_end_a_pause(session):
    session.submit("pause")
    session.submit("resize", {"terminal": "t1", "columns": 90, "rows": 20})
    assert session.clock.paused


def test_a_line_that_is_not_complete_is_answered_with_the_second_prompt(session, wall):
    with session.viewing():
        enter(session, wall, "echo 'one")
        assert (session.answer, session.run.workstation.prompt("t1")) == ("> ", "> ")
        enter(session, wall, "two'")
        assert session.run.workstation.history("t1") == ["echo 'one\ntwo'"]


@pytest.mark.parametrize(
    ("kind", "payload", "wrong"),
    [
        ("keys", {"data": 7}, "keys.data must be text"),
        ("keys", {"terminal": "t9", "data": "x"}, "no terminal 't9'"),
        ("resize", {"columns": 0, "rows": 24}, "columns must be a whole number from 1 to 500"),
        ("resize", {"columns": 80, "rows": "24"}, "rows must be a whole number"),
    ],
)
def test_what_cannot_be_taken_is_told(kind, payload, wrong):
    with pytest.raises(BadInputError, match=wrong):
        parse_input(0, kind, payload)


def test_old_logs_without_sizes_replay_at_80_columns(scenario):
    lines = [Input(67 * MINUTE, "command", {"terminal": "t1", "line": "stty size"})]
    log = replay(scenario, 0, lines)
    assert [record.text for record in log.of(OutputRecord) if record.command == 0] == ["24 80\n"]
