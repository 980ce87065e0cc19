"""Users, robots and broken calls: what an author writes, and what they are told when it cannot be."""

from __future__ import annotations

import pytest

from sim.scenario import parse_scenario
from tests.scenario.texts import FAMILY, mistakes, own, shared

CALLS = "        - {call: POST /v1/refunds, share: 0.1, status: 201, database: 0.35}\n"
CLASSES = "        - {name: partners, share: 0.2, weight: 1.0}\n"
RARE = CALLS + "        - {call: POST /v1/quotes, rate: 0.23, status: 200}\n"
NEWEST = (
    '      - {offset: 0, version: 3.18.2, cause: "release 3.18.2: wording of the receipt mail"}\n'
)
BROKEN = """\
      - offset: 0
        version: 3.18.2
        cause: "release 3.18.2"
        breaks: [{call: GET /v1/payments/status, log: "TypeError\\n    at status.js:41"}]
"""
ROBOT = """\
        - name: quote-probe
          weight: 0
          rate: 0.02
          call: POST /v1/quotes
          agent: quote-probe/2.1
          on: [{at: 58m, lasting: 220s, every: 300s, times: 12}]
          fails: {status: 502, text: test data expired, fault: rollout}
"""


def replaced(*changes: tuple[str, str]) -> str:
    text = shared()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_robots_rare_calls_and_broken_releases_load() -> None:
    text = replaced((CALLS, RARE), (CLASSES, CLASSES + ROBOT), (NEWEST, BROKEN))
    scenario = parse_scenario(own(), (), (FAMILY, text))

    (users,) = scenario.traffic
    assert next(one.rate for one in users.calls if one.call == "POST /v1/quotes") == 0.23
    robot = next(one for one in users.classes if one.name == "quote-probe")
    assert (robot.on[0].at, robot.on[0].times, robot.agent) == (
        58 * 60_000,
        12,
        "quote-probe/2.1",
    )
    assert robot.fails is not None
    assert (robot.fails.share, robot.fails.fault) == (1.0, "rollout")
    (broken,) = scenario.history.revisions[0].breaks
    assert (broken.share, broken.status) == (1.0, 500)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [(CALLS, CALLS.replace("share: 0.1", "share: 0.2"))],
            "the shares of `calls` add up to 1.1, not to 1",
        ),
        (
            [(CLASSES, CLASSES.replace("share: 0.2", "share: 0.1"))],
            "the shares of `classes` add up to 0.9, not to 1",
        ),
        (
            [(CALLS, CALLS.replace("share: 0.1", "share: 0.1, rate: 1.0"))],
            '"POST /v1/refunds": give `share` or `rate`, and only one of them',
        ),
        (
            [(CALLS, CALLS.replace("POST /v1/refunds", "POST /v1/payments"))],
            "each of `calls` stands there once",
        ),
        (
            [(CLASSES, CLASSES + ROBOT)],
            '"quote-probe" calls "POST /v1/quotes", which is not one of: POST /v1/payments',
        ),
        (
            [(CALLS, RARE), (CLASSES, CLASSES + ROBOT.replace("weight: 0", "weight: 1.0"))],
            '"quote-probe": a robot has a `call`, weight 0 and no `retries`',
        ),
        (
            [(CLASSES, CLASSES.replace("weight: 1.0", "call: POST /v1/refunds"))],
            '"partners": only a robot (`rate`) has `call`, `on` and `fails`',
        ),
        (
            [(CALLS, RARE), (CLASSES, CLASSES + ROBOT.replace("every: 300s", "every: 200s"))],
            "`every` must be longer than `lasting`, or the spells run into each other",
        ),
        (
            [(CALLS, RARE), (CLASSES, CLASSES + ROBOT.replace("fault: rol", "at: 1m, fault: rol"))],
            "give `at` or `fault`, and only one of them",
        ),
        (
            [(CALLS, RARE), (CLASSES, CLASSES + ROBOT.replace("fault: rollout", "fault: rolout"))],
            'shared.traffic[0].classes[2].fails.fault: no fault "rolout"; nearest: rollout',
        ),
        (
            [(NEWEST, BROKEN.replace("/status,", "/stats,"))],
            "shared.history.revisions[0].breaks[0].call: "
            'no call "GET /v1/payments/stats"; nearest: GET /v1/payments/status, POST /v1/payments',
        ),
        (
            [
                (
                    "      metric: errors\n      by: route\n",
                    "      metric: latency_p99\n      by: route\n",
                )
            ],
            "`by` goes with `metric: errors`",
        ),
    ],
)
def test_mistakes_about_users_are_told_in_an_authors_words(
    changes: list[tuple[str, str]], message: str
) -> None:
    wrong = mistakes(family=replaced(*changes))

    assert any(message in told for told in wrong), wrong
