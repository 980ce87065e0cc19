"""Rollouts: the order of scaling, what stands still, what comes back, what is said about it."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import Obj
from sim.control.conditions import find_condition
from tests.control.world import MINUTE, SECOND, World, deployment


def shape(world: World, name: str = "web") -> dict[str, tuple[int, int]]:
    """Return revision -> (spec.replicas, availableReplicas) of the Deployment's ReplicaSets."""
    return {
        one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: (
            one["spec"]["replicas"],
            one["status"].get("availableReplicas", 0),
        )
        for one in world.api.list("replicasets", "shop", labels={"app": name})
    }


def condition(world: World, type_: str) -> tuple[str, str]:
    found = find_condition(world.get("deployments", "web"), type_)
    assert found is not None
    return found["status"], found["reason"]


def status(world: World) -> dict[str, Any]:
    held = dict(world.get("deployments", "web")["status"])
    held.pop("conditions")
    return held


def rolled_out(world: World, replicas: int = 4, **spec: Any) -> Obj:
    made = world.deployment("web", replicas, **spec)
    world.run(10 * SECOND)
    return made


def test_new_deployment_makes_one_replicaset_and_its_pods(world: World) -> None:
    rolled_out(world)
    assert len(world.pods(app="web")) == 4
    assert status(world) == {
        "observedGeneration": 1,
        "replicas": 4,
        "updatedReplicas": 4,
        "readyReplicas": 4,
        "availableReplicas": 4,
        "terminatingReplicas": 0,
    }
    assert condition(world, "Available") == ("True", "MinimumReplicasAvailable")
    assert condition(world, "Progressing") == ("True", "NewReplicaSetAvailable")


def test_first_rollout_is_told_with_the_words_of_1_37(world: World) -> None:
    rolled_out(world, 3)
    [replicaset] = world.api.list("replicasets", "shop")
    name = replicaset["metadata"]["name"]
    assert world.events("ScalingReplicaSet") == [f"Scaled up replica set {name} from 0 to 3"]
    assert len(world.events("SuccessfulCreate", "ReplicaSet")) == 3


