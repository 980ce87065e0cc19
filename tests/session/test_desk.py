"""The desk takes what a trainee does beside the terminal, says what is wrong, and writes evidence."""

import pytest

from sim.evidence import (
    AcknowledgeRecord,
    ActionRecord,
    CloseRecord,
    EvidenceLog,
    PanelRecord,
    ReminderRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.session.desk import IncidentDesk
from sim.session.run import Run

ALERT = "payment-service 5xx rate > 5% for 3 minutes"


@pytest.fixture(scope="module")
def run(scenario):
    run = Run(scenario, 0)
    run.start()
    return run


@pytest.fixture
def log(run):
    return EvidenceLog(run.log)


@pytest.fixture
def desk(run, log):
    return IncidentDesk(
        run.env,
        run.scenario,
        run.roles,
        run.telemetry,
        log,
        command=lambda: 3,
        given=lambda: 7,
        epoch=run.epoch,
    )


def last(log, kind):
    return list(log.of(kind))[-1]


def test_page_can_be_taken_once(desk, log):
    assert desk.acknowledge().startswith("acknowledged")
    assert desk.acknowledge() == "already acknowledged"
    assert len(list(log.of(AcknowledgeRecord))) == 1


def test_status_tells_page_rate_and_loss(desk):
    desk.acknowledge()
    text = desk.status()
    assert "paged       02:47:00 UTC" in text
    assert "you         acknowledged" in text
    assert "error rate  1" in text


@pytest.mark.parametrize(
    "panel", ["errors", "alerts", "changes", "change:chg-2061", "page", "people", "document:nodes"]
)
def test_look_returns_what_the_record_says(desk, log, panel):
    text = desk.look(panel)
    record = last(log, PanelRecord)
    assert (record.panel, record.text, record.input, record.command) == (panel, text, 7, 3)
    assert text.strip()


@pytest.mark.parametrize(
    ("panel", "by", "words"),
    [
        ("nosuch", "", "no panel 'nosuch'; there are: errors"),
        ("errors", "shoe-size", "cannot be split by 'shoe-size'; by: node, zone"),
        ("alerts", "node", "cannot be split"),
        ("change:chg-1", "", "no change 'chg-1'"),
        ("change:2061", "", "no change '2061'; did you mean chg-2061\\? "),
        ("document:nosuch", "", "no document 'nosuch'; there are: payment-service"),
    ],
)
def test_panel_that_does_not_exist_is_refused_and_not_recorded(desk, log, panel, by, words):
    before = len(log)
    with pytest.raises(ValueError, match=words):
        desk.look(panel, by)
    assert len(log) == before


def test_update_keeps_filled_fields_and_its_addressee(desk, log):
    said = desk.update("on it", "tomasz", {"impact": " 12 % ", "next": " "})
    assert said == (
        "sent to Tomasz Zielinski; read: impact; missing: scope, action, next time "
        "(write `Scope: ...` or --scope)"
    )
    record = last(log, UpdateRecord)
    assert (record.to, record.fields, record.text) == ("tomasz", {"impact": "12 %"}, "on it")


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("@tomasz is kube-proxy well?", "tomasz"),
        ("hello @nobody and @noor", "noor"),
        ("mail me at a@tomasz", ""),
        ("all is well", ""),
    ],
)
def test_mention_addresses_somebody(desk, log, text, to):
    desk.update(text)
    assert last(log, UpdateRecord).to == to


@pytest.mark.parametrize(
    ("text", "said", "fields"),
    [
        (
            "Impact: 12 % fail. Scope: one node. Action: cordon. Next update 03:10",
            "; read: impact, scope, action, next 03:10:00 UTC",
            {"impact": "12 % fail", "scope": "one node", "action": "cordon", "next": "03:10"},
        ),
        (
            "on it, more in ten minutes",
            "; read: next 02:57:00 UTC; missing: impact, scope, action "
            "(write `Impact: ...` or --impact)",
            {"next": "ten minutes"},
        ),
        (
            "Impact: 5 % fail. Next: 25:99",
            "; read: impact; missing: scope, action, next time (write `Scope: ...` or --scope); "
            "next: '25:99' is no time of day; write e.g. 03:10 (UTC)",
            {"impact": "5 % fail"},
        ),
        (
            "we are on it",
            "; no impact, scope, action or next time read in it (write `Impact: ...` or --impact)",
            {},
        ),
    ],
)  # fmt: skip
def test_update_says_what_was_read_in_it_and_what_is_missing(desk, log, text, said, fields):
    assert desk.update(text) == f"sent to the incident channel{said}"
    assert last(log, UpdateRecord).fields == fields


@pytest.mark.parametrize(
    ("next_", "why"),
    [
        ("25:99", "'25:99' is no time of day; write e.g. 03:10"),
        ("soon", "'soon' names no time; write e.g. 03:10, or in 10m"),
        ("02:40", "02:40 has passed, it is 02:47:00 UTC; write e.g. 03:10"),
    ],
)
def test_next_that_is_no_time_is_refused_and_nothing_is_sent(desk, log, next_, why):
    before = len(log)
    with pytest.raises(ValueError, match=f"nothing was sent: --next: {why}"):
        desk.update("", fields={"impact": "x", "next": next_})
    assert len(log) == before


