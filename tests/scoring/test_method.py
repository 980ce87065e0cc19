"""Is it real, what changed, blast radius, revising: credit for what was on the screen, by any path."""

import pytest

from tests.scoring.evening import APP, BAD, EXPERT, GOOD, PICKS, UNTOUCHED, Evening

SHARED = "crashing-pods-share-node"
PEER = "healthy-peer-reaches-db"
DEPLOY, DIFF, GROWTH = "deploy-at-0241", "deploy-diff-innocent", "services-grew-last-week"
FINE = "users-recovered"


# -- is it real? ----------------------------------------------------------------------------------


def test_a_users_signal_and_an_independent_one_before_the_first_action_earn_all():
    evening = Evening()
    evening.panel(1, "users-failing")
    evening.look(2, "alert-not-flapping")
    evening.cordon(3)
    assert evening.points("is-it-real") == 4


def test_one_signal_of_two_earns_half():
    evening = Evening()
    evening.panel(1, "users-failing")
    evening.cordon(3)
    evening.look(4, "alert-not-flapping")
    assert evening.points("is-it-real") == 2


def test_debug_pod_is_no_first_action():
    evening = Evening()
    evening.act(0.5, "create", "pods/default/debug")
    evening.panel(1, "users-failing")
    evening.look(2, "alert-not-flapping")
    evening.cordon(3)
    assert evening.points("is-it-real") == 4


def test_looking_alone_answers_nothing_before_an_action():
    evening = Evening(UNTOUCHED)
    evening.panel(1, "users-failing")
    evening.look(2, "alert-not-flapping")
    assert evening.points("is-it-real") == 0


# -- what changed? --------------------------------------------------------------------------------


def parts(evening: Evening) -> list[float]:
    return [part.points for part in evening.finding("what-changed").parts]


def test_early_source_right_change_named_and_suspect_tested_earn_all():
    evening = Evening()
    evening.look(1, DEPLOY)
    evening.look(2, SHARED)
    evening.look(10, GROWTH)
    evening.close(20)
    assert parts(evening) == [4, 1, 2, 3]


def test_fifth_look_is_early_and_sixth_is_not_unless_within_three_minutes():
    fifth, sixth, soon = Evening(), Evening(), Evening()
    for minute in range(4):
        fifth.look(4 + minute)
        sixth.look(4 + minute)
        soon.look(0.1 * (minute + 1))
    fifth.look(8, DEPLOY)
    sixth.look(8)
    sixth.look(9, DEPLOY)
    soon.look(0.6)
    soon.look(2.9, DEPLOY)
    assert [parts(one)[0] for one in (fifth, sixth, soon)] == [4, 0, 4]


def test_one_line_with_many_questions_is_many_looks():
    evening = Evening()
    evening.look(4, line="kubectl get a; kubectl get b && ssh n x; incident alerts | head; k get c")
    evening.look(5, DEPLOY)
    assert parts(evening)[0] == 0


def test_panels_that_come_into_view_together_are_one_look_and_stay_one():
    evening = Evening()
    for minute in (4, 5, 6, 7):
        evening.panel(minute, name="errors")
        evening.panel(minute + 0.01, name="requests")
        evening.panel(minute + 0.02, name="latency")
    evening.look(8, DEPLOY)
    assert parts(evening)[0] == 4


def test_change_that_was_seen_but_told_from_nothing_earns_a_third():
    evening = Evening()
    evening.look(1, DEPLOY, GROWTH)
    evening.close(20, picks={"trigger": "app-deploy"})
    assert parts(evening)[1:3] == [1, 0]


def test_ticket_names_the_change_as_well_as_the_form_does():
    evening = Evening()
    evening.look(1, DEPLOY, GROWTH)
    evening.ticket(5, "proxy-limit", "raise-limit", "platform")
    assert parts(evening)[1:3] == [1, 2]


def test_change_that_is_named_without_having_been_seen_is_a_guess():
    evening = Evening()
    evening.look(1, DEPLOY)
    evening.close(20)
    assert parts(evening)[1:3] == [0, 0]


def test_suspect_that_is_believed_to_the_end_earns_nothing_for_the_test():
    evening = Evening()
    evening.look(1, DEPLOY, SHARED)
    evening.close(20, picks={**PICKS, "trigger": "app-deploy"})
    assert parts(evening)[3] == 0


def test_look_that_separates_tests_nothing_while_no_suspect_was_seen():
    evening = Evening()
    evening.look(1, SHARED)
    assert parts(evening)[3] == 0


def test_cheap_try_of_the_suspect_tests_it_when_the_run_moves_on():
    evening = Evening()
    evening.look(1, DEPLOY)
    evening.act(3, "rollback", APP)
    evening.mitigate(5.9)
    assert parts(evening)[3] == 3


def test_who_only_had_panels_in_view_has_asked_nothing():
    evening = Evening(UNTOUCHED)
    evening.panel(0.1, DEPLOY, GROWTH, SHARED, PEER, name="changes")
    evening.acknowledge(1)
    card, _ = evening.score()
    assert {one.id: one.points for one in card.findings if one.points} == {"no-harm": 10}


# -- blast radius ---------------------------------------------------------------------------------


def test_compared_separated_and_stated_earn_all():
    evening = Evening()
    cite = evening.look(1, SHARED)
    evening.mitigate(5.9)
    evening.close(20, cite=cite)
    assert evening.points("blast-radius") == 10


def test_a_peer_alone_compares_nothing():
    evening = Evening()
    evening.look(1, PEER)
    assert evening.points("blast-radius") == 0


