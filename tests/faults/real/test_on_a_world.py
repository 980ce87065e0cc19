"""Faults in a scenario's world on a real cluster: what is written there is read back by those it is for."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sim.client.rest import RestClient
from sim.faults.real import inject
from sim.scenario.timeline import BreakProbe, ReplacePod, SetPassword, SetSecret
from tests.backends.kind.night import RealNight

pytestmark = [pytest.mark.kind, pytest.mark.slow]

WEB = "/apis/apps/v1/namespaces/payments/deployments/payment-service"


@pytest.fixture(scope="module")
def night(kind_context: str) -> Iterator[RealNight]:
    made = RealNight(kind_context)
    yield made
    made.close()


def happens(night: RealNight, fault: Any, until: Callable[[], object], seconds: float = 60) -> None:
    night.run.env.spawn(inject(fault, night.backend))
    waited(night, until, seconds)


def waited(night: RealNight, until: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        night.live(1)


def rest(night: RealNight) -> RestClient:
    return RestClient(night.backend.world)


def test_a_secret_is_written_and_nobody_told(night: RealNight) -> None:
    path = "/api/v1/namespaces/payments-staging/secrets/payments-db"
    before = rest(night).get(path)
    told = {"fault": "set-secret", "id": "staging-rotation", "at": "-28h", "text": "opened"}
    where = {"namespace": "payments-staging", "secret": "payments-db", "key": "password"}
    fault = SetSecret.model_validate({**told, **where, "by": "vault-rotate"})

    def written() -> bool:
        held = rest(night).get(path)["data"]["password"]
        return b64decode(held) == b"opened"

    happens(night, fault, written)
    after = rest(night).get(path)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    managers = [one["manager"] for one in after["metadata"]["managedFields"]]
    assert "vault-rotate" in managers


def test_a_probe_fails_until_it_is_put_back(night: RealNight) -> None:
    told = {"fault": "break-probe", "id": "rollout", "at": 0, "application": "payment-service"}
    before = rest(night).get(WEB)["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    fault = BreakProbe.model_validate({**told, "path": "/nope", "lasting": ("15s", "15s")})
    happens(
        night,
        fault,
        lambda: rest(night).get(WEB)["status"].get("unavailableReplicas"),
    )
    events = "kubectl get events -n payments --field-selector reason=Unhealthy"
    waited(night, lambda: "statuscode: 404" in night.type(events))
    waited(
        night,
        lambda: (
            rest(night).get(WEB)["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
            == before
        ),
    )
    waited(night, lambda: rest(night).get(WEB)["status"].get("availableReplicas") == 4, 90)


def test_a_password_counts_for_those_who_come_next(night: RealNight) -> None:
    told = {"fault": "set-password", "id": "move-database", "at": 0, "application": "postgres"}
    fault = SetPassword.model_validate({**told, "user": "payments", "text": "another"})
    night.run.env.spawn(inject(fault, night.backend))
    night.live(3)
    assert rest(night).get(WEB)["status"]["availableReplicas"] == 4
    told = {"fault": "replace-pod", "id": "move-database", "at": 0, "grace": "1s"}
    event = {"by": "descheduler", "reason": "Moved", "message": "away from {node}"}
    away = ReplacePod.model_validate({**told, **event, "application": "payment-service"})
    log = "kubectl logs -n payments deploy/postgres --tail=50"
    refused = 'password authentication failed for user "payments"'
    happens(night, away, lambda: refused in night.type(log), 90)
    assert "Moved" in night.type("kubectl get events -n payments")
