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
        ("document:nosuch", "", "no document 'nosuch'; there are: payment-service"),
    ],
)
def test_panel_that_does_not_exist_is_refused_and_not_recorded(desk, log, panel, by, words):
    before = len(log)
    with pytest.raises(ValueError, match=words):
        desk.look(panel, by)
    assert len(log) == before


def test_update_keeps_filled_fields_and_its_addressee(desk, log):
    assert desk.update("on it", "tomasz", {"impact": " 12 % ", "next": " "}) == (
        "sent to Tomasz Zielinski"
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
    assert [one.due for one in log.of(ReminderRecord)] == ["tomorrow", "2026-11-21T09:00:00+01:00"]
    for due, words in (
        ("soon", "no such time 'soon'"),
        ("2026-11-21 09:00", "no such time"),
        ("2026-11-20T02:00:00Z", "has passed"),
    ):
        with pytest.raises(ValueError, match=words):
            desk.remind(due)


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
    desk.close({"scope": "one-node", "trigger": ""}, {"scope": ["command:3"]}, " all fine ")
    record = last(log, CloseRecord)
    assert record.picks == {"scope": "one-node"}
    assert (record.citations, record.handover) == ({"scope": ["command:3"]}, "all fine")
    with pytest.raises(ValueError, match="closed already"):
        desk.close({}, {})
