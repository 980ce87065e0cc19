"""What must be true on the screen of the night called Heron, on several seeds."""

from __future__ import annotations

import pytest

from tests.scenarios.keyboard import MINUTE, Keyboard, expert, figures

SLUG = "payments-heron"
SEEDS = [0, 1007]
APP = "deployment/payment-service -n payments"

LOOKS: list[tuple[str, str]] = [
    ("incident alerts", "alert-not-flapping"),
    ("incident dashboard errors", "users-failing"),
    ("incident dashboard errors --by route", "errors-on-one-route users-failing"),
    ("incident dashboard failures --by route", "errors-on-one-route users-failing"),
    ("incident dashboard errors --by version", "errors-by-version users-failing"),
    ("incident dashboard errors --by node", "every-pod-alike users-failing"),
    ("incident dashboard errors --by zone", "every-pod-alike users-failing"),
    ("incident dashboard errors --by pod", "every-pod-alike users-failing"),
    ("incident dashboard errors --by client", "users-failing"),
    ("incident dashboard requests", ""),
    ("incident dashboard requests --by route", ""),
    ("incident dashboard requests --by client", ""),
    ("incident dashboard orders", "orders-as-ever"),
    ("incident dashboard ready", "all-pods-ready"),
    ("incident dashboard ready --by node", ""),
    ("incident dashboard restarts --by pod", "all-pods-ready"),
    ("incident dashboard latency", ""),
    ("kubectl get pods -n payments", "all-pods-ready db-endpoint-healthy"),
    ("kubectl get pods -n payments -o name", ""),
    ("kubectl get pods -n payments -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName", ""),
    ("kubectl get deploy -n payments", "all-pods-ready"),
    ("kubectl get rs -n payments", "deploy-at-0241"),
    ("kubectl get endpoints -n payments", "db-endpoint-healthy"),
    (
        "kubectl logs -n payments deploy/payment-service --tail=60",
        "errors-on-one-route status-link-error",
    ),
    ("kubectl logs -n payments deploy/payment-service --tail=40 | grep INFO", ""),
    (
        "kubectl logs -n payments -l app=payment-service --prefix --tail=30",
        "errors-on-one-route every-pod-alike status-link-error",
    ),
    ("kubectl logs -n edge deploy/gateway --tail=60", "errors-on-one-route"),
    ("kubectl set env deployment/payment-service -n payments --list", "base-has-no-slash"),
    ("kubectl exec -n payments deploy/payment-service -- env", "base-has-no-slash"),
    ("kubectl rollout history deployment/payment-service -n payments", "deploy-at-0241"),
    ("kubectl rollout status deployment/payment-service -n payments", ""),
    ("incident changes", "deploy-at-0241"),
    ("incident changes chg-2061", "deploy-at-0241 deploy-diff-guilty"),
    ("incident changes chg-2057", ""),
    ("incident runbook source-payment-service", "deploy-diff-guilty"),
    ("incident runbook payment-service", ""),
    ("kubectl rollout undo deployment/payment-service -n payments", ""),
    ("+2", ""),
    ("incident dashboard errors", "users-recovered"),
    ("incident dashboard errors --by route", ""),
    ("incident dashboard errors --by version", "errors-by-version"),
    ("incident dashboard errors --by node", ""),
    ("kubectl get pods -n payments", "db-endpoint-healthy old-release-serves"),
    ("kubectl logs -n payments deploy/payment-service --tail=60", ""),
    ("incident dashboard requests", ""),
    ("incident dashboard orders", "orders-as-ever"),
]
"""(what is typed, the facts that it shows); `+6` waits that many minutes."""


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(SLUG, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_users_are_served_until_the_release_and_then_one_kind_of_request_fails(seed: int) -> None:
    keyboard = Keyboard(SLUG, seed)
    before = [share for at, share in keyboard.shares if at < keyboard.fault_at]
    routes = keyboard.panel("incident dashboard errors --by route")

    assert max(before) < 0.002
    assert 3 * MINUTE <= keyboard.run.paged_at - keyboard.fault_at <= 6 * MINUTE
    assert routes["GET /v1/payments/status"][-1] == "100.0%"
    assert {cells[-1] for name, cells in routes.items() if name.startswith("POST")} == {"0.10%"}


def test_untouched_it_hurts_to_the_end(keyboard: Keyboard) -> None:
    keyboard.wait(59)

    shares = [share for at, share in keyboard.shares if at >= keyboard.run.paged_at]
    assert min([*shares, keyboard.failing]) > 0.3


@pytest.mark.parametrize(
    ("lines", "heals"),
    [
        ([f"kubectl rollout undo {APP}"], True),
        (
            [
                f"kubectl set image {APP} payment-service=registry.internal/payments/payment-service:3.18.1"
            ],
            True,
        ),
        ([f"kubectl rollout undo {APP} --to-revision=46"], True),
        ([f"kubectl set env {APP} STATUS_BASE=https://status.shop.internal/"], True),
        ([f"kubectl rollout restart {APP}"], False),
        ([f"kubectl scale {APP} --replicas=8"], False),
        (["kubectl delete pod -n payments -l app=payment-service --wait=false"], False),
        (["kubectl cordon node-worker-1", f"kubectl rollout restart {APP}"], False),
        (["kubectl rollout restart deployment/gateway -n edge"], False),
        (["kubectl rollout restart deployment/postgres -n payments"], False),
        ([f"kubectl rollout restart {APP}", "+1", f"kubectl rollout undo {APP}"], False),
        (
            [
                f"kubectl rollout restart {APP}",
                "+1",
                f"kubectl rollout undo {APP} --to-revision=46",
            ],
            True,
        ),
    ],
)
def test_only_the_release_before_heals(keyboard: Keyboard, lines: list[str], heals: bool) -> None:
    for line in lines:
        if line.startswith("+"):
            keyboard.wait(float(line))
        else:
            keyboard.type(line)
    keyboard.wait(2)

    assert keyboard.failing < 0.003 if heals else keyboard.failing > 0.3


def test_figures_come_out_of_the_model(keyboard: Keyboard) -> None:
    routes = keyboard.panel("incident dashboard errors --by route")
    everything = keyboard.panel("incident dashboard errors")["all"][-1]
    full = next(at for at, share in keyboard.shares if share > 0.99 * keyboard.failing)
    story = expert(SLUG)
    assert story.mitigated_at is not None

    assert list(figures(SLUG).values()) == [
        f"{float(routes['GET /v1/payments/status'][-1][:-1]):.0f} %",
        f"{float(everything[:-1]):.0f} %",
        f"{(full - keyboard.fault_at) / 1000:.0f} s",
        f"{(story.mitigated_at - story.paged_at) / MINUTE:.1f} min",
        keyboard.clock(keyboard.run.paged_at),
    ]
