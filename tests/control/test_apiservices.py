"""One APIService for each group and version that is served."""

from __future__ import annotations

from sim.apiserver.server import ApiServer
from tests.control.world import World

NAMES = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
SCHEMA = {"openAPIV3Schema": {"type": "object"}}
DEFINITION = {
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": NAMES,
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}],
    },
}


def names(api: ApiServer) -> list[str]:
    return [one["metadata"]["name"] for one in api.list("apiservices")]


def test_a_definition_brings_its_groups_and_takes_them_away(world: World) -> None:
    world.api.create("customresourcedefinitions", DEFINITION)
    world.run(1000)
    assert "v1.example.com" in names(world.api)
    world.api.delete("customresourcedefinitions", "", "widgets.example.com")
    world.run(1000)
    assert "v1.example.com" not in names(world.api)


def test_what_is_served_is_put_back(world: World) -> None:
    world.api.create("customresourcedefinitions", DEFINITION)
    world.run(1000)
    first = world.api.get("apiservices", "", "v1.example.com")
    assert first is not None
    world.api.delete("apiservices", "", "v1.example.com")
    world.run(1000)
    made = world.api.get("apiservices", "", "v1.example.com")
    assert made is not None
    assert made["metadata"]["uid"] != first["metadata"]["uid"]
    assert made["status"]["conditions"][0]["reason"] == "Local"
