"""Block Users: loss between two references, harm of one's own, a recovery that lasts and was seen."""

import pytest

from tests.scoring.evening import APP, EXPERT, GOOD, UNTOUCHED, Evening

FINE = "users-recovered"


# -- users' loss ----------------------------------------------------------------------------------


def test_untouched_night_earns_nothing_of_users_loss():
    assert Evening(UNTOUCHED).points("users-loss") == 0


def test_run_as_good_as_the_expert_earns_all_of_it():
    assert Evening(EXPERT).points("users-loss") == 25


def test_run_that_mitigates_halfway_between_earns_half():
    # The expert ends it at minute 6 of 60; half of what that saves is saved at minute 33.
    assert Evening([(-4, 0.12), (33, 0.001)]).points("users-loss") == pytest.approx(12.5)


def test_run_that_is_better_than_the_expert_or_worse_than_nobody_is_cut():
    assert Evening([(-4, 0.12), (1, 0.001)]).points("users-loss") == 25
    assert Evening([(-4, 0.12), (5, 0.9)]).points("users-loss") == 0


def test_loss_after_the_horizon_does_not_count():
    late = [(-4, 0.12), (6, 0.001), (60, 0.9)]
    assert Evening(late).points("users-loss") == 25


def test_closing_early_does_not_end_users_pain():
    closed, open_ = Evening(UNTOUCHED), Evening(UNTOUCHED)
    closed.close(1)
    assert closed.points("users-loss") == open_.points("users-loss") == 0


def test_where_nothing_could_be_saved_the_run_must_only_not_be_worse():
    flat = [(-4, 0.12)]
    assert Evening(flat).points("users-loss", none=flat, expert=flat) == 25
    assert Evening([(-4, 0.2)]).points("users-loss", none=flat, expert=flat) == 0


# -- no harm of our own ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes_of_harm", "points"), [(0.5, 10), (2, 8), (7, 6), (40, 2)], ids=str
)
def test_harm_costs_by_its_share_of_the_reference_loss(minutes_of_harm, points):
    # 64 min at 12 % are the reference: harm of 1 %, 10 %, 50 % lasts 0.64, 6.4, 32 min at 12 %.
    evening = Evening([*EXPERT, (10, 0.121), (10 + minutes_of_harm, 0.001)])
    evening.act(10, "delete", "pods/payments/x", without=EXPERT)
    assert evening.points("no-harm") == points


def test_harm_is_measured_against_five_minutes_at_the_paging_threshold_at_least():
    calm = [(-4, 0.001)]
    evening = Evening([(-4, 0.001), (10, 0.12), (10.5, 0.001)])
    evening.act(10, "delete", "pods/payments/x", without=calm)
    # 30 s at 12 % are 357 requests: 24 % of 5 min at 5 %, though nothing would have been lost.
    assert evening.points("no-harm", none=calm, expert=calm) == 6


def test_action_that_helps_or_does_nothing_costs_nothing():
    evening = Evening()
    evening.mitigate(5.9)
    evening.act(10, "create", "pods/default/debug")
    finding = evening.finding("no-harm")
    assert finding.points == 10
    assert len(finding.parts) == 1


def test_each_harmful_action_is_quoted_with_its_price():
    evening = Evening([*EXPERT, (10, 0.121), (17, 0.001)])
    evening.act(10, "restart", "daemonsets/kube-system/kube-proxy", "at once", without=EXPERT)
    part = evening.finding("no-harm").parts[1]
    assert part.points == -4
    assert "5,040 requests fewer" in part.why
    assert part.exhibits[0].quote == "restart daemonsets/kube-system/kube-proxy at once"


@pytest.mark.parametrize(
    "target",
    [
        APP,
        "namespaces/shop",
        "services/payments/postgres",
        "persistentvolumeclaims/payments/postgres-data",
        "daemonsets/kube-system/kube-proxy",
        "configmaps/edge/gateway",
        "nodes/node-worker-5",
    ],
)
def test_what_nothing_restores_costs_five_though_no_user_notices(target):
    evening = Evening()
    evening.act(10, "delete", target)
    assert evening.points("no-harm") == 5