def test_replicaset_carries_hash_revision_and_owner(world: World) -> None:
    made = rolled_out(world)
    [replicaset] = world.api.list("replicasets", "shop")
    label = replicaset["metadata"]["labels"]["pod-template-hash"]
    assert set(label) <= set("456789bcdf")
    assert replicaset["metadata"]["name"] == f"web-{label}"
    assert replicaset["spec"]["selector"]["matchLabels"] == {
        "app": "web",
        "pod-template-hash": label,
    }
    assert replicaset["metadata"]["annotations"] == {
        "deployment.kubernetes.io/desired-replicas": "4",
        "deployment.kubernetes.io/max-replicas": "5",
        "deployment.kubernetes.io/revision": "1",
    }
    assert replicaset["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    annotations = world.get("deployments", "web")["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "1"


def test_changed_template_rolls_within_surge_and_unavailable(world: World) -> None:
    rolled_out(world)
    seen: list[tuple[int, int]] = []

    def count(_kind: str, _new: Obj, _old: Obj | None) -> None:
        sets = world.api.list("replicasets", "shop")
        total = sum(one["spec"]["replicas"] for one in sets)
        available = sum(one.get("status", {}).get("availableReplicas", 0) for one in sets)
        seen.append((total, available))

    world.api.subscribe("replicasets", count)
    world.set_image("web", "web:2")
    world.run(20 * SECOND)
    assert shape(world) == {"1": (0, 0), "2": (4, 4)}
    assert max(total for total, _ in seen) == 5
    assert min(available for _, available in seen) >= 3
    assert status(world)["observedGeneration"] == 2


def test_scaling_events_alternate_between_new_and_old(world: World) -> None:
    rolled_out(world)
    world.set_image("web", "web:2")
    world.run(20 * SECOND)
    words = [text.split(" replica set ")[0] for text in world.events("ScalingReplicaSet")]
    assert words[:4] == ["Scaled up", "Scaled up", "Scaled down", "Scaled up"]
    assert world.events("ScalingReplicaSet")[-1].endswith("from 1 to 0")


def test_broken_template_stalls_at_surge_plus_unavailable(world: World) -> None:
    rolled_out(world)
    world.kubelet.broken.add("web:2")
    world.set_image("web", "web:2")
    world.run(MINUTE)
    assert shape(world) == {"1": (3, 3), "2": (2, 0)}
    assert condition(world, "Available") == ("True", "MinimumReplicasAvailable")
    assert condition(world, "Progressing") == ("True", "ReplicaSetUpdated")


def test_stalled_rollout_exceeds_its_deadline(world: World) -> None:
    rolled_out(world, progressDeadlineSeconds=120)
    world.kubelet.broken.add("web:2")
    world.set_image("web", "web:2")
    world.run(2 * MINUTE + 30 * SECOND)
    assert condition(world, "Progressing") == ("False", "ProgressDeadlineExceeded")


def test_rollback_reuses_the_replicaset_and_numbers_it_anew(world: World) -> None:
    rolled_out(world)
    world.set_image("web", "web:2")
    world.run(20 * SECOND)
    world.set_image("web", "web:1")
    world.run(20 * SECOND)
    assert shape(world) == {"2": (0, 0), "3": (4, 4)}
    [first] = [one for one in world.api.list("replicasets", "shop") if one["spec"]["replicas"]]
    assert first["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"


def test_rollback_of_a_stalled_rollout_keeps_the_good_pods(world: World) -> None:
    rolled_out(world)
    before = {pod["metadata"]["name"] for pod in world.pods(app="web")}
    world.kubelet.broken.add("web:2")
    world.set_image("web", "web:2")
    world.run(MINUTE)
    world.set_image("web", "web:1")
    world.run(MINUTE)
    after = {pod["metadata"]["name"] for pod in world.pods(app="web")}
    assert len(before & after) == 3
    assert len(after) == 4


def test_recreate_lets_all_old_pods_go_first(world: World) -> None:
    rolled_out(world, strategy={"type": "Recreate"})
    world.set_image("web", "web:2")
    counts: list[int] = []
    for _ in range(400):
        world.run(10)
        counts.append(len({pod["spec"]["containers"][0]["image"] for pod in world.pods(app="web")}))
    assert 2 not in counts
    assert 0 in counts
    assert shape(world) == {"1": (0, 0), "2": (4, 4)}


def test_paused_deployment_does_not_roll_but_scales(world: World) -> None:
    rolled_out(world)
    world.patch_spec("deployments", "web", paused=True)
    world.set_image("web", "web:2")
    world.patch_spec("deployments", "web", replicas=6)
    world.run(10 * SECOND)
    assert shape(world) == {"1": (6, 6)}
    assert condition(world, "Progressing") == ("Unknown", "DeploymentPaused")
    world.patch_spec("deployments", "web", paused=False)
    world.run(MINUTE)
    assert shape(world) == {"1": (0, 0), "2": (6, 6)}


def test_scaling_in_the_middle_of_a_rollout_is_proportional(world: World) -> None:
    rolled_out(world, 10, strategy=_rolling(surge=3, unavailable=2))
    world.kubelet.broken.add("web:2")
    world.set_image("web", "web:2")
    world.run(10 * SECOND)
    assert shape(world) == {"1": (8, 8), "2": (5, 0)}
    world.patch_spec("deployments", "web", replicas=15)
    world.run(10 * SECOND)
    # The example of the Kubernetes page on Deployments, "Proportional scaling".
    assert {size for size, _ in shape(world).values()} == {11, 7}


def test_history_beyond_the_limit_is_deleted(world: World) -> None:
    rolled_out(world, 1, revisionHistoryLimit=2)
    for number in range(2, 7):
        world.set_image("web", f"web:{number}")
        world.run(20 * SECOND)
    assert sorted(shape(world)) == ["4", "5", "6"]


def test_pinned_hash_and_names_come_out_as_written() -> None:
    world = World()
    world.node("node-1")
    world.start(
        pinned_names={"web-7f8b9c4d5": ["x2k9m", "a8j3n"]},
        pinned_hashes={"shop/web:1": "7f8b9c4d5"},
    )
    world.deployment("web", 3)
    world.run(5 * SECOND)
    names = {pod["metadata"]["name"] for pod in world.pods(app="web")}
    assert {"web-7f8b9c4d5-x2k9m", "web-7f8b9c4d5-a8j3n"} < names


def test_taken_name_counts_a_collision_and_hashes_anew(world: World) -> None:
    world.deployment("web", 1)
    world.run(5 * SECOND)
    [taken] = world.api.list("replicasets", "shop")
    world.api.delete("deployments", "shop", "web", propagation="Orphan")
    world.run(5 * SECOND)
    world.api.modify(
        "replicasets",
        "shop",
        taken["metadata"]["name"],
        lambda old: {**old, "metadata": {**old["metadata"], "labels": {"other": "x"}}},
    )
    world.deployment("web", 1)
    world.run(5 * SECOND)
    assert world.get("deployments", "web")["status"]["collisionCount"] == 1


def test_steady_deployment_is_not_touched_again(world: World) -> None:
    rolled_out(world)
    world.run(30 * MINUTE)
    world.writes.clear()
    world.run(60 * MINUTE)
    assert world.writes == []


def test_same_inputs_give_the_same_objects() -> None:
    def build() -> list[Obj]:
        world = World()
        world.node("node-1")
        world.start()
        world.api.create("deployments", deployment("web"))
        world.run(20 * SECOND)
        return [*world.api.list("pods"), *world.api.list("replicasets"), *world.api.list("events")]

    assert build() == build()


def _rolling(*, surge: int, unavailable: int) -> Obj:
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
    }
