"""Numbered pods, one after the other."""

from __future__ import annotations

from typing import Any

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


def test_each_pod_gets_its_volume_claim(world: World) -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    started(world, replicas=2, volumeClaimTemplates=[claim])
    claims = world.api.list("persistentvolumeclaims", "shop")
    assert [one["metadata"]["name"] for one in claims] == ["data-db-0", "data-db-1"]