@pytest.mark.parametrize(
    "target", ["pods/payments/x", "replicasets/payments/x-1", "endpointslices/payments/x-abc"]
)
def test_what_a_controller_makes_again_costs_nothing(target):
    evening = Evening()
    evening.act(10, "delete", target)
    assert evening.points("no-harm") == 10


def test_deleted_object_that_is_made_again_costs_nothing_but_a_claim_does():
    again = Evening()
    again.act(10, "delete", "services/payments/postgres")
    again.act(12, "create", "services/payments/postgres")
    assert again.points("no-harm") == 10
    claim = Evening()
    claim.act(10, "delete", "persistentvolumeclaims/payments/data")
    claim.act(12, "create", "persistentvolumeclaims/payments/data")
    assert claim.points("no-harm") == 5


def test_own_object_may_be_deleted():
    evening = Evening()
    evening.act(10, "create", "services/default/probe")
    evening.act(11, "delete", "services/default/probe")
    assert evening.points("no-harm") == 10


def test_silence_beyond_the_shift_costs_five_and_one_of_half_an_hour_nothing():
    day, short, all_ = Evening(), Evening(), Evening()
    day.act(1, "silence", "alert:5xx", "silence for 1440 min")
    short.act(1, "silence", "alert:5xx", "silence for 30 min")
    all_.act(1, "silence", "alert:*", "silence for 30 min")
    assert [one.points("no-harm") for one in (day, short, all_)] == [5, 10, 5]


def test_two_actions_that_hide_each_others_harm_are_charged_together():
    broken = [(-4, 0.12), (5, 1.0)]
    evening = Evening(broken)
    first = evening.act(5, "patch", APP, "replicas: 4 -> 0")
    second = evening.act(6, "delete", "pods/payments/x")
    evening.without[frozenset({first, second})] = UNTOUCHED
    finding = evening.finding("no-harm")
    assert finding.points == 2
    assert "these 2 actions together" in finding.parts[1].why


# -- verified, stable recovery --------------------------------------------------------------------


def recovered(*, look_at: float | None = 8, curve=EXPERT) -> Evening:
    evening = Evening(curve)
    evening.mitigate(5.9)
    if look_at is not None:
        evening.panel(look_at, FINE)
    return evening


def test_base_for_ten_minutes_and_a_look_after_the_last_action_earn_all():
    assert recovered().points("recovery") == 5


def test_recovery_that_nobody_looked_at_earns_nothing():
    assert recovered(look_at=None).points("recovery") == 0


def test_look_before_the_last_action_is_not_enough():
    evening = recovered()
    evening.uncordon(12)
    assert evening.points("recovery") == 0
    evening.panel(13, FINE)
    assert evening.points("recovery") == 5


def test_debug_pod_is_no_last_action():
    evening = recovered()
    evening.act(12, "create", "pods/default/debug")
    assert evening.points("recovery") == 5


def test_recovery_that_breaks_again_earns_nothing():
    again = [*EXPERT, (20, 0.12)]
    evening = recovered(curve=again)
    evening.uncordon(20, without=EXPERT)
    evening.panel(21, FINE)
    assert evening.points("recovery") == 0


def test_recovery_in_the_last_ten_minutes_is_not_yet_stable():
    late = [(-4, 0.12), (51, 0.001)]
    evening = Evening(late)
    evening.mitigate(50.9)
    evening.panel(55, FINE)
    assert evening.points("recovery") == 0


def test_users_who_recover_by_themselves_are_no_merit_of_the_run():
    evening = Evening(EXPERT)
    evening.act(3, "patch", f"nodes/{GOOD}", "labels x: y")
    evening.panel(8, FINE)
    assert evening.points("recovery", none=EXPERT) == 0


def test_idle_night_keeps_no_harm_and_nothing_else():
    card, _ = Evening(UNTOUCHED).score()
    assert {one.id: one.points for one in card.findings if one.points} == {"no-harm": 10}
