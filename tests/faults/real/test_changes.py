"""Releases, evictions and credentials: the same entry does on a real server what it does in the model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.backends.credentials import encoded
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.journal import Journal
from sim.backends.kind.tools import Done
from sim.faults.real import InjectionError, inject
from sim.scenario.timeline import ReplacePod, Rollout, SetPassword, SetSecret
from tests.scenarios.night import Night

SECRET = {
    "fault": "set-secret",
    "id": "rotate",
    "at": "-13m",
    "namespace": "payments-staging",
    "secret": "payments-db",
    "key": "password",
    "text": "opened",
    "by": "vault-rotate",
    "annotations": {"rotation.internal/at": "{at}"},
    "reason": "Rotated",
    "message": "password rotated",
}


class Site:
    """The simulated cluster as a real one: its API alone, and a docker that only listens."""

    def __init__(self, folder: Path) -> None:
        self.night = Night("payments-0247", 0)
        self.night.until("02:40:00")
        self.ran: list[tuple[str, ...]] = []
        backend = self.night.backend
        self.journal = Journal("lab", environ={"XDG_STATE_HOME": str(folder)})
        self.backend: Any = SimpleNamespace(
            env=backend.env,
            epoch=backend.epoch,
            world=backend.transport,
            # The plan knows the entries of its own scenario only.
            plan=SimpleNamespace(
                scenario=backend.plan.scenario,
                stream=backend.plan.stream,
                revision_spec=backend.plan.revision_spec,
                fault_at=lambda id_: -780_000,
            ),
            roles=backend.roles,
            drawn=False,
            cluster=SimpleNamespace(
                journal=self.journal,
                aliases=Aliases.of(["node-control-plane"], ["node-worker-1"]),
                tools=SimpleNamespace(docker=self._docker),
            ),
        )

    def _docker(self, *words: str, stdin: str = "") -> Done:
        self.ran.append(words)
        return Done(0, "", "")

    def do(self, fault: Any, then: int = 60_000) -> None:
        env = self.backend.env
        env.spawn(inject(fault, self.backend))
        env.advance(env.now + then)

    def get(self, path: str) -> Any:
        answer = self.backend.world.send(ApiRequest("GET", path))
        assert answer.code == 200, answer.body
        return answer.body


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("lab"))


def test_release_is_the_newest_revision_with_its_cause(site: Site) -> None:
    told = {"fault": "rollout", "id": "rollout", "at": "61m", "application": "payment-service"}
    site.do(Rollout.model_validate(told))
    deployment = site.get("/apis/apps/v1/namespaces/payments/deployments/payment-service")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(":3.18.2")
    cause = deployment["metadata"]["annotations"]["kubernetes.io/change-cause"]
    assert cause.endswith("release 3.18.2: wording of the receipt mail")


def test_pod_that_is_replaced_says_by_whom(site: Site) -> None:
    pods = "/api/v1/namespaces/payments/pods"

    def names() -> list[str]:
        found = [one["metadata"] for one in site.get(pods)["items"]]
        return [one["name"] for one in found if one["labels"]["app"] == "postgres"]

    (before,) = names()
    told = {"fault": "replace-pod", "id": "move-database", "at": "62m", "application": "postgres"}
    event = {"by": "descheduler", "reason": "Moved", "message": "away from {node}", "grace": "30s"}
    site.do(ReplacePod.model_validate({**told, **event}))
    (after,) = names()
    assert after != before
    (found,) = (
        one
        for one in site.get("/api/v1/namespaces/payments/events")["items"]
        if one["reason"] == "Moved"
    )
    assert found["message"].startswith("away from node-worker-")
    assert (found["involvedObject"]["name"], found["source"]) == (
        before,
        {"component": "descheduler"},
    )


def test_key_of_a_secret_is_written_and_noted_first(site: Site) -> None:
    site.do(SetSecret.model_validate(SECRET), 1_000)
    secret = site.get("/api/v1/namespaces/payments-staging/secrets/payments-db")
    assert secret["data"]["password"] == encoded("opened")
    assert secret["metadata"]["annotations"]["rotation.internal/at"].startswith("2026-11-")
    entry = site.journal.entries()[-1]
    assert entry.what == "key password of Secret payments-db"
    assert entry.undo.object["data"]["password"] != encoded("opened")  # type: ignore[union-attr]


def test_secret_that_is_not_there_is_made_with_our_label(site: Site) -> None:
    site.do(SetSecret.model_validate({**SECRET, "secret": "other", "reason": ""}), 1_000)
    secret = site.get("/api/v1/namespaces/payments-staging/secrets/other")
    assert secret["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "uncordon"}
    assert secret["data"] == {"password": encoded("opened")}


@pytest.mark.parametrize("plain", [True, False])
def test_password_is_set_in_the_databases_own_container(site: Site, plain: bool) -> None:
    told = {"fault": "set-password", "id": "revoke", "at": "42m", "application": "postgres"}
    more = {"user": "payments", "text": "new'word", "plain": plain}
    site.ran.clear()
    site.do(SetPassword.model_validate({**told, **more}), 1_000)
    ((*head, statement),) = site.ran
    assert head[:1] == ["exec"]
    assert head[-4:] == [*("python", "-m", "sim.workload", "sql")]
    begin = "ALTER ROLE payments PASSWORD '"
    assert statement.startswith(begin + ("new''word';" if plain else "SCRAM-SHA-256$"))


def test_application_without_pods_is_told(site: Site) -> None:
    told = {"fault": "replace-pod", "id": "move-database", "at": "62m", "application": "gateway"}
    event = {"by": "x", "reason": "X", "message": "x", "grace": "1s"}
    request = ApiRequest(
        "PATCH",
        "/apis/apps/v1/namespaces/edge/deployments/gateway/scale",
        (),
        {"content-type": "application/merge-patch+json"},
        {"spec": {"replicas": 0}},
    )
    assert site.backend.world.send(request).code == 200
    site.backend.env.advance(site.backend.env.now + 60_000)
    with pytest.raises(InjectionError, match=r"replace-pod \(move-database\).*gateway has no pod"):
        site.do(ReplacePod.model_validate({**told, **event}))
