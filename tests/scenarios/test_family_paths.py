"""Experts whom no author foresaw: the senior's night with another hand on it is worth as much."""

from __future__ import annotations

import pytest

from sim.scenario import Catalogue
from sim.scenario.playbook import Step
from sim.scoring import Scorecard
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run

NEAR = 8
"""Points by which another expert's night may differ."""
APP = "deployment/{app} -n {app.namespace}"
IMAGE = "registry.internal/payments/payment-service"
NEW = "$(kubectl get secret payments-db -n payments-staging -o jsonpath={.data.password})"
PATCH = (
    "kubectl patch secret payments-db -n {app.namespace} "
    f"""-p '{{"data":{{"password":"'{NEW}'"}}}}'"""
)
PSQL = "kubectl exec -n {app.namespace} deploy/{db} -- psql -U postgres"

WAYS: dict[tuple[str, str], dict[str, list[str]]] = {
    ("payments-heron", "sets-the-old-image"): {
        "undone": [f"kubectl set image {APP} {{app}}={IMAGE}:{{version.old}}"]
    },
    ("payments-heron", "mends-the-setting"): {
        "undone": [f"kubectl set env {APP} STATUS_BASE=https://status.shop.internal/"]
    },
    ("payments-heron", "names-the-revision"): {
        "undone": [f"kubectl rollout undo {APP} --to-revision={{revision.old}}"]
    },
    ("payments-heron", "reads-the-logs-first"): {
        "routes": [f"kubectl logs {APP} --tail=60", "incident dashboard failures --by route"],
        "history": ["incident changes"],
        "changes": [f"kubectl rollout history {APP}"],
    },
    ("payments-wren", "writes-the-new-one-where-it-belongs"): {
        "set": [PATCH, f"kubectl rollout restart {APP}"],
    },
    ("payments-wren", "takes-it-from-a-running-pod"): {
        "set": [
            f"{PSQL} -c \"ALTER USER payments PASSWORD '$(kubectl exec -n {{app.namespace}} "
            "$(echo {running} | cut -d' ' -f1) -- printenv DB_PASSWORD)'\""
        ],
    },
    ("payments-wren", "asks-the-database-first"): {
        "bypod": [
            f'{PSQL} -c "select usename, client_addr, count(*), min(backend_start) from '
            'pg_stat_activity where usename is not null group by 1, 2"',
            "incident dashboard errors --by version",
        ],
        "words": ["kubectl logs deployment/{db} -n {app.namespace} --tail=20"],
    },
    ("payments-swift", "silences-nothing"): {"silence": []},
    ("payments-swift", "asks-the-gateways"): {
        "clients": [
            "for pod in $(kubectl get pods -n edge -o name); do "
            'kubectl logs -n edge $pod --since=10m | grep "verify 502"; done'
        ],
        "refusal": ["incident dashboard failures --by client"],
    },
}
"""(night, who) -> id of a step -> what is typed in its place."""


def card(slug: str, who: str = "") -> Scorecard:
    """Return the score of the senior's night, as *who* would have had it."""
    scenario = Catalogue()[slug]
    book = scenario.player("senior")
    ways = WAYS.get((slug, who), {})
    steps: list[Step] = []
    for step in book.steps:
        kept = "silence" if step.type.startswith("incident silence") else step.id
        lines = ways.get(kept or "")
        if lines is None:
            steps.append(step)
        else:
            steps += [
                step.model_copy(update={"type": line, "id": step.id if number == 0 else None})
                for number, line in enumerate(lines)
            ]
    other = book.model_copy(update={"player": "another", "steps": tuple(steps)})
    scenario = scenario.model_copy(update={"players": (*scenario.players, other)})
    run = Run(scenario, 0)
    run.start()
    play(run, make_player(run, "another"))
    return judge(run.finish(), scenario, 0, run.inputs, NoCache()).card


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "who"), list(WAYS))
def test_another_experts_night_is_worth_what_the_seniors_is(slug: str, who: str) -> None:
    found = card(slug, who)

    missing = {
        one.id: [part.why for part in one.parts if part.points < part.of or part.points < 0]
        for one in found.findings
        if one.points < one.of
    }
    assert found.total == pytest.approx(card(slug).total, abs=NEAR), missing
