"""The world at its beginning: as large as planned, consistent, and nothing to do for a controller."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.backends.simulated import SimulatedBackend
from sim.evidence import EvidenceLog, RunRecord
from sim.kernel import Environment
from sim.node.kubeproxy.rules import Dnat
from sim.scenario import Catalogue, Scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Catalogue()["payments-0247"]


def build(scenario: Scenario, seed: int) -> SimulatedBackend:
    return SimulatedBackend(scenario, seed, env=Environment(), log=EvidenceLog())


@pytest.fixture(scope="module")
def world(scenario: Scenario) -> SimulatedBackend:
    return build(scenario, 0)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_world_has_the_planned_size(scenario: Scenario, seed: int) -> None:
    backend = build(scenario, seed)
    api, plan = backend.api, backend.plan
    snapshot = backend.services.snapshot

    assert len(api.list("nodes")) == len(plan.nodes)
    assert snapshot.service_count == len(api.list("services")) == plan.service_count
    assert 760 <= snapshot.endpoint_count <= 880
    assert 480 <= len(api.list("pods")) <= 560


def test_nobody_has_anything_to_do_before_the_timeline(scenario: Scenario) -> None:
    backend = build(scenario, 3)
    before = backend.api.registry.store.revision
    backend.env.advance(50 * 60_000)

    assert backend.api.registry.store.revision == before


def test_last_week_brought_forty_services(world: SimulatedBackend) -> None:
    week = world.epoch.rfc3339(-8 * 86_400_000)
    young = [
        one["metadata"]["namespace"]
        for one in world.api.list("services")
        if one["metadata"]["creationTimestamp"] > week
    ]

    assert Counter(young) == dict.fromkeys(
        ["giftcards", "loyalty", "marketplace", "subscriptions"], 10
    )


def test_history_shows_ten_revisions_once_the_release_is_out(world: SimulatedBackend) -> None:
    sets = [
        one
        for one in world.api.list("replicasets", "payments")
        if one["metadata"]["name"].startswith("payment-service-")
    ]
    numbers = sorted(
        int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) for one in sets
    )

    assert numbers == list(range(38, 47))
    assert sum(one["spec"]["replicas"] for one in sets) == 4


def test_replicas_sit_one_one_two_and_the_faulty_node_is_the_emptiest(
    world: SimulatedBackend,
) -> None:
    bad = world.roles["node.bad"]
    pods = world.api.list("pods")
    everywhere = Counter(pod["spec"]["nodeName"] for pod in pods)
    ours = Counter(
        pod["spec"]["nodeName"]
        for pod in pods
        if pod["metadata"]["labels"].get("app") == "payment-service"
    )

    assert ours == {bad: 2, **dict.fromkeys(world.roles["node.good"], 1)}
    assert all(everywhere[bad] < everywhere[node] for node in world.roles["node.good"])


def test_every_node_routes_to_every_service_with_pods(world: SimulatedBackend) -> None:
    for machine in world.machines.values():
        state = machine.proxy.state
        for service in world.api.list("services"):
            spec = service["spec"]
            for port in spec["ports"]:
                verdict = state.lookup(spec["clusterIP"], port["port"], port.get("protocol", "TCP"))
                assert isinstance(verdict, Dnat)


def test_no_name_address_or_pod_ip_is_given_twice(world: SimulatedBackend) -> None:
    services = [one["spec"]["clusterIP"] for one in world.api.list("services")]
    pods = [
        pod["status"]["podIP"]
        for pod in world.api.list("pods")
        if not pod["spec"].get("hostNetwork")
    ]

    assert len(services) == len(set(services))
    assert len(pods) == len(set(pods))


def test_run_record_names_the_world(world: SimulatedBackend) -> None:
    (record,) = world.log.of(RunRecord)

    assert record.roles["rules.complete"] == world.roles["rules.complete"]
    assert record.fault_at == world.plan.fault_at("move-database")
    assert (record.scenario, record.seed) == ("payments-0247", 0)


def test_build_is_the_same_twice(scenario: Scenario) -> None:
    first, second = build(scenario, 11), build(scenario, 11)

    for resource in ("pods", "services", "endpointslices", "nodes", "events"):
        assert first.api.list(resource) == second.api.list(resource)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_is_older_than_what_it_belongs_to(scenario: Scenario, seed: int) -> None:
    api = build(scenario, seed).api
    born = {one["metadata"]["name"]: _born(one) for one in api.list("namespaces")}
    for resource in ("deployments", "services", "persistentvolumeclaims", "configmaps"):
        for one in api.list(resource):
            assert _born(one) >= born[one["metadata"]["namespace"]], one["metadata"]
    owners = {one["metadata"]["uid"]: one for one in api.list("deployments")}
    for one in api.list("replicasets"):
        owner = owners[one["metadata"]["ownerReferences"][0]["uid"]]
        assert _born(one) >= _born(owner), one["metadata"]["name"]


def test_revisions_of_other_teams_are_remembered(world: SimulatedBackend) -> None:
    revision = "deployment.kubernetes.io/revision"
    for deployment in world.api.list("deployments", "catalog"):
        uid = deployment["metadata"]["uid"]
        sets = [
            one
            for one in world.api.list("replicasets", "catalog")
            if one["metadata"]["ownerReferences"][0]["uid"] == uid
        ]
        newest = int(deployment["metadata"]["annotations"][revision])
        kept = sorted(int(one["metadata"]["annotations"][revision]) for one in sets)
        assert kept == list(range(newest - len(kept) + 1, newest + 1))
        images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in sets}
        assert len(images) == len(sets) == min(newest, 3)


def test_the_database_has_its_volume(world: SimulatedBackend) -> None:
    claim = world.api.get("persistentvolumeclaims", "payments", "postgres-data")
    assert claim is not None
    volume = world.api.get("persistentvolumes", "", claim["spec"]["volumeName"])
    assert volume is not None
    assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]


def _born(one: dict[str, object]) -> str:
    metadata = one["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["creationTimestamp"])


def test_the_change_feed_is_to_be_seen_in_the_cluster(scenario: Scenario) -> None:
    backend = build(scenario, 1)
    api = backend.api
    for change in backend.plan.scenario.history.changes:
        if not (change.version or change.replicas):
            continue
        name = change.target.removeprefix("deployment/")
        (deployment,) = (one for one in api.list("deployments") if one["metadata"]["name"] == name)
        pods = api.list("pods", deployment["metadata"]["namespace"], labels={"app": name})
        stamp = backend.epoch.rfc3339(-(change.ago or 0))
        assert any(one["metadata"]["creationTimestamp"] == stamp for one in pods)
        if change.version:
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            assert image.endswith(f":{change.version}")
        if change.replicas:
            assert len(pods) == change.replicas
    for target in (one.target for one in scenario.history.changes):
        if target.startswith("configmap/"):
            held = {one["metadata"]["name"] for one in api.list("configmaps")}
            assert target.removeprefix("configmap/") in held
