"""Enough to mitigate is on the screen with what separates, not with charts that look alike under rivals."""

from __future__ import annotations

import pytest

from sim.scoring import Story
from tests.scenarios.keyboard import Keyboard

PODS = "kubectl get pods -n payments"
CHARTS = ["incident alerts", "incident dashboard errors"]


@pytest.mark.parametrize(
    ("slug", "seed", "vague", "telling"),
    [
        (
            "payments-wren",
            3,
            [*CHARTS, PODS, "incident dashboard errors --by pod"],
            "kubectl logs -n payments deploy/payment-service --tail=40",
        ),
        (
            "payments-heron",
            0,
            [*CHARTS, "incident dashboard errors --by route", PODS],
            "kubectl rollout history deployment/payment-service -n payments",
        ),
        (
            "payments-0247",
            0,
            [*CHARTS, PODS, "incident dashboard errors --by node"],
            "kubectl get pods -n payments -o wide",
        ),
    ],
)
def test_charts_alone_are_not_enough(slug: str, seed: int, vague: list[str], telling: str) -> None:
    keyboard = Keyboard(slug, seed, pause_s=5)
    for line in vague:
        keyboard.type(line)
    before = Story(keyboard.run.log, keyboard.run.scenario)
    keyboard.type(telling)
    after = Story(keyboard.run.log, keyboard.run.scenario)

    assert before.belief is not None
    assert before.belief.rows
    assert before.enough_at is None
    assert after.enough_known is not None
    assert after.enough_known.sight.line == telling
