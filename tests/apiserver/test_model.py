"""The store against a simple model, and nonsense of all sorts: never a 5xx, never an exception."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apiserver.widgets import DEFINITIONS, WIDGETS, definition, widget
from tests.apiserver.world import (
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    PODS,
    STRATEGIC,
    World,
    deployment,
    pod,
)

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
APPLY = {"content-type": "application/apply-patch+yaml"}
PLACES = {
    CONFIGMAPS: {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
    DEPLOYMENTS: {**deployment("a"), "apiVersion": "apps/v1"},
    PODS: pod("a"),
    WIDGETS: widget(),
}

names = st.sampled_from(["a", "b", "c"])
data = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]), max_size=2)
steps = st.tuples(st.sampled_from(["create", "replace", "merge", "delete", "stale"]), names, data)


def config(name, held):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": held}


@settings(deadline=None, max_examples=30)
@given(st.lists(steps, max_size=14))
def test_store_is_what_a_dict_would_be(script):
    world, model, revisions = World(), {}, []
    for verb, name, held in script:
        path = f"{CONFIGMAPS}/{name}"
        if verb == "create":
            answer = world.send("POST", CONFIGMAPS, config(name, held))
            assert answer.code == (409 if name in model else 201)
            model.setdefault(name, held)
        elif verb == "replace":
            answer = world.send("PUT", path, config(name, held))
            assert answer.code == (200 if name in model else 404)
            model.update({name: held} if name in model else {})
        elif verb == "merge":
            answer = world.send("PATCH", path, {"data": held}, headers=MERGE)
            assert answer.code == (200 if name in model else 404)
            model.update({name: {**model[name], **held}} if name in model else {})
        elif verb == "stale":
            body = config(name, held)
            body["metadata"] = {"name": name, "resourceVersion": "1"}
            assert world.send("PUT", path, body).code == (409 if name in model else 404)
        else:
            assert world.send("DELETE", path).code == (200 if name in model else 404)
            model.pop(name, None)
        revisions.append(world.api.registry.store.revision)
    listed = world.ok("GET", CONFIGMAPS)["items"]
    assert {one["metadata"]["name"]: one.get("data", {}) for one in listed} == model
    assert revisions == sorted(revisions)


def bare(obj):
    """Return *obj* as a list holds it, which alone says the kind."""
    return {key: one for key, one in obj.items() if key not in ("kind", "apiVersion")}


@settings(deadline=None, max_examples=25)
@given(st.lists(steps, max_size=12), st.integers(0, 11))
def test_watch_from_any_revision_rebuilds_the_list(script, start):
    world, seen = World(), {}
    watch = world.watch(CONFIGMAPS)
    for at, (verb, name, held) in enumerate(script):
        if at == start:
            seen = {one["metadata"]["name"]: one for one in world.ok("GET", CONFIGMAPS)["items"]}
            watch = world.watch(CONFIGMAPS)
        if verb in ("create", "stale"):
            world.send("POST", CONFIGMAPS, config(name, held))
        elif verb == "delete":
            world.send("DELETE", f"{CONFIGMAPS}/{name}")
        else:
            world.send("PATCH", f"{CONFIGMAPS}/{name}", {"data": held}, headers=MERGE)
    for event in watch.poll():
        name = event.object["metadata"]["name"]
        seen[name] = event.object
        if event.type == "DELETED":
            del seen[name]
    listed = world.ok("GET", CONFIGMAPS)["items"]
    assert [bare(seen[name]) for name in sorted(seen)] == listed


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 70000), st.floats(0, 2), st.text(max_size=4)
)
fields = st.sampled_from(
    [
        *("metadata", "spec", "status", "data", "name", "labels", "annotations", "finalizers"),
        *("ownerReferences", "managedFields", "replicas", "template", "selector", "containers"),
        *("image", "ports", "env", "volumes", "color", "size", "parts", "tags", "kind", "uid"),
        *("$patch", "$retainKeys", "$setElementOrder/containers", "resourceVersion", "fieldsV1"),
    ]
)
junk = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(fields, inner, max_size=4)
    ),
    max_leaves=10,
)
operations = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"]),
            "path": st.sampled_from(
                [
                    "",
                    "/spec",
                    "/metadata/labels/a",
                    "/spec/containers/0",
                    "/metadata/name",
                    "/-",
                    "x",
                ]
            ),
            "value": junk,
            "from": st.sampled_from(["", "/spec", "/metadata"]),
        }
    ),
    max_size=3,
)


@pytest.mark.parametrize("place", list(PLACES))
@settings(deadline=None, max_examples=20)
@given(
    body=st.dictionaries(fields, junk, max_size=4),
    patch=operations,
    query=st.dictionaries(
        st.sampled_from(["dryRun", "fieldManager", "fieldValidation", "force", "limit"]),
        st.sampled_from(["All", "true", "x", "Strict", "Ignore", "", "5"]),
        max_size=2,
    ),
)
def test_nonsense_is_refused_with_a_status(place, body, patch, query):
    world = World()
    world.ok("POST", DEFINITIONS, definition())
    whole = PLACES[place]
    world.ok("POST", place, copy.deepcopy(whole))
    path = f"{place}/a"
    mixed = {**whole, **body}
    sent = [
        world.send("POST", place, mixed, **query),
        world.send("PUT", path, mixed, **query),
        world.send("PATCH", path, body, headers=MERGE, **query),
        world.send("PATCH", path, body, headers=STRATEGIC, **query),
        world.send("PATCH", path, patch, headers=JSON_PATCH, **query),
        world.send("PATCH", path, mixed, headers=APPLY, **{"fieldManager": "m", **query}),
        world.send("PATCH", f"{path}/status", body, headers=MERGE, **query),
        world.send("PUT", f"{path}/scale", body, **query),
        world.send("DELETE", path, body, **query),
        world.send("GET", place, **query),
    ]
    for answer in sent:
        assert answer.code < 500, answer.body
        assert answer.code < 400 or answer.body["kind"] == "Status"
