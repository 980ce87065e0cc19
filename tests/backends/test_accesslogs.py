"""Lines of pods and gateways: whose request, what became of it, and as many as the panels count."""

from __future__ import annotations

import pytest

from sim.apps.context import LogLine
from sim.backends.simulated import SimulatedBackend
from sim.evidence import EvidenceLog
from sim.faults import schedule
from sim.kernel import Environment
from sim.scenario import Scenario, parse_scenario
from tests.scenario.test_users import BROKEN, CALLS, CLASSES, NEWEST, RARE, ROBOT, replaced
from tests.scenario.texts import FAMILY, own

MINUTE = 60_000
AGENT = "agent=quote-probe/2.1"


def scenario() -> Scenario:
    """Return the seed's night without what breaks its node."""
    text = replaced((CALLS, RARE), (CLASSES, CLASSES + ROBOT), (NEWEST, BROKEN))
    seed = parse_scenario(own(), (), (FAMILY, text))
    faults = tuple(fault for fault in seed.timeline if fault.id != seed.hurts_from)
    return seed.model_copy(update={"timeline": faults, "hurts_from": "rollout"})


class Lived:
    """A night with a robot and a release that breaks a call, a quarter of an hour after it."""

    def __init__(self) -> None:
        self.env = Environment()
        self.backend = SimulatedBackend(scenario(), 0, env=self.env, log=EvidenceLog())
        schedule(self.backend.plan.scenario, 0, self.backend)
        self.env.advance(76 * MINUTE)

    def logs(self, namespace: str, app: str, start: int, end: int) -> list[list[LogLine]]:
        """Return what each pod of *app* wrote in [start, end)."""
        pods = [
            pod
            for pod in self.backend.api.list("pods", namespace)
            if pod["metadata"]["labels"].get("app") == app
        ]
        return [
            container.behaviour.routine(container, start, end, None)
            for pod in pods
            for container in self.backend.kubelets.worker(pod).running()
        ]

    def gateways(self, start: int, end: int) -> list[str]:
        return [line.text for log in self.logs("edge", "gateway", start, end) for line in log]

    def count(self, metric: str, client: str, at: int) -> float:
        series = self.backend.telemetry.query(metric, by="client", start=at, end=at, step=1)
        return next(each.points[0][1] for each in series if each.labels[0][1] == client)


@pytest.fixture(scope="module")
def lived() -> Lived:
    return Lived()


def test_gateways_together_log_what_the_panel_counts(lived: Lived) -> None:
    # The robot works from 01:13 on, and fails; 01:14:13 is a scrape.
    at = 74 * MINUTE + 13_000
    counted = lived.count("failures", "quote-probe", at)
    lines = [
        one
        for one in lived.gateways(at - 59_000, at + 1_000)
        if AGENT in one and "POST /v1/quotes 502 " in one
    ]
    assert len(lines) == counted > 0
    assert all(one.endswith(f"{AGENT} test data expired") for one in lines)


def test_pods_log_the_requests_that_gateways_log(lived: Lived) -> None:
    start, end = 65 * MINUTE, 76 * MINUTE
    gateways, pods = (
        sorted(line for log in lived.logs(*who, start, end) for line in log if AGENT in line.text)
        for who in (("edge", "gateway"), ("payments", "payment-service"))
    )
    assert gateways == pods
    assert len(pods) > 5


def test_pods_do_not_log_rare_requests_in_chorus(lived: Lived) -> None:
    logs = lived.logs("payments", "payment-service", 65 * MINUTE, 76 * MINUTE)
    every = sorted(line.at for log in logs for line in log if AGENT in line.text)
    assert len(every) == pytest.approx(0.02 * 220 * 2.2, abs=4)
    assert max(sum(at <= one < at + 10_000 for one in every) for at in every) <= 2


def test_users_of_the_robots_call_are_fine(lived: Lived) -> None:
    lines = [one for one in lived.gateways(70 * MINUTE, 76 * MINUTE) if "/v1/quotes" in one]
    users = [one for one in lines if AGENT not in one]
    assert len(users) == pytest.approx(0.23 * 360, abs=4)
    assert all("POST /v1/quotes 200 " in one for one in users)


def test_broken_call_says_why_in_the_pod_and_only_its_status_at_the_gateway(lived: Lived) -> None:
    (log, *_) = (
        log for log in lived.logs("payments", "payment-service", 75 * MINUTE, 76 * MINUTE) if log
    )
    broken = [
        number for number, line in enumerate(log) if "GET /v1/payments/status 500 " in line.text
    ]
    assert broken
    for number in broken:
        assert " WARN: " in log[number].text
        assert log[number + 1].text.endswith("Z ERROR: TypeError")
        assert log[number + 2].text == "    at status.js:41"
    gateways = "\n".join(lived.gateways(75 * MINUTE, 76 * MINUTE))
    assert "GET /v1/payments/status 500 " in gateways
    assert "status.js" not in gateways


def test_requests_that_fail_for_the_release_cost_cpu_as_others_do(lived: Lived) -> None:
    metrics = lived.backend.api.metrics
    pods = lived.backend.api.list("pods", "payments")
    used = [
        metrics.pod_usage(pod)[0][1]
        for pod in pods
        if pod["metadata"]["labels"]["app"] == "payment-service" and metrics.pod_usage(pod)
    ]
    assert len(used) == 4
    assert min(used) > 220
