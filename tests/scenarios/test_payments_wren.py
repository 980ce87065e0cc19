# ruff: noqa: E501 - lines are shown as they are typed
"""What must be true on the screen of the night called Wren, on several seeds."""

from __future__ import annotations

import pytest

from tests.scenarios.keyboard import MINUTE, Keyboard, expert, figures

SLUG = "payments-wren"
SEEDS = [0, 1007]
APP = "deployment/payment-service -n payments"
ALTER = "kubectl exec -n payments deploy/postgres -- psql -U postgres -c \"ALTER ROLE payments PASSWORD '{}'\""
OURS = "$(kubectl get secret payments-db -n payments -o jsonpath={.data.password} | base64 -d)"
NEW = "$(kubectl get secret payments-db -n payments-staging -o jsonpath={.data.password})"
PATCH = f"""kubectl patch secret payments-db -n payments -p '{{"data":{{"password":"'{NEW}'"}}}}'"""

LOOKS: list[tuple[str, str]] = [
    ("incident alerts", "alert-not-flapping"),
    ("incident dashboard errors", "errors-climb users-failing"),
    ("incident dashboard errors --by route", "errors-climb users-failing"),
    ("incident dashboard errors --by version", "errors-climb old-pods-fail-too users-failing"),
    ("incident dashboard errors --by node", "errors-climb every-node-alike users-failing"),
    ("incident dashboard errors --by zone", "errors-climb every-node-alike users-failing"),
    ("incident dashboard errors --by pod", "errors-climb old-pods-fail-too users-failing"),
    ("incident dashboard errors --by client", "errors-climb users-failing"),
    ("incident dashboard failures", "users-failing"),
    ("incident dashboard orders", ""),
    ("incident dashboard ready", ""),
    ("incident dashboard connections --by node", ""),
    ("incident dashboard restarts --by pod", ""),
    ("kubectl get pods -n payments", "db-endpoint-healthy newest-pod-crashes"),
    ("kubectl get pods -n payments -o name", ""),
    ("kubectl get deploy -n payments", ""),
    ("kubectl get rs -n payments", ""),
    ("kubectl get endpoints -n payments", "db-endpoint-healthy"),
    (
        "kubectl logs -n payments deploy/payment-service --tail=40",
        "login-refused old-pods-fail-too open-ones-live",
    ),
    ("kubectl logs -n payments deploy/payment-service --tail=40 | grep INFO", ""),
    (
        "kubectl logs -n payments -l app=payment-service --prefix --tail=60",
        "login-refused old-pods-fail-too open-ones-live",
    ),
    ("kubectl logs -n edge deploy/gateway --tail=60", ""),
    ("kubectl logs -n payments deploy/postgres --tail=20", "login-refused"),
    ("kubectl logs -n payments deploy/postgres | grep -i 'alter role'", "old-password-ended"),
    ("kubectl logs -n payments deploy/postgres | grep checkpoint", ""),
    ("kubectl get secrets -n payments", ""),
    ("kubectl get secret payments-db -n payments -o jsonpath={.metadata}", "secret-is-old"),
    ("kubectl get secret payments-db -n payments -o yaml", "secret-is-old"),
    ("kubectl describe secret payments-db -n payments", "secret-is-old"),
    (
        "kubectl get secret payments-db -n payments-staging -o jsonpath={.metadata}",
        "rotated-elsewhere",
    ),
    ("kubectl get secret payments-db -n payments-staging -o yaml", "rotated-elsewhere"),
    ("kubectl describe secret payments-db -n payments-staging", "rotated-elsewhere"),
    (
        'kubectl exec -n payments deploy/postgres -- psql -U postgres -c "select usename,client_addr,count(*),min(backend_start) from pg_stat_activity where usename is not null group by 1,2"',
        "open-ones-live",
    ),
    ("kubectl exec -n payments deploy/postgres -- psql -U postgres -c '\\du'", ""),
    ("kubectl set env deployment/payment-service -n payments --list", ""),
    ("kubectl rollout history deployment/payment-service -n payments", "deploy-at-0241"),
    ("kubectl rollout status deployment/payment-service -n payments --timeout=5s", ""),
    ("incident changes", "deploy-at-0241 rotation-tonight"),
    ("incident changes chg-2061", "deploy-at-0241 deploy-diff-innocent"),
    ("incident changes chg-2060", "rotated-elsewhere rotation-tonight"),
    ("incident runbook passwords", ""),
    (
        "kubectl exec -n payments deploy/postgres -- psql -U postgres -c \"ALTER ROLE payments PASSWORD '$(kubectl get secret payments-db -n payments -o jsonpath={.data.password} | base64 -d)'\"",
        "",
    ),
    ("+6", ""),
    ("incident dashboard errors", "users-recovered"),
    ("incident dashboard errors --by version", ""),
    ("incident dashboard errors --by node", ""),
    ("kubectl get pods -n payments", "db-endpoint-healthy pods-start-again"),
    ("kubectl logs -n payments deploy/payment-service --tail=20", ""),
    (
        "kubectl rollout status deployment/payment-service -n payments --timeout=5s",
        "pods-start-again",
    ),
]
"""(what is typed, the facts that it shows); `+6` waits that many minutes."""


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(SLUG, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_users_are_served_until_connections_reach_their_age(seed: int) -> None:
    keyboard = Keyboard(SLUG, seed)
    first = next(at for at, share in keyboard.shares if share > 0.005)
    rows = keyboard.panel("incident dashboard errors --by node")

    assert "02:38:00" < keyboard.clock(first) < "02:41:00"
    assert "02:20:00" < keyboard.clock(keyboard.fault_at) < "02:25:00"
    assert first < keyboard.run.paged_at < first + 8 * MINUTE
    assert keyboard.failing > 0.15
    assert sum(float(cells[-1][:-1]) > 4 for cells in rows.values()) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_release_is_there_before_the_page_and_hangs_at_its_first_pod(seed: int) -> None:
    keyboard = Keyboard(SLUG, seed)
    lines = keyboard.type("kubectl get pods -n payments -l app=payment-service").splitlines()[1:]

    assert sorted(line.split()[1] for line in lines) == ["0/1", "1/1", "1/1", "1/1"]


def test_untouched_it_climbs_and_stays(keyboard: Keyboard) -> None:
    keyboard.wait(10)
    after = keyboard.failing
    keyboard.wait(49)

    assert after == pytest.approx(0.35, abs=0.01)
    assert keyboard.failing == pytest.approx(after, abs=0.01)


@pytest.mark.parametrize(
    ("lines", "low", "high"),
    [
        ([ALTER.format(OURS)], 0, 0.003),
        ([ALTER.format(OURS).replace("ROLE", "USER")], 0, 0.003),
        ([PATCH, f"kubectl rollout restart {APP}"], 0, 0.003),
        ([PATCH], 0, 0.003),
        ([f"kubectl rollout undo {APP}"], 0.3, 0.4),
        ([f"kubectl rollout restart {APP}"], 0.3, 0.4),
        ([f"kubectl scale {APP} --replicas=8"], 0.3, 0.4),
        (["kubectl delete pod -n payments -l app=payment-service --wait=false"], 0.99, 1),
        (["kubectl rollout restart deployment/postgres -n payments"], 0.3, 1),
        ([ALTER.format("something else")], 0.3, 0.4),
    ],
)
def test_only_agreement_about_the_password_heals(
    keyboard: Keyboard, lines: list[str], low: float, high: float
) -> None:
    for line in lines:
        keyboard.type(line)
    keyboard.wait(5)

    assert low <= keyboard.failing <= high


def test_the_old_password_heals_within_half_a_minute_and_the_release_goes_through(
    keyboard: Keyboard,
) -> None:
    keyboard.type(ALTER.format(OURS))
    keyboard.wait(0.4)
    healed = keyboard.failing
    keyboard.wait(6)

    assert healed < 0.003
    assert "successfully rolled out" in keyboard.type(f"kubectl rollout status {APP} --timeout=5s")


def test_figures_come_out_of_the_model(keyboard: Keyboard) -> None:
    scenario = keyboard.run.scenario
    at = {entry.id: entry.at for entry in scenario.timeline}
    first = next(at for at, share in keyboard.shares if share > 0.005)
    story = expert(SLUG)
    assert story.mitigated_at is not None
    page = keyboard.run.paged_at
    keyboard.wait(59)

    assert list(figures(SLUG).values()) == [
        f"{(at['revoke'] - at['rotate']) / MINUTE:.0f} min",
        f"{(first - keyboard.fault_at) / MINUTE:.0f} min",
        f"{keyboard.failing:.0%}".replace("%", " %"),
        "the whole hour"
        if min(share for when, share in keyboard.shares if when > page) > 0.05
        else "",
        f"{(story.mitigated_at - first) / MINUTE:.0f} min",
        keyboard.clock(page),
    ]