@pytest.mark.parametrize(
    "shown", [[("crash-log-econnrefused",), (PEER,)], [(PEER, "two-of-four-pods-crash")]]
)
def test_peer_beside_what_crashes_compares_and_does_not_separate(shown):
    evening = Evening()
    for minute, facts in enumerate(shown, 1):
        evening.look(minute, *facts)
    finding = evening.finding("blast-radius")
    assert finding.points == 4
    assert len(finding.parts[0].exhibits) == 2


def test_comparing_is_done_when_both_sides_were_seen():
    evening = Evening()
    evening.look(1, "crash-log-econnrefused")
    evening.act(2, "delete", "pods/payments/x")
    evening.look(3, PEER)
    assert evening.points("blast-radius") == 0


def test_comparing_after_a_deletion_came_too_late():
    evening = Evening()
    evening.act(1, "delete", "pods/payments/x")
    evening.look(2, SHARED)
    assert evening.points("blast-radius") == 4


@pytest.mark.parametrize(
    ("verb", "target"),
    [("patch", f"nodes/{GOOD}"), ("rollback", APP), ("patch", "deployments/scale/payments/x")],
)
def test_what_is_easily_undone_may_come_first(verb, target):
    evening = Evening()
    evening.act(1, verb, target)
    evening.look(2, SHARED)
    assert evening.points("blast-radius") == 8


@pytest.mark.parametrize(
    ("verb", "target"),
    [
        ("restart", "daemonsets/kube-system/kube-proxy"),
        ("create", "pods/eviction/payments/x"),
        ("iptables", f"node:{BAD}"),
    ],
)
def test_restart_eviction_and_node_command_are_hard_to_undo(verb, target):
    evening = Evening()
    evening.act(1, verb, target)
    evening.look(2, SHARED)
    assert evening.points("blast-radius") == 4


def test_right_scope_that_nothing_had_shown_is_a_guess():
    evening = Evening()
    evening.look(1, PEER, "two-of-four-pods-crash")
    evening.close(20)
    finding = evening.finding("blast-radius")
    assert finding.points == 4
    assert "guessed" in finding.parts[2].why


# -- recognition ----------------------------------------------------------------------------------


def recognised(*, looks: int = 3, verify: bool = True) -> Evening:
    evening = Evening()
    for number in range(looks - 1):
        evening.look(0.5 + 0.1 * number)
    evening.look(2, "two-of-four-pods-crash")
    evening.mitigate(5.9)
    if verify:
        evening.panel(8, FINE)
    return evening


def test_right_mitigation_within_four_looks_and_verified_earns_seventy_per_cent():
    evening = recognised()
    assert evening.points("what-changed") == pytest.approx(7)
    assert evening.points("blast-radius") == pytest.approx(7)


def test_separating_look_before_closing_earns_the_rest():
    evening = recognised()
    evening.look(12, SHARED)
    evening.close(20, picks={"scope": "one-version"})
    assert evening.points("what-changed") == 10
    assert evening.points("blast-radius") == 10


def test_separating_look_after_closing_earns_no_rest():
    evening = recognised()
    evening.close(11, picks={"scope": "one-version"})
    evening.look(12, SHARED)
    assert evening.points("what-changed") == pytest.approx(7)


def test_fifth_look_or_no_verification_is_no_recognition():
    assert recognised(looks=5).points("what-changed") == 0
    assert recognised(verify=False).points("what-changed") == 0


def test_blind_guess_recognises_nothing():
    evening = Evening()
    evening.mitigate(5.9)
    evening.panel(8, FINE)
    assert evening.points("what-changed") == 0


# -- revises --------------------------------------------------------------------------------------


def trying(times: int, *, refuted_at: float | None = 1.5, curve=EXPERT) -> Evening:
    evening = Evening(curve)
    if refuted_at is not None:
        evening.look(refuted_at, DIFF)
    for number in range(times):
        evening.act(2 + 0.1 * number, "rollback", APP)
    return evening


def test_three_actions_after_refuting_evidence_are_forgiven_and_four_are_not():
    three, four = trying(3), trying(4)
    three.mitigate(5.9)
    four.mitigate(5.9)
    assert (three.points("revises"), four.points("revises")) == (3, 0)


def test_actions_before_the_evidence_do_not_count():
    evening = trying(4, refuted_at=3)
    evening.mitigate(5.9)
    assert evening.points("revises") == 3


def test_mitigation_without_any_detour_earns_it():
    evening = Evening()
    evening.mitigate(5.9)
    assert evening.points("revises") == 3


def test_neither_acted_nor_mitigated_is_no_occasion():
    evening = Evening(UNTOUCHED)
    evening.look(1, DIFF, SHARED)
    assert evening.points("revises") == 0


def test_idea_that_nothing_followed_was_not_revised():
    assert trying(1, curve=UNTOUCHED).points("revises") == 0


def test_refuted_idea_that_is_left_for_another_was_revised_though_that_failed_too():
    evening = trying(1, curve=UNTOUCHED)
    evening.act(4, "patch", f"nodes/{GOOD}", "labels x: y")
    assert evening.points("revises") == 3


def test_refuted_idea_named_as_the_cause_was_not_revised():
    evening = Evening()
    evening.look(1, DIFF)
    evening.mitigate(5.9)
    evening.close(20, picks={"trigger": "app-deploy"})
    assert evening.points("revises") == 0


def test_idea_that_was_tried_four_times_untested_was_not_revised():
    evening = trying(4, refuted_at=None)
    evening.mitigate(5.9)
    assert evening.points("revises") == 0
