"""Numbered pods, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.control.world import MINUTE, SECOND, World, template


def db(replicas: int = 3, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": template("db"),
            **spec,
        },
    }


def started(world: World, **spec: Any) -> None:
    world.api.create("statefulsets", db(**spec))
    world.run(10 * SECOND)


def test_pods_are_made_in_order_each_after_the_last_is_ready(world: World) -> None:
    started(world)
    pods = world.pods(app="db")
    assert [pod["metadata"]["name"] for pod in pods] == ["db-0", "db-1", "db-2"]
    ready = [pod["status"]["conditions"][-1]["lastTransitionTime"] for pod in pods]
    assert ready == sorted(ready)
    assert world.events("SuccessfulCreate") == [
        f"create Pod db-{ordinal} in StatefulSet db successful" for ordinal in range(3)
    ]


def test_pod_has_the_name_of_its_revision_and_its_ordinal(world: World) -> None:
    started(world, replicas=1)
    [pod] = world.pods(app="db")
    [revision] = world.api.list("controllerrevisions", "shop")
    assert pod["metadata"]["labels"] == {
        "app": "db",
        "apps.kubernetes.io/pod-index": "0",
        "controller-revision-hash": revision["metadata"]["name"],
        "statefulset.kubernetes.io/pod-name": "db-0",
    }
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-0", "db")


def test_deleted_pod_comes_back_under_its_name_when_it_has_gone(world: World) -> None:
    started(world)
    before = world.get("pods", "db-1")["metadata"]["uid"]
    world.api.delete("pods", "shop", "db-1")
    world.run(10 * SECOND)
    assert world.get("pods", "db-1")["metadata"]["uid"] != before


def test_update_goes_from_the_last_to_the_first(world: World) -> None:
    started(world)
    gone: list[str] = []
    world.api.subscribe(
        "pods",
        lambda kind, new, _old: gone.append(new["metadata"]["name"]) if kind == "DELETED" else None,
    )
    world.set_image("db", "db:2", "statefulsets")
    world.run(30 * SECOND)
    assert gone == ["db-2", "db-1", "db-0"]
    status = world.get("statefulsets", "db")["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert (status["updatedReplicas"], status["readyReplicas"]) == (3, 3)


def test_broken_update_stops_at_the_last_pod(world: World) -> None:
    started(world)
    world.kubelet.broken.add("db:2")
    world.set_image("db", "db:2", "statefulsets")
    world.run(MINUTE)
    images = [pod["spec"]["containers"][0]["image"] for pod in world.pods(app="db")]
    assert images == ["db:1", "db:1", "db:2"]


def test_scaling_down_removes_the_last(world: World) -> None:
    started(world)
    world.patch_spec("statefulsets", "db", replicas=1)
    world.run(10 * SECOND)
    assert [pod["metadata"]["name"] for pod in world.pods(app="db")] == ["db-0"]


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


def claims(world: World) -> list[str]:
    return [one["metadata"]["name"] for one in world.api.list("persistentvolumeclaims", "shop")]


def test_each_pod_gets_its_volume_claim(world: World) -> None:
    world.storage_class()
    started(world, replicas=2, volumeClaimTemplates=[CLAIM])
    assert claims(world) == ["data-db-0", "data-db-1"]
    assert world.get("persistentvolumeclaims", "data-db-0")["metadata"]["labels"] == {"app": "db"}
    assert world.events("SuccessfulCreate", "StatefulSet")[:2] == [
        "create Claim data-db-0 Pod db-0 in StatefulSet db success",
        "create Pod db-0 in StatefulSet db successful",
    ]


@pytest.mark.parametrize(
    ("policy", "scaled", "deleted"),
    [
        ({}, 2, 2),
        ({"whenScaled": "Delete"}, 1, 1),
        ({"whenDeleted": "Delete"}, 2, 0),
        ({"whenDeleted": "Delete", "whenScaled": "Delete"}, 1, 0),
    ],
)
def test_claims_stay_or_go_as_the_policy_says(
    world: World, policy: Obj, scaled: int, deleted: int
) -> None:
    world.storage_class()
    started(
        world,
        replicas=2,
        volumeClaimTemplates=[CLAIM],
        persistentVolumeClaimRetentionPolicy=policy,
    )
    world.patch_spec("statefulsets", "db", replicas=1)
    world.run(20 * SECOND)
    assert len(claims(world)) == scaled
    world.api.delete("statefulsets", "shop", "db")
    world.run(20 * SECOND)
    assert len(claims(world)) == deleted


def test_parallel_set_makes_all_pods_at_once(world: World) -> None:
    world.api.create("statefulsets", db(podManagementPolicy="Parallel"))
    world.run(SECOND // 2)
    assert len(world.pods(app="db")) == 3


def test_first_ordinal_can_be_chosen(world: World) -> None:
    started(world, replicas=2, ordinals={"start": 5})
    assert [pod["metadata"]["name"] for pod in world.pods(app="db")] == ["db-5", "db-6"]


def test_partition_keeps_the_lower_pods(world: World) -> None:
    started(world, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    world.set_image("db", "db:2", "statefulsets")
    world.run(30 * SECOND)
    images = [pod["spec"]["containers"][0]["image"] for pod in world.pods(app="db")]
    assert images == ["db:1", "db:1", "db:2"]


def test_on_delete_waits_for_somebody_to_delete(world: World) -> None:
    started(world, updateStrategy={"type": "OnDelete"})
    world.set_image("db", "db:2", "statefulsets")
    world.run(30 * SECOND)
    world.api.delete("pods", "shop", "db-1")
    world.run(30 * SECOND)
    images = [pod["spec"]["containers"][0]["image"] for pod in world.pods(app="db")]
    assert images == ["db:1", "db:2", "db:1"]


def test_next_pod_waits_for_the_least_ready_time(world: World) -> None:
    started(world, minReadySeconds=30)
    assert len(world.pods(app="db")) == 1
    world.run(30 * SECOND)
    assert len(world.pods(app="db")) == 2


def test_failed_pod_is_made_anew(world: World) -> None:
    started(world, replicas=1)
    world.kubelet.finish(world.get("pods", "db-0"), code=1)
    world.run(20 * SECOND)
    assert world.get("pods", "db-0")["status"]["phase"] == "Running"
    assert world.events("RecreatingFailedPod") == [
        "StatefulSet shop/db is recreating failed Pod db-0"
    ]


def test_new_set_takes_over_what_an_orphaning_deletion_left(world: World) -> None:
    started(world)
    before = [pod["metadata"]["uid"] for pod in world.pods(app="db")]
    world.api.delete("statefulsets", "shop", "db", propagation="Orphan")
    world.run(10 * SECOND)
    assert all("ownerReferences" not in pod["metadata"] for pod in world.pods(app="db"))
    started(world)
    world.run(MINUTE)
    assert [pod["metadata"]["uid"] for pod in world.pods(app="db")] == before
    uid = world.get("statefulsets", "db")["metadata"]["uid"]
    owners = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in world.pods(app="db")}
    assert owners == {uid}
    assert len(world.api.list("controllerrevisions", "shop")) == 1
