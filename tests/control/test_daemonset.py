"""One pod a node, replaced node by node."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.meta import labels_of
from sim.apimachinery.wire import Obj
from tests.control.world import MINUTE, SECOND, World, template


def agent(**spec: Any) -> Obj:
    return {
        "metadata": {"name": "agent", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": template("agent", hostNetwork=True, **spec),
        },
    }


def started(world: World, **spec: Any) -> None:
    world.api.create("daemonsets", agent(**spec))
    world.run(5 * SECOND)


def by_image(world: World, image: str) -> list[str]:
    return sorted(
        pod["spec"]["nodeName"]
        for pod in world.pods(app="agent")
        if pod["spec"]["containers"][0]["image"] == image and pod["spec"].get("nodeName")
    )


def test_every_node_gets_one_pod(world: World) -> None:
    started(world)
    assert world.nodes_of(app="agent") == ["node-1", "node-2", "node-3"]
    assert world.get("daemonsets", "agent")["status"] == {
        "currentNumberScheduled": 3,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 3,
        "numberReady": 3,
        "observedGeneration": 1,
        "updatedNumberScheduled": 3,
        "numberAvailable": 3,
    }


def test_pod_carries_the_hash_of_its_controllerrevision(world: World) -> None:
    started(world)
    [revision] = world.api.list("controllerrevisions", "shop")
    hashes = {labels_of(pod)["controller-revision-hash"] for pod in world.pods(app="agent")}
    assert hashes == {labels_of(revision)["controller-revision-hash"]}
    assert revision["metadata"]["name"] == f"agent-{hashes.pop()}"
    assert revision["revision"] == 1


def test_cordoned_node_keeps_its_pod_and_gets_a_new_one(world: World) -> None:
    world.patch_spec("nodes", "node-2", "", unschedulable=True)
    world.run(SECOND)
    started(world)
    assert "node-2" in world.nodes_of(app="agent")


def test_new_node_gets_a_pod(world: World) -> None:
    started(world)
    world.node("node-4", load=False)
    world.run(5 * SECOND)
    assert "node-4" in world.nodes_of(app="agent")


def test_deleted_pod_is_replaced_only_when_it_has_gone(world: World) -> None:
    started(world)
    name = world.pods(app="agent")[0]["metadata"]["name"]
    world.api.delete("pods", "shop", name)
    world.run(300)
    assert len(world.pods(app="agent")) == 3
    world.run(5 * SECOND)
    assert len(world.pods(app="agent")) == 3
    assert name not in {pod["metadata"]["name"] for pod in world.pods(app="agent")}


def test_changed_template_rolls_one_node_at_a_time(world: World) -> None:
    started(world)
    world.set_image("agent", "agent:2", "daemonsets")
    least = 3
    for _ in range(100):
        world.run(100)
        ready = world.get("daemonsets", "agent")["status"].get("numberAvailable", 0)
        least = min(least, ready)
    assert least == 2
    assert by_image(world, "agent:2") == ["node-1", "node-2", "node-3"]
    revisions = world.api.list("controllerrevisions", "shop")
    assert sorted(one["revision"] for one in revisions) == [1, 2]


def test_roll_stops_at_the_first_pod_that_does_not_become_ready(world: World) -> None:
    started(world)
    world.kubelet.broken.add("agent:2")
    world.set_image("agent", "agent:2", "daemonsets")
    world.run(10 * MINUTE)
    assert len(by_image(world, "agent:2")) == 1
    status = world.get("daemonsets", "agent")["status"]
    assert (status["updatedNumberScheduled"], status["numberUnavailable"]) == (1, 1)


def test_unavailable_old_pods_are_replaced_at_once(world: World) -> None:
    started(world)
    world.kubelet.broken.add("agent:2")
    world.set_image("agent", "agent:2", "daemonsets")
    world.run(MINUTE)
    world.set_image("agent", "agent:3", "daemonsets")
    world.run(10 * SECOND)
    assert by_image(world, "agent:3") == ["node-1", "node-2", "node-3"]


def test_rollback_renumbers_the_old_revision(world: World) -> None:
    started(world)
    for image in ("agent:2", "agent:1"):
        world.set_image("agent", image, "daemonsets")
        world.run(20 * SECOND)
    assert sorted(one["revision"] for one in world.api.list("controllerrevisions", "shop")) == [
        2,
        3,
    ]


def test_adopted_pods_without_a_recorded_revision_stay_up_to_date() -> None:
    first = World()
    first.node("node-1")
    first.start()
    started(first)
    world = World()
    world.node("node-1")
    world.api.load("daemonsets", first.get("daemonsets", "agent"))
    [pod] = first.pods(app="agent")
    labels = {**pod["metadata"]["labels"], "controller-revision-hash": "5b8f7c9d64"}
    world.api.load("pods", {**pod, "metadata": {**pod["metadata"], "labels": labels}})
    world.start()
    world.kubelet.set_ready(world.pods(app="agent")[0], ready=False)
    world.run(MINUTE)
    [kept] = world.pods(app="agent")
    assert kept["metadata"]["uid"] == pod["metadata"]["uid"]
    [revision] = world.api.list("controllerrevisions", "shop")
    assert revision["metadata"]["name"] == "agent-5b8f7c9d64"


def test_surging_roll_starts_the_new_pod_before_the_old_one_goes(world: World) -> None:
    made = agent()
    rolling = {"maxSurge": 1, "maxUnavailable": 0}
    made["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    # Two pods that want the same port of the host would never be on one node together.
    del made["spec"]["template"]["spec"]["hostNetwork"]
    world.api.create("daemonsets", made)
    world.run(5 * SECOND)
    world.set_image("agent", "agent:2", "daemonsets")
    most = least = 3
    for _ in range(100):
        world.run(100)
        most = max(most, len(world.pods(app="agent")))
        least = min(least, world.get("daemonsets", "agent")["status"]["numberReady"])
    assert by_image(world, "agent:2") == ["node-1", "node-2", "node-3"]
    assert len(world.pods(app="agent")) == 3
    assert (most > 3, least) == (True, 3)


def test_new_set_takes_over_what_an_orphaning_deletion_left(world: World) -> None:
    started(world)
    before = sorted(pod["metadata"]["uid"] for pod in world.pods(app="agent"))
    world.api.delete("daemonsets", "shop", "agent", propagation="Orphan")
    world.run(10 * SECOND)
    started(world)
    world.run(MINUTE)
    assert sorted(pod["metadata"]["uid"] for pod in world.pods(app="agent")) == before
