# ruff: noqa: E501 - lines are shown as they are typed
"""What must be true on the screen of the night called Swift, on several seeds."""

from __future__ import annotations

import pytest

from tests.scenarios.keyboard import MINUTE, Keyboard, figures

SLUG = "payments-swift"
SEEDS = [0, 1007]
APP = "deployment/payment-service -n payments"
ALERT = "payment-service 5xx rate > 5% for 3 minutes"

LOOKS: list[tuple[str, str]] = [
    ("incident alerts", ""),
    ("incident dashboard errors", "users-fine users-recovered"),
    ("incident dashboard errors --by route", "one-rare-route users-fine"),
    ("incident dashboard errors --by version", "users-fine"),
    ("incident dashboard errors --by node", "users-fine"),
    ("incident dashboard errors --by client", "only-the-robot-fails users-fine"),
    ("incident dashboard failures", "few-failures"),
    ("incident dashboard failures --by route", "few-failures one-rare-route"),
    ("incident dashboard failures --by client", "few-failures only-the-robot-fails"),
    ("incident dashboard requests", ""),
    ("incident dashboard requests --by route", ""),
    ("incident dashboard requests --by client", ""),
    ("incident dashboard orders", "orders-as-ever"),
    ("incident dashboard ready", "all-pods-ready"),
    ("incident dashboard restarts --by pod", "all-pods-ready"),
    ("kubectl get pods -n payments", "all-pods-ready db-endpoint-healthy"),
    ("kubectl get pods -n payments -o name", ""),
    ("kubectl get deploy -n payments", "all-pods-ready"),
    ("kubectl get endpoints -n payments", "db-endpoint-healthy"),
    ("kubectl logs -n payments deploy/payment-service --tail=20", ""),
    (
        'for p in $(kubectl get pods -n edge -o name); do kubectl logs -n edge $p --since=10m | grep verify | grep " 200 "; done',
        "",
    ),
    (
        'for p in $(kubectl get pods -n edge -o name); do kubectl logs -n edge $p --since=10m | grep "verify 502"; done',
        "only-the-robot-fails test-card-expired",
    ),
    ("kubectl rollout history deployment/payment-service -n payments", "deploy-at-0241"),
    ("incident changes", "deploy-at-0241"),
    ("incident changes chg-2061", "deploy-at-0241 deploy-diff-innocent"),
    ("incident runbook synthetic", "check-runs-in-rounds"),
    ("incident runbook payment-service", ""),
    ("+9", ""),
    ("incident alerts", "alert-flaps"),
    ("incident dashboard errors --by client", "only-the-robot-fails users-fine"),
]
"""(what is typed, the facts that it shows); `+6` waits that many minutes."""


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(SLUG, 0, pause_s=2)


@pytest.mark.parametrize("seed", SEEDS)
def test_users_are_served_all_the_hour_while_the_alert_comes_and_goes(seed: int) -> None:
    keyboard = Keyboard(SLUG, seed)
    keyboard.wait(59)
    at_night = [share for at, share in keyboard.shares if at >= keyboard.run.paged_at]

    assert max([*at_night, keyboard.failing]) < 0.003
    assert len(keyboard.alerts("firing")) >= 5
    assert len(keyboard.alerts("resolved")) >= 5


def test_people_say_once_what_the_page_made_them_say(keyboard: Keyboard) -> None:
    keyboard.wait(25)

    assert len(keyboard.alerts("paged")) > 2
    assert [len(keyboard.said(who)) for who in ("noor", "karim", "lukas")] == [1, 1, 1]


@pytest.mark.parametrize(
    "line",
    [
        f"kubectl rollout undo {APP}",
        f"kubectl rollout restart {APP}",
        f"kubectl scale {APP} --replicas=8",
        "kubectl rollout restart deployment/gateway -n edge",
    ],
)
def test_nothing_that_is_done_to_production_stops_the_robot(keyboard: Keyboard, line: str) -> None:
    keyboard.type(line)
    keyboard.wait(20)

    assert len(keyboard.alerts("firing")) >= 4
    assert keyboard.failing < 0.003


def test_a_silence_is_all_that_is_heard_no_more(keyboard: Keyboard) -> None:
    keyboard.wait(2)
    keyboard.type(f'incident silence "{ALERT}" --for 2h')
    keyboard.wait(30)

    assert len(keyboard.alerts("paged")) == 1
    assert len(keyboard.alerts("firing")) > 3


def test_figures_come_out_of_the_model(keyboard: Keyboard) -> None:
    (users,) = keyboard.run.scenario.traffic
    robot = next(one for one in users.classes if one.name == "card-check")
    route = next(one for one in users.calls if one.call == robot.call)
    assert robot.rate is not None
    assert route.rate is not None
    routes = keyboard.panel("incident dashboard errors --by route")
    everything = keyboard.panel("incident dashboard errors")["all"][-1]
    page = keyboard.run.paged_at
    keyboard.wait(21)

    assert list(figures(SLUG).values()) == [
        f"{(robot.rate + route.rate) * 180:.0f}, {robot.rate * 180:.0f}",
        f"{float(routes[robot.call][-1][:-1]):.1f} %",
        f"{float(everything[:-1]):.1f} %",
        f"{sum(page < at <= page + 20 * MINUTE for at in keyboard.alerts('resolved'))}",
        keyboard.clock(page),
    ]
