"""Practice mode: time stands still at a decision point until its options are ranked; replay agrees."""

import pytest

from sim.evidence import FreezeRecord, ImpactRecord, OutputRecord
from sim.scenario.closing import Choice
from sim.scenario.freeze import FreezePoint, When
from sim.scoring import Story
from sim.session.freeze import answered, as_json, read_ranking
from sim.session.inputs import BadInputError
from sim.session.live import Session
from sim.session.run import replay
from tests.session.playing import Wall, enter

MINUTE = 60_000
POINTS = (
    FreezePoint(
        id="first",
        when=When(after="2m"),
        question="What now on {node.bad}?",
        options=(
            Choice(id="look", text="Look on"),
            Choice(id="roll-back", text="Roll back"),
            Choice(id="call", text="Call somebody"),
        ),
        ranking=("look", "call", "roll-back"),
        reasons={"look": "Nothing separates yet."},
    ),
    FreezePoint(
        id="second",
        when=When(fact="deploy-at-0241"),
        question="And now?",
        options=(Choice(id="a-one", text="One"), Choice(id="b-two", text="Two")),
        ranking=("b-two", "a-one"),
    ),
)


@pytest.fixture(scope="module")
def frozen(scenario):
    return scenario.model_copy(update={"freeze": POINTS})


@pytest.fixture
def practice(frozen, store, wall):
    return Session.create(
        frozen, 0, store, holder="h", who="trainee", wall_ms=wall, practice=True
    )  # fmt: skip


def stand(session: Session, wall: Wall) -> None:
    """Play on until the first point."""
    session.submit("acknowledge")
    wall.ms += 3 * MINUTE
    session.advance()


def test_time_stands_still_at_a_point(practice, wall):
    stand(practice, wall)
    at = practice.run.now
    assert practice.run.point == "first"
    assert practice.clock.paused
    wall.ms += 5 * MINUTE
    assert practice.advance() == at
    for kind, payload in (
        ("resume", {}),
        ("command", {"line": "kubectl get pods"}),
        ("skip", {"amount_ms": 5}),
    ):
        with pytest.raises(BadInputError, match="time stands still at a decision point"):
            practice.submit(kind, payload)


def test_an_answer_shows_the_experts_side_and_time_goes_on(practice, wall):
    stand(practice, wall)
    practice.submit("freeze", {"ranking": ["roll-back", "look", "call"]})
    assert "1. Look on  (you: 2)\n     Nothing separates yet." in practice.answer
    assert practice.run.point == ""
    assert practice.clock.paused
    practice.submit("resume")
    wall.ms += MINUTE
    assert practice.advance() > practice.run.paged_at + 3 * MINUTE


def test_the_terminal_ranks_by_letters_without_time_passing(practice, wall):
    stand(practice, wall)
    at = practice.run.now
    enter(practice, "incident rank a x")
    assert practice.run.point == "first"
    enter(practice, "incident rank B, A C")
    assert practice.run.now == at
    (record,) = practice.run.log.of(FreezeRecord)
    assert (record.point, record.ranking) == ("first", ["roll-back", "look", "call"])


def test_a_fact_on_the_screen_brings_its_point_about(practice, wall):
    enter(practice, "incident changes")
    assert practice.run.point == "second"


def test_a_look_reads_what_is_new_and_learns_what_the_whole_would_tell(practice, monkeypatch):
    sizes = []

    def read(log, scenario):
        sizes.append(sum(1 for _ in log.of(OutputRecord)))
        return Story(log, scenario)

    monkeypatch.setattr("sim.scoring.Story", read)
    screen, known = practice._points._screen, set()
    news = screen.news
    monkeypatch.setattr(screen, "news", lambda: known.update(found := news()) or found)
    lines = ["kubectl get pods -n payments -o wide", "kubectl get nodes", "incident page"]
    for line in lines:
        enter(practice, line)
        practice.submit("skip", {"amount_ms": 4_000})
    practice.submit("look", {"panel": "errors", "by": "node"})
    assert known == set(Story(practice.run.log, practice.run.scenario).known)
    assert known
    assert sum(sizes) == sum(1 for _ in practice.run.log.of(OutputRecord))


def test_the_next_process_finds_the_run_at_its_point(practice, frozen, store, wall):
    stand(practice, wall)
    again = Session.load(store.find(practice.row.id), frozen, store, wall_ms=Wall())
    assert again.run.point == "first"
    with again.viewing():
        assert again.clock.paused
    again.submit("freeze", {"ranking": ["look", "call", "roll-back"]})
    last = Session.load(store.find(practice.row.id), frozen, store, wall_ms=Wall())
    assert last.run.point == ""
    assert list(last.run.log.of(FreezeRecord)) == list(again.run.log.of(FreezeRecord))


def test_points_are_practice_only_and_leave_the_world_alone(frozen, store, wall, practice):
    scored = Session.create(frozen, 0, store, holder="h", who="trainee", wall_ms=wall)
    for session in (scored, practice):
        stand(session, wall)
    assert scored.run.point == ""
    assert practice.row.practice
    assert not practice.row.compared
    practice.submit("freeze", {"ranking": ["look", "call", "roll-back"]})
    there = list(practice.run.finish().of(ImpactRecord))
    assert there == list(replay(frozen, 0, []).of(ImpactRecord))


def test_a_ranking_names_every_option_once():
    with pytest.raises(ValueError, match="no option 'x'; rank these"):
        read_ranking(POINTS[0], ["x"])
    with pytest.raises(
        ValueError, match="each option once, the best first; not ranked: C; twice: A"
    ):
        read_ranking(POINTS[0], ["a", "a", "b"])
    assert read_ranking(POINTS[0], ["3", "look", "B"]) == ["call", "look", "roll-back"]


def test_the_page_learns_the_experts_side_only_after_the_answer():
    roles = {"node.bad": "n1"}
    before = as_json(POINTS[0], roles, None)
    assert before["expert"] is None
    assert before["question"] == "What now on n1?"
    after = as_json(POINTS[0], roles, ["call", "look", "roll-back"])
    assert [one["id"] for one in after["expert"]] == ["look", "call", "roll-back"]
    assert "(you: 1)" in answered(POINTS[0], ["call", "look", "roll-back"], roles)
