"""A scenario as objects of a real cluster: all of it is accepted, fits, and is told what it needs."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from sim.backends.deployments import CHANGE_CAUSE
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.background import background_of
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.manifests import (
    HASH_LABEL,
    REVISION,
    SETTINGS_SECRET,
    Facts,
    NodeChange,
    NodeFacts,
    deployment_of,
    host_folders,
    node_changes,
    objects_for,
    sample_pods,
    waves_for,
)
from sim.backends.kind.programs import program_of
from sim.backends.kind.recipes import recipes
from sim.backends.kind.undoing import LABEL, OURS
from sim.backends.plan import Plan
from sim.kernel import Epoch
from sim.scenario import load_scenario
from sim.workload.settings import unpacked
from tests.apiserver.world import World
from tests.workload.processes import ROOT

NAMES = ["uncordon-control-plane", "uncordon-worker", "uncordon-worker2", "uncordon-worker3"]
NIGHTS = ["payments-0247", "payments-heron", "payments-wren", "payments-swift"]
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
}


@pytest.fixture(scope="module", params=NIGHTS)
def plan(request: pytest.FixtureRequest) -> CutPlan:
    """Return a night on a small cluster."""
    scenario = load_scenario(ROOT / "scenarios" / request.param)
    aliases = Aliases.of(NAMES[:1], NAMES[1:])
    return CutPlan(scenario, 0, aliases=aliases, addresses={})


@pytest.fixture(scope="module")
def facts(plan: CutPlan) -> Facts:
    """Return what is known of it."""
    nodes = tuple(NodeFacts(name=one.name, pool=one.pool, zone=one.zone) for one in plan.nodes)
    epoch = Epoch.parse("2026-11-20T01:40:00Z")
    return Facts(nodes=nodes, services=2, epoch=epoch, token="7f3a")


@pytest.fixture(scope="module")
def objects(plan: CutPlan, facts: Facts) -> list[Obj]:
    """Return everything that is created."""
    return objects_for(plan, facts)


def of(objects: list[Obj], kind: str, name: str = "") -> list[Obj]:
    """Return the objects of *kind*, or the one called *name*."""
    return [one for one in objects if one["kind"] == kind and name in ("", one["metadata"]["name"])]


def told(objects: list[Obj], namespace: str, name: str) -> dict[str, Any]:
    """Return the settings of a program."""
    (secret,) = (
        one
        for one in of(objects, "Secret", SETTINGS_SECRET)
        if one["metadata"]["namespace"] == namespace
    )
    return unpacked(b64decode(secret["data"][name]).decode())


def test_an_api_server_takes_all_of_it_in_this_order(objects: list[Obj]) -> None:
    world = World()
    for one in objects:
        namespace = one["metadata"].get("namespace", "")
        plural = "endpoints" if one["kind"] == "Endpoints" else f"{one['kind'].lower()}s"
        path = PATHS.get(one["kind"], f"/api/v1/namespaces/{{}}/{plural}").format(namespace)
        answer = world.send("POST", path, one)
        assert answer.code == 201, (one["kind"], one["metadata"], answer.body)


def test_everything_is_ours(objects: list[Obj]) -> None:
    for one in objects:
        assert one["metadata"]["labels"][LABEL] == OURS
        if "template" in one.get("spec", {}):
            assert one["spec"]["template"]["metadata"]["labels"][LABEL] == OURS


def test_names_are_used_once(objects: list[Obj]) -> None:
    names = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in objects
    ]
    assert len(set(names)) == len(names)


def test_before_its_page_every_night_looks_alike() -> None:
    """Names, labels and images; what differs is drawn, or stands in our own Secrets."""
    looks = []
    for slug in NIGHTS:
        made = CutPlan(
            load_scenario(ROOT / "scenarios" / slug),
            0,
            aliases=Aliases.of(NAMES[:1], NAMES[1:]),
            addresses={},
        )
        nodes = tuple(NodeFacts(name=one.name, pool=one.pool, zone=one.zone) for one in made.nodes)
        told = Facts(nodes=nodes, services=2, epoch=Epoch.parse("2026-11-20T01:40:00Z"))
        images = [(one.name, one.dockerfile) for one in recipes(made, "base")]
        looks.append([*map(_look, objects_for(made, told)), images, host_folders(made)])
    assert looks == [looks[0]] * len(NIGHTS)


def _look(obj: Obj) -> tuple[object, ...]:
    """Return what an object shows, without drawn hashes, minutes, addresses and passwords."""
    metadata, past = obj["metadata"], obj["kind"] == "ReplicaSet"
    labels = {key: value for key, value in metadata["labels"].items() if key != HASH_LABEL}
    return (
        *(obj["kind"], metadata.get("namespace"), past or metadata["name"], labels),
        re.sub(r"\d\d:\d\dZ", "", str(metadata.get("annotations"))),
        sorted(obj.get("data", ())),
    )


def test_services_are_as_many_as_planned(plan: CutPlan, objects: list[Obj]) -> None:
    assert len(of(objects, "Service")) + 2 == plan.service_count == 400
    by_hand = [one for one in of(objects, "Service") if "selector" not in one["spec"]]
    assert len(by_hand) == len(of(objects, "Endpoints"))
    assert background_of(plan, existing=500) == []


def test_databases_come_before_their_clients_and_users_last(plan: CutPlan, facts: Facts) -> None:
    waves = [
        [one["metadata"]["name"] for one in of(wave, "Deployment")]
        for wave in waves_for(plan, facts)
    ]
    assert waves == [
        [],
        ["postgres"],
        ["payment-service", "ledger-stream", "fraud-feed"],
        ["gateway", "prober"],
    ]


def test_earlier_releases_are_there_before_their_deployment(
    plan: CutPlan, objects: list[Obj]
) -> None:
    past = of(objects, "ReplicaSet")
    numbers = [int(one["metadata"]["annotations"][REVISION]) for one in past]
    assert numbers == list(range(plan.revision - 9, plan.revision - 1))
    assert all(one["spec"]["replicas"] == 0 for one in past)
    assert "INC-311" in past[2]["metadata"]["annotations"][CHANGE_CAUSE]
    for one in past:
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_release_differs_in_image_and_cause(plan: CutPlan, facts: Facts) -> None:
    before, after = (deployment_of(plan, facts, "payment-service", offset) for offset in (-1, 0))
    images = [one["spec"]["template"]["spec"]["containers"][0]["image"] for one in (before, after)]
    assert [image.rpartition(":")[2] for image in images] == ["3.18.1", "3.18.2"]
    assert "3.18.2" in after["metadata"]["annotations"][CHANGE_CAUSE]
    after["spec"]["template"]["spec"]["containers"][0]["image"] = images[0]
    assert after["spec"] == before["spec"]


def test_images_of_all_pods_can_be_made(plan: CutPlan, objects: list[Obj]) -> None:
    made = {one.name: one.dockerfile for one in recipes(plan, "uncordon:abc")}
    used = {
        container["image"]
        for one in objects
        if "template" in one.get("spec", {})
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    release = "registry.internal/payments/payment-service:3.18.2"
    assert used | {release} == set(made)
    text = made[release]
    assert text.splitlines() == [
        "FROM uncordon:abc",
        "ENV VERSION=3.18.2",
        'CMD ["python3", "-m", "sim.workload", "web-service"]',
    ]


def test_pods_sit_where_the_scenario_has_them(objects: list[Obj]) -> None:
    (payments,) = of(objects, "Deployment", "payment-service")
    spec = payments["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {"pool": "payments"}
    assert [one["topologyKey"] for one in spec["topologySpreadConstraints"]] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    (gateway,) = of(objects, "Deployment", "gateway")
    tolerated = {one["key"] for one in gateway["spec"]["template"]["spec"]["tolerations"]}
    assert "node-role.kubernetes.io/master" in tolerated
    (feed,) = of(objects, "Deployment", "fraud-feed")
    assert "eu-west-1b" in json.dumps(feed["spec"]["template"]["spec"]["affinity"])


def test_four_payment_pods_ask_for_little(objects: list[Obj]) -> None:
    for one in of(objects, "Deployment"):
        for container in one["spec"]["template"]["spec"]["containers"]:
            assert container["resources"]["requests"] == {"cpu": "20m", "memory": "32Mi"}


def test_database_is_told_the_password_that_its_clients_read(objects: list[Obj]) -> None:
    (secret,) = (
        one
        for one in of(objects, "Secret", "payments-db")
        if one["metadata"]["namespace"] == "payments"
    )
    password = b64decode(secret["data"]["password"]).decode()
    users = told(objects, "payments", "postgres")["users"]
    assert {"name": "payments", "superuser": False, "password": password} in users
    assert told(objects, "payments", "postgres")["token"] == "7f3a"


def test_users_make_a_share_of_the_scenarios_requests(plan: CutPlan, objects: list[Obj]) -> None:
    users = told(objects, "edge", "gateway")
    assert users["host"] == plan.addresses["payment-service"]
    calls = {one["call"]: one for one in users["calls"]}
    often, rare = calls["POST /v1/payments"], calls["POST /v1/cards/verify"]
    assert often["rate"] * often["scale"] * 3 == pytest.approx(480 * 0.55, rel=1e-4)
    assert (rare["scale"], rare["rate"] * 3) == (1.0, pytest.approx(0.21, rel=1e-4))
    robot = next(one for one in users["classes"] if one["name"] == "card-check")
    assert robot["spells"][0] == [3_750_000, 4_040_000]
    assert users["epoch_ms"] == 1_795_138_800_000
    assert told(objects, "payments", "payment-service")["capacity"] == 211


def test_who_serves_samples(plan: CutPlan) -> None:
    assert sample_pods(plan) == (
        ("edge", "gateway", 8000, "users"),
        ("ledger", "ledger-stream", 8080, "neighbour"),
        ("fraud", "fraud-feed", 8080, "neighbour"),
        ("edge", "prober", 8000, "prober"),
    )


def test_volume_is_a_folder_of_the_control_plane(plan: CutPlan, objects: list[Obj]) -> None:
    (volume,) = of(objects, "PersistentVolume")
    (claim,) = of(objects, "PersistentVolumeClaim")
    assert volume["spec"]["hostPath"]["path"] == "/var/lib/uncordon/payments-postgres-data"
    assert host_folders(plan) == ("/var/lib/uncordon/payments-postgres-data",)
    assert NAMES[0] in json.dumps(volume["spec"]["nodeAffinity"])
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]


def test_nodes_are_marked_and_unmarked(plan: CutPlan, facts: Facts) -> None:
    other = {"key": "dedicated", "effect": "NoExecute"}
    nodes: list[Obj] = [
        {
            "metadata": {"name": name, "labels": {"pool": "mine"} if name == NAMES[1] else {}},
            "spec": {},
        }
        for name in NAMES
    ]
    nodes[1]["spec"] = {"taints": [other]}
    plane, first, *others = node_changes(plan, facts, nodes)
    assert "taints" not in plane.patch["spec"]
    ours = {"key": "pool", "value": "payments", "effect": "NoSchedule"}
    assert first.patch["spec"] == {"taints": [other, ours], "unschedulable": None}
    assert undone(first)["/spec/taints"] == [other]
    zone = "topology.kubernetes.io/zone"
    assert first.patch["metadata"]["labels"] == {"pool": "payments", zone: "eu-west-1a"}
    assert undone(first)["/metadata/labels"] == {"pool": "mine"}
    assert others[-1].patch["metadata"]["labels"][zone] == "eu-west-1b"
    assert undone(others[-1])["/spec/taints"] == []


def undone(change: NodeChange) -> dict[str, Any]:
    return {one["path"]: one["value"] for one in change.undo if one["op"] == "add"}


def test_a_node_is_cordoned_afterwards_if_it_was_before(plan: CutPlan, facts: Facts) -> None:
    gone = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    nodes: list[Obj] = [{"metadata": {"name": name}, "spec": {}} for name in NAMES]
    nodes[2]["spec"] = {"unschedulable": True, "taints": [gone]}
    changes = node_changes(plan, facts, nodes)

    assert all(one.patch["spec"]["unschedulable"] is None for one in changes)
    assert gone not in changes[2].patch["spec"]["taints"]
    assert [undone(one)["/spec/unschedulable"] for one in changes] == [False, False, True, False]
    assert undone(changes[2])["/spec/taints"] == []


@pytest.mark.parametrize(
    ("slug", "broken"),
    [
        ("payments-0247", []),
        ("payments-heron", ["3.18.2"]),
        ("payments-wren", []),
        ("payments-swift", []),
    ],
)
def test_what_a_release_breaks_is_told_to_every_version(slug: str, broken: list[str]) -> None:
    plan = Plan(load_scenario(ROOT / "scenarios" / slug), 7)
    programs = {one.name: program_of(plan, one) for one in plan.scenario.applications}
    assert list(programs["payment-service"].settings["breaks"]) == broken
    assert [one.name for one in programs.values()] == [
        "web-service",
        "database",
        "users",
        "neighbour",
        "neighbour",
    ]


def test_a_robot_is_told_since_when_it_fails() -> None:
    plan = Plan(load_scenario(ROOT / "scenarios" / "payments-swift"), 7)
    gateway = program_of(plan, plan.scenario.application("gateway")).settings
    robot = next(one for one in gateway["classes"] if one["name"] == "card-check")
    assert robot["fails"]["since"] == plan.night_shift, "at midnight of its own night"
    assert robot["fails"]["status"] == 502
    assert robot["rate"] * 3 == pytest.approx(0.0167, rel=1e-4)
    assert len(robot["spells"]) == 10
    assert robot["spells"][0][0] == 3_750_000 + plan.night_shift
