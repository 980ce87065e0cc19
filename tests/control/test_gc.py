"""What goes with its owner, and what stays."""

from __future__ import annotations

from sim.apimachinery.meta import owner_reference
from tests.apiserver.widgets import NAME, definition, widget
from tests.control.world import SECOND, World


def web(world: World) -> None:
    world.deployment("web", 2)
    world.run(5 * SECOND)


def test_deleted_deployment_takes_replicasets_and_pods_with_it(world: World) -> None:
    web(world)
    world.api.delete("deployments", "shop", "web")
    world.run(5 * SECOND)
    assert world.api.list("replicasets", "shop") == []
    assert world.pods() == []


def test_orphaned_replicaset_and_pods_stay(world: World) -> None:
    web(world)
    world.api.delete("deployments", "shop", "web", propagation="Orphan")
    world.run(5 * SECOND)
    assert world.api.get("deployments", "shop", "web") is None
    [replicaset] = world.api.list("replicasets", "shop")
    assert "ownerReferences" not in replicaset["metadata"]
    assert len(world.pods(app="web")) == 2


def test_orphaned_replicaset_is_adopted_by_the_same_deployment_again(world: World) -> None:
    web(world)
    before = {pod["metadata"]["name"] for pod in world.pods(app="web")}
    world.api.delete("deployments", "shop", "web", propagation="Orphan")
    world.run(5 * SECOND)
    world.deployment("web", 2)
    world.run(5 * SECOND)
    assert {pod["metadata"]["name"] for pod in world.pods(app="web")} == before


def test_foreground_deletion_keeps_the_owner_until_its_pods_have_gone(world: World) -> None:
    web(world)
    world.writes.clear()
    world.api.delete("deployments", "shop", "web", propagation="Foreground")
    world.run(5 * SECOND)
    gone = [resource for kind, resource, _ in world.writes if kind == "DELETED"]
    assert gone == ["pods", "pods", "replicasets", "deployments"]


def test_object_with_an_absent_owner_is_collected(world: World) -> None:
    ghost = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "ghost", "uid": "0f0f0f0f-0000-4000-8000-000000000000"},
    }
    metadata = {
        "name": "settings",
        "namespace": "shop",
        "ownerReferences": [owner_reference(ghost)],
    }
    world.api.create("configmaps", {"metadata": metadata, "data": {}})
    world.run(SECOND)
    assert world.api.get("configmaps", "shop", "settings") is None


def test_one_of_two_owners_gone_leaves_the_other(world: World) -> None:
    owners = [
        world.api.create("configmaps", {"metadata": {"name": name, "namespace": "shop"}})
        for name in ("one", "two")
    ]
    metadata = {
        "name": "shared",
        "namespace": "shop",
        "ownerReferences": [owner_reference(owner) for owner in owners],
    }
    world.api.create("secrets", {"metadata": metadata})
    world.api.delete("configmaps", "shop", "one")
    world.run(SECOND)
    kept = world.get("secrets", "shared")["metadata"]["ownerReferences"]
    assert [reference["name"] for reference in kept] == ["two"]


def test_custom_objects_own_and_are_owned(world: World) -> None:
    world.api.create("customresourcedefinitions", definition())
    owner = world.api.create(NAME, {**widget(), "metadata": {"name": "a", "namespace": "shop"}})
    reference = owner_reference(owner)
    owned = {"metadata": {"name": "c", "namespace": "shop", "ownerReferences": [reference]}}
    world.api.create("configmaps", owned)
    unknown = {**reference, "apiVersion": "nobody.example/v1", "uid": "x"}
    kept = {"metadata": {"name": "k", "namespace": "shop", "ownerReferences": [unknown]}}
    world.api.create("configmaps", kept)
    world.run(1_000)
    assert world.api.get("configmaps", "shop", "c")
    world.api.delete("customresourcedefinitions", "", NAME)
    world.run(2_000)
    assert world.api.get("configmaps", "shop", "c") is None
    assert world.api.get("configmaps", "shop", "k"), "nobody can say that its owner is gone"
