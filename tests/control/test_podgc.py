"""Pods that nobody looks after any more."""

from __future__ import annotations

import pytest

from sim.control.podgc import PodGarbageCollector
from tests.control.world import MINUTE, SECOND, World, template


def pod(world: World, name: str, **spec: str) -> None:
    made = template("app", **spec)["spec"]
    world.api.create("pods", {"metadata": {"name": name, "namespace": "shop"}, "spec": made})


def test_pod_of_a_node_that_never_was_goes_after_its_quarantine(world: World) -> None:
    pod(world, "lost", nodeName="nowhere")
    world.run(30 * SECOND)
    assert world.api.get("pods", "shop", "lost") is not None
    world.run(30 * SECOND)
    assert world.api.get("pods", "shop", "lost") is None


def test_oldest_of_too_many_finished_pods_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PodGarbageCollector, "threshold", 2)
    for name in ("c", "b", "a"):
        pod(world, name, restartPolicy="Never")
        world.run(2 * SECOND)
        world.kubelet.finish(world.get("pods", name))
    world.run(MINUTE)
    assert [one["metadata"]["name"] for one in world.api.list("pods", "shop")] == ["a", "b"]
