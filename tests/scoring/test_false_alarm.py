"""The false-alarm form: restraint for a reason, a date that is kept, and nothing for doing nothing."""

import pytest

from sim.evidence import ActionRecord, BetRecord
from sim.scoring.criteria.restraint import weight
from tests.scoring.evening import APP, FIELDS, Evening, harmless, ms

CALM = [(-4, 0.001)]
POD = "pods/payments/payment-service-1"


def quiet() -> Evening:
    """Two sources seen, nothing touched."""
    evening = Evening(CALM)
    evening.panel(0.5, "users-failing", name="errors")
    evening.look(1, "alert-not-flapping", line="incident alerts")
    return evening


def points(evening: Evening, item: str) -> float:
    return evening.points(item, spec=harmless(), none=CALM, expert=CALM)


def total(evening: Evening) -> float:
    return evening.score(spec=harmless(), none=CALM, expert=CALM)[0].total


def test_idle_earns_no_harm_and_nothing_else():
    assert total(Evening(CALM)) == 10


def test_taking_the_page_and_waiting_earns_no_more():
    evening = Evening(CALM)
    evening.acknowledge(0.3)
    assert total(evening) <= 12


def test_restraint_rests_on_two_independent_sources():
    assert points(quiet(), "users-loss") == 25
    assert points(quiet(), "is-it-real") == 4


def test_restraint_on_one_source_is_half():
    evening = Evening(CALM)
    evening.look(1, "alert-not-flapping")
    assert points(evening, "users-loss") == 12.5
    assert points(evening, "is-it-real") == 2


def test_two_topics_of_one_look_are_one_source():
    evening = Evening(CALM)
    evening.look(1, "alert-not-flapping", "users-failing")
    assert points(evening, "is-it-real") == 2


def test_looks_after_closing_are_no_grounds():
    evening = Evening(CALM)
    evening.close(0.2)
    evening.panel(0.5, "users-failing")
    evening.look(1, "alert-not-flapping")
    assert points(evening, "users-loss") == 0


@pytest.mark.parametrize(
    ("verb", "target", "detail", "cost"),
    [
        ("rollback", APP, "", 10),
        ("restart", APP, "", 10),
        ("delete", POD, "", 10),
        ("patch", "nodes/node-1", "unschedulable: true", 10),
        ("patch", "nodes/node-1", "unschedulable: false", 0),
        ("systemctl", "node:node-1", "restart kubelet", 10),
        ("update", "database:postgres/role", "password", 10),
        ("patch", APP, "app.image: a -> b", 10),
        ("patch", "secrets/payments/payments-db", "data password: x", 10),
        ("patch", APP, "replicas: 4 -> 8", 4),
        ("patch", APP, "replicas: 4 -> 2", 10),
        ("create", "jobs/payments/x", "", 4),
        ("silence", "alert:5xx", "silence for 120 min", 0),
        ("silence", "alert:5xx", "silence for 1440 min", 5),
        ("silence", "alert:*", "silence for 10 min", 5),
    ],
)
def test_needless_changes_weigh_by_what_they_can_do(verb, target, detail, cost):
    assert weight(ActionRecord(at=0, target=target, verb=verb, detail=detail))[0] == cost
    evening = quiet()
    evening.act(2, verb, target, detail)
    assert points(evening, "users-loss") == 25 - cost


def test_same_kind_again_costs_once_and_another_kind_again():
    evening = quiet()
    for minute in (2, 3, 4):
        evening.act(minute, "rollback", APP)
    assert points(evening, "users-loss") == 15
    evening.act(5, "delete", POD)
    assert points(evening, "users-loss") == 5


def test_change_that_measurably_hurt_counts_as_harmful():
    evening = quiet()
    evening.curve = [(-4, 0.001), (5, 0.2), (25, 0.001)]
    evening.act(4, "create", "jobs/payments/x", without=CALM)
    assert points(evening, "users-loss") == 15


def test_pods_of_ones_own_are_no_change():
    evening = quiet()
    evening.act(2, "create", "pods/payments/debug")
    assert points(evening, "users-loss") == 25


@pytest.mark.parametrize(
    ("said", "looked", "earned"),
    [
        ({"next": "02:57"}, 10, 8),
        ({"next": "in ten minutes"}, 10, 8),
        ({"next": "10 min"}, 12, 8),
        ({"next": "in ten minutes"}, 5, 4),
        ({"next": "in ten minutes"}, None, 4),
        ({"next": "later"}, 10, 0),
        ({"next": "tomorrow morning at 09:30"}, 10, 0),
    ],
)
def test_date_is_named_and_kept(said, looked, earned):
    evening = quiet()
    evening.update(2, **{**FIELDS, **said})
    if looked is not None:
        evening.panel(looked + 2, "users-recovered", name="errors")
    assert points(evening, "mitigate-first") == earned


