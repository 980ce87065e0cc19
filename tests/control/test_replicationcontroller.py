"""ReplicationControllers: ReplicaSets by another name."""

from __future__ import annotations

from sim.apimachinery.wire import ApiRequest, Obj
from tests.control.world import SECOND, World, template


def controller(replicas: int = 2) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "old", "namespace": "shop"},
        "spec": {"replicas": replicas, "template": template("old")},
    }


def started(world: World) -> None:
    world.api.create("replicationcontrollers", controller())
    world.run(5 * SECOND)


def test_selector_and_labels_come_from_the_template(world: World) -> None:
    started(world)
    made = world.get("replicationcontrollers", "old")
    assert (made["spec"]["selector"], made["metadata"]["labels"]) == ({"app": "old"},) * 2


def test_pods_are_made_and_counted(world: World) -> None:
    started(world)
    assert world.get("replicationcontrollers", "old")["status"] == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "observedGeneration": 1,
    }
    [owner] = world.pods(app="old")[0]["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["apiVersion"]) == ("ReplicationController", "v1")


def test_deleted_pod_is_replaced_and_a_free_one_adopted(world: World) -> None:
    started(world)
    world.api.delete("pods", "shop", world.pods(app="old")[0]["metadata"]["name"])
    world.run(5 * SECOND)
    assert len(world.pods(app="old")) == 2
    free = {"metadata": {"name": "free", "namespace": "shop", "labels": {"app": "old"}}}
    world.api.create("pods", {**free, "spec": template("old")["spec"]})
    world.run(5 * SECOND)
    assert len(world.pods(app="old")) == 2


def test_scale_subresource_knows_its_plain_selector(world: World) -> None:
    started(world)
    path = "/api/v1/namespaces/shop/replicationcontrollers/old/scale"
    assert world.api.handle(ApiRequest("GET", path)).body["status"] == {
        "replicas": 2,
        "selector": "app=old",
    }
