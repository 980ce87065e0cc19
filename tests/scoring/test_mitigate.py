"""Mitigate first: lag from enough on the screen, and digging while users fail."""

from dataclasses import replace

import pytest

from tests.scoring.evening import BAD, UNTOUCHED, Evening, believing

ENOUGH = ("crashing-pods-share-node", "healthy-peer-reaches-db")


def lagging(enough_at: float | None, act_at: float) -> Evening:
    evening = Evening([(-4, 0.12), (act_at + 0.1, 0.001)])
    if enough_at is not None:
        evening.look(enough_at, *ENOUGH)
    evening.mitigate(act_at)
    return evening


@pytest.mark.parametrize(
    ("enough_at", "act_at", "points"),
    [(2, 3.9, 8), (2, 4, 8), (2, 10.5, 4), (2, 17, 0), (2, 40, 0)],
    ids=str,
)
def test_points_fall_from_two_minutes_of_lag_to_fifteen(enough_at, act_at, points):
    assert lagging(enough_at, act_at).points("mitigate-first") == pytest.approx(points)


def test_half_of_the_evidence_is_not_enough():
    evening = Evening([(-4, 0.12), (6, 0.001)])
    evening.look(0.5, ENOUGH[0])
    evening.look(5, ENOUGH[1])
    evening.mitigate(5.9)
    assert evening.points("mitigate-first") == 8


def test_mitigation_before_enough_was_on_the_screen_earns_all():
    assert lagging(None, 6).points("mitigate-first") == 8
    assert lagging(8, 6).points("mitigate-first") == 8


def test_never_looking_does_not_stop_the_clock():
    assert lagging(None, 7).points("mitigate-first") == 8
    assert lagging(None, 13.5).points("mitigate-first") == pytest.approx(4)
    assert lagging(None, 40).points("mitigate-first") == 0


def test_the_last_of_actions_that_only_help_together_counts():
    evening = Evening([(-4, 0.12), (17.1, 0.001)])
    evening.look(2, *ENOUGH)
    evening.cordon(3, without=UNTOUCHED)
    evening.act(17, "delete", "pods/payments/x", without=UNTOUCHED)
    assert evening.points("mitigate-first") == 0


def test_action_whose_effect_another_one_hides_is_still_a_mitigation():
    evening = Evening()
    evening.cordon(5)
    evening.act(5.5, "patch", "daemonsets/kube-system/kube-proxy", "limits: 128Mi -> 512Mi")
    finding = evening.finding("mitigate-first")
    assert finding.points == 8
    assert "kube-proxy" in finding.parts[0].exhibits[0].quote


def test_nothing_done_earns_nothing():
    evening = Evening(UNTOUCHED)
    evening.look(1, *ENOUGH)
    assert evening.points("mitigate-first") == 0


def test_users_who_were_hurt_and_healed_by_the_run_are_no_mitigation():
    worse = [(-4, 0.12), (3, 1.0), (8, 0.12)]
    evening = Evening(worse)
    evening.act(3, "patch", "deployments/payments/x", "replicas: 4 -> 0", without=UNTOUCHED)
    evening.act(
        8, "patch", "deployments/payments/x", "replicas: 0 -> 4", without=[(-4, 0.12), (3, 1.0)]
    )
    assert evening.points("mitigate-first") == 0


# -- deep looks -----------------------------------------------------------------------------------


def digging(*lines: str, facts: tuple[str, ...] = (), at: float = 3, **given) -> float:
    evening = Evening()
    evening.look(1, "two-of-four-pods-crash")
    for number, line in enumerate(lines):
        evening.look(at + 0.1 * number, *facts, line=line, **given)
    evening.mitigate(5.9)
    return evening.points("mitigate-first")


@pytest.mark.parametrize(
    "line",
    [
        "kubectl describe pod x",
        "kubectl get deployment x -o yaml",
        "kubectl get pod x --output=json",
    ],
)
def test_deep_look_that_tells_nothing_apart_costs_one(line):
    assert digging(line) == 7


