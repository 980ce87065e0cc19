"""A namespace that ends, and what it says it waits for."""

from __future__ import annotations

from tests.control.world import SECOND, World


def conditions(world: World) -> dict[str, tuple[str, str]]:
    listed = world.get("namespaces", "shop", "")["status"]["conditions"]
    return {one["type"]: (one["status"], one["message"]) for one in listed}


def test_finalizer_that_keeps_a_namespace_is_named(world: World) -> None:
    world.api.create("namespaces", {"metadata": {"name": "shop"}})
    held = {"name": "kept", "namespace": "shop", "finalizers": ["example.com/hold"]}
    world.api.create("configmaps", {"metadata": held, "data": {}})
    world.api.delete("namespaces", "", "shop")
    world.run(SECOND)
    found = conditions(world)
    assert found["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert found["NamespaceFinalizersRemaining"] == (
        "True",
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource "
        "instances",
    )
    assert found["NamespaceDeletionContentFailure"][0] == "False"


def test_namespace_goes_when_nothing_is_left(world: World) -> None:
    world.api.create("namespaces", {"metadata": {"name": "shop"}})
    world.deployment("web", 2)
    world.run(5 * SECOND)
    world.api.delete("namespaces", "", "shop")
    world.run(5 * SECOND)
    assert world.api.get("namespaces", "", "shop") is None
    assert world.api.list("pods", "shop") == []
