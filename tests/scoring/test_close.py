"""Updates, temporary measures, follow-through."""

import pytest

from tests.scoring.evening import APP, BAD, EXPERT, FIELDS, GOOD, UNTOUCHED, Evening

SAFE = "rules-complete"
LIMIT = "proxy-limit-128"


def got(evening: Evening, item: str) -> list[float]:
    return [part.points for part in evening.finding(item).parts]


# -- updates --------------------------------------------------------------------------------------


def test_full_update_in_time_right_person_and_nobody_woken_earn_all():
    evening = Evening()
    evening.update(4, **FIELDS)
    evening.update(10, to="tomasz", text="kube-proxy?")
    assert got(evening, "updates") == [2, 1, 1, 1]


def test_no_update_earns_nothing_of_it():
    assert Evening().points("updates") == 0


def test_update_after_five_minutes_is_late():
    evening = Evening()
    evening.update(5.1, **FIELDS)
    assert got(evening, "updates")[0] == 0


@pytest.mark.parametrize("field", list(FIELDS))
def test_missing_field_costs_half(field):
    evening = Evening()
    evening.update(4, **{name: text for name, text in FIELDS.items() if name != field})
    part = evening.finding("updates").parts[0]
    assert (part.points, part.why) == (1, f"in time, but without {field}")


def test_fields_that_say_nothing_or_all_the_same_do_not_count():
    evening = Evening()
    evening.update(4, impact="x", scope="...", action="the same", next="The same!")
    assert got(evening, "updates")[0] == 1


def test_fullest_update_of_those_in_time_counts():
    evening = Evening()
    evening.update(1, text="looking")
    evening.update(4, **FIELDS)
    assert got(evening, "updates")[0] == 2


@pytest.mark.parametrize(("second", "points"), [(16, 1), (20, 0)])
def test_next_update_is_due_within_fifteen_minutes_while_it_burns(second, points):
    evening = Evening([(-4, 0.12), (25, 0.001)])
    evening.update(4, **FIELDS)
    evening.update(second, **FIELDS)
    assert got(evening, "updates")[1] == points


def test_nothing_is_due_while_nothing_burns():
    evening = Evening(EXPERT)
    evening.update(4, **FIELDS)
    assert got(evening, "updates")[1] == 1


def test_fire_that_breaks_out_again_is_worth_a_word():
    evening = Evening([*EXPERT, (20, 0.12), (40, 0.001)])
    evening.update(4, **FIELDS)
    assert got(evening, "updates")[1] == 0


def test_waking_who_cannot_help_costs_its_point():
    evening = Evening()
    evening.update(4, **FIELDS)
    evening.update(5, to="ines", text="is the database up?")
    part = evening.finding("updates").parts[3]
    assert (part.points, part.why) == (0, "Ines Carvalho was woken and could not help tonight")


def test_hundred_updates_earn_no_more_than_two_good_ones():
    evening = Evening(UNTOUCHED)
    for minute in range(60):
        evening.update(minute, to="tomasz", **FIELDS)
    card, _ = evening.score()
    assert {one.id: one.points for one in card.findings if one.points} == {
        "no-harm": 10,
        "updates": 5,
    }


# -- temporary measures ---------------------------------------------------------------------------


def test_cordon_undone_after_the_check_earns_all():
    evening = Evening()
    evening.mitigate(5.9)
    evening.look(15, SAFE)
    evening.uncordon(16)
    assert evening.points("temporary") == 3


def test_cordon_undone_before_it_was_seen_to_be_safe_earns_one():
    evening = Evening()
    evening.mitigate(5.9)
    evening.uncordon(8)
    evening.look(15, SAFE)
    assert evening.points("temporary") == 1


def test_cordon_that_is_left_earns_nothing():
    evening = Evening()
    evening.mitigate(5.9)
    evening.look(15, SAFE)
    assert evening.points("temporary") == 0


def test_cordon_taken_again_is_not_undone():
    evening = Evening()
    evening.mitigate(5.9)
    evening.look(15, SAFE)
    evening.uncordon(16)
    evening.cordon(17)
    assert evening.points("temporary") == 0


def test_verified_mitigation_without_any_measure_earns_all_and_unverified_nothing():
    evening = Evening()
    evening.act(5.9, "delete", "pods/payments/x", without=UNTOUCHED)
    assert evening.points("temporary") == 0
    evening.panel(8, "users-recovered")
    assert evening.points("temporary") == 3


def test_nothing_taken_and_nothing_mitigated_is_no_occasion():
    assert Evening(UNTOUCHED).points("temporary") == 0


@pytest.mark.parametrize(
    ("target", "made", "undone"),
    [
        (f"nodes/{BAD}", "taints: +a=b:NoSchedule", "taints: -a=b:NoSchedule"),
        (f"nodes/{BAD}", "labels pool: none", "labels pool: payments"),
        (f"nodes/{BAD}", "labels bad: yes", "labels bad: none"),
        ("deployments/scale/payments/payment-service", "replicas: 4 -> 8", "replicas: 8 -> 4"),
        (APP, "nodeSelector: {'a': 'b'} -> {'a': 'c'}", "nodeSelector: {'a': 'c'} -> {'a': 'b'}"),
    ],
)
def test_other_measures_are_undone_by_their_opposite(target, made, undone):
    evening = Evening()
    evening.mitigate(5.9)
    evening.look(15, SAFE)
    evening.uncordon(16)
    evening.act(6.5, "patch", target, made)
    assert evening.points("temporary") == 1.5
    evening.act(17, "patch", target, undone)
    assert evening.points("temporary") == 3


