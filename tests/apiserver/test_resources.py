"""What a server serves: built-in rows and what users have defined, found by key, path and kind."""

from sim.apiserver.paths import Paths
from sim.apiserver.resources import version_order
from tests.apiserver.widgets import DEFINITIONS, NAME, definition, version
from tests.apiserver.world import World


def test_versions_stand_as_clients_prefer_them():
    mixed = ["v1alpha1", "v10", "foo", "v1beta2", "v2", "v1", "v1beta10", "bar"]
    assert sorted(mixed, key=version_order) == [
        *("v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "bar", "foo"),
    ]


def test_a_custom_resource_is_found_like_a_built_in_one(world: World):
    resources = world.api.resources
    before = resources.generation
    world.ok("POST", DEFINITIONS, definition(version(), version("v2", storage=False)))
    assert resources.generation > before
    stored = resources.by_plural(NAME)
    assert (stored.version, stored.key, stored.custom) == ("v1", NAME, True)
    assert resources.by_path("example.com", "v2", "widgets").kind == "Widget"
    assert resources.by_kind("example.com/v2", "Widget").version == "v2"
    assert resources.schema_of(stored)["type"] == "object"
    assert resources.schema_of(resources.by_plural("pods")) is None
    groups = [group for group, _ in resources.group_versions()]
    assert groups == sorted(groups)


def test_another_server_knows_nothing_of_it(world: World):
    world.ok("POST", DEFINITIONS, definition())
    assert World().send("GET", "/apis/example.com/v1").code == 404


def test_a_definition_that_is_changed_is_served_anew(world: World):
    made = world.ok("POST", DEFINITIONS, definition())
    versions = [version(served=False), version("v2", storage=False)]
    changed = {**made, "spec": {**made["spec"], "versions": versions}}
    world.ok("PUT", f"{DEFINITIONS}/{NAME}", changed)
    assert world.api.resources.by_path("example.com", "v1", "widgets") is None
    assert world.api.resources.by_plural(NAME).version == "v1", "it is stored so all the same"
    assert world.send("GET", "/apis/example.com/v2/widgets").code == 200


def test_paths_are_read_anew_when_something_else_is_served(world: World):
    paths = Paths(world.api.resources)
    where = "/apis/example.com/v1/namespaces/default/widgets/a/scale"
    assert paths.resolve(where) is None
    world.ok("POST", DEFINITIONS, definition())
    target = paths.resolve(where)
    assert (target.info.key, target.space, target.name, target.subresource) == (
        *(NAME, "default", "a"),
        "scale",
    )
    assert paths.is_known_group("/apis/example.com/v1/nonsense")
