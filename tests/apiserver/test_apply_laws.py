"""Laws of server-side apply that hold for any configuration."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apimachinery.managedfields import decode_owners
from tests.apiserver.world import World

PATH = "/apis/apps/v1/namespaces/default/deployments/web"
APPLY = {"content-type": "application/apply-patch+yaml"}

env = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ABC"), "value": st.sampled_from("12")}),
    max_size=3,
    unique_by=lambda one: one["name"],
)
containers = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["x", "y"]), "image": st.just("i")}, optional={"env": env}),
    min_size=1,
    max_size=2,
    unique_by=lambda one: one["name"],
)  # fmt: skip
labels = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)
specs = st.fixed_dictionaries(
    {"containers": containers}, optional={"replicas": st.integers(0, 3), "labels": labels}
)


def manifest(spec):
    metadata = {"name": "web"} | ({"annotations": spec["labels"]} if "labels" in spec else {})
    replicas = {"replicas": spec["replicas"]} if "replicas" in spec else {}
    pod = {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": spec["containers"]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": {"app": "w"}}, "template": pod, **replicas},
    }


def apply(world, spec, manager, **query):
    return world.ok("PATCH", PATH, manifest(spec), headers=APPLY, fieldManager=manager, **query)


def without_metadata(obj):
    return {k: v for k, v in obj["metadata"].items() if k in ("annotations", "labels")}, obj["spec"]


@settings(deadline=None, max_examples=20)
@given(specs, specs)
def test_applying_is_idempotent_and_forgets_what_came_before(first, second):
    world, fresh = World(), World()
    apply(world, first, "me")
    made = apply(world, second, "me")
    assert apply(world, second, "me") == made, "the same again changes nothing"
    alone = apply(fresh, second, "me")
    assert sorted_names(made) == sorted_names(alone), "an object is what was applied last"


def sorted_names(obj):
    annotations, spec = without_metadata(obj)
    listed = sorted(spec["template"]["spec"]["containers"], key=lambda one: one["name"])
    listed = [
        {**{k: v for k, v in one.items() if k != "env"},
         "env": sorted(one.get("env") or [], key=lambda e: e["name"])}
        for one in listed
    ]  # fmt: skip
    return annotations.get("annotations") or {}, listed, spec["replicas"]


@settings(deadline=None, max_examples=20)
@given(specs, specs)
def test_who_forces_owns_what_it_names_and_nothing_is_held_twice_with_two_values(first, second):
    world = World()
    apply(world, first, "one")
    made = apply(world, second, "two", force="true")
    owners = decode_owners(made["metadata"]["managedFields"])
    held = {owner.manager: entry.paths for owner, entry in owners.items()}
    assert apply(world, second, "two")["metadata"] == made["metadata"]
    shared = held.get("one", frozenset()) & held["two"]
    same = manifest(first)["spec"].get("replicas") == manifest(second)["spec"].get("replicas")
    assert ("f:spec", "f:replicas") not in shared or same