def test_logs_and_node_commands_are_deep():
    assert digging("kubectl logs x", logs=True) == 7
    assert digging(f"ssh {BAD} ps", node=BAD) == 7


def test_deep_looks_cost_four_at_most():
    assert digging(*["kubectl describe pod x"] * 7) == 4


def test_look_that_separates_is_never_deep():
    assert digging("kubectl describe node x", facts=("node-reports-ready",)) == 8


def test_the_cause_does_not_excuse_a_deep_look_while_users_fail():
    assert digging(f"ssh {BAD} journalctl", facts=("proxy-oom-killed",), node=BAD) == 7


def test_deep_looks_after_the_mitigation_are_free():
    assert digging("kubectl describe pod x", at=7) == 8


def test_the_applications_source_is_deep():
    evening = Evening()
    evening.panel(2, name="document:source-payment-service")
    evening.panel(3, name="document:payment-service")
    evening.mitigate(5.9)
    assert evening.points("mitigate-first") == 7


def test_every_deep_look_that_is_charged_is_quoted_with_its_time_and_line():
    evening = Evening()
    for minute in (1, 2, 3, 4, 5):
        evening.look(minute, line=f"kubectl describe pod x{minute}", text="a\nb\nc")
    evening.mitigate(5.9)

    part = evening.finding("mitigate-first").parts[1]

    assert part.points == -4
    assert [one.line for one in part.exhibits] == [
        f"kubectl describe pod x{n}" for n in range(1, 6)
    ]
    assert len({one.at for one in part.exhibits}) == 5
    assert part.exhibits[0].quote == "a\nb"


def test_the_line_that_mitigates_is_no_look():
    evening = Evening([(-4, 0.12), (3.1, 0.001)])
    evening.act(3, "patch", "database:postgres/role/payments", "password: set", without=UNTOUCHED)
    evening.prints(3, 0, "ALTER ROLE")
    evening.records[0] = replace(evening.records[0], line="kubectl exec x -o yaml")

    assert evening.points("mitigate-first") == 8


@pytest.mark.parametrize(
    ("look_at", "act_at", "points"), [(2.5, 3.9, 8), (1.5, 3.9, 7), (2.5, 5, 6.4)]
)
def test_deep_looks_cost_nothing_where_the_mitigation_came_in_the_free_time(
    look_at, act_at, points
):
    evening = Evening([(-4, 0.12), (act_at + 0.1, 0.001)])
    evening.look(2, *ENOUGH)
    evening.look(look_at, line="kubectl describe pod x")
    evening.mitigate(act_at)

    assert evening.points("mitigate-first") == pytest.approx(points, abs=0.05)


@pytest.mark.parametrize(
    ("facts", "again", "points"),
    [
        # What proves the cause tells hypotheses apart, seen at once or beside what showed it before.
        (("proxy-oom-killed",), False, 8),
        (("rules-sparse", "bad-node-cannot-reach-service"), False, 8),
        (("proxy-limit-128",), False, 7),
        (("crashing-pods-share-node",), False, 8),
        (("crashing-pods-share-node",), True, 7),
        ((), False, 7),
    ],
    ids=str,
)
def test_with_hypotheses_a_look_that_separates_is_never_deep(facts, again, points):
    evening = Evening([(-4, 0.12), (3, 0.001)])
    line = "kubectl describe pod x"
    evening.look(0.5, "crashing-pods-share-node", line=line if again else "kubectl get pods")
    evening.look(1, *facts, line=line)
    evening.mitigate(2.9)

    assert evening.points("mitigate-first", spec=believing()) == points


def test_a_blip_is_no_mitigation():
    rollout = [(-4, 0.12), (2, 0.001), (5, 0.12), (20.1, 0.001)]
    evening = Evening(rollout)
    evening.look(1, *ENOUGH)
    evening.act(1.9, "restart", "deployments/payments/x", without=UNTOUCHED)
    evening.act(20, "patch", "nodes/x", "unschedulable: true", without=UNTOUCHED)

    assert evening.points("mitigate-first") == 0
