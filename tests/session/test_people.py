"""The channel's other side: who answers what, when, and who speaks unasked."""

import pytest

from sim.evidence import (
    AlertRecord,
    EvidenceLog,
    MessageRecord,
    ReminderRecord,
    UpdateRecord,
)
from sim.kernel import Environment, Epoch
from sim.session.desk import IncidentDesk
from sim.session.people import Channel
from sim.session.run import Run

MINUTE = 60_000


@pytest.fixture(scope="module")
def world(scenario):
    return Run(scenario, 0)


class Talk:
    """A channel in a world in which nothing else happens."""

    def __init__(self, world: Run) -> None:
        self.env = Environment()
        self.log = EvidenceLog()
        desk = IncidentDesk(
            self.env,
            world.scenario,
            world.roles,
            world.telemetry,
            self.log,
            command=lambda: -1,
            given=lambda: 0,
            epoch=world.epoch,
        )
        Channel(self.env, world.scenario, desk, self.log)

    def alert(self, state: str) -> None:
        self.log.append(AlertRecord(at=self.env.now, alert="5xx", state=state))

    def ask(self, text: str, to: str = "", **fields: str) -> None:
        self.log.append(UpdateRecord(at=self.env.now, text=text, to=to, fields=fields))

    def hear(self, minutes: float) -> list[tuple[float, str, str]]:
        """Return (minute, who, first words) of what is said in the next minutes."""
        before = len(self.log)
        self.env.advance(self.env.now + round(minutes * MINUTE))
        said = [self.log[number] for number in range(before, len(self.log))]
        return [
            (one.at / MINUTE, one.who.split()[0], " ".join(one.text.split()[:3]))
            for one in said
            if isinstance(one, MessageRecord)
        ]


@pytest.fixture
def talk(world):
    return Talk(world)


def test_page_brings_remarks_in_the_order_of_a_night(talk):
    talk.alert("paged")
    assert [(at, who) for at, who, _ in talk.hear(30)] == [
        (2, "Karim"),
        (3, "Noor"),
        (5, "Lukas"),
        (7, "Elena"),
    ]


def test_duty_manager_asks_only_while_nobody_has_written(talk):
    talk.alert("paged")
    talk.ask("on it")
    assert "Elena" not in [who for _, who, _ in talk.hear(30)]


def test_who_was_asked_does_not_come_with_the_same_unasked(talk):
    talk.alert("paged")
    talk.ask("do customers complain?", "karim")
    said = [(at, who) for at, who, _ in talk.hear(4)]
    assert said == [(1, "Karim"), (3, "Noor")]


def test_support_notices_the_end_once(talk):
    talk.alert("resolved")
    talk.alert("resolved")
    assert talk.hear(30) == [(4, "Karim", "Quieter now, the")]


def test_nobody_speaks_without_a_reason(talk):
    assert talk.hear(60) == []


@pytest.mark.parametrize(
    ("to", "text", "after", "words"),
    [
        ("noor", "what is in the release?", 1.5, "Tonight's release is"),
        ("noor", "why ECONNREFUSED?", 1.5, "We exit when"),
        ("noor", "hello", 2, "I am at"),
        ("tomasz", "kube-proxy was OOM-killed", 3, "kube-proxy has had"),
        ("tomasz", "is the node well?", 3, "All nodes are"),
        ("tomasz", "who moved postgres?", 3, "The descheduler runs"),
        ("tomasz", "hello", 3, "On it with"),
        ("ines", "is the database up?", 7, "(just woke up)"),
        ("karim", "do customers complain?", 1, "About one payment"),
        ("elena", "12 % fail, one node", 1, "Thank you. I"),
        ("lukas", "do you see errors?", 2, "We log some"),
    ],
)
def test_who_is_asked_answers_what_they_know(talk, to, text, after, words):
    talk.ask(text, to)
    assert [(at, said) for at, _, said in talk.hear(10)] == [(after, words)]


def test_fields_are_read_as_well(talk):
    talk.ask("", "tomasz", impact="x", action="looking at kube-proxy")
    assert talk.hear(10)[0][2] == "kube-proxy has had"


def test_update_to_everybody_gets_no_answer(talk):
    talk.ask("is it kube-proxy?")
    assert talk.hear(10) == []


def test_question_asked_thrice_in_a_minute_is_answered_once(talk):
    for _ in range(3):
        talk.ask("kube-proxy?", "tomasz")
        talk.hear(0.3)
    assert len(talk.hear(10)) == 1
    talk.ask("kube-proxy?", "tomasz")
    assert len(talk.hear(10)) == 1


def test_reminder_that_is_due_tonight_comes_up_in_the_channel(talk, world):
    for due, text in (("2026-11-20T01:50:00Z", "a {brace}"), ("tomorrow", "b")):
        talk.log.append(ReminderRecord(at=talk.env.now, due=due, text=text))
    minutes = (Epoch.parse("2026-11-20T01:50:00Z").unix_ms - world.epoch.unix_ms) / MINUTE
    assert talk.hear(minutes + 30) == [(minutes, "Reminder", "a {brace}")]


def test_nobody_guesses_aloud_at_what_is_over(talk):
    talk.alert("paged")
    talk.alert("resolved")
    assert not {"Noor", "Lukas"} & {who for _, who, _ in talk.hear(30)}


def test_who_reads_an_update_does_not_ask_whether_it_is_known(talk):
    talk.alert("paged")
    talk.ask("some payments fail, we are on it")
    assert "Karim" not in [who for _, who, _ in talk.hear(3)]
