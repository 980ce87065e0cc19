"""What a log says of single requests agrees with what the charts say of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from statistics import median

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.scenario import Catalogue
from sim.session.run import Run

MINUTE = 60_000


@pytest.fixture(scope="module")
def run() -> Run:
    made = Run(Catalogue()["payments-0247"], 0)
    made.start()
    return made


def _logs(run: Run, namespace: str, app: str) -> Iterator[str]:
    """Return the lines of the last three minutes of *app*'s pods that serve."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    pods = run.peek(ApiRequest("GET", path, (("labelSelector", f"app={app}"),))).body["items"]
    for pod in pods:
        if all(one["ready"] for one in pod["status"]["containerStatuses"]):
            log = f"{path}/{pod['metadata']['name']}/log"
            read = run.peek(ApiRequest("GET", log, (("sinceSeconds", "180"),)))
            yield from read.body.splitlines()


def _took(lines: Iterable[str], level: str) -> list[int]:
    return [
        int(took[1]) for one in lines if level in one and (took := re.search(r" (\d+)ms ", one))
    ]


@pytest.mark.parametrize("app", ["payments/payment-service", "edge/gateway"])
def test_durations_in_logs_are_those_of_the_charts(run: Run, app: str) -> None:
    lines = list(_logs(run, *app.split("/")))
    (chart,) = run.telemetry.query("latency_p50", start=run.now, end=run.now, step=MINUTE)
    answered, refused = _took(lines, " INFO: "), _took(lines, " WARN: ")
    assert len(answered) > 500
    assert chart.points[-1][1] > 400
    assert median(answered) == pytest.approx(chart.points[-1][1], rel=0.1)
    # They were turned away at the door.
    assert len(refused) > 50
    assert max(refused) < 10
