"""Fault families: the table is complete, and each does what its name says, when it is due."""

from __future__ import annotations

import typing

import pytest

from sim.faults import FAMILIES, schedule
from sim.scenario.timeline import Fault
from tests.scenarios.night import Night


def test_every_fault_that_a_timeline_can_name_has_a_family() -> None:
    (union, _) = typing.get_args(Fault)
    names = {
        typing.get_args(spec.model_fields["fault"].annotation)[0] for spec in typing.get_args(union)
    }

    assert names == set(FAMILIES)


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
