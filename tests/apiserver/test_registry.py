"""How objects come, change and go, as the cluster's own components see it."""

import copy

import pytest

from sim.apimachinery.errors import ApiError
from tests.apiserver.world import World, deployment, pod


def test_created_object_gets_identity_defaults_and_the_next_revision(world):
    before = world.api.registry.store.revision
    made = world.api.create("pods", pod())
    metadata = made["metadata"]
    assert metadata["resourceVersion"] == str(before + 1)
    assert metadata["creationTimestamp"] == "2026-11-20T01:40:00Z"
    assert metadata["generation"] == 1
    assert len(metadata["uid"]) == 36
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert made["spec"]["restartPolicy"] == "Always"
    assert world.api.get("pods", "default", "p") is made


def test_creating_twice_is_refused(world):
    world.api.create("deployments", deployment())
    with pytest.raises(ApiError, match=r'deployments.apps "web" already exists'):
        world.api.create("deployments", deployment())


def test_generated_names_are_the_same_in_every_run():
    def names():
        api = World().api
        made = [{**pod(), "metadata": {"generateName": "w-", "namespace": "default"}}] * 3
        return [api.create("pods", one)["metadata"]["name"] for one in made]

    first = names()
    assert first == names()
    assert len(dict.fromkeys(first)) == 3


def test_uid_does_not_depend_on_what_else_was_created():
    alone, busy = World().api, World().api
    busy.create("pods", pod("other"))
    one, two = alone.create("pods", pod()), busy.create("pods", pod())
    assert one["metadata"]["uid"] == two["metadata"]["uid"]


def test_recreated_object_has_another_uid(world):
    first = world.api.create("pods", pod())
    world.api.delete("pods", "default", "p")
    assert world.api.create("pods", pod())["metadata"]["uid"] != first["metadata"]["uid"]


def test_modify_makes_a_new_object_and_leaves_the_old_alone(world):
    old = world.api.create("pods", pod())
    kept = copy.deepcopy(old)
    new = world.api.modify("pods", "default", "p", lambda o: {**o, "status": {"phase": "Running"}})
    assert old == kept
    assert new["spec"] is old["spec"]
    assert int(new["metadata"]["resourceVersion"]) == int(old["metadata"]["resourceVersion"]) + 1


def test_modify_that_changes_nothing_writes_nothing(world):
    old = world.api.create("pods", pod())
    seen = []
    world.api.subscribe("pods", lambda *change: seen.append(change))
    same = world.api.modify("pods", "default", "p", copy.deepcopy)
    assert same is old
    assert seen == []
    assert world.api.modify("pods", "default", "gone", lambda o: o) is None


def test_generation_counts_what_was_asked_for_not_status(world):
    world.api.create("deployments", deployment())

    def scaled(held):
        return {**held, "spec": {**held["spec"], "replicas": 7}}

    def observed(held):
        return {**held, "status": {"replicas": 1}}

    changed = world.api.modify("deployments", "default", "web", scaled)
    assert changed["metadata"]["generation"] == 2
    changed = world.api.modify("deployments", "default", "web", observed, status=True)
    assert changed["metadata"]["generation"] == 2


def test_outsider_with_an_old_resource_version_is_in_conflict(world):
    stale = world.api.create("deployments", deployment())
    world.api.modify("deployments", "default", "web", lambda o: {**o, "status": {"replicas": 1}})
    changed = {**stale, "spec": {**stale["spec"], "replicas": 3}}
    with pytest.raises(ApiError, match="the object has been modified"):
        world.api.update("deployments", changed, user="trainee")
    assert world.api.update("deployments", changed)["spec"]["replicas"] == 3


