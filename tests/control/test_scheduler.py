"""Where pods land, and what is said when they do not."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import Obj
from sim.control.conditions import find_condition
from tests.control.world import MINUTE, SECOND, World, deployment, template

ZONE = "topology.kubernetes.io/zone"


def pool(world: World) -> None:
    """Three tainted pool nodes, two in zone a and one in zone b, beside others of other teams."""
    for name, zone in (("w1", "a"), ("w2", "a"), ("w3", "b"), ("w4", "a"), ("w5", "b")):
        node = world.node(name, zone=zone, cpu="8")
        if name in ("w1", "w2", "w3"):
            labels = {**node["metadata"]["labels"], "pool": "payments"}
            taint = {"key": "pool", "value": "payments", "effect": "NoSchedule"}
            changed = {
                **node,
                "metadata": {**node["metadata"], "labels": labels},
                "spec": {"taints": [taint]},
            }
            world.api.load("nodes", changed)


def payment(**spread: Any) -> Obj:
    constraint = {
        "maxSkew": 1,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "payment"}},
        "matchLabelKeys": ["pod-template-hash"],
        **spread,
    }
    toleration = {"key": "pool", "operator": "Equal", "value": "payments", "effect": "NoSchedule"}
    return template(
        "payment",
        nodeSelector={"pool": "payments"},
        tolerations=[toleration],
        topologySpreadConstraints=[constraint],
    )


def payments() -> World:
    world = World()
    pool(world)
    world.start()
    world.api.create("deployments", deployment("payment", 4, pod=payment()))
    world.run(5 * SECOND)
    return world


def test_soft_zone_spread_puts_one_one_two() -> None:
    assert payments().nodes_of(app="payment") == ["w1", "w2", "w3", "w3"]


def test_rollout_puts_one_one_two_again() -> None:
    world = payments()
    world.set_image("payment", "payment:2")
    world.run(MINUTE)
    assert world.nodes_of(app="payment") == ["w1", "w2", "w3", "w3"]


def test_deleted_pods_return_to_the_zone_that_lacks_them() -> None:
    world = payments()
    for pod in world.pods(app="payment"):
        if pod["spec"]["nodeName"] == "w3":
            world.api.delete("pods", "shop", pod["metadata"]["name"])
    world.run(5 * SECOND)
    assert world.nodes_of(app="payment") == ["w1", "w2", "w3", "w3"]


def test_after_a_cordon_they_go_to_the_other_nodes() -> None:
    world = payments()
    world.patch_spec("nodes", "w3", "", unschedulable=True)
    for pod in world.pods(app="payment"):
        if pod["spec"]["nodeName"] == "w3":
            world.api.delete("pods", "shop", pod["metadata"]["name"])
    world.run(5 * SECOND)
    assert world.nodes_of(app="payment") == ["w1", "w1", "w2", "w2"]


def test_binding_is_told_as_scheduled(world: World) -> None:
    world.deployment("web", 1)
    world.run(5 * SECOND)
    [pod] = world.pods(app="web")
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    assert world.events("Scheduled") == [f"Successfully assigned shop/{name} to {node}"]
    found = find_condition(pod, "PodScheduled")
    assert found is not None
    assert found["status"] == "True"
    [event] = [one for one in world.api.list("events") if one["reason"] == "Scheduled"]
    assert event["reportingComponent"] == "default-scheduler"


def test_pods_are_bound_in_the_order_of_their_making(world: World) -> None:
    world.deployment("web", 10)
    world.run(5 * SECOND)
    made = [text.removeprefix("Created pod: ") for text in world.events("SuccessfulCreate")]
    bound = [text.split("/")[1].split()[0] for text in world.events("Scheduled")]
    assert bound == made


def test_no_room_is_explained_and_mirrored_in_the_condition(world: World) -> None:
    world.api.create("deployments", deployment("web", 1, pod=template("web", cpu="5")))
    world.run(5 * SECOND)
    text = (
        "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: "
        "3 Preemption is not helpful for scheduling."
    )
    assert world.events("FailedScheduling") == [text]
    found = find_condition(world.pods(app="web")[0], "PodScheduled")
    assert found is not None
    assert (found["status"], found["reason"], found["message"]) == ("False", "Unschedulable", text)


def test_different_reasons_are_counted_and_sorted_as_text() -> None:
    world = World()
    pool(world)
    world.patch_spec("nodes", "w4", "", unschedulable=True)
    world.start()
    pod = template("web", nodeSelector={"disk": "ssd"})
    world.api.create("deployments", deployment("web", 1, pod=pod))
    world.run(5 * SECOND)
    assert world.events("FailedScheduling") == [
        "0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
        "1 node(s) were unschedulable, 3 node(s) had untolerated taint {pool: payments}. "
        "preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
    ]


def test_waiting_pod_is_tried_again_when_a_node_is_uncordoned(world: World) -> None:
    for name in ("node-1", "node-2", "node-3"):
        world.patch_spec("nodes", name, "", unschedulable=True)
    world.deployment("web", 1)
    world.run(MINUTE)
    assert world.nodes_of(app="web") == [""]
    world.patch_spec("nodes", "node-2", "", unschedulable=False)
    world.run(SECOND)
    assert world.nodes_of(app="web") == ["node-2"]


def test_waiting_pod_takes_the_room_of_a_deleted_one(world: World) -> None:
    world.api.create("deployments", deployment("big", 3, pod=template("big", cpu="3500m")))
    world.run(5 * SECOND)
    world.api.create("deployments", deployment("web", 1, pod=template("web", cpu="1")))
    world.run(5 * SECOND)
    assert world.nodes_of(app="web") == [""]
    world.patch_spec("deployments", "big", replicas=2)
    world.run(15 * SECOND)
    assert world.nodes_of(app="web") != [""]


def test_pod_with_a_node_name_is_left_alone(world: World) -> None:
    pod = template("tool", nodeName="node-1")
    world.api.create("pods", {**pod, "metadata": {"name": "tool", "namespace": "shop"}})
    world.run(5 * SECOND)
    assert world.events("Scheduled") == []


def test_hard_spread_refuses_the_fuller_zone(world: World) -> None:
    pod = template("web")
    constraint = {
        "maxSkew": 1,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    pod["spec"]["topologySpreadConstraints"] = [constraint]
    world.patch_spec("nodes", "node-3", "", unschedulable=True)
    world.api.create("deployments", deployment("web", 3, pod=pod))
    world.run(5 * SECOND)
    assert sorted(filter(None, world.nodes_of(app="web"))) in (["node-1"], ["node-2"])
    assert (
        "2 node(s) didn't match pod topology spread constraints"
        in world.events("FailedScheduling")[0]
    )


def test_required_anti_affinity_allows_one_pod_a_node(world: World) -> None:
    term = {
        "labelSelector": {"matchLabels": {"app": "web"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    rule = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    pod = template("web", affinity=rule)
    world.api.create("deployments", deployment("web", 4, pod=pod))
    world.run(5 * SECOND)
    assert world.nodes_of(app="web") == ["", "node-1", "node-2", "node-3"]
    assert "3 node(s) didn't match pod anti-affinity rules" in world.events("FailedScheduling")[0]
