"""Preemption: who has priority gets a place, and what it costs the others."""

import pytest

from tests.control.world import MINUTE, SECOND, World, template

HIGH, LOW = 1000, 0


@pytest.fixture
def world():
    world = World()
    world.node("n1", cpu="1")
    world.node("n2", cpu="1", zone="b")
    world.start()
    return world


def pod(world, name, *, cpu="600m", priority=LOW, node="", **spec):
    made = template(name, cpu=cpu, priority=priority, preemptionPolicy="PreemptLowerPriority")
    held = {**made["spec"], **({"nodeName": node} if node else {}), **spec}
    metadata = {"name": name, "namespace": "shop", **made["metadata"]}
    return world.api.create("pods", {"metadata": metadata, "spec": held})


def test_the_less_important_pod_makes_room(world):
    pod(world, "a", node="n1", priority=100)
    low = pod(world, "b", node="n2")
    world.run(5 * SECOND)
    high = pod(world, "vip", priority=HIGH)
    world.run(100)
    waiting = world.get("pods", "vip")
    assert waiting["status"]["nominatedNodeName"] == "n2"
    leaving = world.get("pods", low["metadata"]["name"])
    assert "deletionTimestamp" in leaving["metadata"]
    assert leaving["status"]["conditions"][-1]["reason"] == "PreemptionByScheduler"
    uid = high["metadata"]["uid"]
    assert world.events("Preempted") == [f"Preempted by pod {uid} on node n2"]
    assert world.events("FailedScheduling") == ["0/2 nodes are available: 2 Insufficient cpu."]
    world.run(10 * SECOND)
    assert world.get("pods", "vip")["spec"]["nodeName"] == "n2"


def test_equals_are_left_alone(world):
    for name, node in (("a", "n1"), ("b", "n2")):
        pod(world, name, node=node, priority=HIGH)
    world.run(5 * SECOND)
    pod(world, "late", priority=HIGH)
    world.run(MINUTE)
    assert "nominatedNodeName" not in world.get("pods", "late")["status"]
    assert set(world.events("FailedScheduling")) == {
        "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: "
        "2 No preemption victims found for incoming pod."
    }


def test_a_pod_that_never_preempts_waits(world):
    for name, node in (("a", "n1"), ("b", "n2")):
        pod(world, name, node=node)
    world.run(5 * SECOND)
    pod(world, "polite", priority=HIGH, preemptionPolicy="Never")
    world.run(MINUTE)
    assert world.events("Preempted") == []
    assert set(world.events("FailedScheduling")) == {
        "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to "
        "preemptionPolicy=Never."
    }


def test_only_as_many_go_as_have_to_and_the_least_important(world):
    for name, priority in (("one", 10), ("two", 20), ("three", 30)):
        pod(world, name, cpu="300m", node="n1", priority=priority)
    pod(world, "other", cpu="900m", node="n2", priority=HIGH)
    world.run(5 * SECOND)
    pod(world, "vip", cpu="300m", priority=HIGH)
    world.run(10 * SECOND)
    assert world.get("pods", "vip")["spec"]["nodeName"] == "n1"
    assert [one["metadata"]["name"] for one in world.pods()] == ["other", "three", "two", "vip"]


def test_a_node_without_a_broken_budget_is_preferred(world):
    pod(world, "kept", node="n1")
    pod(world, "free", node="n2", priority=500)
    spec = {"selector": {"matchLabels": {"app": "kept"}}, "minAvailable": 1}
    metadata = {"name": "kept", "namespace": "shop"}
    world.api.create("poddisruptionbudgets", {"metadata": metadata, "spec": spec})
    world.run(5 * SECOND)
    pod(world, "vip", priority=HIGH)
    world.run(10 * SECOND)
    assert world.get("pods", "vip")["spec"]["nodeName"] == "n2"


def test_room_that_was_made_is_not_taken_by_a_lesser_pod(world):
    pod(world, "a", node="n1", priority=HIGH)
    pod(world, "b", node="n2")
    world.kubelet.dead_nodes.add("n2")
    world.run(5 * SECOND)
    pod(world, "vip", priority=HIGH)
    world.run(100)
    pod(world, "thief")
    world.run(SECOND)
    world.api.delete("pods", "shop", "b", grace_s=0)
    world.run(30 * SECOND)
    assert world.get("pods", "vip")["spec"]["nodeName"] == "n2"
    assert "nodeName" not in world.get("pods", "thief")["spec"]


def test_gated_pods_and_those_of_other_schedulers_stay_as_they_are(world):
    pod(world, "gated", schedulingGates=[{"name": "example.com/wait"}])
    pod(world, "foreign", schedulerName="my-scheduler")
    world.run(MINUTE)
    conditions = world.get("pods", "gated")["status"]["conditions"]
    assert conditions[0]["reason"] == "SchedulingGated"
    assert "conditions" not in world.get("pods", "foreign")["status"]
    world.patch_spec("pods", "gated", schedulingGates=[])
    world.run(SECOND)
    assert world.get("pods", "gated")["spec"].get("nodeName")
