"""As many active pods as asked for, and which ones go first."""

from __future__ import annotations

from functools import partial

import pytest

from sim.apimachinery.meta import with_metadata
from sim.apimachinery.wire import Obj
from sim.control import pods
from sim.control.pod_ranking import rank_for_deletion
from tests.control.world import EPOCH, MINUTE, SECOND, World


def web(world: World, replicas: int = 3) -> None:
    world.deployment("web", replicas)
    world.run(5 * SECOND)


def names(world: World) -> set[str]:
    return {pod["metadata"]["name"] for pod in world.pods(app="web")}


def test_pod_looks_as_a_real_one(world: World) -> None:
    web(world, 1)
    [pod] = world.pods(app="web")
    [replicaset] = world.api.list("replicasets", "shop")
    label = replicaset["metadata"]["labels"]["pod-template-hash"]
    assert pod["metadata"]["generateName"] == f"web-{label}-"
    assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": label}
    assert pod["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": replicaset["metadata"]["name"],
            "uid": replicaset["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    seconds = {one["key"]: one["tolerationSeconds"] for one in pod["spec"]["tolerations"]}
    assert seconds == {
        "node.kubernetes.io/not-ready": 300,
        "node.kubernetes.io/unreachable": 300,
    }


def test_deleted_pod_is_replaced_at_once_while_it_terminates(world: World) -> None:
    web(world)
    victim = world.pods(app="web")[0]["metadata"]["name"]
    world.api.delete("pods", "shop", victim)
    world.run(100)
    assert len(names(world)) == 4
    world.run(5 * SECOND)
    assert len(names(world)) == 3
    assert victim not in names(world)


def test_failed_pod_is_no_replica_and_is_replaced(world: World) -> None:
    web(world)
    victim = world.pods(app="web")[0]["metadata"]["name"]
    world.api.modify(
        "pods", "shop", victim, lambda old: {**old, "status": {**old["status"], "phase": "Failed"}}
    )
    world.run(5 * SECOND)
    assert len(names(world)) == 4
    [replicaset] = world.api.list("replicasets", "shop")
    assert replicaset["status"]["replicas"] == 3


def test_pod_taken_out_by_its_label_lives_on_and_is_replaced(world: World) -> None:
    web(world)
    name = world.pods(app="web")[0]["metadata"]["name"]
    world.api.modify(
        "pods", "shop", name, lambda old: with_metadata(old, labels={"app": "web-debug"})
    )
    world.run(5 * SECOND)
    alone = world.get("pods", name)
    assert "ownerReferences" not in alone["metadata"]
    assert len(names(world)) == 3


def test_labelled_back_pod_is_adopted_and_one_too_many_goes(world: World) -> None:
    web(world)
    pod = world.pods(app="web")[0]
    name, labels = pod["metadata"]["name"], pod["metadata"]["labels"]
    for value in ({"app": "other"}, labels):
        world.api.modify("pods", "shop", name, partial(with_metadata, labels=value))
        world.run(5 * SECOND)
    assert len(names(world)) == 3


def test_scaling_down_prefers_the_crowded_node(world: World) -> None:
    web(world, 4)
    assert world.nodes_of(app="web") == ["node-1", "node-2", "node-3", "node-3"]
    world.patch_spec("deployments", "web", replicas=3)
    world.run(5 * SECOND)
    assert world.nodes_of(app="web") == ["node-1", "node-2", "node-3"]


def test_unready_for_min_ready_seconds_is_not_available(world: World) -> None:
    world.deployment("web", 1, minReadySeconds=30)
    world.run(20 * SECOND)
    assert "availableReplicas" not in world.get("deployments", "web")["status"]
    world.run(20 * SECOND)
    assert world.get("deployments", "web")["status"]["availableReplicas"] == 1


def pod(name: str, **facts: object) -> Obj:
    """Return a pod for the ranking: node, phase, ready (since), cost, restarts, created."""
    conditions = []
    if facts.get("ready"):
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": facts["ready"]}]
    cost = facts.get("cost")
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": facts.get("created", "2026-11-20T01:00:00Z"),
            "annotations": {"controller.kubernetes.io/pod-deletion-cost": cost} if cost else {},
        },
        "spec": {"nodeName": facts.get("node", "n1")},
        "status": {
            "phase": facts.get("phase", "Running"),
            "conditions": conditions,
            "containerStatuses": [{"restartCount": facts.get("restarts", 0)}],
        },
    }


OLD, NEW = "2026-11-20T00:00:00Z", "2026-11-20T01:39:50Z"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pod("b", node=""), pod("a", phase="Pending")),
        (pod("b", phase="Pending"), pod("a")),
        (pod("b"), pod("a", ready=OLD)),
        (pod("b", ready=OLD, cost="-5"), pod("a", ready=NEW)),
        (pod("b", ready=OLD, node="n2"), pod("a", ready=NEW, node="n1")),
        (pod("b", ready=NEW), pod("a", ready=OLD)),
        (pod("b", restarts=4), pod("a", restarts=1)),
        (pod("b", created=NEW), pod("a", created=OLD)),
        (pod("a", ready="2026-11-20T00:00:01Z"), pod("b", ready=OLD)),
    ],
    ids=[
        "unscheduled",
        "pending",
        "not ready",
        "cheaper",
        "crowded node",
        "ready for less",
        "more restarts",
        "newer",
        "same order of magnitude: by uid",
    ],
)
def test_ranking_gives_up_what_serves_least(first: Obj, second: Obj) -> None:
    ranked = rank_for_deletion([second, first], {"n1": 1, "n2": 2}, EPOCH, 0)
    assert [one["metadata"]["name"] for one in ranked] == [
        first["metadata"]["name"],
        second["metadata"]["name"],
    ]


def test_names_do_not_shift_when_another_owner_makes_pods() -> None:
    def made(*owners: str) -> set[str]:
        world = World()
        world.node("node-1")
        world.start()
        for owner in owners:
            world.deployment(owner, 3)
        world.run(MINUTE)
        return names(world)

    assert made("web") == made("api", "web")


@pytest.mark.parametrize("kind", ["replicasets", "statefulsets", "jobs"])
def test_a_huge_set_makes_no_more_pods_than_may_wait(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pods, "MOST_WAITING", 200)
    template = {
        "metadata": {"labels": {"app": "huge"}},
        "spec": {
            "containers": [{"name": "c", "image": "none", "resources": {}}],
            "nodeSelector": {"nowhere": "true"},
        },
    }
    selector = {"selector": {"matchLabels": {"app": "huge"}}}
    spec = {
        "replicasets": {"replicas": 10**9, **selector},
        "statefulsets": {
            "replicas": 10**9,
            "podManagementPolicy": "Parallel",
            "serviceName": "huge",
            **selector,
        },
        "jobs": {"parallelism": 10**9},
    }[kind]
    if kind == "jobs":
        template["spec"]["restartPolicy"] = "Never"
    world.api.create(
        kind,
        {"metadata": {"name": "huge", "namespace": "shop"}, "spec": {**spec, "template": template}},
    )
    world.run(MINUTE)
    assert len(world.api.list("pods", "shop")) == 200
