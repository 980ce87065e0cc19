"""Cordons, silent kubelets, NoExecute taints and deleted nodes."""

from __future__ import annotations

from sim.control.conditions import find_condition
from tests.control.world import EPOCH, MINUTE, SECOND, World, template


def taints(world: World, node: str) -> list[tuple[str, str]]:
    held = world.get("nodes", node, "")["spec"].get("taints", [])
    return [(one["key"].removeprefix("node.kubernetes.io/"), one["effect"]) for one in held]


def web(world: World) -> None:
    world.deployment("web", 3)
    world.run(5 * SECOND)


def silence(world: World, node: str) -> None:
    assert world.controllers is not None
    world.kubelet.dead_nodes.add(node)
    world.controllers.nodelifecycle.heartbeat_stopped(node)


def test_cordon_taints_and_uncordon_cleans(world: World) -> None:
    world.patch_spec("nodes", "node-3", "", unschedulable=True)
    world.run(SECOND)
    assert taints(world, "node-3") == [("unschedulable", "NoSchedule")]
    world.patch_spec("nodes", "node-3", "", unschedulable=False)
    world.run(SECOND)
    assert "taints" not in world.get("nodes", "node-3", "")["spec"]


def test_own_taints_survive_a_cordon(world: World) -> None:
    world.patch_spec("nodes", "node-3", "", taints=[{"key": "pool", "effect": "NoSchedule"}])
    world.patch_spec("nodes", "node-3", "", unschedulable=True)
    world.run(SECOND)
    world.patch_spec("nodes", "node-3", "", unschedulable=False)
    world.run(SECOND)
    assert taints(world, "node-3") == [("pool", "NoSchedule")]


def test_silent_node_becomes_unknown_after_its_grace_period(world: World) -> None:
    web(world)
    stopped = world.env.now
    silence(world, "node-3")
    world.run(49 * SECOND)
    ready = find_condition(world.get("nodes", "node-3", ""), "Ready")
    assert ready is not None
    assert ready["status"] == "True"
    world.run(7 * SECOND)
    ready = find_condition(world.get("nodes", "node-3", ""), "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert 50_000 <= EPOCH.since(ready["lastTransitionTime"]) + 999 - stopped <= 57_000
    assert taints(world, "node-3") == [("unreachable", "NoSchedule"), ("unreachable", "NoExecute")]
    assert world.events("NodeNotReady", "Node") == ["Node node-3 status is now: NodeNotReady"]


def test_pods_of_a_silent_node_are_unready_at_once_and_leave_after_300_s(world: World) -> None:
    web(world)
    silence(world, "node-3")
    world.run(57 * SECOND)
    [pod] = [one for one in world.pods(app="web") if one["spec"]["nodeName"] == "node-3"]
    ready = find_condition(pod, "Ready")
    assert ready is not None
    assert ready["status"] == "False"
    assert pod["status"]["phase"] == "Running"
    assert "deletionTimestamp" not in pod["metadata"]
    world.run(5 * MINUTE)
    [pod] = [one for one in world.pods(app="web") if one["spec"].get("nodeName") == "node-3"]
    assert "deletionTimestamp" in pod["metadata"]
    assert len(world.pods(app="web")) == 4
    name = pod["metadata"]["name"]
    assert world.events("TaintManagerEviction") == [f"Marking for deletion Pod shop/{name}"]


def test_node_that_is_back_in_time_keeps_its_pods(world: World) -> None:
    web(world)
    silence(world, "node-3")
    world.run(2 * MINUTE)
    assert world.controllers is not None
    world.controllers.nodelifecycle.heartbeat_resumed("node-3")

    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "lastTransitionTime": EPOCH.rfc3339(world.env.now),
    }
    world.api.modify(
        "nodes",
        "",
        "node-3",
        lambda old: {**old, "status": {**old["status"], "conditions": [condition]}},
        status=True,
    )
    world.run(10 * MINUTE)
    assert taints(world, "node-3") == []
    assert len(world.pods(app="web")) == 3
    assert world.events("TaintManagerEviction")[0].startswith("Cancelling deletion of Pod shop/")


def test_no_execute_taint_evicts_at_once_what_does_not_tolerate_it(world: World) -> None:
    web(world)
    taint = {"key": "maintenance", "value": "yes", "effect": "NoExecute"}
    world.patch_spec("nodes", "node-3", "", taints=[taint])
    world.run(5 * SECOND)
    assert "node-3" not in world.nodes_of(app="web")
    assert len(world.pods(app="web")) == 3


def test_pod_placed_by_hand_on_a_tainted_node_is_evicted(world: World) -> None:
    taint = {"key": "maintenance", "value": "yes", "effect": "NoExecute"}
    world.patch_spec("nodes", "node-3", "", taints=[taint])
    pod = template("tool", nodeName="node-3")
    world.api.create("pods", {**pod, "metadata": {"name": "tool", "namespace": "shop"}})
    world.run(5 * SECOND)
    assert world.api.get("pods", "shop", "tool") is None


def test_deleted_node_loses_its_pods_after_the_quarantine(world: World) -> None:
    web(world)
    world.kubelet.dead_nodes.add("node-3")
    world.api.delete("nodes", "", "node-3")
    world.run(30 * SECOND)
    assert "node-3" in world.nodes_of(app="web")
    world.run(40 * SECOND)
    assert "node-3" not in world.nodes_of(app="web")
    assert len(world.pods(app="web")) == 3
    assert world.events("RemovingNode") == [
        "Node node-3 event: Removing Node node-3 from Controller"
    ]


def test_silence_after_a_short_one_is_noticed_too(world: World) -> None:
    assert world.controllers is not None
    silence(world, "node-3")
    world.run(SECOND)
    world.controllers.nodelifecycle.heartbeat_resumed("node-3")
    world.run(10 * SECOND)
    silence(world, "node-3")
    world.run(MINUTE)
    ready = find_condition(world.get("nodes", "node-3", ""), "Ready")
    assert ready is not None
    assert ready["status"] == "Unknown"
