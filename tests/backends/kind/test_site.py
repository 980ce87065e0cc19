"""Building a scenario's world through the API: on a sandbox, whose controllers are the model's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.backends.kind import site as module
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.journal import Journal
from sim.backends.kind.site import Site, SiteError, path_of
from sim.backends.kind.undo import Delete, OnNode, Patch
from sim.backends.kind.undoing import LABEL, OURS
from sim.backends.simulated.cluster import SimulatedCluster
from sim.backends.simulated.sandbox import VERSIONS, sandbox_scenario
from sim.kernel import Environment, Epoch
from sim.scenario.loader import load_scenario

EPOCH = Epoch(1_800_000_000_000)


class Bench:
    """A sandbox that is taken for a real cluster."""

    def __init__(self, folder: Path, *, slug: str = "payments-0247", images: bool = True) -> None:
        self.env = Environment()
        self.sandbox = SimulatedCluster(
            sandbox_scenario(3, VERSIONS[-1]), 0, env=self.env, epoch=EPOCH
        )
        self.api = self.sandbox.api
        self.images = images
        self.aliases = Aliases.of(
            ["sandbox-control-plane"], [f"sandbox-worker-{number}" for number in (1, 2, 3)]
        )
        self.docker: list[tuple[str, ...]] = []
        self.journal = Journal("bench", environ={"XDG_STATE_HOME": str(folder)})
        scenario = load_scenario(f"scenarios/{slug}")
        self.plan = CutPlan(scenario, 0, aliases=self.aliases, addresses={})
        self.plan.service_count = 40
        self.told: list[str] = []

    def site(self, token: str = "1") -> Site:
        tools: Any = SimpleNamespace(docker=lambda *words, **_: self.docker.append(words))
        cluster: Any = SimpleNamespace(
            context="bench", journal=self.journal, aliases=self.aliases, tools=tools
        )
        return Site(
            self.plan,
            cluster,
            self.sandbox.transport,
            tools,
            EPOCH,
            token=token,
            steady=lambda: self.env.now / 1000,
            sleep=self.sleep,
            patience_s=60,
        )

    def sleep(self, seconds: float) -> None:
        self.env.advance(self.env.now + round(seconds * 1000) + 1)
        # Real images run in the pods of a real cluster; here somebody says that they do.
        for one in self.api.list("deployments", labels={LABEL: OURS}) if self.images else ():
            count = one["spec"].get("replicas", 1)
            status = {
                "observedGeneration": one["metadata"]["generation"],
                "replicas": count,
                "updatedReplicas": count,
                "availableReplicas": count,
            }
            metadata = one["metadata"]
            self.api.modify(
                "deployments",
                metadata["namespace"],
                metadata["name"],
                lambda old, status=status: {**old, "status": status},  # type: ignore[misc]
            )

    def count(self, resource: str) -> int:
        return len(self.api.list(resource))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    monkeypatch.setattr(module, "provide", lambda *_, **__: "")
    # The model takes one request at a time.
    monkeypatch.setattr(module, "HANDS", 1)
    return lambda **how: Bench(tmp_path, **how)


@pytest.mark.parametrize(
    "slug", ["payments-0247", "payments-heron", "payments-wren", "payments-swift"]
)
def test_everything_is_made_noted_and_learned(bench: Callable[..., Bench], slug: str):
    made = bench(slug=slug)
    made.site().build(made.told.append)
    assert made.told[-1] == "everything is ready"
    assert made.count("services") == made.plan.service_count
    addresses = {
        one["metadata"]["name"]: one["spec"]["clusterIP"]
        for one in made.api.list("services", "payments")
    }
    assert made.plan.addresses["postgres"] == addresses["postgres"]
    web = made.api.get("deployments", "payments", "payment-service")
    assert web is not None
    env = {
        one["name"]: one.get("value")
        for one in web["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert env["DB_HOST"] == addresses["postgres"]
    assert web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == str(
        made.plan.revision - 1
    )
    assert made.plan.hashes[-1] != made.plan.hashes[0] != ""
    node = made.api.get("nodes", "", "sandbox-worker-3")
    assert node is not None
    assert node["metadata"]["labels"]["pool"] == "payments"
    steps = [entry.undo for entry in made.journal.entries()]
    assert Delete("/api/v1/namespaces/payments") in steps
    assert any(isinstance(one, Patch) and one.path.endswith("sandbox-worker-3") for one in steps)
    assert any(isinstance(one, OnNode) for one in steps)
    assert [words for words in made.docker if "sandbox-worker-1" in words]


def test_the_release_has_the_hash_that_was_foretold(bench: Callable[..., Bench]):
    made = bench()
    site = made.site()
    site.build(made.told.append)
    release = site.release_of("payment-service")
    path = path_of(release)
    request = ApiRequest(
        "PATCH", path, (), {"content-type": "application/merge-patch+json"}, release
    )
    assert made.sandbox.transport.send(request).code == 200
    made.env.advance(made.env.now + 5_000)
    labels = [one["metadata"]["labels"] for one in made.api.list("replicasets", "payments")]
    assert made.plan.hashes[0] in [one.get("pod-template-hash") for one in labels]


def test_it_may_be_built_again(bench: Callable[..., Bench]):
    made = bench()
    made.site().build(made.told.append)
    before = {name: made.count(name) for name in ("services", "deployments", "namespaces")}
    made.env.advance(made.env.now + 20_000)
    made.site("2").build(made.told.append)
    assert {name: made.count(name) for name in before} == before


def test_what_is_somebody_elses_is_left_alone(bench: Callable[..., Bench]):
    made = bench()
    request = ApiRequest(
        "POST",
        "/api/v1/namespaces",
        (),
        {"content-type": "application/json"},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}},
    )
    assert made.sandbox.transport.send(request).code == 201
    with pytest.raises(SiteError, match=r"^bench has a namespace payments that is not ours"):
        made.site().build(made.told.append)
    assert not any(isinstance(one.undo, Delete) for one in made.journal.entries()), (
        "nothing may be deleted that was not made"
    )


def test_what_does_not_become_ready_says_why(bench: Callable[..., Bench]):
    made = bench(images=False)
    with pytest.raises(SiteError, match=r"not ready after 60 s: payments/postgres 0/1 \(.*Pull"):
        made.site().build(made.told.append)
    assert "wait for payments/postgres 0/1" in made.told


@pytest.mark.parametrize(
    ("version", "kind", "namespace", "path"),
    [
        ("v1", "Namespace", "", "/api/v1/namespaces/x"),
        ("v1", "Endpoints", "a", "/api/v1/namespaces/a/endpoints/x"),
        ("apps/v1", "Deployment", "a", "/apis/apps/v1/namespaces/a/deployments/x"),
    ],
)
def test_paths(version: str, kind: str, namespace: str, path: str):
    metadata = {"name": "x", **({"namespace": namespace} if namespace else {})}
    assert path_of({"apiVersion": version, "kind": kind, "metadata": metadata}) == path
