"""Taking over a loaded world: in silence, and at no cost while nothing happens."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.control.test_daemonset import agent
from tests.control.test_statefulset import db
from tests.control.world import MINUTE, SECOND, World, service

RESOURCES = (
    "namespaces",
    "nodes",
    "deployments",
    "replicasets",
    "daemonsets",
    "statefulsets",
    "controllerrevisions",
    "services",
    "endpointslices",
    "endpoints",
    "pods",
)


def grown(applications: int = 3, replicas: int = 3) -> World:
    """Return a world in which everything has been made by the controllers."""
    world = World()
    for number in range(1, 7):
        world.node(f"node-{number}", zone="ab"[number % 2], cpu="64")
    world.start()
    for number in range(applications):
        world.api.create("services", service(f"app-{number}"))
        world.deployment(f"app-{number}", replicas)
    world.api.create("daemonsets", agent())
    world.api.create("statefulsets", db(2))
    world.run(MINUTE)
    return world


def copied(source: World) -> World:
    """Return a world that begins with the objects of *source*, not started yet."""
    world = World()
    for resource in RESOURCES:
        for obj in source.api.list(resource):
            world.api.load(resource, obj)
    return world


def state(world: World) -> list[Obj]:
    return [obj for resource in RESOURCES for obj in world.api.list(resource)]


def test_consistent_world_is_taken_over_without_a_write() -> None:
    world = copied(grown())
    before = state(world)
    world.start()
    world.run(60 * MINUTE)
    assert world.writes == []
    assert state(world) == before


def test_taken_over_deployment_rolls_like_one_that_was_grown() -> None:
    world = copied(grown())
    world.start()
    world.set_image("app-1", "app-1:2")
    world.run(MINUTE)
    assert {pod["spec"]["containers"][0]["image"] for pod in world.pods(app="app-1")} == {"app-1:2"}
    others = [name for kind, resource, name in world.writes if "app-1" not in name]
    assert others == []


def test_names_go_on_where_the_loaded_world_stopped() -> None:
    source = grown()
    world = copied(source)
    world.start()
    for grown_world in (source, world):
        victim = grown_world.pods(app="app-0")[0]["metadata"]["name"]
        grown_world.api.delete("pods", "shop", victim)
        grown_world.run(10 * SECOND)
    names = [[pod["metadata"]["name"] for pod in one.pods(app="app-0")] for one in (source, world)]
    assert names[0] == names[1]


def test_what_is_missing_in_the_loaded_world_is_made() -> None:
    source = grown()
    world = copied(source)
    world.api.delete("pods", "shop", source.pods(app="app-0")[0]["metadata"]["name"], grace_s=0)
    world.start()
    world.run(10 * SECOND)
    assert len(world.pods(app="app-0")) == 3


def test_five_hundred_steady_pods_leave_nothing_to_do() -> None:
    world = copied(grown(applications=100, replicas=5))
    assert len(world.api.list("pods")) > 500
    world.start()
    assert world.env.peek() == float("inf"), "something is scheduled though nothing happens"


def test_one_rollout_takes_as_many_steps_among_many_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither events nor objects read grow with pods that have nothing to do with it."""

    def cost(applications: int) -> tuple[int, int]:
        world = copied(grown(applications))
        world.start()
        seen = [0]

        def counted(resource: str, *args: Any, **options: Any) -> list[Obj]:
            found = world.api.__class__.list(world.api, resource, *args, **options)
            seen[0] += len(found)
            return found

        monkeypatch.setattr(world.api, "list", counted)
        world.set_image("app-0", "app-0:2")
        events = 0
        while world.env.peek() < world.env.now + MINUTE:
            world.env.step()
            events += 1
        return events, seen[0]

    assert cost(2) == cost(60)


def test_how_time_is_cut_leaves_no_trace() -> None:
    def rolled(steps: int) -> list[Obj]:
        world = copied(grown())
        world.start()
        world.set_image("app-1", "app-1:2")
        for _ in range(steps):
            world.run(MINUTE // steps)
        return [*state(world), *world.api.list("events")]

    assert rolled(1) == rolled(1200)
