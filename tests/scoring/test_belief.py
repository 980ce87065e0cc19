"""Belief moves with what was on the screen: bits, posterior, and when it was enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.facts import Hypothesis
from sim.scoring.belief import ENOUGH, Belief, Clue, entropy, updated
from sim.scoring.decisions import decisions
from tests.scoring.evening import BAD, Evening, believing, ms

KNOWN = (
    Hypothesis(id="node", text="a node", mitigation="move"),
    Hypothesis(id="zone", text="a zone", mitigation="move"),
    Hypothesis(id="release", text="a release", mitigation="rollback"),
)
chances = st.dictionaries(
    st.sampled_from([one.id for one in KNOWN]), st.floats(0, 1, allow_nan=False)
)


def clue(at: int, **likelihood: float) -> Clue:
    return Clue(at, f"command:{at}", f"look {at}", f"fact-{at}", likelihood)


def test_hypotheses_of_one_class_are_enough_together():
    told = Belief.of(KNOWN, "node", [clue(1, release=0.5), clue(2, release=0.05)])
    assert told.enough_at == 2
    assert told.enough_fact == "fact-2"
    assert told.rows[-1].classes["move"] > ENOUGH
    assert told.rows[-1].posterior["node"] < ENOUGH


def test_what_is_enough_for_the_wrong_class_is_not_enough():
    told = Belief.of(KNOWN, "release", [clue(1, release=0.05)])
    assert told.rows[-1].classes["move"] > ENOUGH
    assert told.enough_at is None


def test_enough_stays_where_it_was_when_doubt_comes_back():
    told = Belief.of(KNOWN, "node", [clue(1, release=0.1), clue(2, node=0.05, zone=0.05)])
    assert told.enough_at == 1
    assert told.rows[-1].classes["move"] < ENOUGH


def test_facts_of_one_look_are_one_row():
    both = [clue(1, node=0.9), clue(1, release=0.1)]
    told = Belief.of(KNOWN, "node", both)
    assert [row.facts for row in told.rows] == [("fact-1", "fact-1")]


def test_prior_is_the_same_for_all():
    told = Belief.of(KNOWN, "node", [clue(5, node=1)])
    assert set(told.at(4).values()) == {1 / 3}
    assert told.classes_at(4)["move"] == pytest.approx(2 / 3)


def test_nothing_is_ruled_out_for_good():
    odds = {"a": 0.5, "b": 0.5}
    for _ in range(3):
        odds = updated(odds, {"a": 0.0, "b": 1.0})
    assert odds["a"] > 0
    for _ in range(5):
        odds = updated(odds, {"a": 1.0, "b": 0.0})
    assert odds["a"] > 0.9


@given(st.lists(chances, max_size=12))
def test_gains_add_up_and_probabilities_stay_probabilities(seen):
    told = Belief.of(KNOWN, "node", [clue(at, **one) for at, one in enumerate(seen)])
    left = told.rows[-1].entropy if told.rows else entropy(told.at(0))
    assert sum(row.gain for row in told.rows) == pytest.approx(entropy(told.at(-1)) - left)
    for row in told.rows:
        assert sum(row.posterior.values()) == pytest.approx(1)
        assert row.shift >= 0


@given(st.lists(chances, max_size=8), st.randoms(use_true_random=False))
def test_order_of_looks_changes_no_end(seen, chance):
    mixed = list(seen)
    chance.shuffle(mixed)
    ends = [
        Belief.of(KNOWN, "node", [clue(at, **one) for at, one in enumerate(order)]).at(99)
        for order in (seen, mixed)
    ]
    assert ends[0] == pytest.approx(ends[1])


def test_run_has_enough_on_the_screen_when_the_right_class_passed():
    evening = Evening()
    evening.look(1, "alert-not-flapping")
    evening.look(2, "crashing-pods-share-node", "two-of-four-pods-crash")
    evening.look(3, "healthy-peer-reaches-db")
    story = evening.story(believing())
    assert story.belief is not None
    assert story.enough_at == ms(3)
    assert story.enough_known is story.known["healthy-peer-reaches-db"]
    assert [row.at for row in story.belief.rows] == [ms(1), ms(2), ms(3)]


def digging(*facts: str, mitigated: float = 3.2) -> float:
    evening = Evening([(-4, 0.12), (8, 0.001)])
    evening.look(1, "two-of-four-pods-crash", "crashing-pods-share-node")
    evening.look(
        1.5, "healthy-peer-reaches-db", "deploy-diff-innocent", "good-node-reaches-service"
    )
    evening.look(2, "bad-node-cannot-reach-service")
    evening.look(3, *facts, line="ssh node", node=BAD)
    evening.mitigate(mitigated)
    return evening.points("mitigate-first", spec=believing())


def test_digging_for_what_no_longer_tells_anything_apart_costs_who_is_late():
    in_time, late = (
        digging("crashing-pods-share-node"),
        digging("crashing-pods-share-node", mitigated=7.9),
    )
    assert digging("rules-sparse") == digging() == in_time == 8
    assert digging("rules-sparse", mitigated=7.9) == pytest.approx(late - 1)
    assert digging(mitigated=7.9) == pytest.approx(late - 1)


def test_first_digging_that_moves_belief_is_free():
    evening = Evening([(-4, 0.12), (8, 0.001)])
    evening.look(1, "rules-sparse", line="ssh node", node=BAD)
    evening.mitigate(2)
    assert evening.points("mitigate-first", spec=believing()) == 8


def test_decision_points_are_looks_actions_and_the_moment_of_enough():
    evening = Evening()
    evening.look(2, "crashing-pods-share-node", "two-of-four-pods-crash")
    evening.look(3, "healthy-peer-reaches-db")
    evening.mitigate(5)
    rows = decisions(evening.story(believing()))
    assert [row.kind for row in rows] == ["look", "look", "enough", "action", "action"]
    assert rows[0].gain > 0
    assert rows[2].right == rows[3].right > ENOUGH
    assert rows[2].facts[0].startswith("A pod of the same release serves")
    assert decisions(evening.story()) == []


def test_lines_say_what_an_expert_would_have_seen_tonight():
    finding = Evening().finding("blast-radius")
    assert "Tonight: Every crashing pod runs on node-worker-3" in finding.expert