def test_scaling_half_way_back_is_not_undone():
    evening = Evening()
    evening.act(5.9, "patch", APP, "replicas: 4 -> 8", without=UNTOUCHED)
    evening.look(15, SAFE)
    evening.act(16, "patch", APP, "replicas: 8 -> 6")
    assert evening.points("temporary") == 0
    evening.act(17, "patch", APP, "replicas: 6 -> 4")
    assert evening.points("temporary") == 3


def test_selector_is_taken_back_by_rolling_back():
    evening = Evening()
    evening.act(5.9, "patch", APP, "nodeSelector: {} -> {'zone': 'a'}", without=UNTOUCHED)
    evening.look(15, SAFE)
    evening.act(16, "rollback", APP)
    assert evening.points("temporary") == 3


def cordoned_and_given_back() -> Evening:
    evening = Evening()
    evening.mitigate(5.9)
    evening.look(15, SAFE)
    evening.uncordon(16)
    return evening


def test_debug_pod_left_behind_costs_half_and_a_removed_one_nothing():
    left, removed = cordoned_and_given_back(), cordoned_and_given_back()
    left.act(3, "create", "pods/default/debug")
    removed.act(3, "create", "pods/default/debug")
    removed.act(4, "delete", "pods/default/debug")
    assert (left.points("temporary"), removed.points("temporary")) == (1.5, 3)


def test_silence_that_outlasts_the_hour_costs_and_one_that_runs_out_does_not():
    long, short = cordoned_and_given_back(), cordoned_and_given_back()
    long.act(1, "silence", "alert:5xx", "silence for 120 min")
    short.act(1, "silence", "alert:5xx", "silence for 30 min")
    assert (long.points("temporary"), short.points("temporary")) == (1.5, 3)


def test_other_node_left_cordoned_costs_and_limits_of_the_application_as_well():
    node, limit = cordoned_and_given_back(), cordoned_and_given_back()
    node.cordon(3, GOOD)
    limit.act(3, "patch", APP, "payment-service.resources: {'a...' -> {'a...'")
    assert (node.points("temporary"), limit.points("temporary")) == (1.5, 1.5)


def test_giving_back_what_protected_nothing_earns_nothing():
    evening = Evening(UNTOUCHED)
    evening.cordon(1, GOOD)
    evening.uncordon(2, GOOD)
    evening.act(3, "create", "pods/default/debug")
    evening.act(4, "delete", "pods/default/debug")
    evening.act(5, "silence", "alert:5xx", "silence for 1 min")
    assert evening.points("temporary") == 0


def test_uncordon_of_a_free_node_is_no_measure():
    evening = Evening(UNTOUCHED)
    evening.uncordon(2)
    evening.look(3, SAFE)
    assert evening.points("temporary") == 0


# -- follow-through -------------------------------------------------------------------------------


def test_ticket_reminder_and_note_earn_all():
    evening = Evening()
    evening.look(10, LIMIT)
    evening.ticket(20, "proxy-limit", "raise-limit", "platform")
    evening.remind(21, "tomorrow")
    evening.note(22, "cordoned the node at 02:53")
    assert got(evening, "follow-through") == [2, 1, 1]


def test_each_part_of_the_ticket_is_a_third():
    evening = Evening()
    evening.look(10, LIMIT)
    evening.ticket(20, "proxy-limit", "revert-release", "platform")
    assert got(evening, "follow-through")[0] == pytest.approx(4 / 3)


def test_last_ticket_counts():
    evening = Evening()
    evening.look(10, LIMIT)
    evening.ticket(20, "proxy-limit", "raise-limit", "platform")
    evening.ticket(21, "release", "revert-release", "payments")
    assert got(evening, "follow-through")[0] == 0


def test_ticket_that_nothing_on_the_screen_bears_out_is_a_guess():
    evening = Evening()
    evening.ticket(1, "proxy-limit", "raise-limit", "platform")
    evening.look(10, LIMIT)
    part = evening.finding("follow-through").parts[0]
    assert part.points == pytest.approx(2 / 3)
    assert "guessed" in part.why


@pytest.mark.parametrize(
    ("due", "points"),
    [
        ("tomorrow", 1),
        ("2026-11-20T09:00:00Z", 1),
        ("2026-11-21T08:30:00+01:00", 1),
        ("2026-11-20T03:00:00Z", 0),
        ("2026-11-27T09:00:00Z", 0),
        ("next-week", 0),
    ],
)
def test_reminder_is_for_tomorrow(due, points):
    evening = Evening()
    evening.remind(20, due)
    assert got(evening, "follow-through")[1] == points


def test_second_reminder_may_be_the_right_one():
    evening = Evening()
    evening.remind(20, "next-week")
    evening.remind(21, "tomorrow")
    assert got(evening, "follow-through")[1] == 1


def test_note_of_a_letter_is_none():
    evening = Evening()
    evening.note(20, "x ...")
    assert got(evening, "follow-through")[2] == 0
