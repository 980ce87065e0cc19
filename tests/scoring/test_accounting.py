"""The ledger: rows as they come, actions that only make sense together, what came sooner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scoring import References, Scoring
from sim.scoring.accounting import MOST_PAIRS, MOST_ROWS, Accounting
from sim.scoring.ledger import HARM_COSTS, harm_cost
from tests.scoring.evening import APP, EXPERT, UNTOUCHED, Evening, lost, ms, scenario

WORSE = [(-4, 0.12), (3, 0.5), (6, 0.001)]
POD = "pods/payments/payment-service-1"


def scoring(evening: Evening) -> Scoring:
    references = References(lost(UNTOUCHED), lost(EXPERT))
    return Scoring(evening.log(), scenario(), references, evening.replays())


def moved() -> Evening:
    evening = Evening()
    evening.mitigate(5)
    return evening


def test_lines_that_need_no_replay_come_first_and_stay_as_they_were():
    evening = moved()
    evening.look(1, "users-failing", "alert-not-flapping")
    steps = scoring(evening)
    first = steps.at_once()
    assert {"users-loss", "is-it-real", "diagnosis", "updates"} <= {one.id for one in first}
    assert not steps._replays.asked
    card = steps.finish()
    assert [card.finding(one.id) for one in first] == list(first)


def test_rows_come_one_by_one_each_after_its_own_replay():
    steps = scoring(moved())
    rows = steps.rows()
    assert next(rows).deed.line == "kubectl cordon node-worker-3"
    assert len(steps._replays.asked) == 1
    assert next(rows).saved > 0
    steps.finish()
    assert len(steps.case.ledger.entries) == 2


def test_action_that_works_only_after_another_is_named_so():
    ledger = scoring(moved()).case.ledger
    (bond,) = ledger.bonds
    assert (bond.tie, bond.first.line, bond.then.line) == (
        "needs",
        "kubectl cordon node-worker-3",
        "kubectl delete pod",
    )
    assert bond.words == "`kubectl delete pod` works only after `kubectl cordon node-worker-3`"
    assert [len(group) for group in ledger.groups()] == [2]


def test_savings_that_add_up_stand_alone():
    half = [(-4, 0.12), (6, 0.06)]
    evening = Evening()
    evening.act(4, "patch", APP, line="one", without=half)
    evening.act(5, "patch", "nodes/x", line="two", without=half)
    evening.without[frozenset({0, 1})] = UNTOUCHED
    ledger = scoring(evening).case.ledger
    assert not ledger.bonds
    assert len(ledger.groups()) == 2


def test_action_that_keeps_its_effect_alone_needs_nobody():
    """Half of what the second saved it would have saved without the first."""
    evening = Evening()
    evening.act(4, "patch", APP, line="one", without=[(-4, 0.12), (6, 0.06)])
    evening.act(5, "patch", "nodes/x", line="two", without=UNTOUCHED)
    evening.without[frozenset({0, 1})] = UNTOUCHED
    assert not scoring(evening).case.ledger.bonds


def test_action_on_what_the_run_made_is_tied_without_a_replay():
    evening = Evening()
    evening.act(2, "create", "pods/payments/debug", line="kubectl run debug")
    evening.act(3, "delete", "pods/payments/debug", line="kubectl delete pod debug")
    steps = scoring(evening)
    (bond,) = steps.case.ledger.bonds
    assert bond.tie == "made"
    assert len(steps._replays.asked) == 2


def test_taking_back_is_tied_to_what_it_takes_back():
    evening = moved()
    evening.uncordon(20)
    ties = [(bond.tie, bond.then.line) for bond in scoring(evening).case.ledger.bonds]
    assert ("undoes", "kubectl uncordon node-worker-3") in ties


def test_harm_that_two_actions_did_only_together_is_charged_once():
    evening = Evening(WORSE)
    evening.act(2, "patch", "configmaps/payments/x", line="one", without=EXPERT)
    evening.act(3, "restart", APP, line="two", without=EXPERT)
    evening.without[frozenset({0, 1})] = EXPERT
    ledger = scoring(evening).case.ledger
    assert [entry.cost for entry in ledger.entries] == [0, 4]
    assert [bond.tie for bond in ledger.bonds] == ["needs"]


def test_help_of_which_each_alone_was_enough_is_told():
    evening = Evening()
    evening.act(4, "patch", APP, line="one")
    evening.act(5, "patch", "nodes/x", line="two")
    evening.without[frozenset({0, 1})] = UNTOUCHED
    shared = scoring(evening).case.ledger.shared
    assert shared is not None
    assert [deed.line for deed in shared.deeds] == ["one", "two"]
    assert -shared.added == pytest.approx(lost(UNTOUCHED) - lost(EXPERT))


def test_many_actions_ask_for_bounded_replays():
    evening = Evening()
    for number in range(100):
        evening.act(number / 10, "patch", f"deployments/payments/d{number}", "labels x: y")
    steps = scoring(evening)
    assert len(steps.case.ledger.entries) == 100
    assert len(steps._replays.asked) <= MOST_ROWS + MOST_PAIRS + 2


def test_harm_in_a_crowd_is_found():
    evening = Evening(WORSE)
    for number in range(100):
        evening.act(number / 10, "patch", f"deployments/payments/d{number}", "labels x: y")
    evening.without[frozenset({57})] = EXPERT
    block = frozenset(range(57, 60))
    evening.without[block] = EXPERT
    costly = [one.deed.input for one in scoring(evening).case.ledger.entries if one.cost]
    assert costly == [57]


def test_mitigation_is_moved_to_when_enough_was_on_the_screen():
    evening = Evening([(-4, 0.12), (12, 0.001)])
    evening.look(2, "crashing-pods-share-node", "healthy-peer-reaches-db")
    evening.mitigate(11)
    evening.look(20, "users-recovered")
    sooner = scoring(evening).sooner()
    assert sooner is not None
    assert ms(2) < sooner.at < ms(2.1)
    assert [deed.line for deed in sooner.deeds] == [
        "kubectl cordon node-worker-3",
        "kubectl delete pod",
    ]
    assert sooner.saved == pytest.approx(6 * 60 * 100 * 0.119)


def test_lines_that_could_not_have_worked_then_are_reckoned_instead():
    evening = Evening([(-4, 0.12), (12, 0.001)])
    evening.look(2, "crashing-pods-share-node", "healthy-peer-reaches-db")
    evening.mitigate(11)
    steps = scoring(evening)
    steps._replays.sooner = UNTOUCHED
    sooner = steps.sooner()
    assert sooner is not None
    assert not sooner.replayed
    assert sooner.saved == pytest.approx((9 * 60 - 2) * 100 * 0.119)


def test_mitigation_before_enough_was_on_the_screen_has_nothing_to_move():
    assert scoring(moved()).sooner() is None
    assert scoring(Evening()).sooner() is None


shares = st.floats(0, 1, allow_nan=False)


@given(shares, shares)
def test_more_loss_never_scores_more(one, other):
    less, more = sorted((one, other))
    points = [
        Evening([(-4, share)]).points("users-loss", none=[(-4, 0.5)]) for share in (less, more)
    ]
    assert points[0] >= points[1]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_more_harm_never_costs_less(one, other, base):
    assert harm_cost(min(one, other), base) <= harm_cost(max(one, other), base)
    assert 0 <= harm_cost(one, base) <= HARM_COSTS[0][1]


@given(
    st.lists(st.sampled_from([None, EXPERT, WORSE, UNTOUCHED]), min_size=1, max_size=6), st.data()
)
def test_leaving_a_harmful_action_out_never_scores_less_on_no_harm(effects, data):
    def run(left_out: int | None) -> tuple[float, list[bool]]:
        evening = Evening(WORSE)
        for number, effect in enumerate(effects):
            if number != left_out:
                evening.act(number, "patch", f"configmaps/payments/c{number}", without=effect)
        ledger = Accounting(evening.story(), lost(UNTOUCHED), evening.replays()).ledger()
        points = 10 - sum(entry.points for entry in ledger.entries)
        return max(0.0, points - (ledger.joint.cost if ledger.joint else 0)), [
            bool(entry.saved < 0) for entry in ledger.entries
        ]

    whole, harmful = run(None)
    if any(harmful):
        number = data.draw(st.sampled_from([i for i, bad in enumerate(harmful) if bad]))
        assert run(number)[0] >= whole