def test_subscribers_see_writes_in_order_even_when_they_write(world):
    api, seen = world.api, []

    def echo(type_, new, _old):
        seen.append(("first", type_, new["metadata"]["name"]))
        if type_ == "ADDED" and new["metadata"]["name"] == "a":
            api.create("pods", pod("b"))

    api.subscribe("pods", echo)
    api.subscribe("pods", lambda t, new, _o: seen.append(("second", t, new["metadata"]["name"])))
    api.create("pods", pod("a"))
    assert seen == [
        ("first", "ADDED", "a"),
        ("second", "ADDED", "a"),
        ("first", "ADDED", "b"),
        ("second", "ADDED", "b"),
    ]


def test_pod_on_a_node_goes_in_two_steps(world):
    world.api.create("pods", pod(nodeName="n1"))
    marked = world.api.delete("pods", "default", "p")
    assert marked["metadata"]["deletionTimestamp"] == "2026-11-20T01:40:30Z"
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert marked["metadata"]["generation"] == 2
    assert world.api.delete("pods", "default", "p") is marked
    assert world.api.delete("pods", "default", "p", grace_s=0) is not None
    assert world.api.get("pods", "default", "p") is None


def test_pod_without_a_node_or_finished_goes_at_once(world):
    world.api.create("pods", pod("waiting"))
    world.api.create("pods", {**pod("done", nodeName="n1"), "status": {"phase": "Succeeded"}})
    for name in ("waiting", "done"):
        world.api.delete("pods", "default", name)
        assert world.api.get("pods", "default", name) is None


def test_shorter_grace_replaces_the_longer_one(world):
    world.api.create("pods", pod(nodeName="n1"))
    world.api.delete("pods", "default", "p")
    again = world.api.delete("pods", "default", "p", grace_s=5)
    assert again["metadata"]["deletionGracePeriodSeconds"] == 5


def test_object_with_a_finalizer_stays_until_it_is_taken_off(world):
    made = deployment()
    made["metadata"]["finalizers"] = ["example.com/hold"]
    world.api.create("deployments", made)
    world.api.delete("deployments", "default", "web")
    held = world.api.get("deployments", "default", "web")
    assert "deletionTimestamp" in held["metadata"]

    def released(obj):
        metadata = {key: one for key, one in obj["metadata"].items() if key != "finalizers"}
        return {**obj, "metadata": metadata}

    world.api.modify("deployments", "default", "web", released)
    assert world.api.get("deployments", "default", "web") is None


@pytest.mark.parametrize(
    ("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")]
)
def test_propagation_leaves_a_finalizer_for_the_collector(world, policy, finalizer):
    world.api.create("deployments", deployment())
    ending = world.api.delete("deployments", "default", "web", propagation=policy)
    assert ending["metadata"]["finalizers"] == [finalizer]


def test_loaded_objects_keep_their_age_and_are_not_announced(world):
    seen = []
    world.api.subscribe("pods", lambda *change: seen.append(change))
    old = pod("old")
    old["metadata"]["creationTimestamp"] = "2026-11-01T00:00:00Z"
    loaded = world.api.load("pods", old)
    assert loaded["metadata"]["creationTimestamp"] == "2026-11-01T00:00:00Z"
    assert seen == []


def test_lists_stand_in_key_order(world):
    for name in ("b", "a", "a-b"):
        world.api.create("namespaces", {"metadata": {"name": name}})
        world.api.create("configmaps", {"metadata": {"name": "z", "namespace": name}})
        world.api.create("configmaps", {"metadata": {"name": "y", "namespace": name}})
    listed = [
        (one["metadata"]["namespace"], one["metadata"]["name"])
        for one in world.api.list("configmaps")
    ]
    assert listed == [("a-b", "y"), ("a-b", "z"), ("a", "y"), ("a", "z"), ("b", "y"), ("b", "z")]
    assert len(world.api.list("configmaps", "a")) == 2


def test_list_by_labels(world):
    world.api.create("pods", pod("a"))
    other = pod("b")
    other["metadata"]["labels"] = {"app": "api"}
    world.api.create("pods", other)
    found = world.api.list("pods", "default", labels={"app": "web"})
    assert [one["metadata"]["name"] for one in found] == ["a"]
