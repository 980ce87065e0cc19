"""Fault families: the table is complete, and each does what its name says, when it is due."""

from __future__ import annotations

import pytest

from sim.faults import real, schedule, simulated
from sim.scenario.timeline import DONE_BY, KIND, SIMULATED
from tests.scenarios.night import Night


@pytest.mark.parametrize(
    ("backend", "families"), [(SIMULATED, simulated.FAMILIES), (KIND, real.FAMILIES)]
)
def test_every_backend_has_the_families_that_say_so(backend: str, families: object) -> None:
    assert {name for name, able in DONE_BY.items() if backend in able} == set(families)  # type: ignore[call-overload]


def test_rollout_brings_the_newest_revision_with_its_cause() -> None:
    night = Night("payments-0247", 0)
    night.until("02:41:01")
    before = {pod["metadata"]["labels"]["pod-template-hash"] for pod in night.pods()}
    night.until("02:42:30")
    after = {pod["metadata"]["labels"]["pod-template-hash"] for pod in night.pods()}

    assert (before, after) == ({night.roles["hash.old"]}, {"7f8b9c4d5"})
    deployment = night.backend.api.get("deployments", "payments", "payment-service")
    assert deployment is not None
    cause = deployment["metadata"]["annotations"]["kubernetes.io/change-cause"]
    assert cause == "2026-11-20 02:41Z release 3.18.2: wording of the receipt mail"


def test_replaced_pod_says_by_whom_and_comes_back_elsewhere_in_time() -> None:
    night = Night("payments-0247", 0)
    night.until("02:42:45")
    (before,) = night.pods("postgres")
    night.until("02:42:56")
    (after,) = night.pods("postgres")

    assert after["metadata"]["name"] != before["metadata"]["name"]
    assert night.status(after)["ready"]
    (event,) = (
        one
        for one in night.backend.api.list("events", "payments")
        if one["reason"] == "LowNodeUtilization"
    )
    node = before["spec"]["nodeName"]
    assert event["message"] == f"pod eviction from {node} node by sigs.k8s.io/descheduler"
    assert event["source"] == {"component": "descheduler"}


def test_timeline_of_another_seed_is_refused() -> None:
    night = Night("payments-0247", 0)

    with pytest.raises(ValueError, match="plays payments-0247 on seed 0"):
        schedule(night.scenario, 1, night.backend)


def test_other_teams_lose_one_pod_each_and_never_their_last() -> None:
    night = Night("payments-0247", 0)
    night.until("02:40:55")
    moved = [
        one
        for one in night.backend.api.list("events")
        if one["reason"] == "LowNodeUtilization" and one["metadata"]["namespace"] != "payments"
    ]
    (fault,) = (one for one in night.scenario.timeline if one.fault == "replace-others")

    assert len({one["metadata"]["namespace"] for one in moved}) == len(moved) == fault.count
    (log,) = (
        container.log.read(night.backend.env.now)
        for pod in night.backend.api.list("pods", labels={"k8s-app": "descheduler"})
        for container in night.backend.kubelets.worker(pod).running()
    )
    assert sum("Evicted pod" in line.text for line in log) == fault.count
    lost = [
        rule
        for rule in night.backend.services.snapshot.rules.values()
        if not rule.endpoints and rule.namespace not in ("default",)
    ]
    assert lost == []