def test_time_in_free_text_reminder_or_bet_is_a_date_too():
    for promise in ("update", "reminder", "bet"):
        evening = quiet()
        if promise == "update":
            evening.update(2, text="false, I look again at 02:57")
        elif promise == "reminder":
            evening.remind(2, "2026-11-20T02:57:00Z")
        else:
            evening.records.append(bet(2))
        assert points(evening, "mitigate-first") == 4
        evening.panel(10.5, "users-recovered")
        assert points(evening, "mitigate-first") == 8


def bet(minute, **given):
    values = {"text": "bet", "metric": "errors", "below": 0.01, "within_ms": 480_000, "sure": 90}
    return BetRecord(at=ms(minute), input=90, **{**values, **given})


@pytest.mark.parametrize(
    ("given", "earned"),
    [
        ({}, 4),
        ({"metric": "orders", "below": None, "above": 14_000.0}, 4),
        ({"metric": "ready", "below": None, "above": 3.0}, 0),
        ({"below": 1.0}, 0),
        ({"below": None, "above": 0.0}, 0),
    ],
    ids=str,
)
def test_only_a_bet_on_users_that_can_be_lost_is_a_date(given, earned):
    evening = quiet()
    evening.records.append(bet(2, **given))
    assert points(evening, "mitigate-first") == earned


@pytest.mark.parametrize(
    ("said", "looked", "earned"),
    [
        ("at 02:51, at 02:57, at 03:04, in half an hour", 10.5, 4),
        ("at 02:51, at 02:57, at 03:04, in half an hour", 4.5, 8),
    ],
)
def test_of_many_times_in_one_update_the_first_counts(said, looked, earned):
    evening = quiet()
    evening.update(2, **{**FIELDS, "next": said})
    evening.panel(looked + 16 if earned == 4 else looked, "users-recovered")
    assert points(evening, "mitigate-first") == earned


@pytest.mark.parametrize(("looked", "earned"), [(10.5, 4), (33, 8)])
def test_a_later_statement_takes_the_place_of_one_that_is_not_due_yet(looked, earned):
    evening = quiet()
    evening.update(2, **{**FIELDS, "next": "02:57"})
    evening.remind(3, "2026-11-20T03:20:00Z")
    evening.panel(looked, "users-recovered")
    assert points(evening, "mitigate-first") == earned


def test_a_time_that_was_kept_is_not_taken_back_by_the_next():
    evening = quiet()
    evening.update(2, **{**FIELDS, "next": "02:57"})
    evening.panel(10.5, "users-recovered")
    evening.update(11, **{**FIELDS, "next": "03:27"})
    assert points(evening, "mitigate-first") == 8


@pytest.mark.parametrize(
    ("said", "closed", "earned"),
    [((2, 14), 20, 1), ((2, 14), 40, 0), ((2,), 20, 0), ((14,), None, 0)],
)
def test_a_false_alarm_is_spoken_of_until_it_is_closed(said, closed, earned):
    evening = quiet()
    for minute in said:
        evening.update(minute, text="false, as far as I can tell")
    if closed is not None:
        evening.close(closed)
    card, _ = evening.score(spec=harmless(), none=CALM, expert=CALM)
    assert card.finding("updates").parts[1].points == earned


def test_count_in_free_text_is_no_date():
    evening = quiet()
    evening.update(2, text="3 requests failed, 10 minutes of flapping")
    assert points(evening, "mitigate-first") == 0


def test_calm_has_to_be_looked_at_again():
    evening = quiet()
    assert points(evening, "recovery") == 0
    evening.panel(12, "users-recovered")
    assert points(evening, "recovery") == 5


def test_settled_night_is_an_occasion_for_revising_and_for_leaving_nothing_behind():
    evening = quiet()
    evening.panel(12, "users-recovered")
    assert points(evening, "revises") == 3
    assert points(evening, "temporary") == 3
    assert points(Evening(CALM), "revises") == points(Evening(CALM), "temporary") == 0


def test_silence_that_ends_within_the_shift_lifts_itself():
    evening = quiet()
    evening.panel(12, "users-recovered")
    evening.act(2, "silence", "alert:5xx", "silence for 120 min")
    assert points(evening, "temporary") == 3
    evening.act(3, "silence", "alert:other", "silence for 1440 min")
    assert points(evening, "temporary") == 0
    assert points(evening, "no-harm") == 5


def test_nothing_changed_needs_grounds():
    spec = harmless()
    plain = tuple(fact for fact in spec.facts if not {"change", "cause"} <= set(fact.about))
    spec = spec.model_copy(update={"facts": plain})
    evening = quiet()
    evening.look(1.5, "deploy-at-0241")
    assert evening.finding("what-changed", spec=spec, none=CALM, expert=CALM).points == 4
    evening.look(2, "deploy-diff-innocent")
    evening.close(20, {"trigger": spec.closing.trigger.right[0]})
    assert evening.finding("what-changed", spec=spec, none=CALM, expert=CALM).points == 10


def test_lines_speak_of_restraint():
    card, case = quiet().score(spec=harmless(), none=CALM, expert=CALM)
    assert card.finding("users-loss").title == "Restraint"
    assert card.finding("mitigate-first").title == "Restraint with a date"
    assert card.reported["mitigate_s"] is None
    assert case.settled
    assert not case.mitigated