def test_waking_somebody_is_said_once_and_stands_in_the_directory(desk):
    assert "Ines Carvalho, database administrator (asleep, can be woken)" in desk.people()
    assert desk.update("is the database up?", "Ines") == (
        "sent to Ines Carvalho, who was asleep: woken at 02:47:00"
    )
    assert desk.update("@INES still there?") == "sent to Ines Carvalho"
    assert desk.update("thanks", "ines carvalho") == "sent to Ines Carvalho"
    assert "Ines Carvalho, database administrator (woken at 02:47:00)" in desk.people()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "@noor and @tomasz: all well?",
            "sent to Noor Haddad; not to tomasz: one person a message",
        ),
        (
            "@Tomas hello",
            "sent to the incident channel; nobody is called @Tomas (tomasz?); no impact",
        ),
        ("@bob are you there?", "sent to the incident channel; nobody is called @bob; no impact"),
    ],
)
def test_who_of_several_is_written_to_is_said(desk, text, said):
    assert desk.update(text).startswith(said)


def test_update_needs_words_and_a_person_who_exists(desk):
    with pytest.raises(ValueError, match="needs a text or the fields"):
        desk.update(" ", fields={"impact": ""})
    with pytest.raises(ValueError, match="nobody called 'bob'; there are: noor"):
        desk.update("hi", "bob")
    with pytest.raises(ValueError, match="characters"):
        desk.update("", fields={"impact": "x" * 100_000})


def test_note_needs_words(desk):
    assert desk.note("x") == "noted"
    with pytest.raises(ValueError, match="needs a text"):
        desk.note("  ")


def test_ticket_takes_picks_of_its_lists(desk, log):
    assert desk.ticket("proxy-limit", "raise-limit", "platform") == "ticket INC-4711 filed"
    assert desk.ticket("release", "revert-release", "payments") == "ticket INC-4712 filed"
    assert last(log, TicketRecord).owner == "payments"
    with pytest.raises(ValueError, match="no fix 'pray'; choose from: raise-limit"):
        desk.ticket("proxy-limit", "pray", "platform")


def test_reminder_is_for_a_time_to_come(desk, log):
    desk.remind("tomorrow")
    desk.remind("2026-11-21T09:00:00+01:00")
    assert [one.due for one in log.of(ReminderRecord)] == ["tomorrow", "2026-11-21T08:00:00Z"]
    for due, words in (
        ("soon", "no such time 'soon'"),
        ("2026-11-21 09:00", "no such time"),
        ("2026-11-20T02:00:00Z", "has passed"),
    ):
        with pytest.raises(ValueError, match=words):
            desk.remind(due)


@pytest.mark.parametrize(
    ("due", "text", "said", "kept"),
    [
        ("10m", "look", "for 02:57:00 UTC, in 10m", ("2026-11-20T02:57:00Z", "look")),
        ("in", "10m look", "for 02:57:00 UTC, in 10m", ("2026-11-20T02:57:00Z", "look")),
        ("in 10 minutes", "look", "for 02:57:00 UTC, in 10m", ("2026-11-20T02:57:00Z", "look")),
        ("03:05", "look", "for 03:05:00 UTC, in 18m", ("2026-11-20T03:05:00Z", "look")),
        ("09:00", "x", "for 09:00:00 UTC, in 6h13m", ("2026-11-20T09:00:00Z", "x")),
        ("02:00", "x", "for Sat 21 Nov 02:00 UTC, in 23h13m", ("2026-11-21T02:00:00Z", "x")),
        ("tomorrow", "9:00 x", "for Sat 21 Nov 09:00 UTC, in 1d6h", ("2026-11-21T09:00:00Z", "x")),
        ("Tomorrow", "x", "for Tomorrow", ("tomorrow", "x")),
        ("next", "week x", "for next week", ("next-week", "x")),
        ("tomorrow", "", "for tomorrow; it has no text", ("tomorrow", "")),
    ],
)  # fmt: skip
def test_reminder_takes_times_as_people_write_them(desk, log, due, text, said, kept):
    assert desk.remind(due, text) == f"reminder set {said}"
    record = last(log, ReminderRecord)
    assert (record.due, record.text) == kept


def test_silence_is_an_action(desk, log):
    assert desk.silence(ALERT, 1_800_000) == f"{ALERT} is silenced for 30 min"
    record = last(log, ActionRecord)
    assert (record.target, record.verb, record.detail) == (
        f"alert:{ALERT}",
        "silence",
        "silence for 30 min",
    )
    with pytest.raises(ValueError, match="no alert 'x'; there are: "):
        desk.silence("x", 1_000)


def test_lists_hold_every_question_and_no_answer(desk):
    lists = desk.lists()
    assert list(lists)[:5] == ["component", "failure", "trigger", "mechanism", "scope"]
    assert all(len(choices) > 2 for choices in lists.values())
    assert not any("{" in text for choices in lists.values() for _, text in choices)


def test_closing_takes_picks_once(desk, log):
    with pytest.raises(ValueError, match="no question 'weather'"):
        desk.close({"weather": "bad"}, {})
    with pytest.raises(ValueError, match="no scope 'everything'"):
        desk.close({"scope": "everything"}, {})
    for never in ("command:3", "panel:99", "node:3", "command:x"):
        with pytest.raises(ValueError, match=f"{never}, cited for scope, has not been on screen"):
            desk.close({"scope": "one-node"}, {"scope": [never]})
    desk.look("alerts")
    desk.close({"scope": "one-node", "trigger": ""}, {"scope": ["command:3"]}, " all fine ")
    record = last(log, CloseRecord)
    assert record.picks == {"scope": "one-node"}
    assert (record.citations, record.handover) == ({"scope": ["command:3"]}, "all fine")
    with pytest.raises(ValueError, match="closed already"):
        desk.close({}, {})
